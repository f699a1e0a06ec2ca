//! The performance model: how long loading, prefill and decoding take for given load-time settings.
//!
//! Decoding is bound by memory bandwidth: every step reads the weights once, and the live context of each sequence.
//! Prefill is bound by arithmetic, and saturates with the batch.

use super::{
    convert::float,
    memory::{self, LoadFailure, Placement},
    model_facts::ModelFacts,
    quirks::Loaded,
    scenario::{Machine, Scenario, Speed},
    settings::LoadSettings,
};

/// A model as loaded with certain settings: everything that speed depends on, worked out once.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Performance {
    pub(super) placement: Placement,
    /// Tokens of one prefill batch, also when the server chose it.
    pub(super) batch: u32,
    pub(super) load_seconds: f64,
    /// The part of it in which the weights are read.
    pub(super) read_seconds: f64,
    /// Reading the weights, once a decode step.
    weights_seconds: f64,
    context_token_seconds: f64,
    sequence_seconds: f64,
    overhead_seconds: f64,
    prefill_token_seconds: f64,
    attention_double_tokens: f64,
    quirks: Loaded,
}

/// Tokens of prompt in one step, their mean depth, the sequences that decode beside them, and all that are at work.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Step {
    pub(super) prefill_tokens: u32,
    pub(super) prefill_depth: f64,
    pub(super) decoding: u32,
    pub(super) sequences: u32,
    /// Tokens of context of all decoding sequences together.
    pub(super) live_context: u64,
}

impl Performance {
    /// Works out the speed of a model under these settings.
    ///
    /// # Errors
    /// When it does not fit at all.
    pub(super) fn new(scenario: &Scenario, model: &ModelFacts, settings: &LoadSettings) -> Result<Self, LoadFailure> {
        let machine = &scenario.machine;
        let batch = settings.batch(scenario.server.num_parallel);
        let placement = memory::place(scenario, model, settings, batch)?;
        let slower = placement.slowdown;
        // Of the layers on the CPU, and of the rest.
        let share = placement.cpu_share;
        let rest = 1.0 - share;
        let cpu = machine.cpu;
        let gpu = machine.gpu.as_ref().map_or(cpu, |gpu| gpu.speed);
        let (decode_threads, prefill_threads) = thread_speed(machine, settings.num_thread);

        let bytes_seconds = rest / gpu.memory_bytes_per_second + share / (cpu.memory_bytes_per_second * decode_threads);
        let mixed = |of_gpu: f64, of_cpu: f64| (rest * of_gpu + share * of_cpu / decode_threads) / 1000.0 * slower;
        let scale = scenario
            .models
            .first()
            .map_or(1.0, |first| float(model.parameter_count) / float(first.parameter_count.max(1)));
        let cpu_prefill = match &machine.gpu {
            // Weights outside the GPU's memory are sent to it for every batch.
            Some(gpu) if share < 1.0 => {
                token_seconds(gpu.speed, batch, 1.0) * scale
                    + float(model.size_bytes) / gpu.bus_bytes_per_second / f64::from(batch)
            }
            _ => token_seconds(cpu, batch, prefill_threads) * scale,
        };
        let quirks = scenario.quirks.loaded(machine, settings, batch, share);
        let prefill = rest * token_seconds(gpu, batch, 1.0) * scale + share * cpu_prefill;
        let read_seconds = float(model.size_bytes) / machine.loading.bytes_per_second * slower.min(2.0);
        Ok(Self {
            batch,
            load_seconds: machine.loading.start_seconds + read_seconds,
            read_seconds,
            weights_seconds: float(model.size_bytes) * bytes_seconds * slower,
            context_token_seconds: float(model.kv_bytes_per_token()) * bytes_seconds * slower,
            sequence_seconds: mixed(gpu.sequence_cost_ms, cpu.sequence_cost_ms) * scale,
            overhead_seconds: mixed(gpu.step_overhead_ms, cpu.step_overhead_ms),
            prefill_token_seconds: prefill * slower * quirks.reading(batch),
            attention_double_tokens: rest * gpu.attention_double_tokens + share * cpu.attention_double_tokens,
            quirks,
            placement,
        })
    }

    /// Seconds that one step of the runner takes: a batch of prompt tokens, or one token for every sequence.
    ///
    /// While a prompt is read, decoding sequences ride along for the price of one more prompt token each.
    pub(super) fn step_seconds(&self, step: Step) -> f64 {
        self.plain_step_seconds(step) * self.quirks.step(step.sequences, step.decoding)
    }

    fn plain_step_seconds(&self, step: Step) -> f64 {
        if step.prefill_tokens > 0 {
            let deeper = 1.0 + step.prefill_depth / self.attention_double_tokens;
            return self.overhead_seconds
                + f64::from(step.prefill_tokens + step.decoding) * self.prefill_token_seconds * deeper;
        }
        self.weights_seconds
            + self.context_token_seconds * float(step.live_context)
            + self.sequence_seconds * f64::from(step.decoding)
            + self.overhead_seconds
    }
}

/// Seconds a prompt token of the first model.
fn token_seconds(speed: Speed, batch: u32, threads: f64) -> f64 {
    let saturation = f64::from(batch) / (f64::from(batch) + speed.batch_half_tokens);
    1.0 / (speed.prefill_tokens_per_second * saturation * threads)
}

/// Speed of decoding and of prefill with that many threads, 1.0 being one thread on each physical core.
fn thread_speed(machine: &Machine, threads: Option<u32>) -> (f64, f64) {
    // The server's own choice looks at cores, and at no limit of a container.
    let threads = threads.unwrap_or(machine.physical_cores);
    let share = f64::from(threads.max(1)) / f64::from(machine.physical_cores.max(1));
    if threads > machine.usable_threads {
        (machine.oversubscribed_speed, machine.oversubscribed_speed)
    } else if threads > machine.physical_cores {
        // Two threads on one core share its arithmetic units and wait for each other at every step.
        (0.93, 0.97)
    } else {
        // Memory bandwidth saturates before the cores do, arithmetic does not.
        (1.25 * share / (share + 0.25), share.powf(0.9))
    }
}

/// The prefill batch that the server picks from the context of all slots together.
pub(super) const fn automatic_batch(total_context: u64) -> u32 {
    match total_context {
        0..=4096 => 512,
        4097..=32_768 => 1024,
        _ => 2048,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn performance(scenario: &Scenario, num_ctx: u32, num_thread: Option<u32>) -> Performance {
        let settings = LoadSettings { num_ctx, num_thread, ..LoadSettings::default() };
        Performance::new(scenario, &scenario.models[0], &settings).unwrap()
    }

    fn decode(performance: &Performance, decoding: u32) -> f64 {
        let live_context = u64::from(decoding) * 2_000;
        performance.step_seconds(Step { decoding, sequences: decoding, live_context, ..Step::default() })
    }

    #[test]
    fn memory_is_a_cliff_on_the_machines_that_have_one() {
        for (name, fits, breaks) in [("low-end", 4096, 8192), ("mid-range", 8192, 10_000), ("high-end", 16_384, 32_768)]
        {
            let scenario = Scenario::named(name).unwrap();
            let before = decode(&performance(&scenario, fits, None), 1);
            let behind = decode(&performance(&scenario, breaks, None), 1);
            assert!(behind > 3.0 * before, "{name}: {before} s and {behind} s a token");
        }
    }

    #[test]
    fn threads_lose_on_both_sides_of_the_cores() {
        let scenario = Scenario::named("low-end").unwrap();
        let speed = |threads| 1.0 / decode(&performance(&scenario, 4096, threads), 1);
        assert!(speed(Some(1)) < 0.7 * speed(None));
        assert!((speed(Some(4)) / speed(None) - 1.0).abs() < 1e-9);
        assert!(speed(Some(8)) < speed(None) / 50.0);
    }

    #[test]
    fn sequences_share_the_reading_of_weights() {
        let scenario = Scenario::named("high-end").unwrap();
        let performance = performance(&scenario, 16_384, None);
        let gain = 4.0 * decode(&performance, 1) / decode(&performance, 4);
        assert!((2.0..4.0).contains(&gain), "{gain}");
    }
}
