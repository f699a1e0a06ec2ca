use ralf_tune_sdk::{
    testing::{Host, Outcome, Server},
    types::TrialState,
};

use super::*;

const FILES: [u32; 8] = [400, 800, 1_500, 2_000, 3_000, 4_000, 6_000, 7_500];

fn run(host: &mut Host, seconds: f64) -> Outcome {
    let outcome = host.run::<Latency>(seconds).expect("the strategy keeps its promises");
    assert_eq!(outcome.cut_off, 0, "it asked for more than fits: {}", outcome.text());
    outcome
}

fn four(outcome: &Outcome) -> [f64; 4] {
    ["request_timeout_seconds", "retry_attempts", "initial_backoff_seconds", "backoff_multiplier"]
        .map(|name| outcome.value(name))
}

#[test]
fn a_fast_machine_gets_the_documents_least_values() {
    let mut host = Host::new(Server::default(), &FILES);
    host.baseline(&[0, 1, 2, 3, 4]);
    let outcome = run(&mut host, 300.0);
    assert_eq!(four(&outcome), [60.0, 2.0, 0.9, 2.0], "{}", outcome.text());
    assert_eq!(outcome.trials, 1, "five more requests were missing");
    assert!(outcome.text().contains("of 10 requests it is only the maximum"));
}

#[test]
fn history_that_suffices_is_not_measured_again() {
    let mut host = Host::new(Server::default(), &FILES);
    host.baseline(&[0, 1, 2, 3, 4]);
    host.baseline(&[3, 4, 5, 6, 7]);
    assert_eq!(run(&mut host, 300.0).trials, 0);
}

#[test]
fn the_usual_limit_gives_way_to_good_requests_that_are_slow() {
    let slow = Server { prefill: 20.0, decode: 1.5, load_seconds: 20.0, ..Server::default() };
    let mut host = Host::new(slow, &FILES);
    host.baseline(&[7]);
    // 2800 / 20 + 300 / 1.5 = 340 s for the largest file.
    let outcome = run(&mut host.clone(), 5.0);
    assert_eq!(outcome.value("request_timeout_seconds"), 1020.0, "{}", outcome.text());
    assert!(outcome.text().contains("too near to good requests"));
    let letter = [("max_timeout", Value::Number(300.0))];
    let outcome = host.run_with::<Latency>(5.0, &letter).expect("runs");
    assert_eq!(four(&outcome), [300.0, 2.0, 5.0, 2.0], "the document to the letter");
}

#[test]
fn a_timeout_survives_the_longest_answer_after_a_load() {
    // A note takes 17 s, but an answer of 1024 tokens at 20 tokens/s, 8 at once, takes far longer.
    let mut host = Host::new(Server { decode: 20.0, ..Server::default() }, &FILES);
    host.set("max_concurrent_requests", 4.0);
    host.baseline(&[0, 1, 2, 3, 4, 5, 6, 7, 0, 1]);
    let outcome = run(&mut host, 5.0);
    assert!(outcome.value("request_timeout_seconds") > 4.0 * 1024.0 / 20.0, "{}", outcome.text());
}

#[test]
fn failures_raise_the_tries() {
    for (success, tries) in [(0.95_f64, 3.0), (0.8, 5.0), (0.5, 7.0)] {
        let mut host = Host::new(Server::default(), &FILES);
        host.server.success = match tries {
            3.0 => |_| 0.95,
            5.0 => |_| 0.8,
            _ => |_| 0.5,
        };
        host.baseline(&[0, 1, 2, 3, 4, 5, 6, 7, 0, 1]);
        assert_eq!(run(&mut host, 10.0).value("retry_attempts"), tries, "{success}");
    }
}

#[test]
fn all_failed_is_the_documents_fallback() {
    let mut host = Host::new(Server::default(), &FILES);
    host.baseline(&[0]);
    for trial in &mut host.study.history {
        trial.state = TrialState::Failed("timed-out".to_owned());
        trial.samples.clear();
    }
    let outcome = run(&mut host, 1.0);
    assert_eq!(four(&outcome), [180.0, 5.0, 2.0, 2.0], "{}", outcome.text());
    // A prompt that is too long fails at every try: no reason to try more often.
    for trial in &mut host.study.history {
        trial.state = TrialState::Failed("context-exceeded".to_owned());
    }
    assert!(run(&mut host, 1.0).text().contains("kept the present tries"));
}

#[test]
fn from_nothing_the_present_settings_stay() {
    let outcome = run(&mut Host::new(Server::default(), &FILES), 1.0);
    assert_eq!(four(&outcome), [300.0, 0.0, 0.0, 0.0], "only the timeout is confirmed");
    assert_eq!(outcome.trials, 0);
}
