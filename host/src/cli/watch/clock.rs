//! The date and time of watching: the wall's at its beginning, and from then on the runtime's clock, which simulations let jump.

use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tokio::time::Instant;

/// When watching began, by both clocks.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    wall: OffsetDateTime,
    began: Instant,
}

impl Clock {
    pub fn start() -> Self {
        Self { wall: OffsetDateTime::now_utc(), began: Instant::now() }
    }

    /// Now. A machine that slept has another wall clock than ours: on the real one, the wall counts.
    pub fn moment(&self) -> OffsetDateTime {
        let ours = self.wall + self.began.elapsed();
        ours.max(OffsetDateTime::now_utc())
    }

    /// RFC 3339, to the second.
    pub fn now(&self) -> String {
        let now = self.moment();
        now.replace_nanosecond(0).unwrap_or(now).format(&Rfc3339).unwrap_or_default()
    }

    /// The date alone.
    pub fn today(&self) -> String {
        self.moment().date().to_string()
    }

    #[expect(clippy::cast_precision_loss, reason = "seconds of some thousand years")]
    pub fn unix_seconds(&self) -> f64 {
        self.moment().unix_timestamp() as f64
    }
}
