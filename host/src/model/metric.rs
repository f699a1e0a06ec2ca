//! Names, units and summaries of what is measured.

use serde::{Deserialize, Serialize};

/// What is measured. The unit is the last part of the name; the documentation says which clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Client clock: request sent to last byte.
    RequestLatencyMs,
    /// Client clock: request sent to first token.
    TimeToFirstTokenMs,
    /// Server clock: `(eval_count - 1) / eval_duration`; the first token is free.
    DecodeTokensPerSecond,
    /// Server clock: `prompt_eval_count / prompt_eval_duration`, only of prompts that no cache can know.
    PrefillTokensPerSecond,
    /// Server clock, except for load trials, where the client's is the only one.
    LoadDurationMs,
    /// Server clock: total - load - prefill - decode.
    QueueWaitMs,
    /// Client clock: how long a worker of the batch was occupied by one file.
    FileBusyMs,
    /// Client clock: files made into notes in a minute of the batch.
    NotesPerMinute,
    /// Client clock: requests of a probe that ended in a minute: `60 * parallel * n / sum of latencies`.
    RequestsPerMinute,
    /// Client clock: source characters that reached the model in a minute.
    SourceCharactersPerMinute,
    /// `/api/ps` size after the load.
    PeakMemoryBytes,
    /// `/api/ps` `size_vram` / `size`; 0 for a model on the CPU.
    GpuShare,
    /// Share of requests that ended well, 0 to 1.
    SuccessRate,
    /// Share of the files' characters that reached the model, 0 to 1.
    SourceShare,
    /// Mean score of the notes, 0 to 1.
    Quality,
    /// Share of needles found, 0 to 1.
    NeedleRecall,
    /// Tokens of the prompts as the server counted them.
    PromptTokens,
    /// Tokens of the answers.
    AnswerTokens,
    /// Requests of ours that the server worked on at the same time.
    EffectiveSlots,
    /// Compare trials: notes per minute of the candidate / of the other, paired by file.
    SpeedRatio,
    /// Compare trials: quality of the candidate minus quality of the other, paired by file.
    QualityDifference,
}

impl Metric {
    /// Every metric.
    pub const ALL: [Self; 21] = [
        Self::RequestLatencyMs,
        Self::TimeToFirstTokenMs,
        Self::DecodeTokensPerSecond,
        Self::PrefillTokensPerSecond,
        Self::LoadDurationMs,
        Self::QueueWaitMs,
        Self::FileBusyMs,
        Self::NotesPerMinute,
        Self::RequestsPerMinute,
        Self::SourceCharactersPerMinute,
        Self::PeakMemoryBytes,
        Self::GpuShare,
        Self::SuccessRate,
        Self::SourceShare,
        Self::Quality,
        Self::NeedleRecall,
        Self::PromptTokens,
        Self::AnswerTokens,
        Self::EffectiveSlots,
        Self::SpeedRatio,
        Self::QualityDifference,
    ];

    /// The name in JSON, reports and plugins.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RequestLatencyMs => "request_latency_ms",
            Self::TimeToFirstTokenMs => "time_to_first_token_ms",
            Self::DecodeTokensPerSecond => "decode_tokens_per_second",
            Self::PrefillTokensPerSecond => "prefill_tokens_per_second",
            Self::LoadDurationMs => "load_duration_ms",
            Self::QueueWaitMs => "queue_wait_ms",
            Self::FileBusyMs => "file_busy_ms",
            Self::NotesPerMinute => "notes_per_minute",
            Self::RequestsPerMinute => "requests_per_minute",
            Self::SourceCharactersPerMinute => "source_characters_per_minute",
            Self::PeakMemoryBytes => "peak_memory_bytes",
            Self::GpuShare => "gpu_share",
            Self::SuccessRate => "success_rate",
            Self::SourceShare => "source_share",
            Self::Quality => "quality",
            Self::NeedleRecall => "needle_recall",
            Self::PromptTokens => "prompt_tokens",
            Self::AnswerTokens => "answer_tokens",
            Self::EffectiveSlots => "effective_slots",
            Self::SpeedRatio => "speed_ratio",
            Self::QualityDifference => "quality_difference",
        }
    }
}

/// All values of one metric in a trial, in the order in which they were measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Sample {
    /// What was measured.
    pub metric: Metric,
    /// The values, in the order in which they were measured.
    pub values: Vec<f64>,
    /// What they come to.
    pub summary: Summary,
}

/// What a sample says.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Summary {
    /// Values.
    pub count: usize,
    /// Their mean.
    pub mean: f64,
    /// Their median.
    pub median: f64,
    /// The least.
    pub min: f64,
    /// The greatest.
    pub max: f64,
    /// How they spread about their mean.
    pub standard_deviation: f64,
}

/// A value and how sure it is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Estimate {
    /// The best guess.
    pub value: f64,
    /// Where it may lie.
    pub interval: ConfidenceInterval,
}

impl Estimate {
    /// How many times as large as another one, of something that was measured independently: half-widths of logarithms add up in squares.
    /// `None` unless both are positive.
    #[must_use]
    pub fn by(&self, other: &Self) -> Option<Self> {
        let half = |one: &Self| (one.interval.high / one.interval.low).ln() / 2.0;
        let (value, margin) = (self.value / other.value, half(self).hypot(half(other)).exp());
        let all_are_positive = [self, other].iter().all(|one| one.value > 0.0 && one.interval.low > 0.0);
        (all_are_positive && value.is_finite()).then(|| {
            let interval = ConfidenceInterval { low: value / margin, high: value * margin, ..self.interval };
            Self { value, interval }
        })
    }
}

/// Where a value lies with a stated probability.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ConfidenceInterval {
    /// 0 to 1: 0.95 for a 95 % interval.
    pub level: f64,
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}
