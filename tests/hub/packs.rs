//! Packs of machines that do not exist: they hold in every bound, and say what the test wants.

use ralf_tune::model::{
    candidate::Candidate,
    machine::GpuVendor,
    metric::{ConfidenceInterval, Estimate},
    pack::{
        Curve, CurveKind, CurvePoint, GpuClass, HardwareClass, PACK_SCHEMA_VERSION, Pack, PackedCandidate, PackedModel,
        PackedPick, ProcessorClass, SystemClass, WorkloadClass,
    },
};

/// What a pack is made of.
#[derive(Debug, Clone)]
pub struct Kind {
    /// A public name; its digest follows from it.
    pub model: &'static str,
    /// The class of machines: one of [`MACHINES`].
    pub machine: usize,
    /// Mean characters of a file, two digits.
    pub mean_chars: u64,
}

/// Models that many have.
pub const MODELS: [&str; 8] = [
    "qwen2.5-coder:7b",
    "llama3.1:8b",
    "llama3.2:3b",
    "mistral:7b",
    "qwen3:14b",
    "gemma3:4b",
    "phi4:14b",
    "gpt-oss:20b",
];

/// Classes of machines: threads, memory, graphics memory.
pub const MACHINES: [(u32, u32, Option<u32>); 8] = [
    (8, 16, None),
    (12, 32, Some(8)),
    (16, 32, Some(12)),
    (16, 64, Some(24)),
    (24, 64, Some(16)),
    (8, 32, Some(6)),
    (32, 128, Some(48)),
    (4, 8, None),
];

/// The usual kind.
pub const USUAL: Kind = Kind { model: MODELS[0], machine: 3, mean_chars: 6_000 };

/// A machine's class.
pub fn hardware(machine: usize) -> HardwareClass {
    let (threads, memory, gpu) = MACHINES[machine % MACHINES.len()];
    HardwareClass {
        simulated: false,
        system: SystemClass::Linux,
        processor: ProcessorClass::Amd,
        threads: Some(threads),
        memory_gib: Some(memory),
        gpu: gpu.map(|memory| GpuClass {
            vendor: GpuVendor::Nvidia,
            memory_gib: Some(memory),
            unified: false,
            several: false,
        }),
    }
}

/// A batch's class.
pub fn workload(mean_chars: u64) -> WorkloadClass {
    WorkloadClass {
        files_power: 2,
        mean_chars,
        median_chars: mean_chars,
        large_chars: mean_chars * 2,
        own_prompt: false,
        note_tokens: Some(250),
    }
}

/// Four digits, as packs have them.
fn four(value: f64) -> f64 {
    format!("{value:.3e}").parse().unwrap()
}

/// An estimate that is sure to a tenth.
pub fn estimate(value: f64) -> Estimate {
    let interval = ConfidenceInterval { level: 0.95, low: four(value * 0.95), high: four(value * 1.05) };
    Estimate { value: four(value), interval }
}

/// A pack of a kind with so many notes a minute at the end, whose present settings make half of them.
pub fn pack(kind: &Kind, speed: f64) -> Pack {
    let hardware = hardware(kind.machine);
    let present = Candidate::default();
    let tuned = Candidate { max_concurrent_requests: 4, num_ctx: 8192, ..Candidate::default() };
    let measured = |settings: Candidate, speed: f64| PackedCandidate {
        settings,
        notes_per_minute: Some(estimate(speed)),
        quality: Some(Estimate { value: 0.9, interval: ConfidenceInterval { level: 0.95, low: 0.88, high: 0.92 } }),
        source_share: 1.0,
        peak_memory_bytes: Some(6.1e9),
        usable: true,
    };
    // Four answers at once write what these notes have.
    let alone = speed / 60.0 * 250.0 / 3.0;
    let points = [(1.0, alone), (2.0, alone * 0.9), (4.0, alone * 0.8)].map(|(at, rate)| CurvePoint {
        at,
        estimate: estimate(rate),
        requests: 6,
    });
    Pack {
        schema_version: PACK_SCHEMA_VERSION,
        tool_version: "0.1.0".to_owned(),
        month: "2026-11".to_owned(),
        hardware,
        model: PackedModel {
            digest: Some(digest(kind.model)),
            name: Some(kind.model.to_owned()),
            family: Some("qwen2".to_owned()),
            parameters: Some(7_600_000_000),
            quantization: Some("Q4_K_M".to_owned()),
            trained_context: Some(32_768),
            size_bytes: Some(4_700_000_000),
        },
        server_version: Some("0.30".to_owned()),
        workload: workload(kind.mean_chars),
        curves: vec![Curve { kind: CurveKind::DecodeByRequests, points: points.to_vec() }],
        present: measured(present, speed / 2.0),
        others: vec![measured(Candidate { max_concurrent_requests: 2, ..Candidate::default() }, speed * 0.7)],
        pick: Some(PackedPick { chosen: measured(tuned, speed), gain: Some(estimate(2.0)), confidence: 90.0 }),
        requests: 60,
    }
}

/// What the model of a name has as its digest here.
pub fn digest(model: &str) -> String {
    ralf_tune::model::digest::Digest::of(model.as_bytes()).hex().to_owned()
}
