//! How many tokens a prompt has: learned from the counts of the prompts that arrived whole.
//!
//! A prompt's tokens are taken as `template + k * rough(prompt) + d * rough(source)`, with one `k` for the model's tokenizer and one `d` for
//! each language, all three with an expectation from the start. Each count narrows them: a linear regression with normal priors (Gelman
//! et al., "Bayesian Data Analysis", 3rd edition, chapter 14), updated one prompt at a time. How far single files stray from it is estimated as well.

use super::rough_tokens::rough_tokens;
use crate::stats::summary::{quantile, sorted};

/// Code has 3 to 4 characters a token with the tokenizers of common models; 3 errs on the safe side.
const CHARS_PER_TOKEN: f64 = 3.0;

/// Tokens that the model's template adds to a prompt, at most in practice.
const TEMPLATE_TOKENS: f64 = 40.0;

/// Before anything was learned: tokens of the template, and tokens of a rough one. Mean and standard deviation.
const TEMPLATE_PRIOR: (f64, f64) = (20.0, 15.0);
const FACTOR_PRIOR: (f64, f64) = (1.08, 0.14);
/// How far languages differ from each other in it.
const LANGUAGE_DEVIATION: f64 = 0.07;

/// How far one file strays from its language, as a share of its tokens: at first, and at least and at most whatever was seen.
const STRAY_PRIOR: f64 = 0.05;
const STRAY_BOUNDS: (f64, f64) = (0.02, 0.12);
/// The prompts that the first of these counts for.
const STRAY_WEIGHT: f64 = 4.0;

/// Standard deviations on either side of an expectation: beyond are 6 of 100 000 where errors are normal.
const WIDTH: f64 = 4.0;

/// No tokenizer of a model makes less, or more, of a rough token.
const FACTOR_BOUNDS: (f64, f64) = (0.6, 2.5);

/// A surprise larger than this many deviations teaches no more than one of this size.
const MOST_SURPRISE: f64 = 3.0;

/// The language of generated prompts.
pub const GENERATED: &str = "python";

/// A prompt as far as it matters here: rough tokens of all of it, and of the source in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Sized {
    pub chars: usize,
    pub whole: f64,
    pub source: f64,
    pub language: String,
}

impl Sized {
    /// A prompt that holds source in that language, but for `skeleton` rough tokens.
    #[must_use]
    pub fn new(prompt: &str, language: &str, skeleton: f64) -> Self {
        let whole = rough_tokens(prompt);
        Self {
            chars: prompt.chars().count(),
            whole,
            source: (whole - skeleton).max(0.0),
            language: language.to_owned(),
        }
    }
}

/// What a prompt should count, and between which bounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Expected {
    pub low: f64,
    pub tokens: f64,
    pub high: f64,
    /// One standard deviation of it.
    pub deviation: f64,
}

/// What was seen of prompts: their characters and the tokens that the server counted.
#[derive(Debug, Clone)]
pub struct Calibration {
    /// Characters per token of each note's prompt that arrived whole.
    ratios: Vec<f64>,
    /// Template, factor, and one deviation a language.
    state: Vec<f64>,
    covariance: Vec<Vec<f64>>,
    languages: Vec<String>,
    /// Squared relative errors of predictions, and their number.
    squares: f64,
    seen: f64,
}

impl Default for Calibration {
    fn default() -> Self {
        let variance = |(_, deviation): (f64, f64)| deviation * deviation;
        Self {
            ratios: Vec::new(),
            state: vec![TEMPLATE_PRIOR.0, FACTOR_PRIOR.0],
            covariance: vec![vec![variance(TEMPLATE_PRIOR), 0.0], vec![0.0, variance(FACTOR_PRIOR)]],
            languages: Vec::new(),
            squares: 0.0,
            seen: 0.0,
        }
    }
}

impl Calibration {
    /// Learns from a note's prompt that arrived whole.
    #[expect(clippy::cast_precision_loss, reason = "prompts are far shorter than 2^52")]
    pub fn learn_note(&mut self, prompt: &Sized, prompt_tokens: u32) {
        self.learn(prompt, prompt_tokens);
        // Short prompts are mostly template.
        if prompt.chars >= 400 && prompt_tokens > 0 {
            self.ratios.push(prompt.chars as f64 / f64::from(prompt_tokens));
        }
    }

    /// Learns from any prompt that arrived whole.
    pub fn learn(&mut self, prompt: &Sized, prompt_tokens: u32) {
        if prompt_tokens == 0 || prompt.whole <= 0.0 {
            return;
        }
        self.know(&prompt.language);
        let row = self.row(prompt);
        let stray = self.stray(prompt);
        let (predicted, explained) = self.predict(&row);
        // A token or two of rounding weigh in short prompts.
        let variance = explained + stray * stray + 4.0;
        let limit = MOST_SURPRISE * variance.sqrt();
        let surprise = (f64::from(prompt_tokens) - predicted).clamp(-limit, limit);
        self.squares += (surprise * surprise - explained - 4.0).max(0.0) / (prompt.whole * prompt.whole);
        self.seen += 1.0;
        let gain: Vec<f64> = self.times(&row);
        for (value, gain) in self.state.iter_mut().zip(&gain) {
            *value += gain * surprise / variance;
        }
        for (line, down) in self.covariance.iter_mut().zip(&gain) {
            for (cell, across) in line.iter_mut().zip(&gain) {
                *cell -= down * across / variance;
            }
        }
    }

    /// What a prompt should count. The bounds hold from the first request on, and close in with each prompt learned.
    #[must_use]
    pub fn expect(&self, prompt: &Sized) -> Expected {
        let row = self.row(prompt);
        let (tokens, mut variance) = self.predict(&row);
        if !self.languages.contains(&prompt.language) {
            variance += (LANGUAGE_DEVIATION * prompt.source).powi(2);
        }
        let stray = self.stray(prompt);
        let deviation = (variance + stray * stray + 4.0).sqrt();
        let margin = WIDTH * deviation;
        Expected {
            low: (tokens - margin).max(FACTOR_BOUNDS.0 * prompt.whole),
            tokens,
            high: (tokens + margin).min(FACTOR_BOUNDS.1 * prompt.whole + 2.0 * TEMPLATE_TOKENS),
            deviation,
        }
    }

    /// Whether anything was learned.
    #[must_use]
    pub fn has_learned(&self) -> bool {
        self.seen > 0.0
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

    /// How far one file strays, in tokens of this prompt.
    fn stray(&self, prompt: &Sized) -> f64 {
        let prior = STRAY_WEIGHT * STRAY_PRIOR * STRAY_PRIOR;
        let share = ((prior + self.squares) / (STRAY_WEIGHT + self.seen)).sqrt();
        share.clamp(STRAY_BOUNDS.0, STRAY_BOUNDS.1) * prompt.whole
    }

    /// Gives a language its place.
    fn know(&mut self, language: &str) {
        if self.languages.iter().any(|known| known == language) {
            return;
        }
        self.languages.push(language.to_owned());
        self.state.push(0.0);
        for line in &mut self.covariance {
            line.push(0.0);
        }
        let mut line = vec![0.0; self.state.len()];
        if let Some(own) = line.last_mut() {
            *own = LANGUAGE_DEVIATION * LANGUAGE_DEVIATION;
        }
        self.covariance.push(line);
    }

    /// What each part of the state is multiplied with.
    fn row(&self, prompt: &Sized) -> Vec<f64> {
        let of = |language: &String| if *language == prompt.language { prompt.source } else { 0.0 };
        [1.0, prompt.whole].into_iter().chain(self.languages.iter().map(of)).collect()
    }

    /// Tokens, and the variance that comes from what is not known of the state.
    fn predict(&self, row: &[f64]) -> (f64, f64) {
        (dot(&self.state, row), dot(&self.times(row), row).max(0.0))
    }

    fn times(&self, row: &[f64]) -> Vec<f64> {
        self.covariance.iter().map(|line| dot(line, row)).collect()
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prompt(rough: f64, language: &str) -> Sized {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small and positive")]
        let chars = (rough * 3.5) as usize;
        Sized { chars, whole: rough, source: (rough - 450.0).max(0.0), language: language.into() }
    }

    #[test]
    fn starts_careful_and_learns() {
        let mut calibration = Calibration::default();
        assert!((calibration.chars_per_token() - 3.0).abs() < 1e-9);
        for tokens in [1000, 1010, 990, 1000] {
            calibration.learn_note(&prompt(1000.0, "go"), tokens);
        }
        assert!((calibration.measured().unwrap() - 3.5).abs() < 0.02);
        assert!(calibration.chars_per_token() <= 3.5);
    }

    #[test]
    fn bounds_hold_from_the_start_and_close_in() {
        let mut calibration = Calibration::default();
        let truth = |rough: f64, factor: f64| 25.0 + factor * rough;
        let mut widths = Vec::new();
        for (index, rough) in [700.0, 2600.0, 1200.0, 4100.0, 900.0, 1800.0, 3000.0, 1500.0].into_iter().enumerate() {
            // Two languages that differ by a tenth.
            let (language, factor) = if index % 2 == 0 { ("go", 1.2) } else { ("rust", 1.32) };
            let expected = calibration.expect(&prompt(2000.0, language));
            let tokens = truth(2000.0, factor);
            assert!(expected.low < tokens && tokens < expected.high, "{index}: {expected:?} and {tokens}");
            widths.push((expected.high - expected.low) / tokens);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small and positive")]
            calibration.learn_note(&prompt(rough, language), truth(rough, factor).round() as u32);
        }
        let (first, last) = (widths[0], *widths.last().unwrap());
        assert!(first < 1.3 && last < 0.4, "{widths:?}");
        let go = calibration.expect(&prompt(3000.0, "go")).tokens / truth(3000.0, 1.2);
        let rust = calibration.expect(&prompt(3000.0, "rust")).tokens / truth(3000.0, 1.32);
        assert!((go - 1.0).abs() < 0.02 && (rust - 1.0).abs() < 0.02, "{go} {rust}");
    }

    #[test]
    fn one_odd_file_does_not_spoil_it() {
        let mut calibration = Calibration::default();
        for _ in 0..6 {
            calibration.learn(&prompt(2000.0, "go"), 2220);
        }
        calibration.learn(&prompt(2000.0, "go"), 4000);
        let expected = calibration.expect(&prompt(2000.0, "go"));
        assert!((expected.tokens / 2220.0 - 1.0).abs() < 0.05, "{expected:?}");
    }
}
