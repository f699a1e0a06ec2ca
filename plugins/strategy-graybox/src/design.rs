//! Ways of running the batch, and which load of the model they need.

use ralf_tune_sdk::{
    strategy::prelude::*,
    study::{Fit, TrialExt, bytes, metric},
};

use crate::{
    NAME, batches,
    context::{expected, needed},
    memory::surely_spills,
    threads,
};

/// Share of the machine's available memory above which a model may be swapping.
const PRESSED: f64 = 0.8;

/// How far another load may differ in speed, as a logarithm, where memory cannot be the reason, and where it can.
const CALM: f64 = 0.03;
const DOUBTFUL: f64 = 0.7;

/// Pieces that the longest file is cut into to get back into the memory that there is, and into what the model was trained on, which is known.
const PIECES: [f64; 4] = [1.0, 2.0, 4.0, 8.0];
const PIECES_OF_KNOWN: [f64; 8] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0];

/// Settings of a load of the model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Load {
    pub context: f64,
    pub threads: f64,
    pub batch: f64,
}

impl Load {
    /// The one of some settings.
    #[must_use]
    pub fn of(settings: &[Setting]) -> Self {
        let value = |name: &str| settings.value(name);
        Self { context: value("num_ctx"), threads: value("num_thread"), batch: value("num_batch") }
    }

    /// Whether a trial ran with it.
    #[must_use]
    pub fn is_of(&self, trial: &Trial) -> bool {
        *self == Self::of(&trial.candidate)
    }

    /// Whether a trial needed about as much memory: threads need none, and batches little beside contexts.
    fn is_as_large_as(&self, trial: &Trial) -> bool {
        threads::same(self.context, Self::of(&trial.candidate).context)
    }
}

/// How the batch is run with a load.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Design {
    pub parallel: f64,
    pub content: f64,
    pub chunk: f64,
}

impl Design {
    /// The one that a trial used.
    #[must_use]
    pub fn of_trial(trial: &Trial) -> Self {
        let (content, chunk) = (trial.setting("max_content_length"), trial.setting("chunk_size"));
        // Fewer requests than workers keep only some of them busy.
        let parallel = trial.fact("workers").unwrap_or_else(|| trial.parallel()).min(trial.parallel()).max(1.0);
        Self { parallel, content, chunk }
    }
}

/// The load to work with, how the present share of the source is cut for it, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    pub load: Load,
    pub content: f64,
    pub chunk: f64,
    /// How far its speed may differ from that of other loads.
    pub doubt: f64,
    pub why: String,
    /// What was looked for and not found.
    pub not_found: Option<String>,
}

/// The load that holds the present share of the source and has the best prospects.
#[must_use]
pub fn target(study: &Study) -> Target {
    let present = Load::of(&study.baseline);
    let content = study.incumbent("max_content_length");
    let chunk = study.incumbent("chunk_size");
    let longest = study.largest_chars().min(content);
    let threads = threads::chosen(study);
    let batch = batches::chosen(study);
    let highest = study.highest("num_ctx").min(trained(study));
    // The server cuts what is asked for down to what the model was trained on.
    let is_good = trouble(study, &present, longest.min(chunk)).is_none();
    let fits = is_good && needed(study, longest.min(chunk)) <= present.context.min(highest);
    let calm = memory_is_calm(study, &present);
    let cut =
        |chunk: f64| if chunk < study.incumbent("chunk_size") { study.allowed("chunk_size", chunk) } else { chunk };
    if fits && calm {
        let alike = threads::same(threads, present.threads) && threads::same(batch, present.batch);
        let doubt = if alike { CALM } else { DOUBTFUL };
        let why = format!(
            "{} tokens of context hold what is read of the largest file, and memory is not short",
            present.context
        );
        return Target { load: Load { threads, batch, ..present }, content, chunk, doubt, why, not_found: None };
    }
    let mut failed = None;
    let mut first = None;
    // The server gives all that the model was trained on, and another load is no better.
    let has_all = calm && present.context > highest;
    for pieces in if has_all { PIECES_OF_KNOWN.as_slice() } else { PIECES.as_slice() } {
        let piece = (longest / pieces).ceil().min(chunk);
        let wanted = if has_all { expected(study, piece) } else { needed(study, piece) };
        if wanted > highest {
            continue;
        }
        let tokens = if has_all {
            present.context
        } else {
            loaded(study, wanted).unwrap_or_else(|| study.allowed("num_ctx", wanted))
        };
        let load = Load { context: tokens, threads, batch };
        let chunk = if *pieces > 1.0 { cut(piece) } else { chunk };
        let why = if has_all {
            format!(
                "{highest} tokens of context are all that the model was trained on, and hold {piece} characters, the prompt and an answer"
            )
        } else {
            format!(
                "{tokens} tokens of context are the least that hold {piece} characters, the prompt and an answer of {} tokens",
                study.incumbent("num_predict")
            )
        };
        let target = Target { load, content, chunk, doubt: DOUBTFUL, why, not_found: failed.clone() };
        let foreseen = || {
            let spills = on_gpu_wholly_possible(study) && surely_spills(study, tokens);
            spills.then(|| "it would lie partly outside GPU memory, by what other loads took".to_owned())
        };
        let Some(cause) = trouble(study, &load, piece).or_else(foreseen) else { return target };
        failed.get_or_insert(format!("{tokens} tokens of context: {cause}"));
        first.get_or_insert(target);
    }
    // Cutting files into more pieces does not mend it either: then they are not cut.
    let otherwise = || {
        let room = (Fit::of(study).with_context(highest).chars() / 100.0).floor() * 100.0;
        let load = Load { context: study.allowed("num_ctx", highest), threads, batch };
        let why = format!("{highest} tokens are all that the model was made for");
        Target { load, content, chunk: cut(room), doubt: DOUBTFUL, why, not_found: None }
    };
    Target { not_found: failed, ..first.unwrap_or_else(otherwise) }
}

/// All the context that the model was made for, as far as that is known.
fn trained(study: &Study) -> f64 {
    if study.model.trained_context == 0 { f64::INFINITY } else { f64::from(study.model.trained_context) }
}

/// A context that was loaded for this already and is enough: what is known of the tokens changes a little with every note, and is
/// no reason to load the model again.
fn loaded(study: &Study, needed: f64) -> Option<f64> {
    let own = study.trials_of(NAME).filter(|trial| trial.is_complete());
    let enough =
        own.map(|trial| trial.setting("num_ctx")).filter(|context| *context >= needed && *context < needed * 1.25);
    enough.min_by(f64::total_cmp)
}

/// Why a load that was tried is no good for pieces of that many characters.
fn trouble(study: &Study, load: &Load, piece: f64) -> Option<String> {
    let tried = study.history.iter().filter(|trial| load.is_as_large_as(trial));
    // That larger pieces do not fit says nothing of smaller ones.
    let largest = |trial: &Trial| trial.setting("chunk_size").min(trial.setting("max_content_length"));
    let is_as_small = |trial: &Trial| largest(trial).min(study.largest_chars()) <= piece + 0.5;
    tried.into_iter().find_map(|trial| match trial.failure() {
        Some(cause @ ("out-of-memory" | "spilled")) => Some(cause.to_owned()),
        Some(cause @ ("context-exceeded" | "truncated" | "answer-cut")) if is_as_small(trial) => Some(cause.to_owned()),
        _ if is_spilled(trial) && on_gpu_wholly_possible(study) => {
            Some("the model lies partly outside GPU memory".to_owned())
        }
        None if swaps(study, trial) => Some("it needs more memory than is available".to_owned()),
        _ => None,
    })
}

fn is_spilled(trial: &Trial) -> bool {
    trial.fact("spilled") == Some(1.0)
        || trial.mean(metric::GPU_SHARE).is_some_and(|share| share > 0.0 && share < 0.999)
}

/// Whether a model that runs on the CPU surely needs more memory than there was before it was loaded.
#[must_use]
pub fn swaps(study: &Study, trial: &Trial) -> bool {
    let available = bytes(study.machine.available_memory_bytes);
    let on_cpu = trial.mean(metric::GPU_SHARE).is_some_and(|share| share <= 0.0);
    on_cpu && available > 0.0 && trial.mean(metric::PEAK_MEMORY_BYTES).is_some_and(|peak| peak > available)
}

/// A model whose weights alone are larger than the GPU's memory spills with every context.
fn on_gpu_wholly_possible(study: &Study) -> bool {
    let memory = bytes(study.machine.gpu_memory_bytes);
    memory <= 0.0 || bytes(study.model.size_bytes) < memory
}

/// Whether memory cannot be what slows that load down: all on the GPU, or far below what the machine has.
fn memory_is_calm(study: &Study, load: &Load) -> bool {
    let trials = || study.history.iter().filter(|trial| load.is_as_large_as(trial));
    if trials().any(is_spilled) || trouble(study, load, 0.0).is_some() {
        return false;
    }
    let Some(share) = trials().find_map(|trial| trial.mean(metric::GPU_SHARE)) else { return false };
    let used = trials().find_map(|trial| trial.mean(metric::PEAK_MEMORY_BYTES)).unwrap_or(f64::INFINITY);
    share >= 0.999 || used < PRESSED * bytes(study.machine.available_memory_bytes)
}
