//! What is known of the machine, the server and the model, and how each fact was found.

use serde::{Deserialize, Serialize};

/// A fact and where it comes from. `value` is `None` when nobody could tell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Fact<T> {
    /// What was found.
    pub value: Option<T>,
    /// How it was found, or why not: `"/sys/fs/cgroup/…/memory.max"`, `"no NVML library"`.
    pub source: String,
}

impl<T> Fact<T> {
    /// A fact that was found.
    pub fn found(value: T, source: impl Into<String>) -> Self {
        Self { value: Some(value), source: source.into() }
    }

    /// A fact that could not be found, and why.
    pub fn unknown(why: impl Into<String>) -> Self {
        Self { value: None, source: why.into() }
    }
}

/// The machine that `ralf-tune` runs on. It is the server's only where the server is local.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct MachineProfile {
    /// Name of the processor.
    pub cpu_model: Fact<String>,
    /// Cores, without their further threads.
    pub physical_cores: Fact<u32>,
    /// Threads that all cores have.
    pub logical_threads: Fact<u32>,
    /// Threads that this process may really use: affinity, then quota.
    pub usable_threads: Fact<u32>,
    /// Memory of the machine, in bytes.
    pub total_memory_bytes: Fact<u64>,
    /// Memory that could be used when it was looked, in bytes.
    pub available_memory_bytes: Fact<u64>,
    /// Swap, in bytes.
    pub swap_total_bytes: Fact<u64>,
    /// Swap in use when it was looked, in bytes.
    pub swap_used_bytes: Fact<u64>,
    /// Empty when there is none; `gpu_source` says how it was looked for.
    pub gpus: Vec<Gpu>,
    /// How graphics processors were looked for.
    pub gpu_source: String,
    /// What feeds it.
    pub power: Fact<PowerState>,
    /// Its operating system.
    pub operating_system: Fact<String>,
}

/// One graphics processor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Gpu {
    /// Its name, as the driver says it.
    pub name: String,
    /// Who made it.
    pub vendor: GpuVendor,
    /// Its memory, in bytes.
    pub memory_total_bytes: Option<u64>,
    /// Of it, what was free when it was looked, in bytes.
    pub memory_free_bytes: Option<u64>,
    /// Whether it shares the machine's memory.
    pub unified: bool,
    /// How it was found.
    pub source: String,
}

/// Who made a graphics processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum GpuVendor {
    /// NVIDIA.
    Nvidia,
    /// AMD.
    Amd,
    /// Apple.
    Apple,
}

/// What feeds a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PowerState {
    /// The mains, or nobody can tell it from that.
    Mains,
    /// A battery.
    Battery,
}

/// Where the server runs, as seen from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Locality {
    /// On this machine: its hardware is the server's.
    Local,
    /// Elsewhere: only what the API says is evidence.
    Remote,
    /// The embedded simulator: the hardware is the scenario's.
    Simulated,
}

/// How a server of a version behaves: what it truncates to, what it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Era {
    /// 0.3 and before: counts leave out cached tokens.
    A,
    /// 0.4 to 0.29: truncates to the full context.
    B,
    /// 0.30 and later: truncates to about half the context.
    C,
}

/// The server as seen through its API.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ServerProfile {
    /// Base URL, without credentials.
    pub host: String,
    /// Where it runs.
    pub locality: Locality,
    /// How that was found.
    pub locality_source: String,
    /// Its version, as it says.
    pub version: Fact<String>,
    /// How a server of that version behaves.
    pub era: Fact<Era>,
    /// What was loaded when it was looked.
    pub loaded_models: Vec<LoadedModel>,
}

/// One line of `/api/ps`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct LoadedModel {
    /// Name and tag.
    pub name: String,
    /// Its digest, as hexadecimal digits.
    pub digest: String,
    /// What it takes with its context, in bytes; 0 where the server does not know.
    pub size_bytes: u64,
    /// Of it, what is in GPU memory, in bytes.
    pub size_vram_bytes: u64,
    /// Context of one slot, in tokens; absent before 0.10.
    pub context_length: Option<u32>,
    /// RFC 3339, as the server wrote it.
    pub expires_at: Option<String>,
}

impl LoadedModel {
    /// What it takes with its context, in bytes; `None` where the server says 0, as builds do that cannot ask their runner.
    #[must_use]
    pub const fn known_size_bytes(&self) -> Option<u64> {
        if self.size_bytes > 0 { Some(self.size_bytes) } else { None }
    }

    /// Share of it in GPU memory, 0 to 1; `None` where its size is not known.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "memory sizes are far below 2^52 bytes")]
    pub fn gpu_share(&self) -> Option<f64> {
        self.known_size_bytes().map(|size| self.size_vram_bytes as f64 / size as f64)
    }

    /// Whether it lies partly, not wholly, in GPU memory: the cliff.
    #[must_use]
    pub const fn is_spilled(&self) -> bool {
        self.size_vram_bytes > 0 && self.size_vram_bytes < self.size_bytes
    }
}

/// `x` and `x:latest` are the same model.
#[must_use]
pub fn same_model(a: &str, b: &str) -> bool {
    a.strip_suffix(":latest").unwrap_or(a) == b.strip_suffix(":latest").unwrap_or(b)
}

/// The model as `/api/show` and `/api/tags` describe it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ModelProfile {
    /// Name and tag.
    pub name: String,
    /// Its digest, which tells it from another model of the same name.
    pub digest: Fact<String>,
    /// Its file, in bytes.
    pub size_bytes: Fact<u64>,
    /// How its weights are stored: `Q4_K_M`.
    pub quantization: Fact<String>,
    /// Its architecture: `llama`.
    pub family: Fact<String>,
    /// Its parameters.
    pub parameter_count: Fact<u64>,
    /// Tokens of context that it was trained on; the server clamps to it silently.
    pub trained_context: Fact<u32>,
    /// Layers.
    pub layers: Fact<u32>,
    /// Heads of attention.
    pub heads: Fact<u32>,
    /// Of them, heads with keys and values of their own.
    pub kv_heads: Fact<u32>,
    /// Bytes of key-value cache that one token of context costs, at 16 bits.
    pub kv_bytes_per_token: Fact<u64>,
    /// Whether it thinks before it answers, unless it is told not to.
    pub thinking: bool,
    /// Whether it reads pictures.
    pub vision: bool,
    /// `num_ctx` in the model's own Modelfile, if it sets one.
    pub modelfile_num_ctx: Option<u32>,
}
