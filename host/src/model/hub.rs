//! What a hub is asked and answers: packs of many, and what they add up to.

use serde::{Deserialize, Serialize};

use super::pack::{HardwareClass, PackedModel, WorkloadClass};

/// How a hub does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HubHealth {
    /// Release of `ralf-tune` that serves.
    pub version: String,
    /// `sqlite` or `postgres`.
    pub database: String,
    /// Packs that are given to others.
    pub packs: u64,
    /// Packs that wait until others agree with them.
    pub quarantined: u64,
}

/// What became of the packs of a push.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pushed {
    /// One for each, in the order of the push.
    pub packs: Vec<PushedPack>,
}

/// What became of one pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PushedPack {
    /// SHA-256 of the pack, 64 hexadecimal digits: its name on every hub.
    pub hash: String,
    /// What became of it.
    pub outcome: PushOutcome,
    /// Why it was not accepted.
    pub why: Option<String>,
}

/// What can become of a pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PushOutcome {
    /// It counts, and others get it.
    Accepted,
    /// It is kept, and counts when others agree.
    Quarantined,
    /// It was there.
    Known,
    /// It is no pack that a hub takes.
    Refused,
    /// This key has pushed as many as it may for today.
    Later,
}

/// What was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Removed {
    /// Packs.
    pub packs: u64,
}

/// Who measured: classes, and how many keys stand behind each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MeasuredClasses {
    /// Those with most keys first.
    pub classes: Vec<MeasuredClass>,
}

/// A model on a class of machines, with a class of batches.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MeasuredClass {
    /// Public name of the model, or what else it is told by.
    pub model: String,
    /// The machines.
    pub hardware: HardwareClass,
    /// The batches, in a word: `built-in prompt, files of 4000 to 16000 characters`.
    pub workload: String,
    /// Keys that measured there.
    pub keys: u64,
}

/// For what a recommendation is asked: what a pack of it would say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AskHub {
    /// The machine.
    pub hardware: HardwareClass,
    /// The model: what is not known of it may be absent.
    pub model: PackedModel,
    /// Version of the server without its last part.
    pub server_version: Option<String>,
    /// The batch.
    pub workload: WorkloadClass,
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HubProblem {
    /// It.
    pub error: HubError,
}

/// An error of a hub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HubError {
    /// For programs: `too-large`.
    pub name: String,
    /// For people: what is wrong.
    pub message: String,
    /// What to do.
    pub hint: String,
}
