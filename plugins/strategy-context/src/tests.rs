use ralf_tune_sdk::testing::{Host, Server};

use super::*;

const FILES: [u32; 5] = [400, 1_500, 4_000, 9_000, 18_000];

fn run(host: &mut Host, seconds: f64) -> ralf_tune_sdk::testing::Outcome {
    let outcome = host.run::<Context>(seconds).expect("the strategy keeps its promises");
    assert_eq!(outcome.cut_off, 0, "it asked for more than fits: {}", outcome.text());
    assert_eq!(outcome.loaded_again, 0);
    outcome
}

#[test]
fn one_load_is_enough_when_the_target_fits() {
    let mut host = Host::new(Server::default(), &FILES);
    host.baseline(&[0, 1]);
    let outcome = run(&mut host, 60.0);
    assert_eq!(outcome.value("num_ctx"), 8192.0, "{}", outcome.text());
    assert_eq!(outcome.reloads, 1);
    assert!(outcome.text().contains("8192 holds the largest file (18000 characters) whole: 7324 of 8192 tokens"));
}

#[test]
fn it_steps_down_from_a_spill() {
    // The present 10000 tokens spill: the baseline was slow, and still the target is found.
    let server = Server { spills_above: 5000.0, ..Server::default() };
    let mut host = Host::new(server, &FILES);
    host.baseline(&[0, 1]);
    let outcome = run(&mut host, 120.0);
    assert_eq!(outcome.value("num_ctx"), 4352.0, "{}", outcome.text());
    assert!(outcome.text().contains("of the model stays in GPU memory"), "{}", outcome.text());
    assert!(outcome.text().contains("no usable size holds the largest file whole"));
}

#[test]
fn what_is_read_needs_one_load_and_no_more_than_there_is() {
    let server = Server { spills_above: 5000.0, ..Server::default() };
    let mut host = Host::new(server, &FILES);
    host.baseline(&[0, 1]);
    let read = [("rule", Value::Text("read".to_owned()))];
    let outcome = host.clone().run_with::<Context>(120.0, &read).expect("runs");
    // 8000 / (3 x 0.9) + 300 + 1024 tokens.
    assert_eq!((outcome.value("num_ctx"), outcome.reloads, outcome.trials), (4352.0, 1, 2), "{}", outcome.text());
    assert!(
        outcome.text().contains("4352 holds what is read of the largest file (8000 characters)"),
        "{}",
        outcome.text()
    );
    host.set("num_ctx", 4352.0);
    let outcome = host.run_with::<Context>(120.0, &read).expect("runs");
    assert_eq!((outcome.value("num_ctx"), outcome.trials), (4352.0, 0), "{}", outcome.text());
    assert!(outcome.text().contains("needs the present context"), "{}", outcome.text());
}

#[test]
fn a_size_between_the_listed_ones_saves_the_whole_file() {
    // The target 16384 spills, but 9984 tokens hold the largest file and do not.
    let server = Server { spills_above: 12_000.0, ..Server::default() };
    let mut host = Host::new(server, &[400, 23_000]);
    let outcome = run(&mut host, 120.0);
    assert_eq!(outcome.value("num_ctx"), 9984.0, "{}", outcome.text());
}

#[test]
fn it_steps_down_from_a_load_that_fails() {
    let server = Server { fails_above: 3000.0, ..Server::default() };
    let mut host = Host::new(server, &FILES);
    host.baseline(&[0]);
    assert_eq!(run(&mut host, 120.0).value("num_ctx"), 2048.0);
}

#[test]
fn a_model_that_spills_at_every_size_is_judged_by_speed() {
    let server = Server { spills_above: 0.0, ..Server::default() };
    let mut host = Host::new(server, &FILES);
    let outcome = run(&mut host, 300.0);
    assert_eq!(outcome.value("num_ctx"), 8192.0, "{}", outcome.text());
    assert!(outcome.text().contains("no size stays clear of the cliff"));
}

#[test]
fn nothing_good_is_the_documents_default_unless_that_failed_too() {
    let mut host = Host::new(Server { fails_above: 0.0, ..Server::default() }, &[400, 24_000]);
    let outcome = run(&mut host, 300.0);
    assert!(outcome.text().contains("no context size works"), "{}", outcome.text());
    assert_eq!(outcome.value("num_ctx"), 10_000.0);
}

#[test]
fn untried_sizes_below_a_failure_are_the_last_resort() {
    // One load fails, and no time is left for another.
    let mut host = Host::new(Server { fails_above: 0.0, load_seconds: 30.0, ..Server::default() }, &[400, 30_000]);
    let outcome = run(&mut host, 45.0);
    assert_eq!(outcome.value("num_ctx"), 8192.0, "{}", outcome.text());
    assert!(outcome.text().contains("8192 is a safe default"), "{}", outcome.text());
}

#[test]
fn a_slow_machine_is_asked_little_and_still_gets_an_answer() {
    let slow = Server { prefill: 20.0, decode: 1.0, load_seconds: 20.0, gpu: false, ..Server::default() };
    // With a baseline: the rates are known, a probe fits or not, and the answer is the target in any case.
    let mut host = Host::new(slow.clone(), &[400, 5_000]);
    host.study.machine.gpu_memory_bytes = 0;
    host.baseline(&[0]);
    for seconds in [5.0, 40.0, 90.0] {
        let outcome = run(&mut host.clone(), seconds);
        assert_eq!(outcome.value("num_ctx"), 4096.0, "{seconds} s: {}", outcome.text());
        assert!(outcome.seconds <= seconds);
    }
    // From nothing: a smaller context than the present one is safe.
    let mut host = Host::new(slow, &[400, 5_000]);
    let outcome = run(&mut host, 5.0);
    assert_eq!((outcome.value("num_ctx"), outcome.trials), (4096.0, 0));
}

#[test]
fn from_nothing_an_unknown_machine_keeps_the_present_size() {
    let mut host = Host::new(Server::default(), &[400, 60_000]);
    host.study.machine.gpu_memory_bytes = 0;
    host.study.machine.available_memory_bytes = 0;
    let outcome = run(&mut host, 1.0);
    assert_eq!(outcome.value("num_ctx"), 10_000.0);
    assert!(outcome.text().contains("kept 10000"));
}

#[test]
fn a_cliff_without_a_gpu_shows_in_the_rate() {
    // On a CPU `gpu_share` says nothing: the baseline at 4096 is five times as fast as the target.
    let server = Server { spills_above: 5000.0, gpu: false, ..Server::default() };
    let mut host = Host::new(server, &FILES);
    host.set("num_ctx", 4096.0);
    host.baseline(&[0, 1]);
    let outcome = run(&mut host, 120.0);
    assert_eq!(outcome.value("num_ctx"), 4352.0, "{}", outcome.text());
    assert!(outcome.text().contains("80 % slower than"));
}

#[test]
fn the_documents_rule_takes_the_largest_within_20_percent() {
    let server = Server { spills_above: 20_000.0, ..Server::default() };
    let mut host = Host::new(server, &FILES);
    let rule = [("rule", Value::Text("document".to_owned())), ("memory_share", Value::Number(1.5))];
    let outcome = host.run_with::<Context>(600.0, &rule).expect("runs");
    assert_eq!(outcome.value("num_ctx"), 16_384.0, "{}", outcome.text());
    assert_eq!(outcome.loaded_again, 0);
}
