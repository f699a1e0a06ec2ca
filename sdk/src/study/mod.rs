//! What nearly every strategy works out of a study: which trials say something about a question, how fast
//! this model is, what a proposal costs, what fits into a context, and whether two settings really differ.
//!
//! Everything here is a pure function of the study, as a strategy is.

mod cost;
mod fit;
mod paired;
mod repetition;
mod trial;

pub use cost::Cost;
pub use fit::Fit;
pub use paired::{PairedDifference, notes_by_file, paired_difference, parts_by_file, t_quantile};
pub use repetition::{REPETITION, notes_repeat_themselves};
pub use trial::{TrialExt, decode_rate, first_rates, prefill_rate};

use crate::{
    Settings,
    strategy::Study,
    types::{Experiment, Trial},
};

/// The settings that the server can only change by loading the model again.
pub const LOAD_TIME: [&str; 3] = ["num_ctx", "num_thread", "num_batch"];

/// Names of what trials measure. The unit is the last part of the name.
pub mod metric {
    pub const REQUEST_LATENCY_MS: &str = "request_latency_ms";
    pub const PREFILL_TOKENS_PER_SECOND: &str = "prefill_tokens_per_second";
    pub const DECODE_TOKENS_PER_SECOND: &str = "decode_tokens_per_second";
    pub const LOAD_DURATION_MS: &str = "load_duration_ms";
    pub const QUEUE_WAIT_MS: &str = "queue_wait_ms";
    pub const FILE_BUSY_MS: &str = "file_busy_ms";
    pub const NOTES_PER_MINUTE: &str = "notes_per_minute";
    pub const REQUESTS_PER_MINUTE: &str = "requests_per_minute";
    pub const PEAK_MEMORY_BYTES: &str = "peak_memory_bytes";
    pub const GPU_SHARE: &str = "gpu_share";
    pub const SUCCESS_RATE: &str = "success_rate";
    pub const SOURCE_SHARE: &str = "source_share";
    pub const QUALITY: &str = "quality";
    pub const PROMPT_TOKENS: &str = "prompt_tokens";
    pub const ANSWER_TOKENS: &str = "answer_tokens";
    pub const EFFECTIVE_SLOTS: &str = "effective_slots";
}

/// Reading a study.
pub trait StudyExt {
    /// The incumbent's value of a setting; 0 when the host does not know it.
    fn incumbent(&self, name: &str) -> f64;

    /// The value, brought into the setting's range and onto its grid; as it is when there is no such range.
    fn allowed(&self, name: &str, value: f64) -> f64;

    /// The greatest allowed value of a setting; 0 when there is no such range.
    fn highest(&self, name: &str) -> f64;

    /// The trials that a stage asked for, oldest first.
    fn trials_of(&self, stage: &str) -> impl DoubleEndedIterator<Item = &Trial>;

    /// Complete trials at the incumbent's load-time settings, oldest first.
    fn like_incumbent(&self) -> impl DoubleEndedIterator<Item = &Trial>;

    /// Whether a file was made into a note: another one of it would be work for nothing, unless the two are compared.
    fn is_made(&self, file: u32) -> bool;

    /// Characters in the largest file of the batch; 0 when nothing is known of the batch.
    fn largest_chars(&self) -> f64;

    /// Tokens of one typical request: the prompt of the batch's median file under the incumbent, and the
    /// answer that this model gives (the median so far; without any, half of `num_predict`, at most 300).
    fn typical_request(&self) -> (f64, f64);

    /// How much of the model lies in GPU memory, 0 to 1, at the incumbent's load-time settings; `None` when not measured.
    fn gpu_share(&self) -> Option<f64>;
}

impl StudyExt for Study {
    fn incumbent(&self, name: &str) -> f64 {
        self.incumbent.value(name)
    }

    fn allowed(&self, name: &str, value: f64) -> f64 {
        let Some(range) = self.space.iter().find(|range| range.name == name) else { return value };
        let on_grid =
            if range.step > 0.0 { range.low + ((value - range.low) / range.step).round() * range.step } else { value };
        on_grid.min(range.high).max(range.low)
    }

    fn highest(&self, name: &str) -> f64 {
        self.space.iter().find(|range| range.name == name).map_or(0.0, |range| range.high)
    }

    fn trials_of(&self, stage: &str) -> impl DoubleEndedIterator<Item = &Trial> {
        self.history.iter().filter(move |trial| trial.stage == stage)
    }

    fn like_incumbent(&self) -> impl DoubleEndedIterator<Item = &Trial> {
        self.history.iter().filter(|trial| trial.is_complete() && trial.loads_like(&self.incumbent))
    }

    fn is_made(&self, file: u32) -> bool {
        self.history.iter().any(|trial| match &trial.experiment {
            Experiment::Notes(files) => trial.is_complete() && files.contains(&file),
            Experiment::Compare(compare) => trial.is_complete() && compare.files.contains(&file),
            _ => false,
        })
    }

    fn largest_chars(&self) -> f64 {
        self.workload.batch_chars.iter().chain(&self.workload.file_chars).max().map_or(0.0, |chars| f64::from(*chars))
    }

    fn typical_request(&self) -> (f64, f64) {
        let fit = Fit::of(self);
        let chars = &self.workload.batch_chars;
        let median = chars.get(chars.len() / 2).map_or(2_000.0, |chars| f64::from(*chars));
        let (read, pieces) = Fit::cut(median, self.incumbent("max_content_length"), self.incumbent("chunk_size"));
        let prompt = fit.prompt_tokens(read / pieces).min(fit.num_ctx - fit.num_predict).max(1.0);
        (prompt, cost::typical_answer(self))
    }

    fn gpu_share(&self) -> Option<f64> {
        self.like_incumbent().rev().find_map(|trial| trial.mean(metric::GPU_SHARE))
    }
}

/// A whole number of a record from a computed one: rounded, and never below 0.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates, and no count is negative"
)]
pub fn whole(value: f64) -> u32 {
    value.round() as u32
}

/// A length as a number to compute with.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "lists are far shorter than 2^52")]
pub fn count(length: usize) -> f64 {
    length as f64
}

/// Bytes as a number to compute with.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "memory is far below 2^53 bytes")]
pub fn bytes(value: u64) -> f64 {
    value as f64
}

/// The middle of some values; the mean of the two middle ones when their number is even.
#[must_use]
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = *sorted.get(sorted.len() / 2)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    sorted.get(sorted.len() / 2 - 1).map(|lower| f64::midpoint(*lower, upper))
}

/// The mean of some values.
#[must_use]
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / count(values.len()))
}
