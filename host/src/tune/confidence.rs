//! How far to trust the result: what the evidence supports, with its parts. Pure.

use crate::model::{
    selection::{Confidence, ConfidencePart, MeasuredCandidate},
    study::{Comparison, StageOutcome},
    trial::{Trial, TrialState},
};

/// What the number says; printed with it.
const MEANING: &str = "how far the measurements support these settings: 100 would mean that they were proven faster on your files, that no \
question was left open and that nothing failed; it is a summary of the parts below, not a probability";

/// Confidence in a winner.
#[must_use]
pub fn confidence(
    winner: &MeasuredCandidate,
    comparison: Option<&Comparison>,
    proof: f64,
    stages: &[StageOutcome],
    trials: &[Trial],
) -> Confidence {
    let parts =
        vec![proven(winner, comparison, proof), precise(winner), asked(stages), quality(winner), undisturbed(trials)];
    let percent = 100.0 * parts.iter().map(|part| part.factor).product::<f64>();
    Confidence { percent: (percent * 10.0).round() / 10.0, meaning: MEANING.to_owned(), parts }
}

fn part(name: &str, factor: f64, reason: String) -> ConfidencePart {
    ConfidencePart { name: name.to_owned(), factor: factor.clamp(0.0, 1.0), reason }
}

fn proven(winner: &MeasuredCandidate, comparison: Option<&Comparison>, proof: f64) -> ConfidencePart {
    if winner.is_baseline {
        return part("comparison", 1.0, "these are your present settings: nothing better was proven".into());
    }
    match comparison {
        Some(comparison) => part(
            "comparison",
            proof,
            format!(
                "{} files with both settings: {:.2}x the speed, {:.2} to {:.2}",
                comparison.pairs,
                comparison.speed_ratio.value,
                comparison.speed_ratio.interval.low,
                comparison.speed_ratio.interval.high
            ),
        ),
        None => part("comparison", 0.7, "there was no time to compare with your present settings".into()),
    }
}

/// The width of the interval of the speed: 10 % to either side costs nothing, 60 % costs half.
fn precise(winner: &MeasuredCandidate) -> ConfidencePart {
    let Some(speed) = winner.notes_per_minute else {
        return part("precision", 0.4, "no note was made with these settings".into());
    };
    let half_width = (speed.interval.high / speed.interval.low.max(1e-9)).sqrt() - 1.0;
    part("precision", 1.0 - (half_width - 0.1).max(0.0), format!("speed known to within {:.0} %", half_width * 100.0))
}

#[expect(clippy::cast_precision_loss, reason = "a handful of stages")]
fn asked(stages: &[StageOutcome]) -> ConfidencePart {
    let cut: Vec<&str> = stages
        .iter()
        .filter(|stage| stage.cut_short || stage.failure.is_some())
        .map(|stage| stage.name.as_str())
        .collect();
    let factor = if stages.is_empty() { 0.5 } else { 1.0 - 0.5 * cut.len() as f64 / stages.len() as f64 };
    let reason = if cut.is_empty() {
        "every question was answered".into()
    } else {
        format!("not answered in full: {}", cut.join(", "))
    };
    part("questions", factor, reason)
}

fn quality(winner: &MeasuredCandidate) -> ConfidencePart {
    match winner.quality {
        None => part("quality", 0.8, "quality was not measured".into()),
        Some(quality) if quality.value < 0.05 => {
            part("quality", 0.8, "quality could not be judged: all scores are near 0".into())
        }
        Some(quality) => {
            let margin = quality.interval.high - quality.interval.low;
            part(
                "quality",
                1.0 - 0.25 * margin,
                format!("mean score {:.2}, {:.2} to {:.2}", quality.value, quality.interval.low, quality.interval.high),
            )
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "some hundred requests")]
fn undisturbed(trials: &[Trial]) -> ConfidencePart {
    let all = trials.iter().map(|trial| trial.observations.len()).sum::<usize>();
    let failed = trials
        .iter()
        .filter(|trial| !matches!(trial.state, TrialState::Pruned))
        .flat_map(|trial| &trial.observations)
        .filter(|observation| observation.failure.is_some())
        .count();
    let share = failed as f64 / all.max(1) as f64;
    part("faults", 1.0 - share, format!("{failed} of {all} requests failed"))
}
