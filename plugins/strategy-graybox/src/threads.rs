//! Threads of a model on the CPU: left alone, unless something is wrong with them.

use ralf_tune_sdk::{
    strategy::prelude::*,
    study::{TrialExt, bytes, decode_rate, metric},
};

use crate::{
    NAME,
    design::{self, Load, Target},
    server::Server,
};

/// Writing a token reads the whole model once, so that its rate times its size is a memory bandwidth. No machine of the last fifteen
/// years has less than half of one channel of DDR3-1066 (8.5 GB/s, JEDEC JESD79-3); who is slower is held up by something else.
const LEAST_BANDWIDTH: f64 = 4.25e9;

/// How many times faster another number of threads must write to be taken.
const FASTER: f64 = 1.2;

/// A probe of one number of threads: prompt and answer in tokens.
const PROBE: (u32, u32) = (160, 12);

/// The number of threads to load the model with.
#[must_use]
pub fn chosen(study: &Study) -> f64 {
    let present = study.baseline.value("num_thread");
    let usable = f64::from(study.machine.usable_threads);
    if usable < 1.0 || is_on_gpu(study) {
        return present;
    }
    let own_choice = if present < 0.5 { f64::from(study.machine.physical_cores) } else { present };
    // The server looks at the machine's cores and not at affinity or quota; too many threads cost a factor of 45 to 150.
    let fallback = if own_choice > usable { study.allowed("num_thread", usable) } else { present };
    let own: Vec<&Trial> =
        study.trials_of(NAME).filter(|trial| trial.is_complete() && trial.parallel() < 1.5).collect();
    let rate = |threads: f64| {
        let trials =
            study.history.iter().filter(|trial| same(trial.setting("num_thread"), threads) && trial.parallel() < 1.5);
        trials.filter_map(decode_rate).max_by(f64::total_cmp)
    };
    let Some(usual) = rate(fallback) else { return fallback };
    let others = own.iter().map(|trial| trial.setting("num_thread")).filter(|threads| !same(*threads, fallback));
    let best =
        others.filter_map(|threads| Some((threads, rate(threads)?))).max_by(|left, right| left.1.total_cmp(&right.1));
    best.filter(|(_, rate)| *rate >= usual * FASTER).map_or(fallback, |(threads, _)| threads)
}

/// Another number of threads that should be tried, because the server writes far more slowly than memory explains.
#[must_use]
pub fn probe(study: &Study, target: &Target, server: &Server, seconds: f64) -> Option<Proposal> {
    let usable = f64::from(study.machine.usable_threads);
    let at_target = || study.history.iter().filter(|trial| trial.is_complete() && target.load.is_of(trial));
    let swaps = at_target().any(|trial| design::swaps(study, trial));
    let rate = server.decode_rate();
    let suspicious = at_target().next().is_some() && rate * bytes(study.model.size_bytes) < LEAST_BANDWIDTH;
    if usable < 2.0 || is_on_gpu(study) || swaps || !suspicious || study.model.size_bytes == 0 {
        return None;
    }
    let physical = f64::from(study.machine.physical_cores).min(usable);
    let tried = |threads: f64| study.history.iter().any(|trial| same(trial.setting("num_thread"), threads));
    let threads =
        [physical, (usable / 2.0).floor(), usable].into_iter().find(|threads| *threads >= 1.0 && !tried(*threads))?;
    let probe = Probe { prompt_tokens: PROBE.0, output_tokens: PROBE.1, parallel: 1, requests: 1 };
    let why = format!("whether {threads} threads write faster: {rate:.1} tokens a second is less than memory explains");
    // With its warm-up.
    (2.0 * server.probe_seconds(&probe) <= seconds).then(|| {
        let load = Load { threads, ..target.load };
        Proposal::new(Experiment::Probe(probe), why).set("num_ctx", load.context).set("num_thread", load.threads)
    })
}

/// Whether two numbers of threads are the same.
#[must_use]
pub fn same(one: f64, other: f64) -> bool {
    (one - other).abs() < 0.5
}

fn is_on_gpu(study: &Study) -> bool {
    study.history.iter().any(|trial| trial.mean(metric::GPU_SHARE).is_some_and(|share| share >= 0.999))
}
