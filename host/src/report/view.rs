//! A study as the report looks at it: the numbers before and after, wherever in the study they stand.

use crate::model::{
    candidate::Candidate,
    metric::Estimate,
    selection::MeasuredCandidate,
    study::{Outcome, Study},
};

use super::units::plain;

/// A study, with its baseline and its winner looked up.
#[derive(Debug, Clone, Copy)]
pub(super) struct View<'a> {
    pub study: &'a Study,
    pub baseline: Option<&'a MeasuredCandidate>,
    pub winner: Option<&'a MeasuredCandidate>,
}

/// A number of the present settings and of the tuned ones; either may not have been measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Pair {
    pub before: Option<f64>,
    pub after: Option<f64>,
}

impl Pair {
    pub const fn is_empty(self) -> bool {
        self.before.is_none() && self.after.is_none()
    }

    /// After minus before.
    pub fn difference(self) -> Option<f64> {
        Some(self.after? - self.before?)
    }

    pub fn map(self, change: impl Fn(f64) -> f64) -> Self {
        Self { before: self.before.map(&change), after: self.after.map(&change) }
    }
}

impl<'a> View<'a> {
    pub fn new(study: &'a Study) -> Self {
        let winner = study.selection.as_ref().map(|selection| selection.winner);
        Self {
            study,
            baseline: study.candidates.iter().find(|candidate| candidate.is_baseline),
            winner: study.candidates.iter().find(|candidate| Some(candidate.id) == winner),
        }
    }

    /// The settings that the study recommends, where it does.
    pub fn tuned(&self) -> Option<&'a Candidate> {
        match self.study.outcome {
            Outcome::KeepBaseline | Outcome::NothingFeasible => None,
            Outcome::Improved | Outcome::Interrupted => self.study.tuned.as_ref().map(|tuned| &tuned.candidate),
        }
    }

    /// The share of the source that is read: weighted over the batch.
    pub fn source_share(&self) -> Pair {
        self.compared(
            |comparison| (Some(comparison.baseline_source_share), Some(comparison.tuned_source_share)),
            |candidate| Some(candidate.source_share),
        )
    }

    /// Mean scores, 0 to 1.
    pub fn quality(&self) -> Pair {
        self.compared(
            |comparison| (comparison.baseline_quality, comparison.tuned_quality),
            |candidate| candidate.quality.map(|quality| quality.value),
        )
    }

    /// Notes per minute: side by side where they were compared so, else as estimated one by one.
    pub fn notes_per_minute(&self) -> Pair {
        self.compared(
            |comparison| (Some(comparison.baseline_notes_per_minute), Some(comparison.tuned_notes_per_minute)),
            |candidate| candidate.notes_per_minute.map(|estimate| estimate.value),
        )
    }

    /// Notes per minute over all files of the batch, of the recommended settings or else the present ones.
    pub fn batch_estimate(&self) -> Option<Estimate> {
        let measured = if self.tuned().is_some() { self.winner } else { self.baseline };
        measured.and_then(|candidate| candidate.notes_per_minute)
    }

    /// Seconds that the whole batch takes at these notes per minute.
    pub fn batch_seconds(&self) -> Pair {
        let files = number(self.study.workload.files_in_batch);
        self.notes_per_minute().map(|rate| 60.0 * files / rate)
    }

    /// Source characters that reach the model in a minute.
    pub fn source_characters_per_minute(&self) -> Pair {
        let workload = &self.study.workload;
        let per_file = number(workload.total_chars) / number(workload.files_in_batch.max(1));
        let (rates, shares) = (self.notes_per_minute(), self.source_share());
        let product = |rate: Option<f64>, share: Option<f64>| Some(rate? * share? * per_file);
        Pair { before: product(rates.before, shares.before), after: product(rates.after, shares.after) }
    }

    fn compared(
        &self,
        side_by_side: impl Fn(&crate::model::study::Comparison) -> (Option<f64>, Option<f64>),
        alone: impl Fn(&MeasuredCandidate) -> Option<f64>,
    ) -> Pair {
        let (before, after) = self.study.comparison.as_ref().map_or((None, None), side_by_side);
        Pair {
            before: before.or_else(|| self.baseline.and_then(&alone)),
            after: after.or_else(|| self.challenger().and_then(&alone)),
        }
    }

    /// The winner, unless it is the baseline itself.
    fn challenger(&self) -> Option<&'a MeasuredCandidate> {
        self.winner.filter(|winner| !winner.is_baseline)
    }
}

/// The settings in which a candidate differs, with its values: `num_ctx 8192, batch_size 25`.
pub(super) fn differences(candidate: &Candidate, from: &Candidate) -> String {
    let settings: Vec<String> = candidate
        .differences(from)
        .into_iter()
        .map(|parameter| format!("{} {}", parameter.name(), plain(candidate.get(parameter))))
        .collect();
    settings.join(", ")
}

/// Settings as decided: `num_ctx 8192, batch_size 25`.
pub(super) fn settings(settings: &[(String, f64)]) -> String {
    settings.iter().map(|(name, value)| format!("{name} {}", plain(*value))).collect::<Vec<_>>().join(", ")
}

/// A count as a number to calculate with.
#[expect(clippy::cast_precision_loss, reason = "counts of files and characters are far below 2^53")]
pub(super) const fn number(count: usize) -> f64 {
    count as f64
}
