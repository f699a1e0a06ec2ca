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
        let fastest = rest.iter().filter_map(|candidate| speed(candidate)).fold(0.0, f64::max);
        let as_fast = |candidate: &&Candidate| speed(candidate).unwrap_or(0.0) >= fastest * (1.0 - tie);
        let first = rest
            .iter()
            .enumerate()
            .filter(|(_, candidate)| as_fast(candidate))
            .min_by(|(_, left), (_, right)| preference(left, right, baseline))
            .map_or(0, |(index, _)| index);
        ranking.push(rest.remove(first));
    }
    ranking
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
