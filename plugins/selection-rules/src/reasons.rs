//! Why the winner won, in sentences with numbers.

use std::collections::BTreeMap;

use ralf_tune_sdk::{selector::prelude::*, types::Constraints};

use crate::{Floor, Verdict, obstacle, quality, source_share, speed};

/// `truncated (3), speed not measured (1)`: what keeps candidates out, most frequent first.
pub fn summary_of_violations(out: &[&Candidate], constraints: &Constraints) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for candidate in out {
        *counts.entry(obstacle(candidate, constraints).unwrap_or_default()).or_default() += 1;
    }
    let mut counts: Vec<(String, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts.iter().map(|(why, count)| format!("{why} ({count})")).collect::<Vec<_>>().join(", ")
}

/// Why no eligible candidate is allowed.
pub fn why_none(refused: &[&Candidate], floor: &Floor) -> String {
    let less = refused.iter().filter(|candidate| floor.verdict(candidate) == Verdict::ReadsLess).count();
    let sure =
        if floor.best.is_none() { "quality could not be judged" } else { "their quality is not sure enough for that" };
    format!(
        "{less} of {} read less of the source than the present settings ({:.1} %), and {sure}",
        refused.len(),
        floor.source * 100.0
    )
}

/// The reasons of a selection.
pub fn explain(
    winner: &Candidate,
    ranking: &[&Candidate],
    refused: &[&Candidate],
    baseline: Option<&Candidate>,
    floor: &Floor,
    out: &str,
) -> Vec<String> {
    let mut reasons = vec![pace(winner, baseline), worth(winner, floor), reading(winner, baseline, floor)];
    let fastest = ranking.iter().max_by(|left, right| pace_of(left).total_cmp(&pace_of(right)));
    if let Some(fastest) = fastest.filter(|fastest| fastest.id != winner.id && pace_of(fastest) > pace_of(winner)) {
        reasons.push(format!(
            "candidate {} makes {:.2} a minute, too little more to matter: preferred is what reads more, then what changes less",
            fastest.id,
            pace_of(fastest)
        ));
    }
    reasons.extend(temptation(winner, refused, floor));
    if !out.is_empty() {
        reasons.push(format!("left out: {out}"));
    }
    reasons
}

fn pace_of(candidate: &Candidate) -> f64 {
    speed(candidate).unwrap_or(0.0)
}

fn pace(winner: &Candidate, baseline: Option<&Candidate>) -> String {
    let bounds = winner
        .notes_per_minute
        .filter(|estimate| estimate.low.is_finite() && estimate.high.is_finite())
        .map_or(String::new(), |estimate| format!(" ({:.2} to {:.2})", estimate.low, estimate.high));
    let against = match baseline {
        Some(baseline) if baseline.id == winner.id => ": the present settings".to_owned(),
        Some(baseline) => speed(baseline).map_or(String::new(), |before| {
            format!(": {:.2} times the present settings' {before:.2}", pace_of(winner) / before)
        }),
        None => String::new(),
    };
    format!("{:.2} notes a minute{bounds}{against}", pace_of(winner))
}

fn worth(winner: &Candidate, floor: &Floor) -> String {
    match (floor.best, quality(winner)) {
        (Some(best), Some(quality)) => format!(
            "quality {:.3} ({:.3} to {:.3}); at least {:.3} is asked for: {:.2} of the best attainable, {best:.3}",
            quality.value,
            quality.low,
            quality.high,
            floor.bar(),
            floor.share
        ),
        _ => "quality could not be judged: no score is surely above 0.05; nothing that reads less of the source was considered"
            .to_owned(),
    }
}

fn reading(winner: &Candidate, baseline: Option<&Candidate>, floor: &Floor) -> String {
    let read = source_share(winner) * 100.0;
    let present = baseline
        .map_or(String::new(), |baseline| format!(", the present settings {:.1} %", source_share(baseline) * 100.0));
    let note = if floor.reads_less(winner) {
        "; quality holds for sure, so less will do"
    } else if floor.lowered {
        "; nothing that works reads as much as the present settings ask for"
    } else {
        ""
    };
    format!("reads {read:.1} % of the source{present}{note}")
}

/// The fastest that was refused, when it is faster than the winner.
fn temptation(winner: &Candidate, refused: &[&Candidate], floor: &Floor) -> Option<String> {
    let fastest = refused.iter().max_by(|left, right| pace_of(left).total_cmp(&pace_of(right)))?;
    if pace_of(fastest) <= pace_of(winner) {
        return None;
    }
    let why = match (floor.verdict(fastest), quality(fastest)) {
        (Verdict::NotGoodEnough, Some(quality)) => format!("its quality is {:.3}", quality.value),
        (Verdict::NotGoodEnough, None) => "its quality was not measured".to_owned(),
        (_, Some(quality)) if floor.best.is_some() => format!(
            "it reads {:.1} % of the source and its quality may be as low as {:.3}",
            source_share(fastest) * 100.0,
            quality.low
        ),
        _ => format!("it reads only {:.1} % of the source", source_share(fastest) * 100.0),
    };
    Some(format!("candidate {} is faster ({:.2} a minute), but {why}", fastest.id, pace_of(fastest)))
}
