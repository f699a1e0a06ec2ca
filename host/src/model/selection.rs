//! Which candidate wins, and why.

use serde::{Deserialize, Serialize};

use super::{candidate::Candidate, metric::Estimate};

/// A candidate that was measured, and what is known of it. Selectors choose among these.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct MeasuredCandidate {
    /// Its number in the study.
    pub id: u32,
    /// The settings.
    pub candidate: Candidate,
    /// Whether they are the present ones.
    pub is_baseline: bool,
    /// Notes per minute over the user's size distribution.
    pub notes_per_minute: Option<Estimate>,
    /// Mean score, 0 to 1.
    pub quality: Option<Estimate>,
    /// How many notes the quality rests on.
    pub scored_notes: usize,
    /// Share of the source of the batch that reaches the model, 0 to 1.
    pub source_share: f64,
    /// Expected share of files lost, 0 to 1.
    pub lost_share: f64,
    /// What the loaded model took at most, in bytes.
    pub peak_memory_bytes: Option<f64>,
    /// The model lies partly outside GPU memory.
    pub spilled: bool,
    /// Why it must not be chosen; empty when it may.
    pub violations: Vec<String>,
    /// Trials behind it.
    pub trials: Vec<u32>,
}

/// What must hold for a winner.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Constraints {
    /// Least mean quality, as a share of the best attainable on this model.
    pub quality_floor: f64,
    /// Most files lost, as a share.
    pub max_lost_share: f64,
}

impl Default for Constraints {
    fn default() -> Self {
        Self { quality_floor: 0.9, max_lost_share: 0.02 }
    }
}

/// What a selector decided.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Selection {
    /// Its name.
    pub selector: String,
    /// Id of the winner.
    pub winner: u32,
    /// Ids of the next best, the better ones first.
    pub runners_up: Vec<u32>,
    /// Why, each in a sentence.
    pub reasons: Vec<String>,
    /// Settings of the winner that the selector sets itself (timeouts from a rule, for example).
    pub settings: Vec<(String, f64)>,
}

/// The result of a study: what will be saved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TunedConfig {
    /// Name and tag of the model that they are for.
    pub model_name: String,
    /// The settings.
    pub candidate: Candidate,
    /// RFC 3339 date of the study.
    pub benchmark_date: String,
    /// How probable it is that nothing better was missed.
    pub confidence: Confidence,
}

/// How far to trust the result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Confidence {
    /// 0 to 100: see `meaning`.
    pub percent: f64,
    /// One sentence: what the number says.
    pub meaning: String,
    /// What raised and lowered it.
    pub parts: Vec<ConfidencePart>,
}

/// One thing that raised or lowered the confidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ConfidencePart {
    /// Its name.
    pub name: String,
    /// Points of a hundred that it raises the number by, or lowers it where negative; all parts together are the number.
    pub points: f64,
    /// Why, in a sentence.
    pub reason: String,
}
