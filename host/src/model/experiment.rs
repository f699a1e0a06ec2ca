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
    Probe {
        /// Tokens of each prompt, about.
        prompt_tokens: u32,
        /// Tokens of each answer.
        output_tokens: u32,
        /// Requests at once.
        parallel: u32,
        /// Requests altogether.
        requests: u32,
    },
    /// Files of the workload made into notes exactly as the batch would.
    Notes {
        /// Numbers of the files among those that were picked.
        files: Vec<usize>,
    },
    /// Facts hidden at relative depths (0 to 1) of a text of that many characters.
    Needle {
        /// Characters of the text.
        content_chars: u32,
        /// Where the facts stand in it: 0 is its beginning, 1 its end.
        depths: Vec<f64>,
    },
    /// The candidate and another one, interleaved, on the same files.
    Compare {
        /// The other settings.
        other: Box<Candidate>,
        /// Numbers of the files among those that were picked.
        files: Vec<usize>,
    },
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
    /// The settings to measure.
    pub candidate: Candidate,
    /// How.
    pub experiment: Experiment,
    /// One line for the progress display and the report.
    pub why: String,
}

/// What a strategy says when asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub enum StrategyAnswer {
    /// These, and then it is asked again.
    Measure(Vec<Proposal>),
    /// Nothing more: this is decided.
    Done(Decision),
}

/// What a strategy decided.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Decision {
    /// Parameter names and values; only of the parameters that it declared to decide.
    pub settings: Vec<(String, f64)>,
    /// Why, each in a sentence.
    pub reasons: Vec<String>,
    /// What was looked for and not found.
    pub not_found: Vec<String>,
}
