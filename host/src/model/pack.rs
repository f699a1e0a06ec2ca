//! Packs: what a study measured, without anything that says whose it was.
//!
//! Anonymous by construction: numbers in classes, words out of closed lists. Two texts are free, the public name of a model and the
//! version of a server, and both have a form that is checked.

use serde::{Deserialize, Serialize};

use super::{candidate::Candidate, machine::GpuVendor, metric::Estimate};

/// Version of the JSON form of [`Pack`]. It grows when a field changes its meaning or goes away.
pub const PACK_SCHEMA_VERSION: u32 = 1;

/// What a file of packs says that it is.
pub const PACK_FORMAT: &str = "ralf-tune packs";

/// A file of packs, or what a hub is sent and sends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PackFile {
    /// [`PACK_FORMAT`].
    pub format: String,
    /// Each of them signed by itself, so that any of them can be passed on.
    pub packs: Vec<SignedPack>,
}

/// A pack and who says so: not a person, a key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignedPack {
    /// What was measured.
    pub pack: Pack,
    /// The public key, Ed25519: 64 hexadecimal digits, small ones.
    pub key: String,
    /// Signature by that key of the line `ralf-tune pack` and the pack as JSON: fields in the order of their declaration, nothing between them.
    /// 128 hexadecimal digits, small ones.
    pub signature: String,
}

/// What one study measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pack {
    /// [`PACK_SCHEMA_VERSION`] when it was written.
    pub schema_version: u32,
    /// Release of `ralf-tune` that measured: `0.1.0`.
    pub tool_version: String,
    /// When: `2026-11`. The day is nobody's business.
    pub month: String,
    /// What it ran on.
    pub hardware: HardwareClass,
    /// The model.
    pub model: PackedModel,
    /// Version of the server without its last part: `0.30`. Absent where it said none.
    pub server_version: Option<String>,
    /// What it was tuned for.
    pub workload: WorkloadClass,
    /// What the server's own clocks said.
    pub curves: Vec<Curve>,
    /// The settings that were present.
    pub present: PackedCandidate,
    /// Settings whose speed was measured, the present and the picked ones left out.
    pub others: Vec<PackedCandidate>,
    /// What the study ended with; absent where it recommends nothing. The present settings again where it kept them.
    pub pick: Option<PackedPick>,
    /// Requests behind all of it, rounded to two digits.
    pub requests: u32,
}

/// A class of machines.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HardwareClass {
    /// Whether it exists.
    pub simulated: bool,
    /// The family of its system.
    pub system: SystemClass,
    /// The family of its processor.
    pub processor: ProcessorClass,
    /// Threads that could be used: one of [`THREADS`], the nearest below. Absent where nobody knows.
    pub threads: Option<u32>,
    /// Memory in GiB: one of [`MEMORY_GIB`], the nearest below.
    pub memory_gib: Option<u32>,
    /// Its graphics processors; absent where there is none.
    pub gpu: Option<GpuClass>,
}

/// Classes of threads.
pub const THREADS: [u32; 11] = [1, 2, 4, 6, 8, 12, 16, 24, 32, 48, 64];

/// Classes of memory, in GiB.
pub const MEMORY_GIB: [u32; 11] = [1, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128];

/// Classes of the context that a model was trained on, in tokens.
pub const CONTEXT_TOKENS: [u32; 12] =
    [512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536, 131_072, 262_144, 524_288, 1_048_576];

/// Classes of graphics memory, in GiB.
pub const GPU_MEMORY_GIB: [u32; 10] = [1, 4, 6, 8, 12, 16, 24, 32, 48, 80];

/// A class of graphics processors: the one that has most memory, and whether there are more.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GpuClass {
    /// Who made it.
    pub vendor: GpuVendor,
    /// Its memory in GiB: one of [`GPU_MEMORY_GIB`], the nearest below. Absent where it is the machine's.
    pub memory_gib: Option<u32>,
    /// Whether it shares the machine's memory.
    pub unified: bool,
    /// Whether there are more of them.
    pub several: bool,
}

/// Families of systems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SystemClass {
    /// Linux.
    Linux,
    /// macOS.
    Macos,
    /// Windows.
    Windows,
    /// Another, or nobody knows.
    Other,
}

/// Families of processors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ProcessorClass {
    /// Intel.
    Intel,
    /// AMD.
    Amd,
    /// Apple.
    Apple,
    /// ARM of somebody else.
    Arm,
    /// Another, or nobody knows.
    Other,
}

/// A model, as far as others have it too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PackedModel {
    /// Its digest, 64 hexadecimal digits; of a private model a digest of that with a salt that stays with the key. Absent where the
    /// server told none.
    pub digest: Option<String>,
    /// Its name in the public library, `qwen2.5-coder:7b`; absent for every other model.
    pub name: Option<String>,
    /// Its architecture, where it is a known one: `qwen2`.
    pub family: Option<String>,
    /// Its parameters, rounded to two digits.
    pub parameters: Option<u64>,
    /// How its weights are stored, where it is a known way: `Q4_K_M`.
    pub quantization: Option<String>,
    /// Tokens of context that it was trained on: one of [`CONTEXT_TOKENS`], the nearest below.
    pub trained_context: Option<u32>,
    /// Its file in bytes, rounded to two digits.
    pub size_bytes: Option<u64>,
}

/// A class of batches. Sizes are characters of a file, each rounded to two digits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkloadClass {
    /// Files of the batch as a power of ten, rounded down: 0 is less than ten, 2 is hundreds.
    pub files_power: u32,
    /// Mean size.
    pub mean_chars: u64,
    /// Size of the middle file.
    pub median_chars: u64,
    /// Nine of ten are smaller.
    pub large_chars: u64,
    /// Whether the prompt is the built-in one: another one may ask for longer notes.
    pub own_prompt: bool,
    /// Tokens of a note in the mean, rounded to two digits; absent where none was made.
    pub note_tokens: Option<u64>,
}

/// What a curve is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CurveKind {
    /// Tokens a second of one answer, by requests at once.
    DecodeByRequests,
    /// Tokens a second that prompts are read with, by tokens of the prompt.
    PrefillByTokens,
    /// Requests that were worked on at once, by requests at once.
    SlotsByRequests,
    /// Tokens a second of one answer, by threads of a machine that has as many as its class says.
    DecodeByThreads,
    /// Tokens a second that prompts are read with, by `num_batch`.
    PrefillByBatch,
    /// Bytes of the loaded model, by `num_ctx`.
    MemoryByContext,
    /// Seconds of a load, by `num_ctx`.
    LoadByContext,
}

impl CurveKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::DecodeByRequests,
        Self::PrefillByTokens,
        Self::SlotsByRequests,
        Self::DecodeByThreads,
        Self::PrefillByBatch,
        Self::MemoryByContext,
        Self::LoadByContext,
    ];
}

/// A quantity against another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Curve {
    /// Which.
    pub kind: CurveKind,
    /// Sorted by `at`.
    pub points: Vec<CurvePoint>,
}

/// One measured point.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CurvePoint {
    /// Where.
    pub at: f64,
    /// What was measured there, with its 95 % interval.
    pub estimate: Estimate,
    /// Requests behind it.
    pub requests: u32,
}

/// Settings, and what is known of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PackedCandidate {
    /// The settings. Threads are those of a machine that has as many as its class says; bounds are rounded up to three digits.
    pub settings: Candidate,
    /// Notes a minute of the whole batch.
    pub notes_per_minute: Option<Estimate>,
    /// Mean score, 0 to 1.
    pub quality: Option<Estimate>,
    /// Share of the source that reaches the model, 0 to 1.
    pub source_share: f64,
    /// Bytes of the loaded model at most.
    pub peak_memory_bytes: Option<f64>,
    /// Whether it may be used: nothing is lost, nothing swaps, the quality is enough.
    pub usable: bool,
}

/// What a study ended with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PackedPick {
    /// The settings.
    pub chosen: PackedCandidate,
    /// How many times as fast as the present ones, compared on the same files; absent where they were not compared.
    pub gain: Option<Estimate>,
    /// Percent: how probable it was said to be that nothing better was missed.
    pub confidence: f64,
}
