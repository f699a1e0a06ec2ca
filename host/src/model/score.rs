//! How good a note is.

use serde::{Deserialize, Serialize};

use super::observation::FinishReason;

/// What one scorer says of one note.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Score {
    /// 0 (worthless) to 1 (nothing to wish for).
    pub value: f64,
    /// What it is made of.
    pub parts: Vec<ScorePart>,
    /// Why, each in a sentence.
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

/// A part of a score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ScorePart {
    /// Its name.
    pub name: String,
    /// Its value, in the scorer's own unit.
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

/// What one scorer said of a note.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ScorerScore {
    /// Its name.
    pub scorer: String,
    /// What it counts for in the mean.
    pub weight: f64,
    /// What it said.
    pub score: Score,
}

/// Everything that a scorer may look at: one note, and what it was made from.
#[derive(Debug, Clone, PartialEq)]
pub struct NoteEvidence {
    /// Name of the file.
    pub path: String,
    /// Language that the file is in, by its ending.
    pub language: String,
    /// The *whole* file: cutting it shows as lost quality, not as speed.
    pub source: String,
    /// What was sent and answered, a piece of the file each.
    pub requests: Vec<RequestEvidence>,
    /// Parameter names and values.
    pub settings: Vec<(String, f64)>,
}

/// One request of a note.
#[derive(Debug, Clone, PartialEq)]
pub struct RequestEvidence {
    /// The whole prompt.
    pub prompt: String,
    /// The whole answer.
    pub answer: String,
    /// How the answer ended.
    pub finish: FinishReason,
    /// Tokens of the prompt, as the server counted them.
    pub prompt_tokens: u32,
    /// Tokens of the answer, as the server counted them.
    pub answer_tokens: u32,
    /// The server cut the prompt.
    pub truncated: bool,
    /// Which characters of the file it carried.
    pub start_char: usize,
    /// The first character behind it.
    pub end_char: usize,
}
