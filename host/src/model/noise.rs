//! How well a machine repeats itself, and what can therefore be told apart on it.

use serde::{Deserialize, Serialize};

/// The noise floor of a study.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct NoiseFloor {
    /// Standard deviation of the logarithm of the time of a request at fixed settings: 0.04 for about 4 %.
    pub sigma: f64,
    /// Its 95 % interval.
    pub sigma_low: f64,
    /// What it is at most, at 95 %.
    pub sigma_high: f64,
    /// Requests that it was learned from.
    pub requests: usize,
    /// Seconds that the budget keeps for a comparison, and what a pair of notes, one with each settings, costs.
    pub comparison_seconds: f64,
    /// Seconds that a pair takes; absent where none was made.
    pub pair_seconds: Option<f64>,
    /// Pairs that fit.
    pub pairs: usize,
    /// The smallest difference in speed that so many pairs show with a power of 80 % at a level of 5 %: 0.03 for 3 %.
    pub resolvable_share: Option<f64>,
}
