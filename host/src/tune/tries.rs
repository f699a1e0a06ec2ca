//! What the tries of a trial say of faults. Pure.

use super::measure::is_worth_retrying;
use crate::model::observation::{FailureCause, Observation, Repetition};

/// Tries, and those that ended badly of a cause that passes. What fails again whatever is done is no fault.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Tries {
    pub sent: f64,
    /// Failed soon: an error, a broken connection, a full queue.
    pub failed: f64,
    pub failed_seconds: f64,
    /// Given up after a timeout.
    pub given_up: f64,
    pub given_up_seconds: f64,
    /// Tries after a failed one, and those of them that failed soon as well.
    pub retries: f64,
    pub retries_failed: f64,
}

impl Tries {
    /// Of all measured requests.
    #[must_use]
    pub fn of(observations: &[Observation]) -> Self {
        let mut tries = Self::default();
        for observation in observations.iter().filter(|one| one.repetition == Repetition::Measured) {
            if observation.failure.is_some_and(|cause| !is_worth_retrying(cause)) {
                continue;
            }
            let seconds = observation.latency_ms / 1000.0;
            let retry = f64::from(u8::from(observation.attempt > 1));
            tries.sent += 1.0;
            tries.retries += retry;
            match observation.failure {
                None => {}
                Some(FailureCause::TimedOut) => {
                    tries.given_up += 1.0;
                    tries.given_up_seconds += seconds;
                }
                Some(_) => {
                    tries.failed += 1.0;
                    tries.failed_seconds += seconds;
                    tries.retries_failed += retry;
                }
            }
        }
        tries
    }

    /// As facts of a trial, for strategies; what did not happen is left out.
    pub fn facts(self) -> impl Iterator<Item = (String, f64)> {
        [
            ("requests_sent", self.sent),
            ("requests_failed", self.failed),
            ("requests_failed_seconds", self.failed_seconds),
            ("requests_given_up", self.given_up),
            ("requests_given_up_seconds", self.given_up_seconds),
            ("retries", self.retries),
            ("retries_failed", self.retries_failed),
        ]
        .into_iter()
        .filter(|(_, value)| *value > 0.0)
        .map(|(name, value)| (name.to_owned(), value))
    }
}
