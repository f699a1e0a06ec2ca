//! What to type so that the server works on more requests at once, and whether it would help.

use super::Witness;
use crate::model::{
    machine::{LoadedModel, Locality},
    metric::Metric,
};

/// Slots that are advised to a server that has one: the next number, for memory grows with each.
const SLOTS: u32 = 2;

/// Share of the memory that a model may fill: the rest is for buffers.
const USABLE: f64 = 0.95;

/// How to give the server a second slot, and whether it would fit.
pub(super) fn more_slots(witness: &Witness<'_>) -> String {
    let system = witness.machine.operating_system.value.as_deref().unwrap_or_default().to_lowercase();
    let variable = format!("OLLAMA_NUM_PARALLEL={SLOTS}");
    let local = witness.server.locality == Locality::Local;
    let command = match () {
        () if local && system.contains("windows") => {
            format!("setx OLLAMA_NUM_PARALLEL {SLOTS}, then quit Ollama and start it again")
        }
        () if local && system.contains("mac") => {
            format!("launchctl setenv OLLAMA_NUM_PARALLEL {SLOTS}, then quit Ollama and start it again")
        }
        () if local && system.contains("linux") => format!(
            "systemctl edit ollama, add the lines [Service] and Environment={variable}, then systemctl restart ollama; \
             without systemd: {variable} ollama serve"
        ),
        () => format!("where the server is started: {variable} ollama serve"),
    };
    match fits(witness) {
        Some(false) => format!(
            "a second slot needs about {:.1} GiB more and may not fit the memory; with a smaller num_ctx it might: {command}",
            gibibytes(slot_bytes(witness).unwrap_or(0.0))
        ),
        Some(true) => format!("a second slot fits the memory; try it, and tune again: {command}"),
        None => format!("if there is memory for a second slot, try it, and tune again: {command}"),
    }
}

/// Bytes of the cache of one slot.
fn slot_bytes(witness: &Witness<'_>) -> Option<f64> {
    let per_token = bytes(witness.model.kv_bytes_per_token.value?);
    Some(per_token * f64::from(witness.chosen.num_ctx))
}

/// Whether the model with one more slot fits where it is now; `None` when that is not known.
fn fits(witness: &Witness<'_>) -> Option<bool> {
    if witness.server.locality == Locality::Remote {
        return None;
    }
    let measured = || {
        let same = witness.trials.iter().filter(|trial| trial.candidate.num_ctx == witness.chosen.num_ctx);
        same.filter_map(|trial| Some((trial.mean(Metric::PeakMemoryBytes)?, trial.mean(Metric::GpuShare)?)))
    };
    let (size, gpu_share) = measured().next()?;
    // What the model took when we looked is free for it.
    let own: u64 = witness.server.loaded_models.iter().filter(|model| model.name == witness.model.name).map(held).sum();
    let free = if gpu_share > 0.99 {
        let gpus = &witness.machine.gpus;
        let free = |gpu: &crate::model::machine::Gpu| gpu.memory_free_bytes.or(gpu.memory_total_bytes).unwrap_or(0);
        (!gpus.is_empty()).then(|| gpus.iter().map(free).sum())
    } else {
        witness.machine.available_memory_bytes.value
    };
    Some(size + slot_bytes(witness)? <= (bytes(free?) + bytes(own)) * USABLE)
}

const fn held(model: &LoadedModel) -> u64 {
    model.size_bytes
}

#[expect(clippy::cast_precision_loss, reason = "memory sizes are far below 2^52 bytes")]
const fn bytes(count: u64) -> f64 {
    count as f64
}

fn gibibytes(count: f64) -> f64 {
    count / bytes(1 << 30)
}
