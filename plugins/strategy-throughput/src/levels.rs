//! Numbers of requests at once: which to measure, what was measured, which to take.

use ralf_tune_sdk::{
    strategy::prelude::*,
    study::{metric, whole},
};

use crate::rules::document_levels;

/// Requests that end well below this share rule a level out: the document's limit for contexts.
const LEAST_SUCCESS: f64 = 0.9;

/// What one level was measured to do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Level {
    pub parallel: f64,
    pub requests_per_minute: f64,
    pub success_rate: f64,
}

/// Requests that the server works on at once, the most that any probe at the incumbent's load-time settings saw; and
/// whether that probe sent more than it has slots, so that there are no others.
#[must_use]
pub fn slots(study: &Study) -> Option<(f64, bool)> {
    let seen = study.like_incumbent().filter(|trial| trial.parallel() > 1.5);
    let seen = seen.filter_map(|trial| Some((trial.mean(metric::EFFECTIVE_SLOTS)?.round().max(1.0), trial.parallel())));
    seen.max_by(|left, right| left.0.total_cmp(&right.0).then(left.1.total_cmp(&right.1)))
        .map(|(slots, parallel)| (slots, slots < parallel))
}

/// The levels to measure, one at a time and the most at once first: they are the ends that matter when time runs out.
/// None when there is only one level.
#[must_use]
pub fn to_measure(study: &Study, arguments: &Arguments) -> Vec<f64> {
    let listed = arguments.numbers("levels");
    let most = study.highest("max_concurrent_requests").max(1.0);
    let known = slots(study).filter(|_| arguments.text("rule") != "document");
    let mut levels = match known {
        // A level between two listed ones is worth a probe when it uses all slots.
        Some((slots, all)) => {
            let mut levels: Vec<f64> = listed.into_iter().filter(|level| *level <= slots).collect();
            levels.push(1.0);
            if all {
                levels.push(slots);
            }
            levels
        }
        None => document_levels(&listed, study.machine.logical_threads),
    };
    levels.retain(|level| *level >= 1.0 && *level <= most);
    levels.sort_by(f64::total_cmp);
    levels.dedup();
    if levels.len() < 2 {
        return Vec::new();
    }
    let last = levels.len() - 1;
    levels.swap(1, last);
    if let Some(middle) = levels.get_mut(2..) {
        middle.sort_by(f64::total_cmp);
    }
    levels
}

/// The levels of this stage's own note-like probes: those that are no slot probe.
#[must_use]
pub fn measured(study: &Study, slot_output: u32) -> Vec<Level> {
    let of_trial = |trial: &Trial| {
        let Experiment::Probe(probe) = &trial.experiment else { return None };
        if probe.output_tokens <= slot_output {
            return None;
        }
        let parallel = f64::from(probe.parallel);
        if !trial.is_complete() {
            return Some(Level { parallel, requests_per_minute: 0.0, success_rate: 0.0 });
        }
        let failures = trial.values(metric::SUCCESS_RATE).iter().filter(|well| **well < 0.5).count();
        Some(Level {
            parallel,
            requests_per_minute: rate(study, trial, parallel)?,
            // One failure among a few requests is the weather.
            success_rate: if failures < 2 { 1.0 } else { trial.mean(metric::SUCCESS_RATE).unwrap_or(1.0) },
        })
    };
    study.trials_of("throughput").filter_map(of_trial).collect()
}

/// Requests a minute. Where every request has a slot, all take the same time, and the lower median tells it even if one of them
/// stalled; where they queue, only the whole run does.
fn rate(study: &Study, trial: &Trial, parallel: f64) -> Option<f64> {
    let has_slots = slots(study).is_some_and(|(slots, _)| parallel <= slots);
    let mut latencies = trial.values(metric::REQUEST_LATENCY_MS).to_vec();
    latencies.sort_by(f64::total_cmp);
    let lower_median = latencies.get(latencies.len().saturating_sub(1) / 2).filter(|latency| **latency > 0.0);
    match lower_median {
        Some(latency) if has_slots || parallel < 1.5 => Some(60_000.0 * parallel / latency),
        _ => trial.mean(metric::REQUESTS_PER_MINUTE),
    }
}

/// The least requests at once whose throughput is within `tie` of the best, among those that succeed.
#[must_use]
pub fn choose(levels: &[Level], tie: f64) -> Option<Level> {
    let good = || levels.iter().filter(|level| level.success_rate >= LEAST_SUCCESS && level.requests_per_minute > 0.0);
    let best = good().map(|level| level.requests_per_minute).max_by(f64::total_cmp)?;
    good()
        .filter(|level| level.requests_per_minute >= best * (1.0 - tie))
        .min_by(|left, right| left.parallel.total_cmp(&right.parallel))
        .copied()
}

/// A note-like probe at a level with so many requests one after the other, scaled by `scale`: the ratio of reading to writing decides what parallel
/// work gains.
#[must_use]
pub fn probe(study: &Study, level: f64, (scale, waves): (f64, f64), least_output: u32) -> Probe {
    let (prompt, answer) = study.typical_request();
    let requests = level.max(1.0).round() * waves;
    Probe {
        prompt_tokens: whole((prompt * scale).max(32.0)),
        output_tokens: whole(answer * scale).max(least_output),
        parallel: whole(level),
        requests: whole(requests),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(parallel: f64, requests_per_minute: f64) -> Level {
        Level { parallel, requests_per_minute, success_rate: 1.0 }
    }

    #[test]
    fn the_best_throughput_wins_and_ties_go_to_fewer() {
        let taken = |levels: &[Level]| choose(levels, 0.04).map(|level| level.parallel);
        assert_eq!(taken(&[level(1.0, 10.0), level(2.0, 15.0), level(4.0, 20.0)]), Some(4.0));
        assert_eq!(taken(&[level(1.0, 10.0), level(2.0, 19.3), level(4.0, 20.0)]), Some(2.0));
        assert_eq!(taken(&[level(1.0, 10.0), level(2.0, 9.0)]), Some(1.0));
        assert_eq!(taken(&[]), None);
    }

    #[test]
    fn a_level_that_fails_is_out() {
        let failing = Level { success_rate: 0.8, ..level(4.0, 99.0) };
        assert_eq!(choose(&[level(1.0, 10.0), failing], 0.04).map(|level| level.parallel), Some(1.0));
        assert_eq!(choose(&[failing], 0.04), None);
    }
}
