//! Threads and requests at once that are in each other's way: on a processor whose every core runs a thread, several requests together may be
//! served more slowly than one alone, and with fewer threads they are not.

use ralf_tune_sdk::{
    strategy::prelude::*,
    study::{decode_rate, median, prefill_rate},
};

use crate::{
    design::Load,
    slots,
    threads::{is_on_gpu, same},
};

/// Writing reads the whole model once for all requests of a step, so that each further one adds to what is written in a second. Whoever adds
/// less than this share of a single one is held up by something else.
const LEAST_SHARE: f64 = 0.4;

/// Part of the cores that is tried: the others are left to whoever is in the way.
const PART: f64 = 0.63;

/// How much of the best time of a note with the present threads the other ones may take to be chosen.
const ENOUGH: f64 = 0.9;

/// Tokens of a note's prompt and answer where no note was made.
const USUAL: (f64, f64) = (1_500.0, 300.0);

/// Rates of one number of requests at once, in tokens a second, each.
#[derive(Debug, Clone, Copy)]
struct Rates {
    at_once: f64,
    reading: f64,
    writing: f64,
}

impl Rates {
    fn of(trial: &Trial, slots: f64) -> Option<Self> {
        let at_once = trial.parallel().min(slots).max(1.0);
        Some(Self { at_once, reading: prefill_rate(trial)?, writing: decode_rate(trial)? })
    }

    /// Seconds of the whole server that a note takes.
    fn note_seconds(&self, (prompt, answer): (f64, f64)) -> f64 {
        (prompt / self.reading + answer / self.writing) / self.at_once
    }
}

/// The threads that several requests at once are better served with, where that was found.
#[must_use]
pub fn threads(study: &Study, present: f64) -> Option<f64> {
    let fewer = fewer(study, present)?;
    let load = Load { threads: present, ..Load::of(&study.baseline) };
    let tokens = |name: &str, usual: f64| {
        let notes = study.history.iter().filter(|trial| matches!(trial.experiment, Experiment::Notes(_)));
        median(&notes.flat_map(|trial| trial.values(name)).copied().collect::<Vec<f64>>()).unwrap_or(usual)
    };
    let note = (tokens("prompt_tokens", USUAL.0), tokens("answer_tokens", USUAL.1));
    let least = |threads: f64| {
        let own = study.history.iter().filter(|trial| same(trial.setting("num_thread"), threads));
        let slots = slots::known(study).map_or(1.0, |slots| slots.count);
        let rates = own.filter(|trial| trial.is_complete() && same(Load::of(&trial.candidate).batch, load.batch));
        rates.filter_map(|trial| Some(Rates::of(trial, slots)?.note_seconds(note))).min_by(f64::total_cmp)
    };
    (least(fewer)? <= ENOUGH * least(present)?).then_some(fewer)
}

/// Fewer threads with as many requests at once as showed that they are in each other's way, and the seconds that those took.
#[must_use]
pub fn probe(study: &Study, present: f64) -> Option<(Proposal, f64)> {
    let fewer = fewer(study, present)?;
    if study.history.iter().any(|trial| same(trial.setting("num_thread"), fewer)) {
        return None;
    }
    let crowd = crowd(study, present)?;
    let Experiment::Probe(shape) = &crowd.experiment else { return None };
    let why = format!(
        "whether {fewer} threads serve several requests better: together they are written hardly faster than one alone"
    );
    let proposal = Proposal::new(Experiment::Probe(*shape), why).set("num_thread", fewer);
    Some((proposal, crowd.seconds))
}

/// The number of threads to try, where requests are in each other's way.
fn fewer(study: &Study, present: f64) -> Option<f64> {
    let usable = f64::from(study.machine.usable_threads);
    let cores = f64::from(study.machine.physical_cores).min(usable);
    let fewer = (cores * PART).floor();
    let running = if present < 0.5 { cores } else { present };
    if is_on_gpu(study) || fewer < 1.0 || fewer >= running - 0.5 {
        return None;
    }
    let crowd = crowd(study, present)?;
    let slots = slots::known(study)?.count;
    let alone = study
        .history
        .iter()
        .filter(|trial| trial.is_complete() && same(trial.setting("num_thread"), present) && trial.parallel() < 1.5);
    // Another context may have been too large for the memory.
    let alone = alone.filter_map(decode_rate).max_by(f64::total_cmp)?;
    let at_once = crowd.parallel().min(slots);
    let together = decode_rate(crowd)? * at_once;
    (at_once > 1.5 && together < alone * (1.0 + LEAST_SHARE * (at_once - 1.0))).then_some(fewer)
}

/// The probe of the slots with these threads.
fn crowd(study: &Study, threads: f64) -> Option<&Trial> {
    let own = study.history.iter().rev().filter(|trial| trial.is_complete() && slots::is_probe(trial));
    own.into_iter().find(|trial| same(trial.setting("num_thread"), threads))
}
