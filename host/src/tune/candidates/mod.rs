//! Trials -> candidates with estimates over the user's own files. Pure.
//!
//! A trial measures a few files; the objective is about all of them. Time is carried over by a line through the requests (a fixed part
//! and a part for each character), quality by the nearest measured file. What two candidates do alike is measured once for both: the
//! time of a request does not depend on where files are cut off, and a file below the limit makes the same request under both.

mod speed;

use std::collections::BTreeMap;

pub use speed::{CostLine, ENOUGH_UNDISTURBED, file_noise, timed_alike};

use super::answer_length::AnswerLengths;
use crate::{
    model::{
        candidate::Candidate,
        experiment::Experiment,
        metric::{ConfidenceInterval, Estimate, Metric},
        observation::{FailureCause, Repetition},
        selection::{Constraints, MeasuredCandidate},
        space::Parameter,
        trial::{Trial, TrialState},
        workload::{SourceFile, Workload, cut},
    },
    stats::{
        interval::{LEVEL, mean_interval},
        summary::mean,
    },
};

/// Half-width of an interval on a logarithmic scale that stands for "measured too little to tell".
const HARDLY_KNOWN: f64 = 0.3;

/// Every candidate that notes were made with, the baseline first, with what is known of it.
#[must_use]
pub fn measured(
    trials: &[Trial],
    baseline: &Candidate,
    incumbent: &Candidate,
    workload: &Workload,
    constraints: &Constraints,
) -> Vec<MeasuredCandidate> {
    let mut known: Vec<(Candidate, bool)> = vec![(baseline.clone(), true)];
    let with_policy = |candidate: &Candidate| {
        Parameter::ALL
            .into_iter()
            .filter(|name| name.is_policy())
            .fold(candidate.clone(), |changed, name| changed.with(name, incumbent.get(name)))
    };
    // What was decided about timeouts and batches also helps whoever keeps everything else.
    let proposed = trials
        .iter()
        .filter(|trial| matches!(trial.experiment, Experiment::Notes { .. } | Experiment::Compare { .. }))
        .map(|trial| &trial.candidate)
        .chain(std::iter::once(incumbent));
    for candidate in proposed {
        let candidate = with_policy(candidate);
        if !known.iter().any(|(other, _)| *other == candidate) {
            known.push((candidate, false));
        }
    }
    let some_load_fits = trials.iter().any(|trial| trial.fact("spilled") == Some(0.0));
    let evidence = Evidence::of(trials, workload);
    (0..)
        .zip(known)
        .map(|(id, (candidate, is_baseline))| {
            let lost_share = evidence.lost_share(&candidate).max(evidence.share_given_up(&candidate));
            let spilled = evidence.spilled(&candidate);
            let mut violations = evidence.violations(&candidate);
            if spilled && some_load_fits && !is_baseline {
                violations.push("the model lies partly outside GPU memory".into());
            }
            if lost_share > constraints.max_lost_share {
                violations.push(format!("{:.0} % of the files are lost", lost_share * 100.0));
            }
            let trials = evidence.trials_of(&candidate).map(|trial| trial.number).collect();
            MeasuredCandidate {
                id,
                notes_per_minute: evidence.notes_per_minute(&candidate),
                quality: evidence.quality(&candidate),
                scored_notes: evidence.scores(&candidate).values().map(Vec::len).sum(),
                source_share: source_share(&workload.batch_chars, &candidate),
                lost_share,
                peak_memory_bytes: evidence.peak_memory(&candidate),
                spilled,
                violations,
                trials,
                candidate,
                is_baseline,
            }
        })
        .collect()
}

/// Notes a minute over the batch, as far as the trials tell, also of settings that no note was made with.
#[must_use]
pub fn speed_of(trials: &[Trial], workload: &Workload, candidate: &Candidate) -> Option<Estimate> {
    Evidence::of(trials, workload).notes_per_minute(candidate)
}

/// The share of the batch's characters that reach the model.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "batches are far smaller than 2^52 characters")]
pub fn source_share(batch_chars: &[usize], candidate: &Candidate) -> f64 {
    let all: usize = batch_chars.iter().sum();
    let read: usize = batch_chars.iter().map(|chars| (*chars).min(candidate.max_content_length as usize)).sum();
    if all == 0 { 1.0 } else { read as f64 / all as f64 }
}
struct Evidence<'a> {
    trials: &'a [Trial],
    workload: &'a Workload,
    /// What answers are brought to before times are compared; nothing known leaves them as they are.
    lengths: AnswerLengths,
}

impl<'a> Evidence<'a> {
    fn of(trials: &'a [Trial], workload: &'a Workload) -> Self {
        Self { trials, workload, lengths: AnswerLengths::of_batch(trials, workload) }
    }

    /// Trials in which notes were made as this candidate makes them, policy aside.
    fn trials_of(&self, candidate: &Candidate) -> impl Iterator<Item = &Trial> {
        self.trials.iter().filter(move |trial| {
            matches!(trial.experiment, Experiment::Notes { .. } | Experiment::Compare { .. })
                && trial.candidate.works_like(candidate)
        })
    }

    /// Scores of notes as this candidate makes them, by file.
    fn scores(&self, candidate: &Candidate) -> BTreeMap<usize, Vec<f64>> {
        let mut by_file: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
        for trial in self.trials {
            for score in &trial.scores {
                let Some(source) = self.workload.files.get(score.file) else { continue };
                if makes_the_same_note(source, &trial.candidate, candidate) {
                    by_file.entry(score.file).or_default().push(score.value);
                }
            }
        }
        by_file
    }

    /// Mean quality over the batch: every file of the batch counts as the nearest measured one.
    #[expect(clippy::cast_precision_loss, reason = "files are far shorter than 2^52 characters")]
    fn quality(&self, candidate: &Candidate) -> Option<Estimate> {
        let by_file = self.scores(candidate);
        let measured: Vec<(f64, f64)> = by_file
            .iter()
            .filter_map(|(file, values)| {
                Some(((self.workload.files.get(*file)?.chars.max(1) as f64).ln(), mean(values)))
            })
            .collect();
        if measured.is_empty() {
            return None;
        }
        let nearest = |chars: usize| {
            let size = (chars.max(1) as f64).ln();
            measured
                .iter()
                .min_by(|a, b| (a.0 - size).abs().total_cmp(&(b.0 - size).abs()))
                .map_or(0.0, |(_, value)| *value)
        };
        let spread: Vec<f64> = self.workload.batch_chars.iter().map(|chars| nearest(*chars)).collect();
        let value = if spread.is_empty() {
            mean(&measured.iter().map(|(_, value)| *value).collect::<Vec<_>>())
        } else {
            mean(&spread)
        };
        let values: Vec<f64> = measured.iter().map(|(_, value)| *value).collect();
        let margin = mean_interval(&values).map_or(HARDLY_KNOWN, |estimate| estimate.interval.high - estimate.value);
        let interval =
            ConfidenceInterval { level: LEVEL, low: (value - margin).max(0.0), high: (value + margin).min(1.0) };
        Some(Estimate { value, interval })
    }

    #[expect(clippy::cast_precision_loss, reason = "a handful of files")]
    fn lost_share(&self, candidate: &Candidate) -> f64 {
        let (mut lost, mut all) = (0.0, 0.0);
        for trial in self.trials_of(candidate) {
            lost += trial.fact("files_lost").unwrap_or(0.0);
            all += trial.fact("files_finished").unwrap_or(0.0);
        }
        if all > 0.0 {
            return lost / all;
        }
        // Nothing was made with it: what single requests say, with its retries.
        let failed: Vec<bool> = self
            .timed_alike(candidate)
            .flat_map(|trial| &trial.observations)
            .filter(|observation| observation.repetition == Repetition::Measured)
            .map(|observation| observation.failure.is_some())
            .collect();
        let share = failed.iter().filter(|failed| **failed).count() as f64 / failed.len().max(1) as f64;
        share.powi(i32::try_from(candidate.retry_attempts).unwrap_or(i32::MAX).max(1))
    }

    fn spilled(&self, candidate: &Candidate) -> bool {
        self.trials
            .iter()
            .filter(|trial| trial.candidate.load_key() == candidate.load_key())
            .any(|trial| trial.fact("spilled") == Some(1.0))
    }

    fn peak_memory(&self, candidate: &Candidate) -> Option<f64> {
        self.trials
            .iter()
            .filter(|trial| trial.candidate.load_key() == candidate.load_key())
            .filter_map(|trial| trial.mean(Metric::PeakMemoryBytes))
            .max_by(f64::total_cmp)
    }

    /// Failures that make a candidate unusable, however fast it is.
    fn violations(&self, candidate: &Candidate) -> Vec<String> {
        let mut found = Vec::new();
        for trial in self.trials_of(candidate) {
            let TrialState::Failed(cause) = trial.state else { continue };
            let what = match cause {
                FailureCause::Truncated => "the server cut a prompt",
                FailureCause::ContextExceeded => "a prompt is longer than the context",
                FailureCause::AnswerCut => "the context has no room for the whole answer",
                FailureCause::OutOfMemory => "the server has no memory for it",
                _ => continue,
            };
            if !found.iter().any(|known| known == what) {
                found.push(what.to_owned());
            }
        }
        found
    }
}

/// Whether two candidates send the same requests for a file, nonce and load-time settings aside.
fn makes_the_same_note(source: &SourceFile, a: &Candidate, b: &Candidate) -> bool {
    a.num_predict == b.num_predict && (a.temperature - b.temperature).abs() < 1e-9 && cut(source, a) == cut(source, b)
}
