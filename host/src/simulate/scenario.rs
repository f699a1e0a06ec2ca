//! What a simulated server is made of: a machine, its models, the server's settings, noise and faults. Only data.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{
    conditions::{self, ScenarioError},
    model_facts::ModelFacts,
    quirks::Quirks,
};
use crate::model::machine::{Fact, Gpu, GpuVendor, MachineProfile, PowerState};

/// A machine with an Ollama server, described completely. With a seed it determines every answer and every duration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scenario {
    /// The name by which it is found, conditions included.
    pub name: String,
    /// One sentence for people.
    pub summary: String,
    pub machine: Machine,
    pub server: ServerSettings,
    /// What is installed. The first is the one that speeds are stated for, and that a study is about.
    pub models: Vec<ModelFacts>,
    /// How well the models read.
    pub behaviour: Behaviour,
    pub noise: Noise,
    pub faults: Faults,
    #[serde(default)]
    pub others: OtherClients,
    #[serde(default)]
    pub quirks: Quirks,
    #[serde(default)]
    pub changes: Changes,
}

/// The hardware.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    pub cpu_model: String,
    pub physical_cores: u32,
    pub logical_threads: u32,
    /// Threads that the server may really use. One more costs [`Machine::oversubscribed_speed`], also when the server chose it: it
    /// starts one on each core that it sees.
    pub usable_threads: u32,
    /// Nothing on the machine says that there are fewer than [`Machine::logical_threads`].
    #[serde(default)]
    pub limit_is_hidden: bool,
    /// Speed left when more threads run than may, 1.0 being full speed. Measured on a real server: 1/150.
    pub oversubscribed_speed: f64,
    pub memory_bytes: u64,
    /// Memory that is free for a model: above it the machine swaps.
    pub memory_free_bytes: u64,
    pub swap_bytes: u64,
    pub swapping: Swapping,
    pub cpu: Speed,
    pub gpu: Option<GpuDevice>,
    pub loading: Loading,
}

/// How fast one processor runs the first model of the scenario.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Speed {
    /// Bytes of weights and cache read a second while decoding.
    pub memory_bytes_per_second: f64,
    /// Prefill of the first model with an endless batch; other models scale with their parameters.
    pub prefill_tokens_per_second: f64,
    /// The batch size at which prefill reaches half of that.
    pub batch_half_tokens: f64,
    /// The depth in the prompt at which attention has doubled the cost of a token.
    pub attention_double_tokens: f64,
    /// What each sequence adds to a decode step.
    pub sequence_cost_ms: f64,
    /// What a decode step costs besides.
    pub step_overhead_ms: f64,
}

/// A graphics processor with memory of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GpuDevice {
    pub name: String,
    pub vendor: GpuVendor,
    pub memory_bytes: u64,
    /// What a model can have of it: what does not fit lies in the machine's memory and runs on the CPU.
    pub memory_free_bytes: u64,
    pub speed: Speed,
    /// Weights that lie in the machine's memory cross this bus once for every prefill batch.
    pub bus_bytes_per_second: f64,
}

/// What swapping costs: durations are multiplied by `1 + most * (1 - exp(-excess / scale)) + slope * excess in GiB`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Swapping {
    pub most: f64,
    pub scale_bytes: f64,
    pub slope_per_gib: f64,
}

/// What loading a model costs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Loading {
    /// Starting the runner, in seconds.
    pub start_seconds: f64,
    /// Where the weights are read from.
    pub bytes_per_second: f64,
    /// Stopping a runner before another takes its place.
    pub unload_seconds: f64,
    /// `load_duration` of a request that finds the model loaded.
    pub warm_seconds: f64,
    /// What the first request after a load loses to lazy initialisation.
    pub first_request_seconds: f64,
    /// How many times as long the weights take the first time, when no page of the file is in memory yet; 1 is no longer.
    #[serde(default = "as_fast")]
    pub cold_file_factor: f64,
}

/// The server's version and environment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServerSettings {
    pub version: String,
    /// `OLLAMA_NUM_PARALLEL`: slots of one loaded model.
    pub num_parallel: u32,
    /// `OLLAMA_MAX_QUEUE`: requests that may wait for a load.
    pub max_queue: u32,
    /// `OLLAMA_MAX_LOADED_MODELS`.
    pub max_loaded_models: u32,
    /// `OLLAMA_KEEP_ALIVE`, in seconds; negative is for ever.
    pub keep_alive_seconds: i64,
    /// `OLLAMA_CONTEXT_LENGTH`, or the server's own default.
    pub default_context: u32,
    /// Options that it takes and does not heed, as if they had not been sent.
    #[serde(default)]
    pub ignores: Vec<IgnoredOption>,
}

/// A load-time option that a server may not heed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IgnoredOption {
    NumThread,
    NumBatch,
    NumCtx,
}

impl IgnoredOption {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::NumThread, Self::NumBatch, Self::NumCtx];

    /// Its name in a request.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NumThread => "num_thread",
            Self::NumBatch => "num_batch",
            Self::NumCtx => "num_ctx",
        }
    }
}

/// How the models read and write.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Behaviour {
    /// Prompts up to this length are read evenly; of longer ones the middle gets lost, more and more.
    pub effective_context_tokens: u32,
    /// Above this temperature the format breaks, names are invented and sentences repeat.
    pub steady_temperature: f64,
    /// Below this temperature lines repeat, the more the lower it is; 0 is never.
    #[serde(default)]
    pub loops_below: f64,
    /// Notes have the sections that were asked for; otherwise every answer is one sentence, over and over, that nothing can be judged by.
    #[serde(default = "yes")]
    pub keeps_format: bool,
}

/// Variation of durations: by chance, by the time of day, and by heat.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Noise {
    /// Deviation of the logarithm of one factor a request; the factor's mean is 1.
    pub request_sigma: f64,
    /// The deviation is not the same for all requests: prompts have their own, and it grows with the requests that share the server.
    #[serde(default)]
    pub uneven: bool,
    /// Probability that a request takes several times as long; the mean over all requests stays 1.
    #[serde(default)]
    pub tail_probability: f64,
    /// Slow drift of the whole machine, as a share of the duration, and the time it takes to return.
    pub drift_share: f64,
    pub drift_period_seconds: f64,
    /// Share of the speed that is lost when the machine is as hot as work makes it.
    #[serde(default)]
    pub throttle_share: f64,
}

/// Other clients of the same server.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct OtherClients {
    /// One sends requests to the loaded model as it is loaded: seconds from an answer to its next request.
    pub competitor_seconds: Option<f64>,
    /// The same one, who comes after a day.
    #[serde(default)]
    pub newcomer_seconds: Option<f64>,
    /// One asks for another context, so that the model is reloaded: seconds from an answer to its next request.
    pub thrash_seconds: Option<f64>,
}

/// What becomes of the machine after a day.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Changes {
    /// Everything takes that share longer, at once.
    pub slowdown: f64,
    /// The same, bit by bit in the course of some hours.
    pub fading: f64,
    /// The server is another version, and everything takes that share longer.
    pub upgrade: Option<f64>,
    /// Bytes of the GPU's memory that another program takes: models leave it, and what is loaded from then on has less room.
    #[serde(default)]
    pub taken_gpu_bytes: u64,
}

/// When it changes, in seconds of the server's life, and how long what fades takes.
pub(super) const CHANGES_AFTER_SECONDS: f64 = 24.0 * 3600.0;
const FADING_SECONDS: f64 = 8.0 * 3600.0;

impl Changes {
    /// Factor on durations after so many seconds.
    pub(super) fn factor(&self, seconds: f64) -> f64 {
        let since = seconds - CHANGES_AFTER_SECONDS;
        if since < 0.0 {
            return 1.0;
        }
        let faded = (since / FADING_SECONDS).min(1.0);
        (1.0 + self.slowdown) * (1.0 + self.fading * faded) * (1.0 + self.upgrade.unwrap_or(0.0))
    }
}

/// Probabilities for one request, each from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Faults {
    /// 500, "model runner has unexpectedly stopped…", after the prompt was read.
    pub crash: f64,
    /// 503 at once.
    pub busy: f64,
    /// The connection breaks in the middle of the answer.
    pub reset: f64,
    /// No token for some seconds, in the middle of the answer.
    pub stall: f64,
    /// Shortest and longest stall, in seconds.
    pub stall_seconds: (f64, f64),
    /// The model falls into one token; the server ends the answer without its final object.
    pub token_repeat: f64,
}

impl Scenario {
    /// The names of the built-in scenarios.
    pub const NAMES: [&'static str; 7] = super::presets::NAMES;

    /// A built-in scenario, with the conditions behind its name: `mid-range`, `mid-range:noise=0.15,throttle`.
    ///
    /// Whoever has to say what is wrong with a name parses it: [`Scenario::from_str`].
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        name.parse().ok()
    }

    /// The name of the model that a study of this machine is about; empty when none is installed.
    #[must_use]
    pub fn model_name(&self) -> &str {
        self.models.first().map_or("", |model| &model.name)
    }

    /// The same machine without noise, heat, faults and other clients, and with its files in memory: what measurements of it converge to.
    ///
    /// What the server does not heed, its slots and its quirks are its own: they stay.
    #[must_use]
    pub fn noise_free(&self) -> Self {
        let mut quiet = self.clone();
        quiet.noise = Noise { drift_period_seconds: self.noise.drift_period_seconds, ..Noise::default() };
        quiet.faults = Faults::default();
        quiet.others = OtherClients::default();
        quiet.changes = Changes::default();
        quiet.machine.loading.cold_file_factor = as_fast();
        quiet
    }

    /// What models are loaded into once it has changed.
    pub(super) fn with_memory_taken(&self) -> Self {
        let mut less = self.clone();
        if let Some(gpu) = &mut less.machine.gpu {
            gpu.memory_free_bytes = gpu.memory_free_bytes.saturating_sub(self.changes.taken_gpu_bytes);
        }
        less
    }

    /// The hardware of the scenario, as a profiler on that machine would see it. What is said of the operating system names the scenario.
    #[must_use]
    pub fn machine_profile(&self) -> MachineProfile {
        let machine = &self.machine;
        // Conditions change no hardware: the whole name is said of the system alone, and reports show it.
        let source = format!("scenario {}", self.name.split(':').next().unwrap_or_default());
        let gpus = machine.gpu.iter().map(|gpu| Gpu {
            name: gpu.name.clone(),
            vendor: gpu.vendor,
            memory_total_bytes: Some(gpu.memory_bytes),
            memory_free_bytes: Some(gpu.memory_free_bytes),
            unified: false,
            source: source.clone(),
        });
        MachineProfile {
            cpu_model: Fact::found(machine.cpu_model.clone(), &source),
            physical_cores: Fact::found(machine.physical_cores, &source),
            logical_threads: Fact::found(machine.logical_threads, &source),
            usable_threads: Fact::found(
                if machine.limit_is_hidden { machine.logical_threads } else { machine.usable_threads },
                &source,
            ),
            total_memory_bytes: Fact::found(machine.memory_bytes, &source),
            available_memory_bytes: Fact::found(machine.memory_free_bytes, &source),
            swap_total_bytes: Fact::found(machine.swap_bytes, &source),
            swap_used_bytes: Fact::found(0, &source),
            gpus: gpus.collect(),
            gpu_source: source.clone(),
            power: Fact::found(PowerState::Mains, &source),
            operating_system: Fact::found("simulated".to_owned(), format!("scenario {}", self.name)),
        }
    }
}

impl FromStr for Scenario {
    type Err = ScenarioError;

    /// Reads a name: that of a built-in scenario, and conditions behind a colon, separated by commas.
    fn from_str(name: &str) -> Result<Self, ScenarioError> {
        conditions::scenario(name)
    }
}

const fn as_fast() -> f64 {
    1.0
}

const fn yes() -> bool {
    true
}
