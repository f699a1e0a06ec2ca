//! Questions to a model about a note, and its answers.

use serde::{Deserialize, Serialize};

/// What a scorer asks.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Question {
    /// What to judge and in which form to answer.
    pub instructions: String,
    /// What is judged.
    pub material: String,
    pub most_tokens: u32,
}

impl Question {
    /// Characters of both texts.
    #[must_use]
    pub fn chars(&self) -> usize {
        self.instructions.chars().count() + self.material.chars().count()
    }
}

/// What the model said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    pub text: String,
    pub prompt_tokens: u32,
    pub answer_tokens: u32,
    /// It ended because it had no more room.
    pub cut: bool,
}

/// A question that the host settled: the answer, or why there is none.
pub type Settled = (Question, Result<Answer, String>);
