//! What is known of an installed model.

use serde::{Deserialize, Serialize};

/// One installed model: what `/api/tags` and `/api/show` say of it, and what decides its size and speed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelFacts {
    pub name: String,
    /// The model that it was made of; empty for one that was pulled.
    #[serde(default)]
    pub parent_model: String,
    /// `general.basename`, which the file has and keeps; empty where it is the first part of the name.
    #[serde(default)]
    pub basename: String,
    pub digest: String,
    /// `general.architecture`, the prefix of the architecture's keys in `model_info`.
    pub architecture: String,
    pub parameter_count: u64,
    /// As the server prints it: `7.6B`.
    pub parameter_size: String,
    pub quantization: String,
    /// `general.file_type`.
    pub file_type: u32,
    /// Bytes of the file, and of the weights in memory.
    pub size_bytes: u64,
    /// RFC 3339.
    pub modified_at: String,
    pub trained_context: u32,
    pub layers: u32,
    pub embedding_length: u32,
    pub feed_forward_length: u32,
    pub heads: u32,
    pub kv_heads: u32,
    /// Length of one head's key, and of its value.
    pub head_length: u32,
    pub vocabulary: u32,
    /// Compute buffers: bytes besides the batch, and bytes for each token of the batch.
    pub compute_bytes: u64,
    pub compute_bytes_per_batch_token: u64,
    pub capabilities: Vec<String>,
    /// `PARAMETER` lines of the Modelfile, in order: name and printed value.
    pub parameters: Vec<(String, String)>,
    /// What the chat template puts before the prompt and behind it.
    pub template_before: String,
    pub template_behind: String,
    /// Whether a token that begins the text counts as kept.
    pub adds_bos: bool,
    /// Whether generation goes on past the context by dropping its first half.
    pub shifts: bool,
}

impl ModelFacts {
    /// Bytes of key-value cache for one token of one slot, at 16 bits.
    #[must_use]
    pub fn kv_bytes_per_token(&self) -> u64 {
        u64::from(self.layers) * u64::from(self.kv_heads) * u64::from(self.head_length) * 2 * 2
    }

    /// `general.basename`.
    #[must_use]
    pub fn basename(&self) -> &str {
        if self.basename.is_empty() { self.name.split(':').next().unwrap_or_default() } else { &self.basename }
    }

    /// Whether the model has a capability: `completion`, `thinking`, `embedding`.
    #[must_use]
    pub fn can(&self, capability: &str) -> bool {
        self.capabilities.iter().any(|own| own == capability)
    }

    /// `num_ctx` in the Modelfile.
    #[must_use]
    pub fn modelfile_num_ctx(&self) -> Option<u32> {
        self.parameters.iter().find(|(name, _)| name == "num_ctx").and_then(|(_, value)| value.parse().ok())
    }

    /// Whether a request that names `wanted` means this model: `name` is short for `name:latest`.
    #[must_use]
    pub fn is_named(&self, wanted: &str) -> bool {
        self.name == wanted || self.name.strip_suffix(":latest") == Some(wanted)
    }
}
