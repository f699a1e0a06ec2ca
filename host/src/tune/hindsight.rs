//! What all measurements of a study together say about the machine, and about each other. Pure.

use super::{
    clocks::{client_warning, clocks, no_clock_warning},
    disturbance::{disturbances, warnings},
    noise::floor,
    plan::CONFIRM_SHARE,
    residuals::{Request, requests},
    watch::Watch,
};
use crate::model::{
    candidate::Candidate, clocks::Clocks, disturbance::Disturbances, noise::NoiseFloor, selection::MeasuredCandidate,
    study::Warning, trial::Trial,
};

/// What is known at the end of a study, and not before.
pub struct Hindsight {
    pub clocks: Option<Clocks>,
    pub noise: Option<NoiseFloor>,
    pub disturbances: Disturbances,
    pub warnings: Vec<Warning>,
}

/// Looks back at a study. `chosen` are the settings that it ends with.
#[must_use]
pub fn look_back(
    trials: &[Trial],
    watch: &Watch,
    budget_seconds: f64,
    chosen: &Candidate,
    candidates: &[MeasuredCandidate],
) -> Hindsight {
    let all: Vec<Request> = trials.iter().flat_map(requests).collect();
    let seconds = |found: Option<&MeasuredCandidate>| {
        found.and_then(|candidate| candidate.notes_per_minute).map(|speed| 60.0 / speed.value)
    };
    let baseline = seconds(candidates.iter().find(|candidate| candidate.is_baseline));
    let tuned = seconds(candidates.iter().find(|candidate| candidate.candidate == *chosen)).or(baseline);
    let pair_seconds = baseline.zip(tuned).map(|(one, other)| one + other);
    let disturbances = disturbances(trials, &all, watch);
    let mut warnings = warnings(&disturbances);
    warnings.extend(client_warning(trials));
    warnings.extend(no_clock_warning(trials));
    Hindsight {
        clocks: clocks(trials, chosen),
        noise: floor(&all, CONFIRM_SHARE * budget_seconds, pair_seconds),
        disturbances,
        warnings,
    }
}
