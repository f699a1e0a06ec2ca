//! How far a measured machine is from one that asks. docs/sharing.md has the table.
//!
//! A distance is a sum of parts, one for each fact in which the two differ. A part is what the fact is worth, as a difference of the logarithm of the speed
//! or of settings that it usually makes: 0.7 is about a factor of two.

use super::Asked;
use crate::model::pack::{GpuClass, HardwareClass, Pack, PackedModel, ProcessorClass, SystemClass, WorkloadClass};

/// A fact that differs: what it adds, and how people say it.
pub(super) struct Part {
    pub worth: f64,
    pub what: String,
}

/// What an unknown fact adds where the other one's is known.
const UNKNOWN: f64 = 0.3;

/// The facts in which a pack differs; `None` where it says nothing of what is asked: one of the two does not exist.
pub(super) fn parts(asked: &Asked, pack: &Pack) -> Option<Vec<Part>> {
    if asked.hardware.simulated != pack.hardware.simulated {
        return None;
    }
    let mut parts = Vec::new();
    hardware(&asked.hardware, &pack.hardware, &mut parts);
    model(&asked.model, &pack.model, &mut parts);
    workload(&asked.workload, &pack.workload, &mut parts);
    if let (Some(ours), Some(theirs)) = (&asked.server_version, &pack.server_version)
        && ours != theirs
    {
        add(&mut parts, 0.1, format!("server {theirs} instead of {ours}"));
    }
    Some(parts)
}

fn add(parts: &mut Vec<Part>, worth: f64, what: String) {
    if worth > 1e-9 {
        parts.push(Part { worth, what });
    }
}

/// How many times two numbers differ, as a logarithm to the base of two.
fn doublings(ours: f64, theirs: f64) -> f64 {
    (theirs.max(1e-9) / ours.max(1e-9)).log2().abs()
}

fn number(parts: &mut Vec<Part>, (ours, theirs): (Option<u32>, Option<u32>), worth: f64, unit: &str) {
    match (ours, theirs) {
        (Some(ours), Some(theirs)) if ours != theirs => {
            let what = format!("{theirs} {unit} instead of {ours}");
            add(parts, worth * doublings(f64::from(ours), f64::from(theirs)), what);
        }
        (None, Some(_)) | (Some(_), None) => add(parts, UNKNOWN, format!("unknown {unit}")),
        _ => {}
    }
}

fn hardware(ours: &HardwareClass, theirs: &HardwareClass, parts: &mut Vec<Part>) {
    let on_cpu = ours.gpu.is_none() && theirs.gpu.is_none();
    let differ = ours.processor != theirs.processor;
    let known = ours.processor != ProcessorClass::Other && theirs.processor != ProcessorClass::Other;
    if differ {
        let worth = if known && on_cpu { 0.3 } else { 0.15 };
        add(parts, worth, format!("a processor of {}", processor(theirs.processor)));
    }
    if ours.system != theirs.system {
        add(parts, 0.1, format!("{} instead of {}", system(theirs.system), system(ours.system)));
    }
    number(parts, (ours.threads, theirs.threads), if on_cpu { 0.5 } else { 0.1 }, "threads");
    number(parts, (ours.memory_gib, theirs.memory_gib), if on_cpu { 0.25 } else { 0.1 }, "GiB of memory");
    match (&ours.gpu, &theirs.gpu) {
        (Some(ours), Some(theirs)) => gpu(ours, theirs, parts),
        (None, Some(_)) => add(parts, 3.0, "a graphics processor instead of none".into()),
        (Some(_), None) => add(parts, 3.0, "no graphics processor".into()),
        (None, None) => {}
    }
}

fn gpu(ours: &GpuClass, theirs: &GpuClass, parts: &mut Vec<Part>) {
    if ours.vendor != theirs.vendor {
        add(parts, 0.7, "a graphics processor of another maker".into());
    }
    if ours.unified != theirs.unified {
        add(parts, 0.7, "graphics memory that is shared on one of the two".into());
    } else if !ours.unified {
        number(parts, (ours.memory_gib, theirs.memory_gib), 0.5, "GiB of graphics memory");
    }
    if ours.several != theirs.several {
        add(parts, 0.4, if theirs.several { "several graphics processors" } else { "one graphics processor" }.into());
    }
}

fn model(ours: &PackedModel, theirs: &PackedModel, parts: &mut Vec<Part>) {
    if ours.digest.is_some() && ours.digest == theirs.digest {
        return;
    }
    if ours.name.is_some() && ours.name == theirs.name {
        add(parts, 0.1, "another release of the model".into());
        return;
    }
    let called = theirs.name.clone().unwrap_or_else(|| "a private model".into());
    add(parts, 0.3, called);
    if ours.family != theirs.family {
        add(parts, 0.3, "another architecture".into());
    }
    if ours.quantization != theirs.quantization {
        let stored = theirs.quantization.clone().unwrap_or_else(|| "in an unknown way".into());
        add(parts, 0.2, format!("weights stored {stored}"));
    }
    let size = |model: &PackedModel| model.size_bytes.or(model.parameters);
    match (size(ours), size(theirs)) {
        (Some(ours), Some(theirs)) => {
            #[expect(clippy::cast_precision_loss, reason = "bytes of a model")]
            let (ours, theirs) = (ours as f64, theirs as f64);
            add(parts, 0.5 * doublings(ours, theirs), format!("a model {:.1} times as large", theirs / ours));
        }
        _ => add(parts, 2.0 * UNKNOWN, "a model of unknown size".into()),
    }
}

#[expect(clippy::cast_precision_loss, reason = "characters of files")]
fn workload(ours: &WorkloadClass, theirs: &WorkloadClass, parts: &mut Vec<Part>) {
    let (mean, other) = (ours.mean_chars as f64, theirs.mean_chars as f64);
    // Two digits are told: less is no difference.
    if doublings(mean, other) > 0.1 {
        add(parts, 0.3 * doublings(mean, other), format!("files {:.1} times as large", other / mean));
    }
    if ours.own_prompt != theirs.own_prompt {
        add(parts, 0.3, "another prompt".into());
    }
    if let (Some(ours), Some(theirs)) = (ours.note_tokens, theirs.note_tokens)
        && doublings(ours as f64, theirs as f64) > 0.3
    {
        let (ours, theirs) = (ours as f64, theirs as f64);
        add(parts, 0.3 * doublings(ours, theirs), format!("notes {:.1} times as long", theirs / ours));
    }
}

/// How people call a family of systems.
#[must_use]
pub fn system(class: SystemClass) -> &'static str {
    match class {
        SystemClass::Linux => "Linux",
        SystemClass::Macos => "macOS",
        SystemClass::Windows => "Windows",
        SystemClass::Other => "another system",
    }
}

/// How people call a family of processors.
#[must_use]
pub fn processor(class: ProcessorClass) -> &'static str {
    match class {
        ProcessorClass::Intel => "Intel",
        ProcessorClass::Amd => "AMD",
        ProcessorClass::Apple => "Apple",
        ProcessorClass::Arm => "ARM",
        ProcessorClass::Other => "another maker",
    }
}
