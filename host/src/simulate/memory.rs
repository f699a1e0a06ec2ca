//! Where a loaded model lies: GPU memory first, the machine's memory for the rest, swap for what is too much.

use super::{
    convert::{float, whole},
    model_facts::ModelFacts,
    scenario::Scenario,
    settings::LoadSettings,
};

const GIB: f64 = 1_073_741_824.0;

/// Where a model lies, and what that costs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Placement {
    /// Weights, cache of all slots and compute buffers: `size` in `/api/ps`.
    pub(super) size_bytes: u64,
    /// `size_vram` in `/api/ps`.
    pub(super) vram_bytes: u64,
    /// Share of the layers that runs on the CPU, from 0 to 1.
    pub(super) cpu_share: f64,
    /// What swapping multiplies every duration with.
    pub(super) slowdown: f64,
}

/// Why a model cannot be loaded, in the server's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum LoadFailure {
    #[error("model requires more system memory ({needed} GiB) than is available ({available} GiB)")]
    Memory { needed: String, available: String },
    #[error(
        "llama-server process has terminated: exit status 1: cudaMalloc failed: out of memory\nunable to allocate CUDA0 buffer"
    )]
    Vram,
}

/// Lays the model out in memory.
///
/// # Errors
/// When machine and swap together are too small, or explicit GPU layers do not fit.
pub(super) fn place(
    scenario: &Scenario,
    model: &ModelFacts,
    settings: &LoadSettings,
    batch: u32,
) -> Result<Placement, LoadFailure> {
    let slots = u64::from(scenario.server.num_parallel.max(1));
    let layers = u64::from(model.layers.max(1));
    let context = u64::from(settings.num_ctx) * slots * model.kv_bytes_per_token();
    let compute = model.compute_bytes + model.compute_bytes_per_batch_token * u64::from(batch);
    let size_bytes = model.size_bytes + context + compute;

    let gpu_layers = scenario.machine.gpu.as_ref().map_or(Ok(0), |gpu| {
        let a_layer = (model.size_bytes + context).div_ceil(layers);
        let fitting = (gpu.memory_free_bytes.saturating_sub(compute) / a_layer).min(layers);
        match settings.num_gpu.map(u64::from) {
            Some(wanted) if wanted.min(layers) > fitting => Err(LoadFailure::Vram),
            Some(wanted) => Ok(wanted.min(layers)),
            None => Ok(fitting),
        }
    })?;
    let vram_bytes = match gpu_layers {
        0 => 0,
        all if all == layers => size_bytes,
        some => (model.size_bytes + context) / layers * some + compute,
    };
    Ok(Placement {
        size_bytes,
        vram_bytes,
        cpu_share: 1.0 - float(gpu_layers) / float(layers),
        slowdown: slowdown(scenario, size_bytes - vram_bytes)?,
    })
}

/// What keeping so many bytes in the machine's memory multiplies durations with.
fn slowdown(scenario: &Scenario, bytes: u64) -> Result<f64, LoadFailure> {
    let machine = &scenario.machine;
    let excess = bytes.saturating_sub(machine.memory_free_bytes);
    if excess > machine.swap_bytes {
        let gib = |bytes: u64| format!("{:.1}", float(bytes) / GIB);
        return Err(LoadFailure::Memory {
            needed: gib(bytes),
            available: gib(machine.memory_free_bytes + machine.swap_bytes),
        });
    }
    let (excess, cost) = (float(excess), machine.swapping);
    Ok(1.0 + cost.most * (1.0 - (-excess / cost.scale_bytes.max(1.0)).exp()) + cost.slope_per_gib * excess / GIB)
}

/// That many GiB in bytes.
pub(super) const fn gib(amount: f64) -> u64 {
    whole(amount * GIB)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gpu_that_is_a_little_too_small_keeps_most_layers() {
        let scenario = Scenario::named("vram-cliff").unwrap();
        let model = &scenario.models[0];
        let at = |num_ctx| {
            let settings = LoadSettings { num_ctx, ..LoadSettings::default() };
            place(&scenario, model, &settings, 1024).unwrap()
        };
        assert_eq!(at(8192).vram_bytes, at(8192).size_bytes);
        let spilled = at(10_000);
        assert!(spilled.vram_bytes > spilled.size_bytes / 2 && spilled.vram_bytes < spilled.size_bytes);
        let forced = LoadSettings { num_ctx: 10_000, num_gpu: Some(999), ..LoadSettings::default() };
        assert_eq!(place(&scenario, model, &forced, 1024), Err(LoadFailure::Vram));
    }

    #[test]
    fn more_than_memory_and_swap_is_refused() {
        let mut scenario = Scenario::named("low-end").unwrap();
        scenario.machine.swap_bytes = 0;
        let settings = LoadSettings { num_ctx: 32_768, ..LoadSettings::default() };
        let failure = place(&scenario, &scenario.models[0], &settings, 1024).unwrap_err();
        assert!(failure.to_string().starts_with("model requires more system memory ("), "{failure}");
    }
}
