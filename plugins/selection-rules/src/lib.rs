//! The rule of the selectors `fast`, `balanced` and `quality`: as many notes a minute as possible, at a quality that is
//! good enough. They differ only in what is good enough.
//!
//! 1. A candidate with a violation, without a measured speed, or that loses more files than allowed is out.
//! 2. The best attainable quality is the greatest over the rest, each shrunk half-way to the lower bound of its estimate:
//!    the greatest of several noisy means is too high on average. One that reads less source counts with the bound itself.
//!    A candidate must reach `floor` times the best.
//! 3. Reading less is not a speed-up: a candidate that reads less source than the present settings must reach the floor
//!    with the lower bound of its estimate. Where quality carries no signal (nobody reaches 0.05), it is out.
//! 4. The fastest of those wins. Those within `tie` of it are as fast, and so are those whose difference is less than its own standard
//!    error and a twentieth: among them the one that reads more source, then the
//!    nearest to the present settings, then the simplest, then the one with the lower number.
//!
//! A fact `scored_notes` of a candidate, where the host sets it, keeps an estimate that rests on fewer than three notes from
//! setting the bar for others.

mod floor;
mod order;
mod reasons;

use floor::{Floor, Verdict};
use order::{ranked, sorted};
use ralf_tune_sdk::{selector::prelude::*, types::Fact};

/// What distinguishes the selectors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rules {
    /// Least quality as a share of the best attainable; the study's own floor counts where it is higher.
    pub floor: f64,
    /// Candidates whose notes per minute lie within this share of the fastest are as fast.
    pub tie: f64,
}

impl Rules {
    /// The parameters of a selector, with its default floor; 0 leaves it to the study.
    #[must_use]
    pub fn declare(manifest: Manifest, floor: f64) -> Manifest {
        manifest
            .parameter(
                Parameter::number(
                    "floor",
                    floor,
                    "least quality, as a share of the best attainable; never under the study's own",
                )
                .bounds(0.0, 1.0),
            )
            .parameter(Parameter::number("tie", 0.02, "share of the speed that makes no difference").bounds(0.0, 0.5))
    }

    /// The values that the user gave.
    #[must_use]
    pub fn of(arguments: &Arguments) -> Self {
        Self { floor: arguments.number("floor"), tie: arguments.number("tie") }
    }
}

/// Picks the winner.
///
/// # Errors
/// A sentence, when every candidate is out.
pub fn choose(input: &SelectionInput, rules: Rules) -> Result<Selection, String> {
    let candidates = sorted(&input.candidates);
    let baseline = candidates.iter().copied().find(|candidate| candidate.is_baseline);
    let (eligible, out): (Vec<_>, Vec<_>) =
        candidates.iter().copied().partition(|candidate| obstacle(candidate, &input.constraints).is_none());
    let out = reasons::summary_of_violations(&out, &input.constraints);
    if eligible.is_empty() {
        let why = if out.is_empty() { "there is none".to_owned() } else { out };
        return Err(format!("no candidate may be chosen: {why}"));
    }

    let floor = Floor::new(&eligible, baseline, rules.floor.max(finite(input.constraints.quality_floor)));
    let (allowed, refused): (Vec<_>, Vec<_>) =
        eligible.iter().copied().partition(|candidate| floor.verdict(candidate) == Verdict::Allowed);
    let ranking = ranked(allowed, baseline, rules.tie);
    let Some(winner) = ranking.first().copied() else {
        return Err(format!("no candidate may be chosen: {}", reasons::why_none(&refused, &floor)));
    };
    Ok(Selection {
        winner: winner.id,
        runners_up: ranking.iter().skip(1).map(|candidate| candidate.id).collect(),
        reasons: reasons::explain(winner, &ranking, &refused, baseline, &floor, &out),
        settings: Vec::new(),
    })
}

/// Why a candidate is out whatever its quality.
fn obstacle(candidate: &Candidate, constraints: &ralf_tune_sdk::types::Constraints) -> Option<String> {
    let lost = candidate.lost_share;
    if let Some(violation) = candidate.violations.first() {
        Some(violation.clone())
    } else if speed(candidate).is_none() {
        Some("speed not measured".to_owned())
    } else if lost > constraints.max_lost_share + 1e-9 {
        Some("loses too many files".to_owned())
    } else {
        None
    }
}

/// Notes per minute, where they were measured and are a positive number.
fn speed(candidate: &Candidate) -> Option<f64> {
    candidate.notes_per_minute.map(|estimate| estimate.value).filter(|value| value.is_finite() && *value > 0.0)
}

/// The quality's estimate, made sane: within 0..=1, bounds on their sides of the value, and as wide as can be where there are none.
fn quality(candidate: &Candidate) -> Option<Estimate> {
    let estimate = candidate.quality.filter(|estimate| estimate.value.is_finite())?;
    let value = estimate.value.clamp(0.0, 1.0);
    let bound = |bound: f64, otherwise: f64| if bound.is_finite() { bound.clamp(0.0, 1.0) } else { otherwise };
    Some(Estimate { value, low: bound(estimate.low, 0.0).min(value), high: bound(estimate.high, 1.0).max(value) })
}

fn source_share(candidate: &Candidate) -> f64 {
    finite(candidate.source_share)
}

fn fact(facts: &[Fact], name: &str) -> Option<f64> {
    facts.iter().find(|fact| fact.name == name).map(|fact| fact.value).filter(|value| value.is_finite())
}

fn finite(value: f64) -> f64 {
    if value.is_finite() { value } else { 0.0 }
}

#[cfg(test)]
mod tests;
