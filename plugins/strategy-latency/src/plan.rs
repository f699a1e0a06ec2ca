//! What to measure, and what follows.

use batch_outlook::{Bounds, Policy, Requests, choose};
use ralf_tune_sdk::{
    strategy::prelude::*,
    study::{Cost, Fit, count, whole},
};

use crate::evidence::{batch, collect, slowest_seconds};

/// What the user's design document takes when every request failed; it assumes a latency of 30 s then.
const ALL_FAILED: Policy = Policy { timeout_seconds: 180.0, tries: 5, backoff_seconds: 2.0, multiplier: 2.0 };

/// Share of the remaining seconds that an estimate may use up.
const SPEND: f64 = 0.9;

/// Where a good request needs nearly the usual limit or more, timeouts of up to so many times that are looked at.
const BEYOND_SLOWEST: f64 = 2.0;

/// With fewer requests than this what is rare was not seen.
const MANY_REQUESTS: f64 = 100.0;

/// The next measurements, or the decision.
pub fn next(study: &Study, arguments: &Arguments) -> Answer {
    let tried = study.trials_of("latency").next().is_some();
    let proposal = if tried { None } else { more_notes(study, arguments) };
    proposal.map_or_else(|| Answer::Done(decide(study, arguments)), |proposal| Answer::Measure(vec![proposal]))
}

/// Notes until there are as many requests as wanted, the largest files first: the tail is what counts. Those that were not made yet come before
/// others, so that each note is one that the batch needs.
fn more_notes(study: &Study, arguments: &Arguments) -> Option<Proposal> {
    let mut missing = arguments.number("requests") - count(collect(study).good.len());
    let (cost, fit) = (Cost::of(study), Fit::of(study));
    let cut = (study.incumbent("max_content_length"), study.incumbent("chunk_size"));
    let loads = study.like_incumbent().next().is_none();
    let mut left = study.seconds_left * SPEND - if loads { cost.load_seconds } else { 0.0 };
    let mut files: Vec<(u32, u32)> = study.workload.file_chars.iter().copied().zip(0..).collect();
    files.sort_unstable_by_key(|(chars, file)| (study.is_made(*file), std::cmp::Reverse((*chars, *file))));
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
    let Some(requests) = Requests::of(&evidence) else {
        let failed = evidence.failed + evidence.timed_out;
        return if failed > 0.0 { all_failed(study, arguments, failed) } else { keep(study, arguments) };
    };
    let batch = batch(study);
    if batch.files.is_empty() {
        return keep(study, arguments);
    }
    let (least, why) = least_timeout(study, arguments, requests.latency.slowest_seconds);
    let tries = |name: &str| whole(study.allowed("retry_attempts", arguments.number(name)));
    let bounds = Bounds {
        least_timeout_seconds: limited(study, least),
        most_timeout_seconds: limited(
            study,
            arguments.number("usual_timeout").max(BEYOND_SLOWEST * least).min(arguments.number("max_timeout")),
        ),
        least_tries: tries("least_tries").min(tries("most_tries")),
        most_tries: tries("most_tries"),
        multiplier: study.allowed("backoff_multiplier", arguments.number("multiplier")),
        lost_share: arguments.number("lost_share"),
        risk: arguments.number("risk"),
    };
    let choice = choose(&requests, &batch, &bounds);
    let (policy, outlook) = (choice.policy, choice.outlook);
    let longer = if policy.timeout_seconds > bounds.least_timeout_seconds {
        format!(
            ", and {:.1} times that, because requests were stalled",
            policy.timeout_seconds / bounds.least_timeout_seconds
        )
    } else {
        String::new()
    };
    let mut decision = set(study, policy)
        .reason(format!("timeout {} s: {why}{longer}", policy.timeout_seconds))
        .reason(format!(
            "{} tries: of {:.0} requests {:.0} failed and {:.0} were stalled or given up; of {} files {} are then lost, none with {:.1} %",
            policy.tries,
            evidence.requests,
            evidence.failed,
            requests.stalls.stalled,
            outlook.files,
            few(outlook.lost),
            (1000.0 * outlook.nothing_lost).floor() / 10.0,
        ))
        .reason(format!(
            "first wait {} s: a load of the model takes {:.1} s, and a try before its end fails again",
            policy.backoff_seconds, requests.faults.recovery_seconds
        ));
    if !choice.keeps_to_bounds {
        decision = decision.not_found(format!(
            "no timeout and number of tries that lose at most {} % of the files, and none with {} %; taken is what loses the least",
            arguments.number("lost_share") * 100.0,
            (1.0 - arguments.number("risk")) * 100.0
        ));
    }
    if evidence.requests < MANY_REQUESTS {
        decision = decision.not_found(format!(
            "no fault that comes with fewer than about one in {:.0} requests: only so many were made",
            evidence.requests.max(1.0)
        ));
    }
    decision
}

/// A number of files of which a hundredth is as good as none.
fn few(files: f64) -> String {
    if files < 0.01 { "less than 0.01".to_owned() } else { format!("{files:.2}") }
}

/// The timeout that every good request of the batch survives, and which one decides that.
fn least_timeout(study: &Study, arguments: &Arguments, slowest_seconds_seen: f64) -> (f64, String) {
    let most = arguments.number("max_timeout");
    let least = arguments.number("min_timeout").min(most);
    // The slowest request that can come need not have been among the measured ones.
    let possible = slowest_seconds(study).unwrap_or(0.0).ceil();
    let measured = slowest_seconds_seen.ceil();
    let needed = possible.max(measured);
    if needed > most {
        (most, format!("a good request may need {needed} s, but more than {most} s is not allowed"))
    } else if needed <= least {
        (least, format!("the least that is allowed; no good request needs more than {needed} s"))
    } else if measured > possible {
        (measured, format!("a request needed {measured} s and was good"))
    } else {
        (possible, format!("the longest piece with the longest answer, after a load of the model, needs {possible} s"))
    }
}

fn limited(study: &Study, seconds: f64) -> f64 {
    study.allowed("request_timeout_seconds", seconds)
}

fn set(study: &Study, policy: Policy) -> Decision {
    Decision::new()
        .set("request_timeout_seconds", limited(study, policy.timeout_seconds))
        .set("retry_attempts", study.allowed("retry_attempts", f64::from(policy.tries)))
        .set("initial_backoff_seconds", study.allowed("initial_backoff_seconds", policy.backoff_seconds))
        .set("backoff_multiplier", study.allowed("backoff_multiplier", policy.multiplier))
}

/// The document's fall-back when every request failed.
fn all_failed(study: &Study, arguments: &Arguments, failed: f64) -> Decision {
    let possible = slowest_seconds(study).unwrap_or(0.0).ceil().min(arguments.number("max_timeout"));
    set(study, Policy { timeout_seconds: ALL_FAILED.timeout_seconds.max(possible), ..ALL_FAILED })
        .not_found(format!("all {failed:.0} requests failed: a latency of 30 s is assumed"))
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
