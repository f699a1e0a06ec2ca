//! What to expect of the user's whole batch, with what can go wrong in it.

use serde::{Deserialize, Serialize};

use super::metric::ConfidenceInterval;

/// The whole batch with the settings that a study ends with. Faults, stalls and waits between tries are in it; a batch that the server
/// survives is taken for granted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct BatchOutlook {
    /// Files of the batch.
    pub files: usize,
    /// Expected number of files that every try of a request failed for.
    pub expected_lost_files: f64,
    /// Where the number of lost files lies.
    pub lost_interval: ConfidenceInterval,
    /// Probability that the batch ends without a lost file while nobody looks, 0 to 1.
    pub unattended_probability: f64,
    /// How long it takes, as the mean of what may happen.
    pub expected_minutes: f64,
    /// Where that lies.
    pub interval: ConfidenceInterval,
    /// What it rests on: requests that were sent, that failed soon, and that were stalled or given up.
    pub requests: usize,
    /// Requests that failed in the study.
    pub failed_requests: usize,
    /// Requests that were given up or stood still in it.
    pub stalled_requests: usize,
}
