//! Two configurations, compared.

use serde::{Deserialize, Serialize};

use super::{
    candidate::Candidate,
    parting::Parting,
    server_failure::{ServerFailure, server_failure},
    study::{Comparison, Warning},
    trial::Trial,
};

/// Version of the JSON form of [`Verification`]. It grows when a field changes its meaning or goes away.
pub const VERIFICATION_SCHEMA_VERSION: u32 = 1;

/// Everything that is known at the end of a comparison of two configurations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verification {
    pub schema_version: u32,
    pub tool_version: String,
    /// RFC 3339.
    pub started_at: String,
    pub seed: u64,
    pub model: String,
    pub budget_seconds: f64,
    pub elapsed_seconds: f64,
    pub old: Configuration,
    pub new: Configuration,
    /// Names of the settings in which they differ; none means that the same was compared with itself.
    pub differences: Vec<String>,
    /// New / old; `None` when not two files were made with both.
    pub comparison: Option<Comparison>,
    pub trials: Vec<Trial>,
    pub warnings: Vec<Warning>,
    /// What the server said in the end; absent where nothing was asked of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parting: Option<Parting>,
    /// The user stopped it: what stands here is what was known then.
    pub interrupted: bool,
}

impl Verification {
    /// How the server failed, where it did before anything could be compared. That says nothing of the settings.
    #[must_use]
    pub fn lost_its_server(&self) -> Option<ServerFailure> {
        server_failure(&self.trials, self.parting.as_ref()).filter(|_| self.comparison.is_none())
    }
}

/// One of the two.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Configuration {
    /// Where it stands, for people.
    pub place: String,
    pub settings: Candidate,
    /// Why it cannot be used, by what happened; empty when it can.
    pub faults: Vec<String>,
}
