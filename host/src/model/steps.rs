//! The way from the present settings to the chosen ones.

use serde::{Deserialize, Serialize};

use super::metric::ConfidenceInterval;

/// A setting that a step changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Change {
    /// Its name.
    pub setting: String,
    /// Its value before.
    pub from: f64,
    /// Its value after.
    pub to: f64,
}

/// One step, and what it gains. All steps together lead from the present settings to the chosen ones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct GainStep {
    /// What changes in it: more than one setting where those between were not measured.
    pub changes: Vec<Change>,
    /// Notes per minute after it by those before it.
    pub ratio: f64,
    /// 95 %; absent where both rest on the same requests, so that the ratio is calculated and not measured.
    pub interval: Option<ConfidenceInterval>,
    /// Notes per minute after it.
    pub notes_per_minute: f64,
    /// Requests behind the settings that it ends with.
    pub requests: usize,
}
