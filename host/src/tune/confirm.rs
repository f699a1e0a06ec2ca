//! The last comparison: the winner against the present settings, on the same files, in turns.

use tokio::time::Instant;

use super::{candidates::source_share, execute::Executor, stage};
use crate::{
    model::{
        candidate::Candidate,
        experiment::{Experiment, Proposal},
        metric::{ConfidenceInterval, Estimate, Metric},
        observation::Observation,
        study::{Comparison, StudyEvent},
        trial::Trial,
    },
    stats::{
        interval::{LEVEL, probability_above, ratio_interval},
        summary::mean,
    },
};

/// Fewest pairs that an interval can be made of, and most that are worth their time. Two say little, and their interval says so; where
/// the present settings are several times slower, it is enough, and more would not fit.
const PAIRS: (usize, usize) = (2, 12);

/// What the comparison says.
pub struct Confirmed {
    pub comparison: Comparison,
    /// Probability that the winner is faster, from the pairs.
    pub proof: f64,
}

/// How many pairs fit, by what a file costs with either setting in milliseconds of the whole machine.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a few files, a few minutes"
)]
pub fn affordable_pairs(seconds: f64, reload_seconds: f64, costs_ms: (f64, f64), parallel: usize) -> Option<usize> {
    let per_pair = (costs_ms.0 + costs_ms.1) / 1000.0;
    let wanted = PAIRS.0.max(parallel);
    if per_pair <= 0.0 {
        return None;
    }
    // A tenth in hand: files differ, and a comparison that is cut off is worth half.
    let fits = ((seconds * 0.9 - 2.0 * reload_seconds) / per_pair).floor();
    (fits >= PAIRS.0 as f64).then(|| (fits as usize).min(PAIRS.1.max(wanted)))
}

/// Runs both settings on the files, in turns where they share a load, else one after the other. The trials go to the history.
pub async fn run(
    executor: &mut Executor<'_>,
    tuned: &Candidate,
    baseline: &Candidate,
    files: &[usize],
    deadline: Instant,
    history: &mut Vec<Trial>,
    emit: &mut dyn FnMut(StudyEvent),
) -> Option<Confirmed> {
    let first = history.len();
    let together = tuned.load_key() == baseline.load_key();
    let width = tuned.max_concurrent_requests.max(baseline.max_concurrent_requests).max(1) as usize;
    let group = if together { (2 * width).min(files.len().max(1)) } else { files.len().max(1) };
    for (turn, files) in files.chunks(group).enumerate() {
        let mut order = [(tuned, "the winner"), (baseline, "your present settings")];
        if turn % 2 == 1 {
            order.reverse();
        }
        for (candidate, who) in order {
            measure(executor, candidate, who, files, deadline, history, emit).await;
        }
    }
    compare(history.get(first..)?, tuned, baseline, &executor.workload.batch_chars)
}

/// Makes notes of files; the trial goes to the history.
pub async fn measure(
    executor: &mut Executor<'_>,
    candidate: &Candidate,
    who: &str,
    files: &[usize],
    deadline: Instant,
    history: &mut Vec<Trial>,
    emit: &mut dyn FnMut(StudyEvent),
) {
    if files.is_empty() {
        return;
    }
    let proposal = Proposal {
        candidate: candidate.clone(),
        experiment: Experiment::Notes { files: files.to_vec() },
        why: format!("{who}, on files of every size"),
    };
    let what = format!("{} notes with {who}", files.len());
    let number = executor.next_number();
    emit(StudyEvent::TrialStarted { number, stage: "confirm".into(), what: what.clone(), of: None });
    let trial = executor.run("confirm", &proposal, deadline).await;
    emit(stage::finished(&trial, what));
    history.push(trial);
}

/// The comparison that a list of trials holds. Pure. `None` with fewer than two files that both made.
#[must_use]
pub fn compare(trials: &[Trial], tuned: &Candidate, baseline: &Candidate, batch_chars: &[usize]) -> Option<Confirmed> {
    let ours = costs(trials, tuned);
    let theirs = costs(trials, baseline);
    let mut ratios = Vec::new();
    let (mut our_costs, mut their_costs) = (Vec::new(), Vec::new());
    for (file, cost) in &ours {
        if let Some((_, other)) = theirs.iter().find(|(known, _)| known == file) {
            ratios.push(other / cost);
            our_costs.push(*cost);
            their_costs.push(*other);
        }
    }
    if ratios.len() < PAIRS.0 {
        return None;
    }
    let logs: Vec<f64> = ratios.iter().map(|ratio: &f64| ratio.ln()).collect();
    let quality = |candidate: &Candidate| {
        let values: Vec<f64> = trials
            .iter()
            .filter(|trial| trial.candidate == *candidate)
            .filter_map(|trial| trial.sample(Metric::Quality))
            .flat_map(|sample| sample.values.clone())
            .collect();
        (!values.is_empty()).then(|| mean(&values))
    };
    let unknown = Estimate { value: 1.0, interval: ConfidenceInterval { level: LEVEL, low: 0.0, high: f64::MAX } };
    Some(Confirmed {
        proof: probability_above(&logs, 0.0),
        comparison: Comparison {
            challenger: Some(tuned.clone()),
            baseline_notes_per_minute: 60_000.0 / mean(&their_costs),
            tuned_notes_per_minute: 60_000.0 / mean(&our_costs),
            speed_ratio: ratio_interval(&ratios).unwrap_or(unknown),
            baseline_quality: quality(baseline),
            tuned_quality: quality(tuned),
            pairs: ratios.len(),
            baseline_source_share: source_share(batch_chars, baseline),
            tuned_source_share: source_share(batch_chars, tuned),
        },
    })
}

/// Milliseconds of the whole machine that each file cost with a candidate; files that were lost are missing.
fn costs(trials: &[Trial], candidate: &Candidate) -> Vec<(usize, f64)> {
    let mut costs = Vec::new();
    for trial in trials.iter().filter(|trial| trial.candidate == *candidate) {
        let Experiment::Notes { files } = &trial.experiment else { continue };
        let fact = |name: &str| trial.facts.iter().find(|(known, _)| known == name).map_or(1.0, |(_, value)| *value);
        for file in files {
            let own: Vec<&Observation> =
                trial.observations.iter().filter(|observation| observation.file == Some(*file)).collect();
            let pieces: std::collections::BTreeSet<usize> = own.iter().map(|observation| observation.piece).collect();
            let made = !own.is_empty()
                && pieces.iter().all(|piece| {
                    own.iter().any(|observation| observation.piece == *piece && observation.failure.is_none())
                });
            if made {
                let busy: f64 = own
                    .iter()
                    .map(|observation| observation.latency_ms + trial.candidate.request_delay_seconds * 1000.0)
                    .sum();
                costs.push((*file, busy / fact("workers") / fact("steadiness")));
            }
        }
    }
    costs
}
