use ralf_tune_sdk::testing::{Host, Outcome, Server};

use super::*;

const FILES: [u32; 4] = [400, 1_500, 3_000, 9_000];

fn run(host: &mut Host, seconds: f64) -> Outcome {
    let outcome = host.run::<Throughput>(seconds).expect("the strategy keeps its promises");
    assert_eq!(outcome.cut_off, 0, "it asked for more than fits: {}", outcome.text());
    assert!(outcome.reloads <= 1);
    outcome
}

fn host(slots: f64, crowding: f64) -> Host {
    let mut host = Host::new(Server { slots, crowding, ..Server::default() }, &FILES);
    host.baseline(&[0, 1]);
    host
}

#[test]
fn one_slot_needs_one_short_probe() {
    let outcome = run(&mut host(1.0, 0.3), 60.0);
    assert_eq!(outcome.value("max_concurrent_requests"), 1.0, "{}", outcome.text());
    assert_eq!(outcome.trials, 1);
    assert_eq!(outcome.value("request_delay_seconds"), 0.0);
    assert_eq!(outcome.value("batch_size"), 15.0, "10 x 12 GiB / 8");
}

#[test]
fn all_slots_are_used_where_they_gain() {
    for slots in [2.0, 3.0, 4.0, 8.0] {
        let outcome = run(&mut host(slots, 0.1), 300.0);
        assert_eq!(outcome.value("max_concurrent_requests"), slots, "{}", outcome.text());
        assert_eq!(outcome.value("batch_size"), 75.0, "50 x 12 GiB / 8");
    }
}

#[test]
fn slots_that_gain_nothing_are_left_unused() {
    // Reading is not faster in parallel either, so all levels are equal.
    let outcome = run(&mut host(4.0, 1.0), 300.0);
    assert_eq!(outcome.value("max_concurrent_requests"), 1.0, "{}", outcome.text());
}

#[test]
fn a_present_setting_above_the_slots_comes_down_even_without_time() {
    let mut host = host(2.0, 0.1);
    host.set("max_concurrent_requests", 8.0);
    let outcome = run(&mut host.clone(), 20.0);
    assert_eq!(outcome.value("max_concurrent_requests"), 2.0, "{}", outcome.text());
    let nothing = run(&mut host, 0.5);
    assert_eq!((nothing.value("max_concurrent_requests"), nothing.trials), (8.0, 0));
    assert!(nothing.text().contains("kept 8"));
}

#[test]
fn a_slow_machine_comes_to_an_answer() {
    let server = Server { prefill: 20.0, decode: 1.0, slots: 2.0, crowding: 0.1, gpu: false, ..Server::default() };
    let mut host = Host::new(server, &FILES);
    host.baseline(&[0]);
    for seconds in [30.0, 120.0, 600.0, 3_000.0] {
        let outcome = run(&mut host.clone(), seconds);
        let parallel = outcome.value("max_concurrent_requests");
        assert_eq!(parallel, if seconds < 500.0 { 1.0 } else { 2.0 }, "{seconds} s: {}", outcome.text());
    }
}

#[test]
fn a_pause_is_only_tried_when_requests_fail_and_only_taken_when_it_helps() {
    let failing = |helps: bool| Server {
        slots: 1.0,
        success: if helps {
            |settings| if settings.value("request_delay_seconds") > 0.6 { 1.0 } else { 0.5 }
        } else {
            |_| 0.8
        },
        ..Server::default()
    };
    let mut host = Host::new(failing(true), &FILES);
    host.baseline(&[0]);
    let outcome = run(&mut host, 600.0);
    assert_eq!(outcome.value("request_delay_seconds"), 1.0, "{}", outcome.text());
    let mut host = Host::new(failing(false), &FILES);
    host.baseline(&[0]);
    let outcome = run(&mut host, 600.0);
    assert_eq!(outcome.value("request_delay_seconds"), 0.0);
    assert!(outcome.text().contains("no pause was measured to help"));
}

#[test]
fn the_documents_rule_ignores_the_slots() {
    let mut host = host(1.0, 0.3);
    let rule = [("rule", Value::Text("document".to_owned()))];
    let outcome = host.clone().run_with::<Throughput>(900.0, &rule).expect("runs");
    assert_eq!(outcome.trials, 5, "the slots, then 1, 2, 4 and 8 at once");
    host.study.machine.logical_threads = 2;
    let outcome = host.run_with::<Throughput>(900.0, &rule).expect("runs");
    assert_eq!(outcome.trials, 1, "fewer than 4 threads: one at a time");
}
