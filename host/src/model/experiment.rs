//! The closed set of things that a strategy may ask the host to measure.

use serde::{Deserialize, Serialize};

use super::candidate::Candidate;

/// What to measure with a candidate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Experiment {
    /// Load the model with the candidate's load-time settings, timed.
    Load,
    /// Fresh synthetic prompts: rates, slots, tails.
    Probe { prompt_tokens: u32, output_tokens: u32, parallel: u32, requests: u32 },
    /// Files of the workload made into notes exactly as the batch would.
    Notes { files: Vec<usize> },
    /// Facts hidden at relative depths (0 to 1) of a text of that many characters.
    Needle { content_chars: u32, depths: Vec<f64> },
    /// The candidate and another one, interleaved, on the same files.
    Compare { other: Box<Candidate>, files: Vec<usize> },
}

impl Experiment {
    /// The name in reports and JSON.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Load => "load",
            Self::Probe { .. } => "probe",
            Self::Notes { .. } => "notes",
            Self::Needle { .. } => "needle",
            Self::Compare { .. } => "compare",
        }
    }
}

/// What a strategy wants measured next.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Proposal {
    pub candidate: Candidate,
    pub experiment: Experiment,
    /// One line for the progress display and the report.
    pub why: String,
}

/// What a strategy says when asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub enum StrategyAnswer {
    Measure(Vec<Proposal>),
    Done(Decision),
}

/// What a strategy decided.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Decision {
    /// Parameter names and values; only of the parameters that it declared to decide.
    pub settings: Vec<(String, f64)>,
    pub reasons: Vec<String>,
    /// What was looked for and not found.
    pub not_found: Vec<String>,
}
