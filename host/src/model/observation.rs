//! The raw record of one request.

use serde::{Deserialize, Serialize};

use super::disturbance::Disturbance;

/// Whether an observation counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Repetition {
    /// The first request after a load: lazy initialisation makes it slow.
    Warmup,
    /// It counts.
    Measured,
}

/// Why the model stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum FinishReason {
    /// The model said so.
    Stop,
    /// `num_predict` or the context ended it.
    Length,
    /// The server gave up without a final object (it does after 30 equal tokens).
    Aborted,
    /// There was no answer.
    None,
}

/// Why a request or a trial failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FailureCause {
    /// The server cut the prompt without saying so.
    Truncated,
    /// The prompt is longer than the context and the server refused it.
    ContextExceeded,
    /// The answer had no room: `num_predict` or the context ended it.
    AnswerCut,
    /// One of the three timeouts.
    TimedOut,
    /// The server has no memory for this setting.
    OutOfMemory,
    /// 503, or the queue is full.
    Busy,
    /// The connection failed.
    Unreachable,
    /// 404.
    ModelMissing,
    /// Any other answer with an error.
    ServerError,
    /// An answer that does not follow the protocol.
    Protocol,
    /// The model ended up partly outside the GPU's memory, and nobody chose that.
    Spilled,
    /// The study's time was over.
    OutOfTime,
    /// The proposal could not be carried out: out of bounds, no such file.
    Invalid,
}

impl FailureCause {
    /// Whether it says that the server does not work, and nothing of the settings.
    #[must_use]
    pub const fn is_of_the_server(self) -> bool {
        matches!(self, Self::Unreachable | Self::ModelMissing | Self::ServerError | Self::Protocol | Self::Busy)
    }

    /// The name in JSON, reports and plugins.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Truncated => "truncated",
            Self::ContextExceeded => "context-exceeded",
            Self::AnswerCut => "answer-cut",
            Self::TimedOut => "timed-out",
            Self::OutOfMemory => "out-of-memory",
            Self::Busy => "busy",
            Self::Unreachable => "unreachable",
            Self::ModelMissing => "model-missing",
            Self::ServerError => "server-error",
            Self::Protocol => "protocol",
            Self::Spilled => "spilled",
            Self::OutOfTime => "out-of-time",
            Self::Invalid => "invalid",
        }
    }
}

/// One request: what was sent, when, and what came back. Milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Observation {
    /// Whether it counts.
    pub repetition: Repetition,
    /// Index into the workload's files, for requests that carry one.
    pub file: Option<usize>,
    /// Which piece of the file.
    pub piece: usize,
    /// 1 for the first try.
    pub attempt: u32,
    /// Client clock, since the study began.
    pub started_ms: f64,
    /// Client clock.
    pub latency_ms: f64,
    /// Client clock: from sending to the first word of the answer.
    pub time_to_first_token_ms: Option<f64>,
    /// Server clock; `None` when the server did not say.
    pub server: Option<ServerTimings>,
    /// As the server counted them; 0 where it did not say.
    pub prompt_tokens: u32,
    /// As the server counted them; 0 where it did not say.
    pub answer_tokens: u32,
    /// What the prompt should have counted, from the calibrated characters per token.
    pub expected_prompt_tokens: Option<f64>,
    /// How the answer ended.
    pub finish: FinishReason,
    /// Why it failed; absent where it did not.
    pub failure: Option<FailureCause>,
    /// The error's text, cleaned of control characters.
    pub message: Option<String>,
    /// Why its time is not that of its settings, if it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disturbed: Option<Disturbance>,
    /// Which of the study's hosts answered, from 0; absent where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<u32>,
}

/// The server's own clock for one request, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ServerTimings {
    /// From receiving the request to the end of the answer.
    pub total_ms: f64,
    /// Loading the model, or making sure that it is loaded.
    pub load_ms: f64,
    /// Reading the prompt.
    pub prefill_ms: f64,
    /// Writing the answer.
    pub decode_ms: f64,
}

/// What two clocks may differ by: a share of a duration, and milliseconds besides.
const CLOCKS_SHARE: f64 = 0.05;
const CLOCKS_MS: f64 = 50.0;

impl ServerTimings {
    /// Whether a request can have gone so that was waited for that long: the parts are not longer than the whole, nor the whole than the wait.
    #[must_use]
    pub fn fit(&self, latency_ms: f64) -> bool {
        let longest = |limit: f64| limit * (1.0 + CLOCKS_SHARE) + CLOCKS_MS;
        self.total_ms <= longest(latency_ms)
            && self.load_ms + self.prefill_ms + self.decode_ms <= longest(self.total_ms)
    }

    /// Time spent waiting for a slot: what no other clock explains.
    #[must_use]
    pub fn queue_wait_ms(&self) -> f64 {
        (self.total_ms - self.load_ms - self.prefill_ms - self.decode_ms).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_held_against_the_wait() {
        let timings = ServerTimings { total_ms: 1000.0, load_ms: 2.0, prefill_ms: 300.0, decode_ms: 600.0 };
        assert!(timings.fit(1001.0) && timings.fit(60_000.0), "the way may take long");
        assert!(timings.fit(990.0), "two clocks");
        assert!(!timings.fit(500.0), "it cannot have taken longer than was waited");
        assert!(!ServerTimings { decode_ms: 5000.0, ..timings }.fit(60_000.0), "a part is no more than the whole");
        assert!(!ServerTimings { total_ms: f64::NAN, ..timings }.fit(60_000.0));
    }
}
