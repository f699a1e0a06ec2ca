//! Whether a context can be inside the GPU's memory, from the loads that were not.

use ralf_tune_sdk::{
    strategy::prelude::*,
    study::{TrialExt, bytes, metric},
};

use crate::design::Load;

/// Slots that a server may have, each with a context of its own, where one load alone does not tell.
const MOST_SLOTS: f64 = 4.0;

/// A load of the model: tokens of context, its size, and what of it was inside the GPU's memory.
#[derive(Debug, Clone, Copy)]
struct Loaded {
    context: f64,
    size: f64,
    inside: f64,
}

/// Whether another context surely lies partly outside the GPU's memory as well.
///
/// The size of a loaded model is a line over its context: weights, and a cache for each token and slot. Two loads tell its slope; of one it
/// is known only that a server has a few slots at most. What was inside when the model spilled is all the room that there is.
#[must_use]
pub fn surely_spills(study: &Study, context: f64) -> bool {
    let mut loads: Vec<Loaded> = study.history.iter().filter_map(loaded).collect();
    loads.sort_by(|left, right| left.context.total_cmp(&right.context));
    if loads.iter().any(|load| !load.is_spilled() && load.inside > 0.0 && load.context >= context) {
        return false;
    }
    // What was inside, of a model that spilled or of one that did not.
    let Some(room) = loads.iter().map(|load| load.inside).max_by(f64::total_cmp) else { return false };
    if !loads.iter().any(Loaded::is_spilled) {
        return false;
    }
    let Some((least, most)) = loads.first().copied().zip(loads.last().copied()) else { return false };
    let slope = if most.context > 1.1 * least.context {
        (most.size - least.size).max(0.0) / (most.context - least.context)
    } else {
        MOST_SLOTS * bytes(study.model.kv_bytes_per_token)
    };
    slope > 0.0 && least.size + slope * (context - least.context) > room
}

/// Whether a load lay partly outside the GPU's memory.
#[must_use]
pub fn has_spilled(study: &Study) -> bool {
    study.history.iter().filter_map(loaded).any(|load| load.is_spilled())
}

/// Whether a load is inside the memory after others were not, and nothing was asked of it yet.
#[must_use]
pub fn is_relieved(study: &Study, load: &Load) -> bool {
    let own = || study.history.iter().filter(|trial| load.is_of(trial));
    let inside = own().filter_map(loaded).any(|load| !load.is_spilled());
    has_spilled(study) && inside && own().all(|trial| matches!(trial.experiment, Experiment::Load))
}

impl Loaded {
    fn is_spilled(&self) -> bool {
        self.inside < 0.999 * self.size && self.inside > 0.0
    }
}

fn loaded(trial: &Trial) -> Option<Loaded> {
    let size = trial.mean(metric::PEAK_MEMORY_BYTES).filter(|size| *size > 0.0)?;
    Some(Loaded { context: trial.setting("num_ctx"), size, inside: size * trial.mean(metric::GPU_SHARE)? })
}
