use ralf_tune_sdk::{
    study::metric,
    testing::{Host, Outcome, Server, sample},
    types::{Fact, TrialState},
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

/// Without it a load is taken for a slow one.
fn load_measured(host: &mut Host, seconds: f64) {
    host.study.history[0].samples.push(sample(metric::LOAD_DURATION_MS, vec![1000.0 * seconds]));
}

/// A batch that is large beside what was measured.
fn large_batch(host: &mut Host) {
    host.study.workload.batch_chars = FILES.iter().cycle().take(800).copied().collect();
    host.study.workload.batch_chars.sort_unstable();
}

#[test]
fn a_fast_machine_gets_the_least_timeout_and_few_tries() {
    let mut host = Host::new(Server::default(), &FILES);
    host.baseline(&[0, 1, 2, 3, 4]);
    load_measured(&mut host, 1.0);
    let outcome = run(&mut host, 300.0);
    assert_eq!(four(&outcome)[0], 60.0, "{}", outcome.text());
    assert!((2.0..=4.0).contains(&four(&outcome)[1]), "{}", outcome.text());
    assert_eq!(outcome.trials, 1, "five more requests were missing");
    assert!(outcome.text().contains("one in 10 requests"), "{}", outcome.text());
}

#[test]
fn files_that_are_no_notes_yet_come_before_larger_ones_that_are() {
    let mut host = Host::new(Server::default(), &FILES);
    host.baseline(&[5, 6, 7]);
    let _ = run(&mut host, 300.0);
    let Some(Experiment::Notes(files)) = host.study.history.last().map(|trial| trial.experiment.clone()) else {
        panic!("it made no notes")
    };
    assert_eq!(files.get(..5), Some(&[4, 3, 2, 1, 0][..]), "{files:?}");
}

#[test]
fn history_that_suffices_is_not_measured_again() {
    let mut host = Host::new(Server::default(), &FILES);
    host.baseline(&[0, 1, 2, 3, 4]);
    host.baseline(&[3, 4, 5, 6, 7]);
    assert_eq!(run(&mut host, 300.0).trials, 0);
}

#[test]
fn good_requests_that_are_slow_are_waited_for() {
    let slow = Server { prefill: 20.0, decode: 1.5, load_seconds: 20.0, ..Server::default() };
    let mut host = Host::new(slow, &FILES);
    host.baseline(&[7]);
    // 2800 / 20 s to read, 1024 / 1.5 s for the longest answer, 20 s to load.
    let outcome = run(&mut host.clone(), 5.0);
    assert!(outcome.value("request_timeout_seconds") >= 842.0, "{}", outcome.text());
    let letter = [("max_timeout", Value::Number(300.0))];
    let outcome = host.run_with::<Latency>(5.0, &letter).expect("runs");
    assert_eq!(outcome.value("request_timeout_seconds"), 300.0, "{}", outcome.text());
    assert!(outcome.text().contains("not allowed"), "{}", outcome.text());
}

#[test]
fn a_timeout_survives_the_longest_answer_after_a_load() {
    // A note takes 17 s, but an answer of 1024 tokens at 20 tokens/s, 4 at once, takes far longer.
    let mut host = Host::new(Server { decode: 20.0, ..Server::default() }, &FILES);
    host.set("max_concurrent_requests", 4.0);
    host.baseline(&[0, 1, 2, 3, 4, 5, 6, 7, 0, 1]);
    let outcome = run(&mut host, 5.0);
    assert!(outcome.value("request_timeout_seconds") > 4.0 * 1024.0 / 20.0, "{}", outcome.text());
}

#[test]
fn failures_and_larger_batches_ask_for_more_tries() {
    let tries = |success: fn(&[Setting]) -> f64, large: bool| {
        let mut host = Host::new(Server { success, ..Server::default() }, &FILES);
        host.baseline(&[0, 1, 2, 3, 4, 5, 6, 7, 0, 1]);
        load_measured(&mut host, 1.0);
        if large {
            large_batch(&mut host);
        }
        run(&mut host, 5.0).value("retry_attempts")
    };
    let small = [tries(|_| 1.0, false), tries(|_| 0.95, false), tries(|_| 0.8, false)];
    assert!(small.windows(2).all(|pair| pair[0] < pair[1]), "{small:?}");
    assert!(tries(|_| 0.95, true) > small[1]);
}

#[test]
fn requests_that_were_given_up_and_crashes_are_read_from_the_facts() {
    let outcome = |facts: &[(&str, f64)]| {
        let mut host = Host::new(Server { load_seconds: 30.0, ..Server::default() }, &FILES);
        host.baseline(&[0, 1, 2, 3, 4, 5, 6, 7, 0, 1]);
        large_batch(&mut host);
        let named = facts.iter().map(|(name, value)| Fact { name: (*name).to_owned(), value: *value });
        host.study.history[0].facts.extend(named);
        run(&mut host, 5.0)
    };
    let calm = outcome(&[("requests_sent", 60.0)]);
    let hanging = outcome(&[("requests_sent", 62.0), ("requests_given_up", 2.0), ("requests_given_up_seconds", 120.0)]);
    let until = |outcome: &Outcome| outcome.value("request_timeout_seconds") * outcome.value("retry_attempts");
    assert!(until(&hanging) > until(&calm), "{}\n{}", calm.text(), hanging.text());
    let crashing = outcome(&[
        ("requests_sent", 60.0),
        ("requests_failed", 4.0),
        ("requests_failed_seconds", 8.0),
        ("retries", 4.0),
        ("retries_failed", 2.0),
    ]);
    let waits =
        |outcome: &Outcome| outcome.value("initial_backoff_seconds") * 2_f64.powf(outcome.value("retry_attempts"));
    assert!(waits(&crashing) > waits(&calm), "{}\n{}", calm.text(), crashing.text());
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
