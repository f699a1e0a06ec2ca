//! From the present settings to the chosen ones, step by step, each with what it gains. Pure.
//!
//! Settings between the two say what a change gains by itself, as far as they were measured. So the way goes through as many measured
//! ones as it can, and what no measurement tells apart is one step.

use super::candidates::{CostLine, speed_of, timed_alike};
use crate::model::{
    candidate::Candidate,
    metric::Estimate,
    space::Parameter,
    steps::{Change, GainStep},
    trial::Trial,
    workload::Workload,
};

/// Settings that change together, in the order in which reports go. Timeouts and tries are not among them: they change no speed.
const GROUPS: [&[Parameter]; 8] = [
    &[Parameter::NumCtx],
    &[Parameter::NumThread],
    &[Parameter::NumBatch],
    &[Parameter::MaxConcurrentRequests],
    &[Parameter::RequestDelaySeconds],
    &[Parameter::BatchSize, Parameter::BatchDelaySeconds],
    &[Parameter::ChunkSize, Parameter::MaxContentLength],
    &[Parameter::Temperature, Parameter::NumPredict],
];

/// Fewest requests that say how fast settings are.
const LEAST_REQUESTS: usize = 2;

/// Settings on the way, and what is known of them.
struct Stop {
    settings: Candidate,
    speed: Estimate,
    requests: usize,
}

/// The steps from `baseline` to `chosen`; none where one of the two is not known, or nothing that matters differs.
#[must_use]
pub fn steps(trials: &[Trial], workload: &Workload, baseline: &Candidate, chosen: &Candidate) -> Vec<GainStep> {
    let changed: Vec<&[Parameter]> = GROUPS.into_iter().filter(|group| matters(group, baseline, chosen)).collect();
    let stops: Vec<Option<Stop>> = (0..1_usize << changed.len())
        .map(|taken| {
            let groups = changed.iter().enumerate().filter(|(index, _)| taken >> index & 1 == 1);
            let settings = groups
                .flat_map(|(_, group)| group.iter())
                .fold(baseline.clone(), |settings, setting| settings.with(*setting, chosen.get(*setting)));
            let requests = CostLine::of(trials, workload, &settings)?.requests;
            let speed = speed_of(trials, workload, &settings).filter(|speed| speed.value > 0.0)?;
            (requests >= LEAST_REQUESTS).then_some(Stop { settings, speed, requests })
        })
        .collect();
    let way: Vec<&Stop> = longest(&stops.iter().map(Option::is_some).collect::<Vec<_>>())
        .into_iter()
        .filter_map(|taken| stops.get(taken)?.as_ref())
        .collect();
    way.windows(2)
        .filter_map(|pair| match pair {
            [before, after] => Some(step(before, after)),
            _ => None,
        })
        .collect()
}

/// Whether a group changes anything: how many files are between two pauses does not where nothing is waited for.
fn matters(group: &[Parameter], baseline: &Candidate, chosen: &Candidate) -> bool {
    let pauses = |settings: &Candidate| settings.batch_delay_seconds > 0.0;
    let is_of_batches = group.contains(&Parameter::BatchDelaySeconds);
    let differs = |setting: &Parameter| (baseline.get(*setting) - chosen.get(*setting)).abs() > 1e-9;
    group.iter().any(differs) && (!is_of_batches || pauses(baseline) || pauses(chosen))
}

/// The longest way from nothing to everything, each stop with all of the one before it and more; stops are sets of bits. The first
/// of several that are as long. Empty without a beginning or an end.
fn longest(known: &[bool]) -> Vec<usize> {
    let is_known = |taken: usize| known.get(taken).copied().unwrap_or(false);
    let Some(end) = known.len().checked_sub(1).filter(|end| is_known(0) && is_known(*end)) else { return Vec::new() };
    // The length of the longest way to each, and where it comes from.
    let mut ways: Vec<(usize, usize)> = vec![(0, 0); known.len()];
    for taken in 1..known.len() {
        let before = (0..taken).filter(|before| before & taken == *before && is_known(*before));
        let best = before
            .map(|before| (ways.get(before).map_or(0, |way| way.0) + 1, before))
            .min_by_key(|(length, _)| usize::MAX - length);
        if let (Some(way), Some(best)) = (ways.get_mut(taken), best) {
            *way = best;
        }
    }
    let mut way = vec![end];
    while let Some((_, before)) = way.last().filter(|at| **at > 0).and_then(|at| ways.get(*at)) {
        way.push(*before);
    }
    way.reverse();
    way
}

fn step(before: &Stop, after: &Stop) -> GainStep {
    let changes = after
        .settings
        .differences(&before.settings)
        .into_iter()
        .map(|setting| Change {
            setting: setting.name().to_owned(),
            from: before.settings.get(setting),
            to: after.settings.get(setting),
        })
        .collect();
    let ratio = after.speed.value / before.speed.value;
    let are_independent = !timed_alike(&before.settings, &after.settings);
    let interval = after.speed.by(&before.speed).filter(|_| are_independent).map(|ratio| ratio.interval);
    GainStep { changes, ratio, interval, notes_per_minute: after.speed.value, requests: after.requests }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn goes_through_all_that_is_known() {
        assert_eq!(longest(&[true]), [0]);
        assert_eq!(longest(&[true, true]), [0, 1]);
        // Of two ways that are as long, the one that takes the earlier group first.
        assert_eq!(longest(&[true, true, true, true]), [0, 1, 3]);
        assert_eq!(longest(&[true, false, true, true]), [0, 2, 3]);
        assert_eq!(longest(&[true, false, false, true]), [0, 3]);
        assert!(longest(&[true, true, true, false]).is_empty() && longest(&[false, true]).is_empty());
    }

    proptest! {
        #[test]
        fn every_stop_is_known_and_has_more_than_the_one_before(bits in 0_u32..=4, known in prop::collection::vec(any::<bool>(), 16)) {
            let known = &known[..1 << bits];
            let way = longest(known);
            prop_assert_eq!(way.is_empty(), !(known[0] && known[known.len() - 1]));
            prop_assert!(way.iter().all(|stop| known[*stop]));
            prop_assert!(way.windows(2).all(|pair| pair[0] & pair[1] == pair[0] && pair[0] != pair[1]));
        }
    }

    #[test]
    fn batches_matter_where_there_are_pauses() {
        let present = Candidate::default();
        let larger = Candidate { batch_size: 25, ..present.clone() };
        let group = [Parameter::BatchSize, Parameter::BatchDelaySeconds];
        assert!(!matters(&group, &present, &larger));
        assert!(matters(&group, &Candidate { batch_delay_seconds: 5.0, ..present.clone() }, &larger));
        assert!(!matters(&[Parameter::NumCtx], &present, &larger));
    }
}
