//! Whether the server is still the one that the study began with. Pure.

use std::collections::BTreeMap;

use super::{
    obedience::{at_once, well},
    summarise::effective_slots,
};
use crate::model::{
    candidate::LoadKey, disturbance::Disturbances, machine::ServerProfile, observation::Observation, parting::Parting,
    study::Warning, trial::Trial,
};

/// A request that waited for a slot waited for this share of its time at least: less is how clocks disagree.
const WAITED_SHARE: f64 = 0.1;

/// What the user should know where the server changed.
#[must_use]
pub fn warnings(
    server: &ServerProfile,
    parting: Option<&Parting>,
    trials: &[Trial],
    disturbances: &Disturbances,
) -> Vec<Warning> {
    let mut found = Vec::new();
    let now = parting.and_then(|parting| parting.version.as_ref());
    if let (Some(then), Some(now)) = (&server.version.value, now)
        && then != now
    {
        found.push(format!("the server was of version {then} when this began, and is of version {now} now"));
    }
    // What another client occupies is no slot of ours.
    if disturbances.foreign_waits + disturbances.shared == 0
        && let Some((before, after)) = slots(trials)
    {
        found.push(format!(
            "the server worked on {before} requests at once, and later on {after} with the same settings"
        ));
    }
    let advice = "it was restarted meanwhile, so what was measured before may not hold: run this again";
    found.into_iter().map(|what| Warning { what, advice: Some(advice.to_owned()) }).collect()
}

/// Slots of one load that cannot have been the same all the time: as many as requests overlapped at least, and no more where others waited.
fn slots(trials: &[Trial]) -> Option<(f64, f64)> {
    let mut loads: BTreeMap<LoadKey, (f64, f64)> = BTreeMap::new();
    for trial in trials {
        let Some(sent) = at_once(trial).filter(|sent| *sent > 1.0) else { continue };
        let requests = well(trial);
        let Some(seen) = effective_slots(&requests) else { continue };
        let most = if seen < sent && waited(&requests, sent - seen) { seen } else { f64::INFINITY };
        let (known_least, known_most) = loads.entry(trial.candidate.load_key()).or_insert((1.0, f64::INFINITY));
        if seen > *known_most {
            return Some((*known_most, seen));
        }
        if most < *known_least {
            return Some((*known_least, most));
        }
        *known_least = known_least.max(seen);
        *known_most = known_most.min(most);
    }
    None
}

/// Whether so many of the requests waited for a slot.
fn waited(requests: &[Observation], least: f64) -> bool {
    let waits = |request: &&Observation| {
        request.server.is_some_and(|server| server.queue_wait_ms() > WAITED_SHARE * server.total_ms)
    };
    #[expect(clippy::cast_precision_loss, reason = "a handful of requests")]
    let waiting = requests.iter().filter(waits).count() as f64;
    waiting >= least
}
