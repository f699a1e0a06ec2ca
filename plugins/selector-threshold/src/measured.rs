//! What the history says of each context.

use ralf_tune_sdk::selector::prelude::*;

use crate::{finite, rules::Latency, same};

/// A context that was measured, and what came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// In tokens.
    pub context: f64,
    /// Client clock, of the requests that ended well.
    pub latencies_ms: Vec<f64>,
    /// All requests.
    pub requests: f64,
    /// Bytes that the model needed with it; 0 when unknown.
    pub memory_bytes: f64,
}

impl Measured {
    /// Share of requests that ended well.
    pub fn success_rate(&self) -> f64 {
        if self.requests > 0.0 { count(self.latencies_ms.len()) / self.requests } else { 0.0 }
    }

    /// Mean latency.
    pub fn mean_ms(&self) -> f64 {
        self.latencies_ms.iter().sum::<f64>() / count(self.latencies_ms.len().max(1))
    }

    /// The basis of the rules about time.
    pub fn latency(&self) -> Latency {
        Latency::new(self.latencies_ms.clone(), self.requests)
    }
}

/// The contexts that a candidate could win with and that had requests, smallest first.
///
/// The rules measure one request at a time. So only such trials count, unless a context has none; loads, needles and
/// comparisons are other experiments.
pub fn measured(input: &SelectionInput, eligible: &[&Candidate]) -> Vec<Measured> {
    let mut contexts: Vec<f64> = eligible.iter().map(|candidate| finite(candidate.settings.value("num_ctx"))).collect();
    contexts.sort_by(f64::total_cmp);
    contexts.dedup_by(|left, right| same(*left, *right));
    let tests = contexts.into_iter().filter_map(|context| {
        let trials = || input.history.iter().filter(move |trial| same(trial.candidate.value("num_ctx"), context));
        let sequential = collect(trials().filter(|trial| is_sequential(trial)));
        let (latencies_ms, requests) = if sequential.1 > 0.0 { sequential } else { collect(trials()) };
        let of_trials = trials().flat_map(|trial| values(trial, "peak_memory_bytes"));
        let of_candidates = eligible
            .iter()
            .filter(|candidate| same(candidate.settings.value("num_ctx"), context))
            .filter_map(|candidate| candidate.peak_memory_bytes);
        let memory_bytes = of_trials.chain(of_candidates).map(finite).fold(0.0, f64::max);
        (requests > 0.0).then_some(Measured { context, latencies_ms, requests, memory_bytes })
    });
    tests.collect()
}

/// Latencies and number of requests of trials.
fn collect<'a>(trials: impl Iterator<Item = &'a Trial>) -> (Vec<f64>, f64) {
    let (mut latencies, mut requests) = (Vec::new(), 0.0);
    for trial in trials {
        let Some(planned) = planned_requests(trial) else { continue };
        let good: Vec<f64> =
            values(trial, "request_latency_ms").filter(|value| value.is_finite() && *value >= 0.0).collect();
        let ended_well = count(good.len());
        let rate = trial.samples.iter().find(|sample| sample.metric == "success_rate").map(|sample| sample.mean);
        let rate = rate.filter(|rate| rate.is_finite());
        requests += match (&trial.state, rate) {
            (TrialState::Failed(cause), _) if !is_of_settings(cause) => ended_well,
            (_, Some(rate)) if rate > 0.0 && ended_well > 0.0 => (ended_well / rate.min(1.0)).round(),
            (TrialState::Complete | TrialState::Pruned, None) => ended_well,
            (TrialState::Failed(_), _) if ended_well > 0.0 => ended_well + 1.0,
            _ => planned,
        };
        latencies.extend(good);
    }
    (latencies, requests)
}

/// How many requests an experiment makes at least; `None` when it is none of those that count.
fn planned_requests(trial: &Trial) -> Option<f64> {
    match &trial.experiment {
        Experiment::Probe(probe) => Some(f64::from(probe.requests.max(1))),
        Experiment::Notes(files) => Some(count(files.len().max(1))),
        _ => None,
    }
}

fn is_sequential(trial: &Trial) -> bool {
    match &trial.experiment {
        Experiment::Probe(probe) => probe.parallel <= 1,
        _ => trial.candidate.value("max_concurrent_requests") <= 1.0,
    }
}

/// Whether a failure says something of the settings, and not of the study or the connection.
fn is_of_settings(cause: &str) -> bool {
    !["out-of-time", "invalid", "unreachable", "model-missing"].contains(&cause)
}

fn values<'a>(trial: &'a Trial, metric: &'a str) -> impl Iterator<Item = f64> + 'a {
    trial.samples.iter().filter(move |sample| sample.metric == metric).flat_map(|sample| sample.values.iter().copied())
}

#[expect(clippy::cast_precision_loss, reason = "numbers of requests are far below 2^53")]
pub fn count(number: usize) -> f64 {
    number as f64
}
