//! What a study begins with, as data: with it and with what the server says, it comes out the same.

use serde::{Deserialize, Serialize};

use super::{
    budget::Budget,
    candidate::Candidate,
    fleet::Hosts,
    machine::{MachineProfile, ModelProfile, ServerProfile},
    prior::Prior,
    selection::Constraints,
    workload::Workload,
};

/// What a study begins with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Begun {
    /// RFC 3339.
    pub started_at: String,
    pub seed: u64,
    /// Tells two studies of the same seed apart on a real server; 0 in simulations, so that they repeat.
    pub salt: u64,
    pub intensity: String,
    pub budget: Budget,
    pub machine: MachineProfile,
    /// As found, with what was loaded then: so it is left in the end.
    pub server: ServerProfile,
    pub model: ModelProfile,
    pub workload: Workload,
    pub baseline: Candidate,
    pub constraints: Constraints,
    /// Files of the batch, where the study is to take no longer than it can save.
    pub files: Option<usize>,
    /// What an earlier study found, to be checked before anything is searched for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prior: Option<Prior>,
    /// The machines that share it, where there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hosts: Option<Hosts>,
}
