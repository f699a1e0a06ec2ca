use std::f64::consts::FRAC_2_PI;

use super::{TrialExt, count};
use crate::types::{Experiment, NoteScore, Trial};

/// The mean of differences on the same files, and how sure it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairedDifference {
    pub mean: f64,
    /// Ends of the confidence interval; infinite with fewer than two pairs.
    pub low: f64,
    pub high: f64,
    pub pairs: usize,
}

impl PairedDifference {
    /// Whether the interval leaves out 0.
    #[must_use]
    pub fn is_certain(&self) -> bool {
        self.low > 0.0 || self.high < 0.0
    }
}

/// Mean of paired differences with Student's t interval at a two-sided `level` (0.95, for example). It takes the
/// differences as roughly normal; with the handful of files that a study can afford, a bootstrap would know no more.
/// Differences that are all equal give an interval without width only when there are at least two.
#[must_use]
pub fn paired_difference(differences: &[f64], level: f64) -> PairedDifference {
    let pairs = differences.len();
    let number = count(pairs);
    let mean = if pairs == 0 { 0.0 } else { differences.iter().sum::<f64>() / number };
    if pairs < 2 {
        return PairedDifference { mean, low: f64::NEG_INFINITY, high: f64::INFINITY, pairs };
    }
    let variance = differences.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (number - 1.0);
    let half = t_quantile(level, pairs - 1) * (variance / number).sqrt();
    PairedDifference { mean, low: mean - half, high: mean + half, pairs }
}

/// The bound that Student's t stays within with probability `level`, for whole degrees of freedom: the closed form of
/// Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.3 and 26.7.4, inverted by bisection.
#[must_use]
pub fn t_quantile(level: f64, degrees: usize) -> f64 {
    let (mut low, mut high) = (0.0, 1e4);
    for _ in 0..100 {
        let middle = f64::midpoint(low, high);
        if t_probability(middle, degrees.max(1)) < level { low = middle } else { high = middle }
    }
    high
}

/// Probability that |t| is at most `bound`.
fn t_probability(bound: f64, degrees: usize) -> f64 {
    let angle = (bound / count(degrees).sqrt()).atan();
    let (sine, cosine) = angle.sin_cos();
    let odd = degrees % 2 == 1;
    let mut term = if odd { cosine } else { 1.0 };
    let mut sum = if degrees == 1 { 0.0 } else { term };
    for power in (if odd { 3 } else { 2 }..=degrees.saturating_sub(2)).step_by(2) {
        let power = count(power);
        term *= cosine * cosine * (power - 1.0) / power;
        sum += term;
    }
    if odd { FRAC_2_PI * (angle + sine * sum) } else { sine * sum }
}

/// Scores by file of the notes that complete trials made, for those that `belongs` accepts; of two scores of a file the later one.
#[must_use]
pub fn notes_by_file(history: &[Trial], belongs: impl Fn(&Trial, u32) -> bool) -> Vec<(u32, f64)> {
    by_file(history, belongs, |score| Some(score.value))
}

/// The same of what one scorer said; notes that it did not judge are left out.
#[must_use]
pub fn parts_by_file(history: &[Trial], scorer: &str, belongs: impl Fn(&Trial, u32) -> bool) -> Vec<(u32, f64)> {
    by_file(history, belongs, |score| score.parts.iter().find(|part| part.name == scorer).map(|part| part.value))
}

fn by_file(
    history: &[Trial],
    belongs: impl Fn(&Trial, u32) -> bool,
    value: impl Fn(&NoteScore) -> Option<f64>,
) -> Vec<(u32, f64)> {
    let mut scores: Vec<(u32, f64)> = Vec::new();
    for trial in history.iter().filter(|trial| trial.is_complete() && matches!(trial.experiment, Experiment::Notes(_)))
    {
        for score in trial.scores.iter().filter(|score| belongs(trial, score.file)) {
            if let Some(value) = value(score) {
                scores.retain(|(file, _)| *file != score.file);
                scores.push((score.file, value));
            }
        }
    }
    scores.sort_by_key(|(file, _)| *file);
    scores
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_agree_with_the_printed_table() {
        // Two-sided 95 % and 99 %, from the table of Student's t in common use.
        for (degrees, at_95, at_99) in [
            (1, 12.706, 63.657),
            (2, 4.303, 9.925),
            (3, 3.182, 5.841),
            (5, 2.571, 4.032),
            (10, 2.228, 3.169),
            (30, 2.042, 2.750),
        ] {
            assert!((t_quantile(0.95, degrees) - at_95).abs() < 6e-4, "{degrees}: {}", t_quantile(0.95, degrees));
            assert!((t_quantile(0.99, degrees) - at_99).abs() < 6e-4, "{degrees}: {}", t_quantile(0.99, degrees));
        }
    }

    #[test]
    fn an_interval_needs_two_pairs() {
        assert!(!paired_difference(&[0.5], 0.95).is_certain());
        assert!(!paired_difference(&[], 0.95).is_certain());
        // 0.1, 0.2, 0.3: mean 0.2, standard error 0.057735, t(2) = 4.303.
        let difference = paired_difference(&[0.1, 0.2, 0.3], 0.95);
        assert!((difference.low - (0.2 - 4.3027 * 0.057_735)).abs() < 1e-4);
        assert!(!difference.is_certain());
        assert!(paired_difference(&[0.1, 0.2, 0.3, 0.2, 0.2], 0.95).is_certain());
    }
}
