//! How good a note is.

use serde::{Deserialize, Serialize};

use super::observation::FinishReason;

/// What one scorer says of one note.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Score {
    /// 0 (worthless) to 1 (nothing to wish for).
    pub value: f64,
    pub parts: Vec<ScorePart>,
    pub reasons: Vec<String>,
}

/// The part by which a scorer says that it could not judge a note: value 0.
const NOT_JUDGED: &str = "judged";

impl Score {
    /// Whether the scorer says that it had nothing to judge.
    #[must_use]
    pub fn is_not_judged(&self) -> bool {
        self.parts.iter().any(|part| part.name == NOT_JUDGED && part.value <= 0.0)
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ScorePart {
    pub name: String,
    pub value: f64,
}

/// What all scorers together say of one note.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct NoteScore {
    /// Index into the workload's files.
    pub file: usize,
    /// Weighted mean over the scorers, 0 to 1.
    pub value: f64,
    /// Scorer's name, its weight, its score.
    pub by_scorer: Vec<ScorerScore>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ScorerScore {
    pub scorer: String,
    pub weight: f64,
    pub score: Score,
}

/// Everything that a scorer may look at: one note, and what it was made from.
#[derive(Debug, Clone, PartialEq)]
pub struct NoteEvidence {
    pub path: String,
    pub language: String,
    /// The *whole* file: cutting it shows as lost quality, not as speed.
    pub source: String,
    pub requests: Vec<RequestEvidence>,
    /// Parameter names and values.
    pub settings: Vec<(String, f64)>,
}

/// One request of a note.
#[derive(Debug, Clone, PartialEq)]
pub struct RequestEvidence {
    pub prompt: String,
    pub answer: String,
    pub finish: FinishReason,
    pub prompt_tokens: u32,
    pub answer_tokens: u32,
    /// The server cut the prompt.
    pub truncated: bool,
    /// Which characters of the file it carried.
    pub start_char: usize,
    pub end_char: usize,
}
