//! How long a study may take.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A wall-clock limit of the whole study, and how much of it is gone.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Budget {
    /// All of it, in seconds.
    pub total_seconds: f64,
}

impl Budget {
    /// A budget of that length.
    #[must_use]
    pub const fn from_seconds(total_seconds: f64) -> Self {
        Self { total_seconds }
    }

    /// Seconds left after `elapsed`, never below 0.
    #[must_use]
    pub fn left(&self, elapsed: Duration) -> f64 {
        (self.total_seconds - elapsed.as_secs_f64()).max(0.0)
    }
}

/// How thorough a study is; its plan comes from the settings and the manifests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Intensity {
    /// Its name.
    pub name: String,
    /// What it may take.
    pub budget: Budget,
    /// Names of the strategies that take part; their order comes from what they need.
    pub strategies: Vec<String>,
    /// Parameters of plugins at this intensity: plugin, parameter, value.
    pub params: Vec<(String, String, super::value::Value)>,
}
