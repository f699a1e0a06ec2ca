//! Threads of a model on the CPU: left alone, unless something is wrong with them.

use ralf_tune_sdk::{
    strategy::prelude::*,
    study::{self, TrialExt, bytes, decode_rate, first_rates, metric},
};

use crate::{
    NAME, crowding,
    design::{self, Load, Target},
    server::Server,
};

/// Writing a token reads the whole model once, so that its rate times its size is a memory bandwidth. No machine of the last fifteen
/// years has less than half of one channel of DDR3-1066 (8.5 GB/s, JEDEC JESD79-3); who is slower is held up by something else.
const LEAST_BANDWIDTH: f64 = 4.25e9;

/// How many times faster another number of threads must write to be taken.
const FASTER: f64 = 1.2;

/// A probe of one number of threads: prompt and answer in tokens; the short one is for servers that hardly move. Those that made no note are
/// only loaded: the first request after the load tells.
const PROBE: (u32, u32) = (160, 12);
const SHORT_PROBE: (u32, u32) = (32, 12);

/// The first request after a load of settings that are slow, in tokens: the host sends those no longer one.
pub const FIRST: (f64, f64) = (24.0, 2.0);

/// Seconds of a probe from which on the first request after a load says enough.
const LONG_PROBE: f64 = 20.0;

/// Numbers of threads that are tried at most, and how many times as long as one that is too many takes the time must be to try one that may
/// be too many.
const MOST_PROBES: usize = 6;
const TIMES_WRONG: f64 = 2.0;
const TIMES_WRONG_BETWEEN: f64 = 4.0;

/// A server that runs no more threads than it may is at least so many times faster than with too many: they cost a factor of 45 to 150.
const RELIEF: f64 = 20.0;

/// The number of threads to load the model with.
#[must_use]
pub fn chosen(study: &Study) -> f64 {
    let present = study.baseline.value("num_thread");
    let usable = f64::from(study.machine.usable_threads);
    if usable < 1.0 || is_on_gpu(study) {
        return present;
    }
    let own_choice = own_choice(study);
    // The server looks at the machine's cores and not at affinity or quota; too many threads cost a factor of 45 to 150.
    let fallback = if own_choice > usable { study.allowed("num_thread", usable) } else { present };
    let own: Vec<&Trial> =
        study.trials_of(NAME).filter(|trial| trial.is_complete() && trial.parallel() < 1.5).collect();
    let rate = |threads: f64| {
        let trials = study.history.iter().filter(|trial| same(trial.setting("num_thread"), threads));
        trials.filter_map(rate_of_one).max_by(f64::total_cmp)
    };
    let others = own.iter().map(|trial| trial.setting("num_thread")).filter(|threads| !same(*threads, fallback));
    let best =
        others.filter_map(|threads| Some((threads, rate(threads)?))).max_by(|left, right| left.1.total_cmp(&right.1));
    // Without a rate the present ones were so slow that nothing ended in time.
    let usual = rate(fallback).unwrap_or(0.0);
    let alone = best.filter(|(_, rate)| *rate >= usual * FASTER).map_or(fallback, |(threads, _)| threads);
    crowding::threads(study, alone).unwrap_or(alone)
}

/// Tokens a second that one request alone was written with: the first one after the load, where no other ended.
#[must_use]
pub fn rate_of_one(trial: &Trial) -> Option<f64> {
    let measured = decode_rate(trial).filter(|_| trial.parallel() < 1.5);
    measured.or_else(|| Some(first_rates(trial)?.1))
}

/// Threads that the present settings run: the server takes one a core by itself.
fn own_choice(study: &Study) -> f64 {
    let present = study.baseline.value("num_thread");
    if present < 0.5 { f64::from(study.machine.physical_cores) } else { present }
}

/// A short request with the target's load, where what is known of the speed says nothing of it: the present settings run more threads than
/// may be used, or the model needs more memory with them than there is.
#[must_use]
pub fn first_try(study: &Study, target: &Target, server: &Server, seconds: f64) -> Option<Proposal> {
    let Load { threads, context, .. } = target.load;
    let fits = |probe: &Probe| 2.0 * server.probe_seconds(probe) <= seconds * RELIEF;
    // Only loaded where nobody knows how slow it is, or where it is known that more takes long.
    let only_loads = study.history.iter().filter_map(seconds_of_a_probe).all(|seconds| seconds > LONG_PROBE);
    let probe = [PROBE, SHORT_PROBE].map(shape).into_iter().find(fits).map(Experiment::Probe);
    let experiment = if only_loads { Some(Experiment::Load).filter(|_| seconds > 0.0) } else { probe }?;
    let known = |name: &str, value: f64| study.history.iter().any(|trial| same(trial.setting(name), value));
    let (usable, own) = (f64::from(study.machine.usable_threads), own_choice(study));
    let too_many = own > usable && !known("num_thread", threads);
    let swaps = || study.history.iter().any(|trial| design::swaps(study, trial));
    let too_large = context < study.baseline.value("num_ctx") && !known("num_ctx", context) && swaps();
    let why = if too_many {
        format!("how fast {threads} threads write: the present {own} are more than may be used")
    } else {
        format!("how fast the model is with {context} tokens of context, which need less memory")
    };
    (too_many || too_large).then(|| Proposal::new(experiment, why))
}

/// Seconds of a probe at the rates of a trial.
fn seconds_of_a_probe(trial: &Trial) -> Option<f64> {
    let measured = study::prefill_rate(trial).zip(decode_rate(trial)).filter(|_| trial.parallel() < 1.5);
    let (reads, writes) = measured.or_else(|| first_rates(trial))?;
    Some(f64::from(PROBE.0) / reads + f64::from(PROBE.1) / writes)
}

/// Whether any note was made from beginning to end.
#[must_use]
pub fn some_note_was_made(study: &Study) -> bool {
    study.history.iter().any(|trial| trial.is_complete() && matches!(trial.experiment, Experiment::Notes(_)))
}

const fn shape((prompt_tokens, output_tokens): (u32, u32)) -> Probe {
    Probe { prompt_tokens, output_tokens, parallel: 1, requests: 1 }
}

/// Another number of threads that should be tried, because the server writes far more slowly than memory explains.
#[must_use]
pub fn probe(study: &Study, target: &Target, server: &Server, seconds: f64) -> Option<Proposal> {
    let usable = f64::from(study.machine.usable_threads);
    let told = |trial: &Trial| trial.is_complete() || trial.failure() == Some("out-of-time");
    let at_target = || study.history.iter().filter(|trial| told(trial) && target.load.is_of(trial));
    let swaps = at_target().any(|trial| design::swaps(study, trial));
    let rate = at_target().filter_map(rate_of_one).max_by(f64::total_cmp).unwrap_or_else(|| server.decode_rate());
    let suspicious = at_target().next().is_some() && rate * bytes(study.model.size_bytes) < LEAST_BANDWIDTH;
    if usable < 2.0 || is_on_gpu(study) || swaps || study.model.size_bytes == 0 {
        return None;
    }
    if !suspicious {
        return more(study, target, server, seconds);
    }
    let physical = f64::from(study.machine.physical_cores).min(usable);
    let tried = |threads: f64| {
        same(threads, own_choice(study)) || study.history.iter().any(|trial| same(trial.setting("num_thread"), threads))
    };
    // Containers may have any part of the cores, and one thread too many costs more time than one too few.
    let parts = [1.0, 0.25, 0.125, 0.5].map(|part| (physical * part).floor());
    let threads = parts.into_iter().find(|threads| *threads >= 1.0 && !tried(*threads))?;
    let why = format!("whether {threads} threads write faster: {rate:.1} tokens a second is less than memory explains");
    // With its warm-up.
    let fits = |probe: &Probe| 2.0 * server.probe_seconds(probe) <= seconds;
    let experiment = if some_note_was_made(study) {
        Experiment::Probe([shape(PROBE), shape(SHORT_PROBE)].into_iter().find(fits)?)
    } else {
        Some(Experiment::Load).filter(|_| wrong_seconds(study, target.load.context) <= seconds)?
    };
    let load = Load { threads, ..target.load };
    Some(Proposal::new(experiment, why).set("num_ctx", load.context).set("num_thread", load.threads))
}

/// Seconds that a number of threads takes which is too many: as the slowest first request after a load of that context did, or of any, or as long as any trial.
fn wrong_seconds(study: &Study, context: f64) -> f64 {
    let first = |trial: &Trial| first_rates(trial).map(|(reads, writes)| FIRST.0 / reads + FIRST.1 / writes);
    let slowest_of = |counts: &dyn Fn(&Trial) -> bool| {
        study.history.iter().filter(|trial| counts(trial)).filter_map(first).max_by(f64::total_cmp)
    };
    // Another context may have needed more memory than there is.
    let slowest = slowest_of(&|trial| same(trial.setting("num_ctx"), context)).or_else(|| slowest_of(&|_| true));
    let longest = || study.history.iter().map(|trial| trial.seconds).fold(0.0, f64::max);
    slowest.map_or_else(longest, |first| first + study::Cost::of(study).load_seconds)
}

/// More threads than those that were found, while some may be left below the number that is too many, and there is time to be wrong.
fn more(study: &Study, target: &Target, server: &Server, seconds: f64) -> Option<Proposal> {
    let own: Vec<&Trial> = study.trials_of(NAME).filter(|trial| is_probe(study, trial)).collect();
    let found = target.load.threads;
    let only_loads = own.iter().any(|trial| matches!(trial.experiment, Experiment::Load));
    let longest = study.history.iter().map(|trial| trial.seconds).fold(0.0, f64::max);
    let wrong = if only_loads { wrong_seconds(study, target.load.context) } else { longest };
    let is_found = own.iter().any(|trial| same(trial.setting("num_thread"), found) && trial.is_complete());
    // The server's own choice is no number that was found.
    let chosen = found > 0.5 && found < own_choice(study);
    if !is_found || !chosen || own.len() >= MOST_PROBES || seconds < wrong * TIMES_WRONG {
        return None;
    }
    // No more than may be used, where that is known.
    let known = f64::from(study.machine.usable_threads) + 1.0;
    let tried = own.iter().map(|trial| trial.setting("num_thread")).chain([own_choice(study), known]);
    let too_many = tried.filter(|threads| *threads > found + 0.5).fold(f64::INFINITY, f64::min);
    // Twice as many, then the middle between what is known to be good and what is not.
    let twice = found * 2.0 < too_many - 0.5;
    let threads = if twice { found * 2.0 } else { f64::midpoint(found, too_many).floor() };
    if !twice && !only_loads && seconds < longest * TIMES_WRONG_BETWEEN {
        return None;
    }
    let probe = shape(PROBE);
    let fits = only_loads || 2.0 * server.probe_seconds(&probe) <= seconds;
    (threads > found + 0.5 && threads < too_many - 0.5 && fits).then(|| {
        let why = format!("whether {threads} threads are still not too many");
        let experiment = if only_loads { Experiment::Load } else { Experiment::Probe(probe) };
        Proposal::new(experiment, why)
            .set("num_ctx", target.load.context)
            .set("num_thread", threads)
            .set("num_batch", target.load.batch)
    })
}

fn is_probe(study: &Study, trial: &Trial) -> bool {
    let own = |probe: &Probe| [PROBE, SHORT_PROBE].contains(&(probe.prompt_tokens, probe.output_tokens));
    match &trial.experiment {
        Experiment::Probe(probe) => own(probe),
        Experiment::Load => !same(trial.setting("num_thread"), study.baseline.value("num_thread")),
        _ => false,
    }
}

/// Whether two numbers of threads are the same.
#[must_use]
pub fn same(one: f64, other: f64) -> bool {
    (one - other).abs() < 0.5
}

/// Whether the whole model is in the GPU's memory.
#[must_use]
pub fn is_on_gpu(study: &Study) -> bool {
    study.history.iter().any(|trial| trial.mean(metric::GPU_SHARE).is_some_and(|share| share >= 0.999))
}
