//! What others' measurements say of a machine.

use serde::{Deserialize, Serialize};

use super::{
    candidate::Candidate,
    metric::Estimate,
    pack::{HardwareClass, PackedModel, WorkloadClass},
};

/// Version of the JSON form of [`Recommendation`].
pub const RECOMMENDATION_SCHEMA_VERSION: u32 = 1;

/// Settings that others measured, made to fit a machine. They are a guess until they are proven there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Recommendation {
    /// [`RECOMMENDATION_SCHEMA_VERSION`] when it was written.
    pub schema_version: u32,
    /// The settings.
    pub settings: Candidate,
    /// Notes a minute with them, and where it may lie on this machine in 95 of 100 cases.
    pub notes_per_minute: Estimate,
    /// How much stands behind it.
    pub behind: Behind,
    /// The nearest classes that were measured, the nearest first.
    pub nearest: Vec<Neighbour>,
    /// What nobody measured and is concluded from something else, each as a phrase; empty where others measured just this.
    pub extrapolated: Vec<String>,
}

/// How much stands behind a recommendation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Behind {
    /// Measurements that were believed.
    pub packs: usize,
    /// Keys that signed them.
    pub keys: usize,
    /// Classes of machine and model that they are of.
    pub classes: usize,
    /// Measurements that were near enough and not believed: their speeds are not like those of the others.
    pub set_aside: usize,
}

/// A class that was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Neighbour {
    /// The machine.
    pub hardware: HardwareClass,
    /// The model.
    pub model: PackedModel,
    /// The batch of the nearest one.
    pub workload: WorkloadClass,
    /// How far it is: 0 is the same.
    pub distance: f64,
    /// What is different, each as a phrase.
    pub differs: Vec<String>,
    /// Notes a minute there, as they would be here.
    pub notes_per_minute: f64,
    /// Measurements of it.
    pub packs: usize,
    /// Keys that signed them.
    pub keys: usize,
}
