//! What a note is taken to be where none was made to tell.

/// Tokens of its answer, and characters of a token of its prompt.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NoteSize {
    pub answer_tokens: f64,
    pub chars_per_token: f64,
}

impl NoteSize {
    /// As it is expected to be.
    pub const EXPECTED: Self = Self { answer_tokens: 250.0, chars_per_token: 3.2 };

    /// As short as may be: few tokens of an answer and many characters of a token, so that a note is not thought longer than it is.
    pub const LEAST: Self = Self { answer_tokens: 150.0, chars_per_token: 4.0 };

    /// Tokens of so many characters.
    #[must_use]
    pub fn tokens(self, chars: f64) -> f64 {
        chars / self.chars_per_token
    }
}
