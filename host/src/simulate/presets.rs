//! The built-in machines. Each has one lesson; the first three are those that the rules of thumb promise figures for.

use super::{
    memory::gib,
    preset_models as models,
    quirks::Quirks,
    scenario::{
        Behaviour, Changes, Faults, GpuDevice, Loading, Machine, Noise, OtherClients, Scenario, ServerSettings, Speed,
        Swapping,
    },
};
use crate::model::machine::GpuVendor;

/// Every built-in scenario, the plainest first.
pub(super) const NAMES: [&str; 7] = ["low-end", "mid-range", "high-end", "one-slot", "vram-cliff", "flaky", "slow"];

pub(super) fn named(name: &str) -> Option<Scenario> {
    match name {
        "low-end" => Some(low_end()),
        "mid-range" => Some(mid_range()),
        "high-end" => Some(high_end()),
        "one-slot" => Some(one_slot()),
        "vram-cliff" => Some(vram_cliff()),
        "flaky" => Some(flaky()),
        "slow" => Some(slow()),
        _ => None,
    }
}

/// Four cores and 8 GB: 4096 tokens of context fit, 8192 swap. 2 to 3 notes a minute at best.
fn low_end() -> Scenario {
    let cpu = Speed {
        memory_bytes_per_second: 82e9,
        prefill_tokens_per_second: 200.0,
        batch_half_tokens: 16.0,
        attention_double_tokens: 30_000.0,
        sequence_cost_ms: 3.0,
        step_overhead_ms: 1.5,
    };
    Scenario {
        name: "low-end".into(),
        summary: "4 cores, 8 GB, no GPU, 7B model, one slot: more than 4096 to 6000 tokens of context swaps".into(),
        machine: Machine {
            cpu_model: "Simulated 4-core laptop".into(),
            physical_cores: 4,
            logical_threads: 4,
            usable_threads: 4,
            memory_bytes: gib(8.0),
            memory_free_bytes: gib(5.08),
            swap_bytes: gib(4.0),
            ..cpu_machine(cpu)
        },
        server: server(1),
        models: vec![models::qwen_coder_7b(), models::qwen_coder_small(), models::nomic_embed()],
        behaviour: reader(6_000),
        noise: noise(0.05),
        faults: Faults::default(),
        others: OtherClients::default(),
        quirks: Quirks::default(),
        changes: Changes::default(),
    }
}

/// Eight cores and 16 GB: two slots of 8192 tokens fit, two of 10000 do not. 4 to 6 notes a minute at best.
fn mid_range() -> Scenario {
    let cpu = Speed {
        memory_bytes_per_second: 150e9,
        prefill_tokens_per_second: 380.0,
        batch_half_tokens: 16.0,
        attention_double_tokens: 30_000.0,
        sequence_cost_ms: 11.0,
        step_overhead_ms: 1.5,
    };
    Scenario {
        name: "mid-range".into(),
        summary: "8 cores, 16 GB, no GPU, 8B model, two slots: contexts above 8192 tokens swap".into(),
        machine: Machine {
            cpu_model: "Simulated 8-core desktop".into(),
            physical_cores: 8,
            logical_threads: 16,
            usable_threads: 16,
            memory_bytes: gib(16.0),
            memory_free_bytes: gib(7.25),
            swap_bytes: gib(8.0),
            ..cpu_machine(cpu)
        },
        server: server(2),
        models: vec![models::llama_8b(), models::qwen_coder_small(), models::nomic_embed()],
        behaviour: reader(6_000),
        noise: noise(0.04),
        faults: Faults::default(),
        others: OtherClients::default(),
        quirks: Quirks::default(),
        changes: Changes::default(),
    }
}

/// A workstation with a large model: four slots of 16384 tokens fit its GPU, of 32768 they spill. 8 to 12 notes a minute.
fn high_end() -> Scenario {
    let cpu = Speed {
        memory_bytes_per_second: 20e9,
        prefill_tokens_per_second: 60.0,
        batch_half_tokens: 16.0,
        attention_double_tokens: 30_000.0,
        sequence_cost_ms: 60.0,
        step_overhead_ms: 2.0,
    };
    let gpu = Speed {
        memory_bytes_per_second: 560e9,
        prefill_tokens_per_second: 1_300.0,
        batch_half_tokens: 96.0,
        attention_double_tokens: 30_000.0,
        sequence_cost_ms: 8.0,
        step_overhead_ms: 0.6,
    };
    Scenario {
        name: "high-end".into(),
        summary: "16 cores, 32 GB, 48 GB GPU, 32B model, four slots: contexts above 16384 tokens leave the GPU".into(),
        machine: Machine {
            cpu_model: "Simulated 16-core workstation".into(),
            physical_cores: 16,
            logical_threads: 32,
            usable_threads: 32,
            memory_bytes: gib(32.0),
            memory_free_bytes: gib(26.0),
            swap_bytes: gib(8.0),
            gpu: Some(GpuDevice {
                name: "Simulated GPU 48 GB".into(),
                vendor: GpuVendor::Nvidia,
                memory_bytes: gib(48.0),
                memory_free_bytes: gib(46.0),
                speed: gpu,
                bus_bytes_per_second: 20e9,
            }),
            ..cpu_machine(cpu)
        },
        server: ServerSettings { default_context: 32_768, ..server(4) },
        models: vec![models::qwen_coder_32b(), models::qwen_coder_small(), models::nomic_embed()],
        behaviour: reader(10_000),
        noise: noise(0.03),
        faults: Faults::default(),
        others: OtherClients::default(),
        quirks: Quirks::default(),
        changes: Changes::default(),
    }
}

/// The mid-range machine with memory to spare and one slot: more requests at a time only wait.
fn one_slot() -> Scenario {
    let mut scenario = mid_range();
    scenario.name = "one-slot".into();
    scenario.summary = "8 cores, memory to spare, one slot: parallel requests only queue".into();
    scenario.machine.memory_bytes = gib(32.0);
    scenario.machine.memory_free_bytes = gib(20.0);
    scenario.server.num_parallel = 1;
    scenario
}

/// A GPU that holds 8192 tokens of context and not 10000: the present settings of many users are behind the cliff.
fn vram_cliff() -> Scenario {
    let cpu = Speed {
        memory_bytes_per_second: 7.5e9,
        prefill_tokens_per_second: 40.0,
        batch_half_tokens: 16.0,
        attention_double_tokens: 30_000.0,
        sequence_cost_ms: 20.0,
        step_overhead_ms: 2.0,
    };
    let gpu = Speed {
        memory_bytes_per_second: 230e9,
        prefill_tokens_per_second: 1_400.0,
        batch_half_tokens: 96.0,
        attention_double_tokens: 30_000.0,
        sequence_cost_ms: 2.0,
        step_overhead_ms: 0.6,
    };
    Scenario {
        name: "vram-cliff".into(),
        summary: "8 cores, 10 GB GPU, 7B model with a large cache, one slot: 8192 tokens fit the GPU, 10000 do not"
            .into(),
        machine: Machine {
            cpu_model: "Simulated 8-core desktop".into(),
            physical_cores: 8,
            logical_threads: 16,
            usable_threads: 16,
            memory_bytes: gib(32.0),
            memory_free_bytes: gib(24.0),
            swap_bytes: gib(8.0),
            gpu: Some(GpuDevice {
                name: "Simulated GPU 10 GB".into(),
                vendor: GpuVendor::Nvidia,
                memory_bytes: gib(10.0),
                memory_free_bytes: gib(8.05),
                speed: gpu,
                bus_bytes_per_second: 12e9,
            }),
            ..cpu_machine(cpu)
        },
        server: server(1),
        models: vec![models::codellama_7b(), models::qwen_coder_small(), models::nomic_embed()],
        behaviour: reader(6_000),
        noise: noise(0.03),
        faults: Faults::default(),
        others: OtherClients::default(),
        quirks: Quirks::default(),
        changes: Changes::default(),
    }
}

/// The mid-range machine with a bad day: errors, broken connections, stalls, and more noise.
fn flaky() -> Scenario {
    let mut scenario = mid_range();
    scenario.name = "flaky".into();
    scenario.summary = "the mid-range machine with errors, broken connections and stalls".into();
    scenario.noise = Noise { request_sigma: 0.08, drift_share: 0.03, drift_period_seconds: 300.0, ..Noise::default() };
    scenario.faults = Faults { stall: 0.02, ..failing(0.04) };
    scenario
}

/// Shortest and longest stall, where there are any.
pub(super) const STALL_SECONDS: (f64, f64) = (5.0, 40.0);

/// That share of requests fails: half of them crash, a quarter finds the server busy, a quarter loses its connection.
pub(super) fn failing(share: f64) -> Faults {
    let (crash, busy, reset) = (share / 2.0, share / 4.0, share / 4.0);
    Faults { crash, busy, reset, stall_seconds: STALL_SECONDS, ..Faults::default() }
}

/// About one token a second: budgets and timeouts must cope.
fn slow() -> Scenario {
    let cpu = Speed {
        memory_bytes_per_second: 9.4e9,
        prefill_tokens_per_second: 20.5,
        batch_half_tokens: 16.0,
        attention_double_tokens: 30_000.0,
        sequence_cost_ms: 20.0,
        step_overhead_ms: 2.0,
    };
    Scenario {
        name: "slow".into(),
        summary: "an old machine with a model too large for it: one token a second, one slot".into(),
        machine: Machine {
            cpu_model: "Simulated 4-core office computer".into(),
            physical_cores: 4,
            logical_threads: 8,
            usable_threads: 8,
            memory_bytes: gib(24.0),
            memory_free_bytes: gib(18.0),
            swap_bytes: gib(8.0),
            ..cpu_machine(cpu)
        },
        server: server(1),
        models: vec![models::qwen_coder_14b(), models::qwen_coder_small(), models::nomic_embed()],
        behaviour: reader(6_000),
        noise: noise(0.03),
        faults: Faults::default(),
        others: OtherClients::default(),
        quirks: Quirks::default(),
        changes: Changes::default(),
    }
}

/// What the machines share; cores and memory are each one's own.
fn cpu_machine(cpu: Speed) -> Machine {
    Machine {
        cpu_model: String::new(),
        physical_cores: 4,
        logical_threads: 4,
        usable_threads: 4,
        limit_is_hidden: false,
        oversubscribed_speed: 1.0 / 80.0,
        memory_bytes: gib(8.0),
        memory_free_bytes: gib(6.0),
        swap_bytes: 0,
        swapping: Swapping { most: 2.2, scale_bytes: 0.04 * 1_073_741_824.0, slope_per_gib: 0.3 },
        cpu,
        gpu: None,
        loading: Loading {
            start_seconds: 0.8,
            bytes_per_second: 2.5e9,
            unload_seconds: 0.5,
            warm_seconds: 0.001_2,
            first_request_seconds: 0.4,
            cold_file_factor: 1.0,
        },
    }
}

fn server(num_parallel: u32) -> ServerSettings {
    ServerSettings {
        version: "0.32.15".into(),
        num_parallel,
        max_queue: 512,
        max_loaded_models: 3,
        keep_alive_seconds: 300,
        default_context: 4096,
        ignores: Vec::new(),
    }
}

/// A model that reads prompts of so many tokens evenly, and keeps the format up to a temperature of 0.8.
const fn reader(effective_context_tokens: u32) -> Behaviour {
    Behaviour { effective_context_tokens, steady_temperature: 0.8, loops_below: 0.0, keeps_format: true }
}

fn noise(request_sigma: f64) -> Noise {
    Noise { request_sigma, drift_share: 0.01, drift_period_seconds: 600.0, ..Noise::default() }
}
