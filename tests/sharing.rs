//! What is shared says nothing of whose it is, what others share is believed only as far as it can be checked, and a few liars change nothing.

mod exchange;
mod hostile;
mod privacy;
mod recommending;

use ralf_tune::{
    model::{
        candidate::Candidate,
        machine::GpuVendor,
        metric::{ConfidenceInterval, Estimate},
        pack::{
            Curve, CurveKind, CurvePoint, GpuClass, HardwareClass, PACK_SCHEMA_VERSION, Pack, PackedCandidate,
            PackedModel, PackedPick, ProcessorClass, SystemClass, WorkloadClass,
        },
    },
    share::Key,
};

/// An estimate within that factor.
fn within(value: f64, factor: f64) -> Estimate {
    let round = |value: f64| format!("{value:.3e}").parse().unwrap();
    let interval = ConfidenceInterval { level: 0.95, low: round(value / factor), high: round(value * factor) };
    Estimate { value: round(value), interval }
}

/// The key of a number.
fn key(number: u8) -> Key {
    Key::from_bytes(&[number; 32], [number; 32])
}

/// Settings that were measured.
fn measured(settings: Candidate, notes_per_minute: f64) -> PackedCandidate {
    PackedCandidate {
        settings,
        notes_per_minute: Some(within(notes_per_minute, 1.05)),
        quality: Some(Estimate { value: 0.8, interval: ConfidenceInterval { level: 0.95, low: 0.75, high: 0.85 } }),
        source_share: 0.9,
        peak_memory_bytes: Some(6e9),
        usable: true,
    }
}

/// A pack of an ordinary machine that ended with so many notes a minute.
fn pack(notes_per_minute: f64) -> Pack {
    let tuned =
        Candidate { num_ctx: 6_000, max_concurrent_requests: 2, max_content_length: 8_000, ..Candidate::default() };
    Pack {
        schema_version: PACK_SCHEMA_VERSION,
        tool_version: "0.1.0".into(),
        month: "2026-11".into(),
        hardware: HardwareClass {
            simulated: false,
            system: SystemClass::Linux,
            processor: ProcessorClass::Amd,
            threads: Some(16),
            memory_gib: Some(32),
            gpu: Some(GpuClass { vendor: GpuVendor::Nvidia, memory_gib: Some(16), unified: false, several: false }),
        },
        model: PackedModel {
            digest: Some("ab".repeat(32)),
            name: Some("llama3.1:8b".into()),
            family: Some("llama".into()),
            parameters: Some(8_000_000_000),
            quantization: Some("Q4_K_M".into()),
            trained_context: Some(131_072),
            size_bytes: Some(4_900_000_000),
        },
        server_version: Some("0.32".into()),
        workload: WorkloadClass {
            files_power: 2,
            mean_chars: 5_000,
            median_chars: 4_000,
            large_chars: 12_000,
            own_prompt: true,
            note_tokens: Some(250),
        },
        curves: vec![Curve {
            kind: CurveKind::DecodeByRequests,
            points: vec![CurvePoint { at: 1.0, estimate: within(40.0, 1.1), requests: 6 }],
        }],
        present: measured(Candidate::default(), (notes_per_minute * 0.6 * 100.0).round() / 100.0),
        others: Vec::new(),
        pick: Some(PackedPick {
            chosen: measured(tuned, notes_per_minute),
            gain: Some(within(1.6, 1.2)),
            confidence: 80.0,
        }),
        requests: 90,
    }
}
