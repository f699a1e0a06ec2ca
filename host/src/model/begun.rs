//! What a study began with: all that it takes to go on with one that was killed.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{
    budget::Budget,
    candidate::Candidate,
    machine::{MachineProfile, ModelProfile, ServerProfile},
    selection::Constraints,
    study::Plan,
    workload::Workload,
};

/// What a study began with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Begun {
    pub tool_version: String,
    /// RFC 3339.
    pub started_at: String,
    /// What was typed after the program's name; none where it is no text, and cannot be typed again for the user.
    pub arguments: Option<Vec<String>>,
    /// Where: relative names among the arguments are in it.
    pub directory: PathBuf,
    pub seed: u64,
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
    pub plan: Plan,
    /// Files of the batch, where somebody said so.
    pub files: Option<usize>,
}
