//! What the server's own clocks said, as curves: pooled over trials that differ in one thing only.

use std::collections::BTreeMap;

use super::{
    check::fits_curve,
    numbers::{digits, estimate, two, up},
};
use crate::{
    model::{
        candidate::{Candidate, LoadKey},
        experiment::Experiment,
        metric::{ConfidenceInterval, Estimate, Metric},
        pack::{Curve, CurveKind, CurvePoint},
        study::Study,
        trial::Trial,
    },
    stats::interval::{LEVEL, mean_interval},
};

/// Points of a curve at most; the first ones in the order of `at`.
const MOST_POINTS: usize = super::check::MOST_CURVE_POINTS;

/// The curves of a study. `threads` says what a number of threads is on a machine of the pack's class; `settings` are those that it ended with.
#[must_use]
pub(super) fn of(study: &Study, settings: &Candidate, threads: impl Fn(u32) -> u32) -> Vec<Curve> {
    let trials: Vec<&Trial> = study.trials.iter().filter(|trial| trial.is_complete()).collect();
    let one_load = |load: LoadKey| (load.num_thread, load.num_batch);
    // Rates depend on threads and prefill batches: those of the settings that it ended with, where they were measured at all.
    let probes = || trials.iter().copied().filter_map(|trial| Some((trial, probe(trial)?)));
    let usual = probes()
        .find(|(trial, _)| one_load(trial.candidate.load_key()) == one_load(settings.load_key()))
        .or_else(|| probes().next())
        .map(|(trial, _)| one_load(trial.candidate.load_key()));
    let same = |trial: &Trial| Some(one_load(trial.candidate.load_key())) == usual;
    CurveKind::ALL
        .into_iter()
        .filter_map(|kind| {
            let points: Vec<(f64, &Trial, Metric)> = trials
                .iter()
                .copied()
                .filter_map(|trial| {
                    let (at, metric) = place(kind, trial, &same, &threads)?;
                    Some((at, trial, metric))
                })
                .collect();
            let points = pooled(kind, &points);
            (!points.is_empty()).then_some(Curve { kind, points })
        })
        .collect()
}

/// Tokens of a prompt and requests at once of a probe.
const fn probe(trial: &Trial) -> Option<(u32, u32)> {
    match trial.experiment {
        Experiment::Probe { prompt_tokens, parallel, .. } => Some((prompt_tokens, parallel)),
        _ => None,
    }
}

/// Where a trial lies on a curve, and which of its metrics; `None` where it says nothing of it.
fn place(
    kind: CurveKind,
    trial: &Trial,
    same: &impl Fn(&Trial) -> bool,
    threads: &impl Fn(u32) -> u32,
) -> Option<(f64, Metric)> {
    let settings = &trial.candidate;
    let alone = probe(trial).filter(|(_, parallel)| *parallel == 1);
    match kind {
        CurveKind::DecodeByRequests => {
            let (_, parallel) = probe(trial).filter(|_| same(trial))?;
            Some((f64::from(parallel), Metric::DecodeTokensPerSecond))
        }
        CurveKind::PrefillByTokens => {
            let (tokens, _) = alone.filter(|_| same(trial))?;
            Some((two(tokens.into()) as f64, Metric::PrefillTokensPerSecond))
        }
        CurveKind::SlotsByRequests => {
            let (_, parallel) = probe(trial)?;
            Some((f64::from(parallel), Metric::EffectiveSlots))
        }
        CurveKind::DecodeByThreads => {
            alone.filter(|_| settings.num_thread > 0)?;
            Some((f64::from(threads(settings.num_thread)), Metric::DecodeTokensPerSecond))
        }
        CurveKind::PrefillByBatch => {
            alone.filter(|_| settings.num_batch > 0)?;
            Some((f64::from(settings.num_batch), Metric::PrefillTokensPerSecond))
        }
        CurveKind::MemoryByContext => Some((f64::from(up(settings.num_ctx)), Metric::PeakMemoryBytes)),
        CurveKind::LoadByContext => Some((f64::from(up(settings.num_ctx)), Metric::LoadDurationMs)),
    }
}

fn pooled(kind: CurveKind, placed: &[(f64, &Trial, Metric)]) -> Vec<CurvePoint> {
    let mut at = BTreeMap::<u64, (f64, Vec<f64>, usize)>::new();
    for (place, trial, metric) in placed {
        let Some(sample) = trial.sample(*metric) else { continue };
        // Positive numbers sort as their bits do.
        let (_, values, requests) = at.entry(place.to_bits()).or_insert((*place, Vec::new(), 0));
        let unit = if kind == CurveKind::LoadByContext { 1e-3 } else { 1.0 };
        values.extend(sample.values.iter().map(|value| value * unit));
        *requests += trial.measured().count().max(1);
    }
    at.into_values()
        .filter_map(|(at, values, requests)| {
            let found = interval(kind, &values)?;
            let estimate = estimate(&found, 0.0, f64::MAX)?;
            let point = CurvePoint { at: digits(at, 4), estimate, requests: u32::try_from(requests).ok()? };
            fits_curve(kind, &point).then_some(point)
        })
        .take(MOST_POINTS)
        .collect()
}

/// The mean with Student's interval. What the server says of its memory, and slots that were seen, are counted and not estimated: one
/// value is enough, and the interval is what was seen.
fn interval(kind: CurveKind, values: &[f64]) -> Option<Estimate> {
    if !matches!(kind, CurveKind::MemoryByContext | CurveKind::SlotsByRequests) {
        return mean_interval(values);
    }
    let low = values.iter().copied().reduce(f64::min)?;
    let high = values.iter().copied().reduce(f64::max)?;
    let value = crate::stats::summary::median(values);
    Some(Estimate { value, interval: ConfidenceInterval { level: LEVEL, low, high } })
}
