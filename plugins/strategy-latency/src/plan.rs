//! What to measure, and what follows.

use ralf_tune_sdk::{
    strategy::prelude::*,
    study::{Cost, Fit, count},
};

use crate::{
    evidence::{Evidence, collect, slowest_seconds},
    rules::{ALL_FAILED, ASSUMED, Percentiles, attempts, backoff_seconds, tells_p99, timeout_seconds},
};

/// Share of the remaining seconds that an estimate may use up.
const SPEND: f64 = 0.9;

/// The next measurements, or the decision.
pub fn next(study: &Study, arguments: &Arguments) -> Answer {
    let tried = study.trials_of("latency").next().is_some();
    let proposal = if tried { None } else { more_notes(study, arguments) };
    proposal.map_or_else(|| Answer::Done(decide(study, arguments)), |proposal| Answer::Measure(vec![proposal]))
}

/// Notes until there are as many requests as the rules want, the largest files first: the tail is what counts.
fn more_notes(study: &Study, arguments: &Arguments) -> Option<Proposal> {
    let mut missing = arguments.number("requests") - count(collect(study).latencies.len());
    let (cost, fit) = (Cost::of(study), Fit::of(study));
    let cut = (study.incumbent("max_content_length"), study.incumbent("chunk_size"));
    let loads = study.like_incumbent().next().is_none();
    let mut left = study.seconds_left * SPEND - if loads { cost.load_seconds } else { 0.0 };
    let mut files: Vec<(u32, u32)> = study.workload.file_chars.iter().copied().zip(0..).collect();
    files.sort_unstable_by(|left, right| right.cmp(left));
    let mut wanted = Vec::new();
    for (chars, file) in files {
        let seconds = cost.note_seconds(&fit, f64::from(chars), cut.0, cut.1);
        if missing > 0.0 && seconds <= left {
            left -= seconds;
            missing -= Fit::cut(f64::from(chars), cut.0, cut.1).1;
            wanted.push(file);
        }
    }
    (!wanted.is_empty())
        .then(|| Proposal::new(Experiment::Notes(wanted), "how long the largest files take, and how often they fail"))
}

/// The decision from what there is.
pub fn decide(study: &Study, arguments: &Arguments) -> Decision {
    let evidence = collect(study);
    let Some(percentiles) = Percentiles::of(&evidence.latencies) else {
        return if evidence.errors > 0.0 { all_failed(study, arguments, &evidence) } else { keep(study, arguments) };
    };
    let number = evidence.latencies.len();
    let errors = 100.0 * evidence.errors / evidence.requests.max(1.0);
    let (timeout, why) =
        timeout(study, arguments, percentiles.p99, evidence.latencies.iter().copied().fold(0.0, f64::max));
    let backoff = backoff_seconds(&evidence.latencies, arguments.number("backoff_share"));
    let tries = attempts(evidence.errors, evidence.requests);
    let mut decision = set(study, timeout, tries, backoff, arguments.number("multiplier"))
        .reason(format!("timeout {timeout} s: {why}"))
        .reason(format!("{tries} tries: {errors:.0} % of {number} requests failed"))
        .reason(format!(
            "first wait {backoff:.1} s: {:.0} % of the mean latency of {:.1} s, within 0.5 and 5 s",
            arguments.number("backoff_share") * 100.0,
            percentiles.mean / 1000.0
        ));
    if !tells_p99(number) {
        decision = decision.not_found(format!("no 99th percentile: of {number} requests it is only the maximum"));
    }
    decision
}

/// The document's timeout; beyond its usual limit where good requests need more. Also why.
fn timeout(study: &Study, arguments: &Arguments, p99_ms: f64, slowest_ms: f64) -> (f64, String) {
    let factor = arguments.number("factor");
    let most = arguments.number("max_timeout");
    let usual = arguments.number("usual_timeout").min(most);
    let least = arguments.number("min_timeout").min(usual);
    let by_rule = timeout_seconds(p99_ms, factor, least, usual);
    let told = format!("{factor} x the 99th percentile of {:.1} s, within {least} and {usual} s", p99_ms / 1000.0);
    let beyond = timeout_seconds(p99_ms, factor, least, most);
    // The slowest request that can come need not have been among the measured ones.
    let possible = slowest_seconds(study).unwrap_or(0.0).max(slowest_ms / 1000.0).ceil().min(most);
    let why = if possible > beyond {
        format!("the longest piece with the longest answer, after a load of the model, needs {possible} s; {told}")
    } else if beyond > by_rule {
        format!(
            "{factor} x the 99th percentile of {:.1} s; the usual limit of {usual} s is too near to good requests",
            p99_ms / 1000.0
        )
    } else {
        told
    };
    (limited(study, by_rule.max(beyond).max(possible)), why)
}

fn limited(study: &Study, seconds: f64) -> f64 {
    study.allowed("request_timeout_seconds", seconds)
}

fn set(study: &Study, timeout: f64, tries: f64, backoff: f64, multiplier: f64) -> Decision {
    let backoff = (backoff * 10.0).round() / 10.0;
    Decision::new()
        .set("request_timeout_seconds", limited(study, timeout))
        .set("retry_attempts", study.allowed("retry_attempts", tries))
        .set("initial_backoff_seconds", study.allowed("initial_backoff_seconds", backoff))
        .set("backoff_multiplier", study.allowed("backoff_multiplier", multiplier))
}

/// The document's fall-back when every request failed.
fn all_failed(study: &Study, arguments: &Arguments, evidence: &Evidence) -> Decision {
    let possible = slowest_seconds(study).unwrap_or(0.0).ceil().min(arguments.number("max_timeout"));
    let timeout = ALL_FAILED.timeout_seconds.max(possible);
    set(study, timeout, ALL_FAILED.attempts, ALL_FAILED.backoff_seconds, ALL_FAILED.multiplier).not_found(format!(
        "all {:.0} requests failed: a latency of {} s is assumed",
        evidence.requests,
        ASSUMED.mean / 1000.0
    ))
}

/// The present settings, with a timeout that a slow note survives if the rates say that much.
fn keep(study: &Study, arguments: &Arguments) -> Decision {
    let present = study.incumbent("request_timeout_seconds");
    let possible = slowest_seconds(study).unwrap_or(0.0).ceil().min(arguments.number("max_timeout"));
    let decision = Decision::new()
        .set("request_timeout_seconds", limited(study, present.max(possible)))
        .not_found("no request was measured as the batch makes them; kept the present tries and waits");
    if possible > present {
        decision.reason(format!(
            "timeout {possible} s: the slowest request needs that much by the measured rates; {present} s would end it"
        ))
    } else {
        decision
    }
}
