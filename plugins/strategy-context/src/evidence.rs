//! What the history says of each size.

use ralf_tune_sdk::{
    strategy::prelude::*,
    study::{count, decode_rate, metric},
};

/// A verdict on one size.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// Nothing measured.
    Unknown,
    /// It loads, it does not spill, and it is not slower.
    Good,
    /// Beyond the cliff, and why.
    Bad(String),
    /// Asked for, and the answer says nothing (the time was over, the server was busy).
    Unclear(String),
}

/// Failures that say something of the size, and not of the moment.
const OF_THE_SIZE: [&str; 6] =
    ["out-of-memory", "spilled", "timed-out", "server-error", "context-exceeded", "truncated"];

/// The verdict on a size, from trials at that size with the incumbent's other load-time settings.
#[must_use]
pub fn verdict(study: &Study, size: f64, slower: f64) -> Verdict {
    let at = |size: f64| study.history.iter().filter(move |trial| same_size(study, trial, size));
    let failure = at(size).rev().find_map(|trial| Some((trial, trial.failure()?)));
    // A note may fail for its length; that is no verdict on loading this size.
    let own = |trial: &Trial| matches!(trial.experiment, Experiment::Load | Experiment::Probe(_));
    if let Some((trial, cause)) = failure
        && OF_THE_SIZE.contains(&cause)
        && (own(trial) || matches!(cause, "out-of-memory" | "spilled"))
    {
        return Verdict::Bad(cause.to_owned());
    }
    if let Some(share) = gpu_share(study, size).filter(|share| *share > 0.0 && *share < 1.0) {
        return Verdict::Bad(format!("only {:.0} % of the model stays in GPU memory", share * 100.0));
    }
    let wholly_on_gpu = gpu_share(study, size).is_some_and(|share| share >= 1.0);
    let Some((rate, error)) = decode(study, size) else {
        return match failure {
            Some((trial, cause)) if own(trial) => Verdict::Unclear(cause.to_owned()),
            _ => Verdict::Unknown,
        };
    };
    if !wholly_on_gpu && let Some((smaller, faster, noise)) = fastest_smaller(study, size) {
        let loss = 1.0 - rate / faster;
        let beyond_noise = faster - rate > 2.0 * (error.powi(2) + noise.powi(2)).sqrt();
        if loss > slower && beyond_noise {
            return Verdict::Bad(format!("{rate:.1} tokens/s, {:.0} % slower than {smaller}", loss * 100.0));
        }
    }
    Verdict::Good
}

/// Whether a trial ran at that size with the incumbent's other load-time settings.
fn same_size(study: &Study, trial: &Trial, size: f64) -> bool {
    (trial.setting("num_ctx") - size).abs() < 0.5
        && ["num_thread", "num_batch"].iter().all(|name| (trial.setting(name) - study.incumbent(name)).abs() < 0.5)
}

/// Share of the model in GPU memory at a size.
#[must_use]
pub fn gpu_share(study: &Study, size: f64) -> Option<f64> {
    let trials = study.history.iter().rev().filter(|trial| same_size(study, trial, size));
    trials.filter(|trial| trial.is_complete()).find_map(|trial| trial.mean(metric::GPU_SHARE))
}

/// Tokens a second at a size and the standard error of that, of the last single-request trial that has it.
#[must_use]
pub fn decode(study: &Study, size: f64) -> Option<(f64, f64)> {
    let trials = study.history.iter().rev().filter(|trial| same_size(study, trial, size) && trial.parallel() < 1.5);
    trials.filter(|trial| trial.is_complete()).find_map(|trial| {
        let sample = trial.sample(metric::DECODE_TOKENS_PER_SECOND)?;
        let error = sample.standard_deviation / count(sample.values.len().max(1)).sqrt();
        decode_rate(trial).map(|rate| (rate, error))
    })
}

/// The fastest size below `size`: the size, its rate, its standard error.
#[must_use]
pub fn fastest_smaller(study: &Study, size: f64) -> Option<(f64, f64, f64)> {
    let smaller = study.history.iter().map(|trial| trial.setting("num_ctx")).filter(|other| *other < size - 0.5);
    smaller
        .filter_map(|other| decode(study, other).map(|(rate, error)| (other, rate, error)))
        .max_by(|left, right| left.1.total_cmp(&right.1))
}

/// Of sizes that ran, though beyond the cliff: the largest whose decoding is within `slower` of the fastest.
/// That is the answer when the model does not fit into the GPU at any size.
#[must_use]
pub fn best_of_bad(study: &Study, sizes: &[f64], slower: f64) -> Option<f64> {
    let ran: Vec<(f64, f64)> = sizes.iter().filter_map(|size| Some((*size, decode(study, *size)?.0))).collect();
    let best = ran.iter().map(|(_, rate)| *rate).max_by(f64::total_cmp)?;
    ran.iter().filter(|(_, rate)| *rate >= best * (1.0 - slower)).map(|(size, _)| *size).max_by(f64::total_cmp)
}
