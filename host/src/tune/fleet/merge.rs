//! The parts that several hosts made of one trial, as one. Pure.

use crate::{
    model::{
        experiment::Proposal,
        trial::{Trial, TrialState},
    },
    stats::summary::{mean, sample},
    tune::judge::Spent,
};

/// Facts that add up over parts; of all others, the parts' mean is the trial's.
const SUMS: [&str; 10] = [
    "files_lost",
    "files_finished",
    "answers_cut",
    "requests_sent",
    "requests_failed",
    "requests_failed_seconds",
    "requests_given_up",
    "requests_given_up_seconds",
    "retries",
    "retries_failed",
];

/// One trial of its parts, of which there is at least one. Rates are each host's own, side by side in one sample: their mean is that of one
/// machine, and not of all together. Time is that of the longest part.
#[must_use]
pub fn merged(proposal: &Proposal, mut parts: Vec<Trial>) -> Option<Trial> {
    if parts.len() < 2 {
        return parts.pop();
    }
    let mut whole = parts.first()?.clone();
    whole.experiment = proposal.experiment.clone();
    whole.candidate = proposal.candidate.clone();
    whole.seconds = parts.iter().map(|part| part.seconds).fold(0.0, f64::max);
    whole.reloads = parts.iter().map(|part| part.reloads).max().unwrap_or(0);
    whole.state = parts.iter().find(|part| !part.is_complete()).map_or(TrialState::Complete, |part| part.state.clone());
    let mut metrics = Vec::new();
    for found in parts.iter().flat_map(|part| &part.samples) {
        if !metrics.contains(&found.metric) {
            metrics.push(found.metric);
        }
    }
    let values =
        |metric| parts.iter().filter_map(move |part| part.sample(metric)).flat_map(|found| found.values.clone());
    whole.samples = metrics.into_iter().filter_map(|metric| sample(metric, values(metric).collect())).collect();
    whole.facts = facts(&parts);
    whole.notices.clear();
    (whole.scores, whole.observations) = (Vec::new(), Vec::new());
    for part in parts {
        whole.scores.extend(part.scores);
        whole.observations.extend(part.observations);
        for notice in part.notices {
            if !whole.notices.contains(&notice) {
                whole.notices.push(notice);
            }
        }
    }
    whole.observations.sort_by(|a, b| a.started_ms.total_cmp(&b.started_ms));
    Some(whole)
}

fn facts(parts: &[Trial]) -> Vec<(String, f64)> {
    let mut names: Vec<&String> = Vec::new();
    for (name, _) in parts.iter().flat_map(|part| &part.facts) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let of = |name: &str| -> f64 {
        let values: Vec<f64> = parts.iter().filter_map(|part| part.fact(name)).collect();
        match name {
            _ if SUMS.contains(&name) || Spent::FACTS.contains(&name) => values.iter().sum(),
            // One host that has too little memory is one too many.
            "spilled" => values.iter().copied().fold(0.0, f64::max),
            "loaded_context_tokens" => values.iter().copied().fold(f64::INFINITY, f64::min),
            // What plugins were told last is what all hosts know together.
            _ if name.starts_with("told_") || name == super::super::NOISE_SIGMA => {
                values.last().copied().unwrap_or(0.0)
            }
            _ => mean(&values),
        }
    };
    names.into_iter().map(|name| (name.clone(), of(name))).collect()
}
