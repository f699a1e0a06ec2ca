//! The one clock of a study. Under `tokio::time::pause` it is virtual, and twenty minutes take a second.

use std::time::Duration;

use tokio::time::Instant;

use crate::model::budget::Budget;

/// When a study began and when it must end.
#[derive(Debug, Clone, Copy)]
pub struct StudyClock {
    started: Instant,
    budget: Budget,
}

impl StudyClock {
    /// A clock that starts now.
    #[must_use]
    pub fn start(budget: Budget) -> Self {
        Self { started: Instant::now(), budget }
    }

    /// A clock that started so long ago.
    #[must_use]
    pub fn started_before(budget: Budget, age: Duration) -> Self {
        let now = Instant::now();
        Self { started: now.checked_sub(age).unwrap_or(now), budget }
    }

    /// Time since the start.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Seconds since a moment that [`Self::elapsed`] told.
    #[must_use]
    pub fn seconds_since(&self, earlier: Duration) -> f64 {
        self.elapsed().saturating_sub(earlier).as_secs_f64()
    }

    /// Milliseconds since the start.
    #[must_use]
    pub fn elapsed_ms(&self) -> f64 {
        self.elapsed().as_secs_f64() * 1000.0
    }

    /// Seconds left of the budget.
    #[must_use]
    pub fn seconds_left(&self) -> f64 {
        self.budget.left(self.elapsed())
    }

    /// The moment so many seconds after the start.
    #[must_use]
    pub fn at(&self, seconds: f64) -> Instant {
        self.started + Duration::from_secs_f64(seconds.max(0.0))
    }

    /// The moment at which the study must be over.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        self.at(self.budget.total_seconds)
    }
}

/// Seconds until a moment; none where it is over.
#[must_use]
pub fn seconds_until(moment: Instant) -> f64 {
    moment.saturating_duration_since(Instant::now()).as_secs_f64()
}
