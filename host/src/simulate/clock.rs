//! The server's clock: virtual time, printed as a date.

use std::time::Duration;

use time::{OffsetDateTime, format_description::well_known::Rfc3339, macros::datetime};
use tokio::time::Instant;

/// When every simulated server is started. A fixed date, so that equal seeds give equal bytes.
const BIRTH: OffsetDateTime = datetime!(2026-01-05 10:00 UTC);
/// What the server makes of "for ever": the longest duration of its clock, 2^63 ns.
const FOR_EVER: Duration = Duration::from_nanos(i64::MAX as u64);

/// RFC 3339 with as many digits as needed, as the server prints times.
pub(super) fn date(born: Instant, at: Instant) -> String {
    print(at.saturating_duration_since(born))
}

/// When a runner expires; `None` is never.
pub(super) fn expiry(born: Instant, now: Instant, expires_at: Option<Instant>) -> String {
    match expires_at {
        Some(at) => date(born, at),
        None => print(now.saturating_duration_since(born) + FOR_EVER),
    }
}

fn print(since_birth: Duration) -> String {
    BIRTH
        .checked_add(time::Duration::try_from(since_birth).unwrap_or_default())
        .unwrap_or(BIRTH)
        .format(&Rfc3339)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn dates_look_like_the_servers() {
        let born = Instant::now();
        assert_eq!(date(born, born + Duration::from_millis(1500)), "2026-01-05T10:00:01.5Z");
        assert!(expiry(born, born, None).starts_with("2318-"));
    }
}
