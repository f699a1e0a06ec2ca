//! What reading more or less of a file does to the score of its note, by the notes that were scored. Pure.

use crate::{
    model::{candidate::Candidate, trial::Trial, workload::Workload},
    stats::summary::mean,
};

/// What is thought before a note was scored: the score of a note of a whole file, and what it loses when nothing is read, with how far each may
/// be off. The strategy `graybox` begins from the same.
const WHOLE: (f64, f64) = (0.8, 0.3);
const LOSS: (f64, f64) = (0.4, 0.4);

/// Deviation of a score from that line before any was seen, and how many scores that counts for.
const NOISE: (f64, f64) = (0.05, 4.0);

/// How much a score falls with the share of a file that is not read: mean and deviation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Loss {
    pub mean: f64,
    pub deviation: f64,
}

impl Loss {
    /// A Bayesian line through the scores of notes that were asked for as the candidate asks (Bishop, *Pattern Recognition and Machine Learning*,
    /// 3.3), with the noise that is left around it.
    pub(super) fn of(trials: &[Trial], workload: &Workload, like: &Candidate) -> Self {
        let mut points: Vec<(f64, f64)> = Vec::new();
        for trial in trials.iter().filter(|trial| asks_alike(&trial.candidate, like)) {
            for score in &trial.scores {
                let Some(file) = workload.files.get(score.file) else { continue };
                points.push((unread(file.chars, trial.candidate.max_content_length), score.value));
            }
        }
        let around = |noise: f64| posterior(&points, noise);
        let (whole, loss, _) = around(NOISE.0);
        let squares: f64 = points.iter().map(|(unread, score)| (score - whole + loss * unread).powi(2)).sum();
        #[expect(clippy::cast_precision_loss, reason = "some dozen notes")]
        let noise = ((NOISE.0.powi(2) * NOISE.1 + squares) / (NOISE.1 + points.len() as f64)).sqrt();
        let (_, loss, deviation) = around(noise);
        Self { mean: loss, deviation }
    }
}

/// Score of a whole file, loss, and deviation of the loss: two unknowns with normal priors.
fn posterior(points: &[(f64, f64)], noise: f64) -> (f64, f64, f64) {
    let weight = noise.powi(-2);
    // Precisions of the two and between them, and what they are multiplied with.
    let (mut wholes, mut between, mut losses) = (WHOLE.1.powi(-2), 0.0, LOSS.1.powi(-2));
    let mut right = [WHOLE.0 * wholes, LOSS.0 * losses];
    for (unread, score) in points {
        wholes += weight;
        between -= weight * unread;
        losses += weight * unread * unread;
        right = [right[0] + weight * score, right[1] - weight * unread * score];
    }
    let determinant = wholes * losses - between * between;
    (
        (losses * right[0] - between * right[1]) / determinant,
        (wholes * right[1] - between * right[0]) / determinant,
        (wholes / determinant).sqrt(),
    )
}

fn asks_alike(one: &Candidate, other: &Candidate) -> bool {
    one.num_predict == other.num_predict && (one.temperature - other.temperature).abs() < 1e-9
}

/// Share of a file that is not read.
#[expect(clippy::cast_precision_loss, reason = "files are far shorter than 2^52 characters")]
fn unread(chars: usize, content: u32) -> f64 {
    let chars = chars.max(1) as f64;
    (1.0 - f64::from(content) / chars).max(0.0)
}

/// Mean share of the files of a batch that is not read.
pub(super) fn unread_of_batch(batch_chars: &[usize], content: u32) -> f64 {
    let shares: Vec<f64> = batch_chars.iter().map(|chars| unread(*chars, content)).collect();
    if shares.is_empty() { 0.0 } else { mean(&shares) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_overrule_what_was_thought() {
        let (whole, loss, deviation) = posterior(&[], 0.05);
        assert!((whole - 0.8).abs() < 1e-9 && (loss - 0.4).abs() < 1e-9 && (deviation - 0.4).abs() < 1e-9);
        let points: Vec<(f64, f64)> =
            (0..40).map(|index| f64::from(index % 10) / 10.0).map(|unread| (unread, 0.95 - 0.2 * unread)).collect();
        let (whole, loss, deviation) = posterior(&points, 0.03);
        assert!(
            (whole - 0.95).abs() < 0.01 && (loss - 0.2).abs() < 0.01 && deviation < 0.03,
            "{whole} {loss} {deviation}"
        );
    }

    #[test]
    fn what_is_not_read_is_a_share_of_each_file() {
        assert!((unread(10_000, 4_000) - 0.6).abs() < 1e-9 && unread(3_000, 4_000) == 0.0);
        assert!((unread_of_batch(&[2_000, 8_000], 4_000) - 0.25).abs() < 1e-9);
    }
}
