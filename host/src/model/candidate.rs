//! One full assignment of settings.

use serde::{Deserialize, Serialize};

use super::space::Parameter;

/// One full assignment of every parameter. A *config* is a file; this is what it says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Candidate {
    /// Tokens of context of one slot.
    pub num_ctx: u32,
    /// Threads of the model's runner; 0 leaves the choice to the server.
    pub num_thread: u32,
    /// Tokens of one prefill batch; 0 leaves the choice to the server.
    pub num_batch: u32,
    /// Upper bound of tokens in one answer.
    pub num_predict: u32,
    /// Of sampling: 0 always takes the likeliest token.
    pub temperature: f64,
    /// Characters of one piece of a file.
    pub chunk_size: u32,
    /// Characters of a file that are read at all.
    pub max_content_length: u32,
    /// Requests that are sent at once.
    pub max_concurrent_requests: u32,
    /// Pause of a worker after each request, in seconds.
    pub request_delay_seconds: f64,
    /// Files after which the batch pauses.
    pub batch_size: u32,
    /// How long it pauses then, in seconds.
    pub batch_delay_seconds: f64,
    /// Seconds after which a request is given up.
    pub request_timeout_seconds: u32,
    /// All tries of one request, the first included; at least 1.
    pub retry_attempts: u32,
    /// Seconds before the second try.
    pub initial_backoff_seconds: f64,
    /// What each later pause before a try is multiplied by.
    pub backoff_multiplier: f64,
}

impl Default for Candidate {
    /// What RALF Note does when its configuration says nothing.
    fn default() -> Self {
        Self {
            num_ctx: 10_000,
            num_thread: 0,
            num_batch: 0,
            num_predict: 1024,
            temperature: 0.1,
            chunk_size: 100_000,
            max_content_length: 8_000,
            max_concurrent_requests: 1,
            request_delay_seconds: 0.0,
            batch_size: 10,
            batch_delay_seconds: 0.0,
            request_timeout_seconds: 300,
            retry_attempts: 3,
            initial_backoff_seconds: 1.0,
            backoff_multiplier: 2.0,
        }
    }
}

impl Candidate {
    /// The value of a parameter.
    #[must_use]
    pub fn get(&self, parameter: Parameter) -> f64 {
        match parameter {
            Parameter::NumCtx => f64::from(self.num_ctx),
            Parameter::NumThread => f64::from(self.num_thread),
            Parameter::NumBatch => f64::from(self.num_batch),
            Parameter::NumPredict => f64::from(self.num_predict),
            Parameter::Temperature => self.temperature,
            Parameter::ChunkSize => f64::from(self.chunk_size),
            Parameter::MaxContentLength => f64::from(self.max_content_length),
            Parameter::MaxConcurrentRequests => f64::from(self.max_concurrent_requests),
            Parameter::RequestDelaySeconds => self.request_delay_seconds,
            Parameter::BatchSize => f64::from(self.batch_size),
            Parameter::BatchDelaySeconds => self.batch_delay_seconds,
            Parameter::RequestTimeoutSeconds => f64::from(self.request_timeout_seconds),
            Parameter::RetryAttempts => f64::from(self.retry_attempts),
            Parameter::InitialBackoffSeconds => self.initial_backoff_seconds,
            Parameter::BackoffMultiplier => self.backoff_multiplier,
        }
    }

    /// Sets a parameter; whole-number parameters are rounded.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float-to-integer cast saturates, and negative settings mean nothing"
    )]
    pub fn set(&mut self, parameter: Parameter, value: f64) {
        let whole = value.round() as u32;
        match parameter {
            Parameter::NumCtx => self.num_ctx = whole,
            Parameter::NumThread => self.num_thread = whole,
            Parameter::NumBatch => self.num_batch = whole,
            Parameter::NumPredict => self.num_predict = whole,
            Parameter::Temperature => self.temperature = value,
            Parameter::ChunkSize => self.chunk_size = whole,
            Parameter::MaxContentLength => self.max_content_length = whole,
            Parameter::MaxConcurrentRequests => self.max_concurrent_requests = whole,
            Parameter::RequestDelaySeconds => self.request_delay_seconds = value,
            Parameter::BatchSize => self.batch_size = whole,
            Parameter::BatchDelaySeconds => self.batch_delay_seconds = value,
            Parameter::RequestTimeoutSeconds => self.request_timeout_seconds = whole,
            Parameter::RetryAttempts => self.retry_attempts = whole,
            Parameter::InitialBackoffSeconds => self.initial_backoff_seconds = value,
            Parameter::BackoffMultiplier => self.backoff_multiplier = value,
        }
    }

    /// This candidate with one parameter changed.
    #[must_use]
    pub fn with(mut self, parameter: Parameter, value: f64) -> Self {
        self.set(parameter, value);
        self
    }

    /// Whether the two make the same notes in the same time: only timeouts, tries and the like differ.
    #[must_use]
    pub fn works_like(&self, other: &Self) -> bool {
        self.differences(other).into_iter().all(Parameter::is_policy)
    }

    /// The parameters in which the two differ.
    #[must_use]
    pub fn differences(&self, other: &Self) -> Vec<Parameter> {
        Parameter::ALL
            .into_iter()
            .filter(|parameter| (self.get(*parameter) - other.get(*parameter)).abs() > 1e-9)
            .collect()
    }

    /// What the server must hold loaded for this candidate: a change of it is a reload.
    #[must_use]
    pub const fn load_key(&self) -> LoadKey {
        LoadKey { num_ctx: self.num_ctx, num_thread: self.num_thread, num_batch: self.num_batch }
    }
}

/// The load-time settings of a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
pub struct LoadKey {
    /// Tokens of context of a slot.
    pub num_ctx: u32,
    /// Threads; 0 leaves them to the server.
    pub num_thread: u32,
    /// Tokens of a prompt that are read at once; 0 leaves that to the server.
    pub num_batch: u32,
}
