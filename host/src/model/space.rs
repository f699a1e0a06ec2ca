//! The settings that can be tuned, and the range of each.

use serde::{Deserialize, Serialize};

use super::{
    candidate::Candidate,
    machine::{Locality, MachineProfile, ModelProfile, ServerProfile},
};

/// One tunable setting. Its name is the key that the user's configuration file uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Parameter {
    /// Tokens of context of a slot.
    NumCtx,
    /// Threads; 0 leaves them to the server.
    NumThread,
    /// Tokens of a prompt that are read at once; 0 leaves that to the server.
    NumBatch,
    /// Tokens of an answer at most.
    NumPredict,
    /// Temperature of sampling.
    Temperature,
    /// Characters of a request at most.
    ChunkSize,
    /// Characters of a file that are read at most.
    MaxContentLength,
    /// Requests at once.
    MaxConcurrentRequests,
    /// Pause after a request, in seconds.
    RequestDelaySeconds,
    /// Files between two pauses of the batch.
    BatchSize,
    /// Pause of the batch, in seconds.
    BatchDelaySeconds,
    /// Seconds after which a request is given up.
    RequestTimeoutSeconds,
    /// Tries of a request, the first included.
    RetryAttempts,
    /// Seconds before the second try.
    InitialBackoffSeconds,
    /// What each later pause before a try is multiplied by.
    BackoffMultiplier,
}

impl Parameter {
    /// Every parameter, in the order in which reports show them.
    pub const ALL: [Self; 15] = [
        Self::NumCtx,
        Self::NumThread,
        Self::NumBatch,
        Self::NumPredict,
        Self::Temperature,
        Self::ChunkSize,
        Self::MaxContentLength,
        Self::MaxConcurrentRequests,
        Self::RequestDelaySeconds,
        Self::BatchSize,
        Self::BatchDelaySeconds,
        Self::RequestTimeoutSeconds,
        Self::RetryAttempts,
        Self::InitialBackoffSeconds,
        Self::BackoffMultiplier,
    ];

    /// The key in the configuration file, the plugins and the JSON report.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NumCtx => "num_ctx",
            Self::NumThread => "num_thread",
            Self::NumBatch => "num_batch",
            Self::NumPredict => "num_predict",
            Self::Temperature => "temperature",
            Self::ChunkSize => "chunk_size",
            Self::MaxContentLength => "max_content_length",
            Self::MaxConcurrentRequests => "max_concurrent_requests",
            Self::RequestDelaySeconds => "request_delay_seconds",
            Self::BatchSize => "batch_size",
            Self::BatchDelaySeconds => "batch_delay_seconds",
            Self::RequestTimeoutSeconds => "request_timeout_seconds",
            Self::RetryAttempts => "retry_attempts",
            Self::InitialBackoffSeconds => "initial_backoff_seconds",
            Self::BackoffMultiplier => "backoff_multiplier",
        }
    }

    /// The parameter of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|parameter| parameter.name() == name)
    }

    /// Whether only whole numbers make sense; RALF Note rejects a float for these.
    #[must_use]
    pub const fn is_integer(self) -> bool {
        !matches!(
            self,
            Self::Temperature
                | Self::RequestDelaySeconds
                | Self::BatchDelaySeconds
                | Self::InitialBackoffSeconds
                | Self::BackoffMultiplier
        )
    }

    /// Whether the server must load the model again when it changes.
    #[must_use]
    pub const fn is_load_time(self) -> bool {
        matches!(self, Self::NumCtx | Self::NumThread | Self::NumBatch)
    }

    /// Whether it says what to do when something goes wrong or is waited for, and changes neither a note nor the time of one.
    #[must_use]
    pub const fn is_policy(self) -> bool {
        matches!(
            self,
            Self::RequestTimeoutSeconds
                | Self::RetryAttempts
                | Self::InitialBackoffSeconds
                | Self::BackoffMultiplier
                | Self::BatchSize
                | Self::BatchDelaySeconds
        )
    }

    /// Whether it can change what the model answers, and not only how fast.
    #[must_use]
    pub const fn affects_quality(self) -> bool {
        matches!(self, Self::NumCtx | Self::NumPredict | Self::Temperature | Self::ChunkSize | Self::MaxContentLength)
    }
}

/// The allowed values of one parameter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ParameterRange {
    /// The setting.
    pub parameter: Parameter,
    /// The least value.
    pub low: f64,
    /// The greatest value.
    pub high: f64,
    /// Grid: values are `low + k * step`. 0 means continuous.
    pub step: f64,
}

/// The ranges of all parameters of a study.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct SearchSpace {
    /// One for each setting that may be changed.
    pub ranges: Vec<ParameterRange>,
}

impl SearchSpace {
    /// The range of a parameter.
    #[must_use]
    pub fn range(&self, parameter: Parameter) -> Option<&ParameterRange> {
        self.ranges.iter().find(|range| range.parameter == parameter)
    }

    /// Whether a value may be proposed or set.
    #[must_use]
    pub fn allows(&self, parameter: Parameter, value: f64) -> bool {
        self.range(parameter).is_some_and(|range| value.is_finite() && value >= range.low && value <= range.high)
    }

    /// The space of a study of that model on that server, as far as both are known. The hardware of a remote server is not.
    #[must_use]
    pub fn of(machine: &MachineProfile, server: &ServerProfile, model: &ModelProfile, baseline: &Candidate) -> Self {
        let trained = model.trained_context.value.unwrap_or(u32::MAX >> 8);
        let usable = if server.locality == Locality::Remote { None } else { machine.usable_threads.value };
        Self::standard(trained.max(baseline.num_ctx), usable.unwrap_or(0))
    }

    /// The default ranges for a model of `trained_context` tokens on `usable_threads` threads.
    ///
    /// More threads than the machine lets us use can cost a factor of 150, so the range ends there.
    #[must_use]
    pub fn standard(trained_context: u32, usable_threads: u32) -> Self {
        let range = |parameter, low, high, step| ParameterRange { parameter, low, high, step };
        Self {
            ranges: vec![
                range(Parameter::NumCtx, 256.0, f64::from(trained_context.max(256)), 1.0),
                range(Parameter::NumThread, 0.0, f64::from(usable_threads), 1.0),
                range(Parameter::NumBatch, 0.0, 4096.0, 1.0),
                range(Parameter::NumPredict, 16.0, 8192.0, 1.0),
                range(Parameter::Temperature, 0.0, 2.0, 0.0),
                range(Parameter::ChunkSize, 500.0, 1_000_000.0, 1.0),
                range(Parameter::MaxContentLength, 500.0, 1_000_000.0, 1.0),
                range(Parameter::MaxConcurrentRequests, 1.0, 16.0, 1.0),
                range(Parameter::RequestDelaySeconds, 0.0, 10.0, 0.0),
                range(Parameter::BatchSize, 1.0, 1000.0, 1.0),
                range(Parameter::BatchDelaySeconds, 0.0, 60.0, 0.0),
                range(Parameter::RequestTimeoutSeconds, 1.0, 3600.0, 1.0),
                range(Parameter::RetryAttempts, 1.0, 20.0, 1.0),
                range(Parameter::InitialBackoffSeconds, 0.0, 60.0, 0.0),
                range(Parameter::BackoffMultiplier, 1.0, 10.0, 0.0),
            ],
        }
    }
}
