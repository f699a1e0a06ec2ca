//! Whether a study was worth its time for a batch of known size.

use super::{
    metric::ConfidenceInterval,
    study::{Outcome, Study},
};

/// What a study saves, and what it took.
#[derive(Debug, Clone, PartialEq)]
pub struct Payback {
    pub files: usize,
    /// Of the batch, with the tuned settings in place of the present ones.
    pub saved_seconds: f64,
    /// Where it lies.
    pub interval: ConfidenceInterval,
    /// Files after which the study has paid for itself.
    pub break_even_files: f64,
}

impl Payback {
    /// Of a study whose gain is proven: a batch of `n` files at `r` files a second takes `n / r`, and `n / (r * ratio)` with the tuned
    /// settings. `None` where nothing was gained for certain.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "batches have far fewer than 2^52 files")]
    pub fn of(study: &Study) -> Option<Self> {
        let comparison = study.comparison.as_ref().filter(|_| study.outcome == Outcome::Improved)?;
        let (ratio, rate) = (comparison.speed_ratio, comparison.baseline_notes_per_minute);
        if ratio.interval.low <= 1.0
            || rate <= 0.0
            || !study.tuned.as_ref().is_some_and(|tuned| comparison.is_about(&tuned.candidate))
        {
            return None;
        }
        let files = study.workload.files_in_batch;
        let saved_by_file = |ratio: f64| 60.0 / rate * (1.0 - 1.0 / ratio);
        let saved = |ratio: f64| files as f64 * saved_by_file(ratio);
        Some(Self {
            files,
            saved_seconds: saved(ratio.value),
            interval: ConfidenceInterval {
                low: saved(ratio.interval.low),
                high: saved(ratio.interval.high),
                ..ratio.interval
            },
            break_even_files: (study.elapsed_seconds / saved_by_file(ratio.value)).ceil(),
        })
    }
}
