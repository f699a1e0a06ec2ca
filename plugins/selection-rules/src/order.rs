//! Which of the allowed candidates comes first.

use std::cmp::Ordering;

use ralf_tune_sdk::selector::prelude::*;

use crate::{finite, source_share, speed};

/// The candidates by id, so that the order in which they came does not matter; of equal ids the first in every order.
pub fn sorted(candidates: &[Candidate]) -> Vec<&Candidate> {
    let mut sorted: Vec<&Candidate> = candidates.iter().collect();
    sorted.sort_by_key(|candidate| candidate.id);
    sorted
}

/// From the winner down.
pub fn ranked<'a>(mut rest: Vec<&'a Candidate>, baseline: Option<&Candidate>, tie: f64) -> Vec<&'a Candidate> {
    let mut ranking = Vec::with_capacity(rest.len());
    while !rest.is_empty() {
        let by_speed = |left: &&&Candidate, right: &&&Candidate| pace(left).total_cmp(&pace(right));
        let Some(fastest) = rest.iter().max_by(by_speed).copied() else { break };
        let first = rest
            .iter()
            .enumerate()
            .filter(|(_, candidate)| is_as_fast(candidate, fastest, tie))
            .min_by(|(_, left), (_, right)| preference(left, right, baseline))
            .map_or(0, |(index, _)| index);
        ranking.push(rest.remove(first));
    }
    ranking
}

fn pace(candidate: &Candidate) -> f64 {
    speed(candidate).unwrap_or(0.0)
}

/// Whether a candidate is as fast as the fastest: within `tie` of it, or so near that the two estimates cannot be told apart. They cannot
/// when they differ by less than the standard error of their difference; but a twentieth is never given away for that, because intervals of
/// few notes are wide.
fn is_as_fast(candidate: &Candidate, fastest: &Candidate, tie: f64) -> bool {
    let error = standard_error(candidate).hypot(standard_error(fastest));
    let margin = if tie > 0.0 { error.clamp(tie, MOST_UNTOLD.max(tie)) } else { 0.0 };
    pace(candidate) >= pace(fastest) * (1.0 - margin)
}

/// Largest share of the speed that counts as "cannot be told apart".
const MOST_UNTOLD: f64 = 0.05;

/// Standard error of the logarithm of the speed, from its 95 % interval; 0 where there is none.
fn standard_error(candidate: &Candidate) -> f64 {
    let Some(estimate) = candidate.notes_per_minute else { return 0.0 };
    let width = (estimate.high / estimate.low).ln();
    if width.is_finite() && width > 0.0 { width / (2.0 * 1.96) } else { 0.0 }
}

/// Which of two candidates to take when they are as fast.
fn preference(left: &Candidate, right: &Candidate, baseline: Option<&Candidate>) -> Ordering {
    let distance = |candidate: &Candidate| baseline.map_or((0, 0.0), |baseline| distance(candidate, baseline));
    let (left_distance, right_distance) = (distance(left), distance(right));
    source_share(right)
        .total_cmp(&source_share(left))
        .then_with(|| left_distance.0.cmp(&right_distance.0))
        .then_with(|| left_distance.1.total_cmp(&right_distance.1))
        .then_with(|| complexity(left).total_cmp(&complexity(right)))
        .then_with(|| left.id.cmp(&right.id))
}

/// How many settings differ, and by how much in all: each difference as a share of the greater value.
fn distance(candidate: &Candidate, baseline: &Candidate) -> (usize, f64) {
    let differences: Vec<f64> = candidate
        .settings
        .iter()
        .map(|setting| {
            let (here, there) = (finite(setting.value), finite(baseline.settings.value(&setting.name)));
            (here - there).abs() / here.abs().max(there.abs()).max(1e-9)
        })
        .filter(|difference| *difference > 1e-9)
        .collect();
    (differences.len(), differences.iter().sum())
}

/// Less at the same time is simpler, and so is less memory.
fn complexity(candidate: &Candidate) -> f64 {
    let gigabytes = finite(candidate.peak_memory_bytes.unwrap_or(0.0)) / 1e9;
    finite(candidate.settings.value("max_concurrent_requests")) * 1e6 + gigabytes
}
