use crate::types::{Constraints, Machine, Model, Workload};

/// A machine with 8 cores and 16 GiB, with or without a GPU of 12 GiB.
#[must_use]
pub fn machine(gpu: bool) -> Machine {
    Machine {
        physical_cores: 8,
        logical_threads: 8,
        usable_threads: 8,
        total_memory_bytes: 16 << 30,
        available_memory_bytes: 12 << 30,
        gpu_memory_bytes: if gpu { 12 << 30 } else { 0 },
        facts: Vec::new(),
    }
}

/// A model of eight billion parameters in 5 GiB.
#[must_use]
pub fn model() -> Model {
    Model {
        name: "pretended:8b".to_owned(),
        size_bytes: 5 << 30,
        parameter_count: 8_000_000_000,
        trained_context: 32_768,
        layers: 32,
        kv_bytes_per_token: 128 << 10,
        thinking: false,
        facts: Vec::new(),
    }
}

/// Files of these lengths in characters, which are also the batch.
#[must_use]
pub fn workload(file_chars: &[u32]) -> Workload {
    let mut batch_chars = file_chars.to_vec();
    batch_chars.sort_unstable();
    Workload {
        file_chars: file_chars.to_vec(),
        batch_chars,
        chars_per_token: 3.0,
        overhead_tokens: 300,
        facts: Vec::new(),
    }
}

/// The usual ones: 0.95 of the best quality, and at most 2 % of the files lost.
#[must_use]
pub fn constraints() -> Constraints {
    Constraints { quality_floor: 0.95, max_lost_share: 0.02 }
}
