//! Characters per token, from the requests themselves.

use crate::stats::summary::{quantile, sorted};

/// Code has 3 to 4 characters a token with the tokenizers of common models; 3 errs on the safe side.
const CHARS_PER_TOKEN: f64 = 3.0;

/// Tokens that the model's template adds to a prompt, at most in practice.
const TEMPLATE_TOKENS: f64 = 40.0;

/// What was seen of prompts: their characters and the tokens that the server counted.
#[derive(Debug, Clone, Default)]
pub struct Calibration {
    /// Characters per token of each prompt that arrived whole.
    ratios: Vec<f64>,
}

impl Calibration {
    /// Learns from a note's prompt that arrived whole.
    #[expect(clippy::cast_precision_loss, reason = "prompts are far shorter than 2^52")]
    pub fn learn(&mut self, prompt_chars: usize, prompt_tokens: u32) {
        // Short prompts are mostly template.
        if prompt_chars >= 400 && prompt_tokens > 0 {
            self.ratios.push(prompt_chars as f64 / f64::from(prompt_tokens));
        }
    }

    /// Characters of one token: low among those seen, because a prompt that turns out longer than thought does not fit.
    #[must_use]
    pub fn chars_per_token(&self) -> f64 {
        if self.ratios.len() < 3 { CHARS_PER_TOKEN } else { quantile(&sorted(&self.ratios), 0.1) }
    }

    /// The median, once there is one.
    #[must_use]
    pub fn measured(&self) -> Option<f64> {
        if self.ratios.is_empty() { None } else { Some(quantile(&sorted(&self.ratios), 0.5)) }
    }

    /// What a prompt should count; `None` before anything was learned.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "prompts are far shorter than 2^52")]
    pub fn expected_tokens(&self, prompt_chars: usize) -> Option<f64> {
        if self.ratios.len() < 3 { None } else { self.measured().map(|ratio| prompt_chars as f64 / ratio) }
    }

    /// Tokens of a prompt without any source in it.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a prompt's skeleton is a few thousand characters"
    )]
    pub fn overhead_tokens(&self, skeleton_chars: usize) -> u32 {
        (skeleton_chars as f64 / self.chars_per_token() + TEMPLATE_TOKENS).ceil() as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_careful_and_learns() {
        let mut calibration = Calibration::default();
        assert!((calibration.chars_per_token() - 3.0).abs() < 1e-9);
        assert_eq!(calibration.expected_tokens(3500), None);
        for tokens in [1000, 1010, 990, 1000] {
            calibration.learn(3500, tokens);
        }
        assert!((calibration.measured().unwrap() - 3.5).abs() < 0.02);
        assert!(calibration.chars_per_token() <= 3.5);
        assert!((calibration.expected_tokens(7000).unwrap() - 2000.0).abs() < 10.0);
    }
}
