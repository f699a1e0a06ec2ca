use ralf_tune_sdk::testing::{Host, Outcome, Server};

use super::*;

fn host(threads: fn(f64) -> f64) -> Host {
    let mut host =
        Host::new(Server { gpu: false, decode: 8.0, prefill: 100.0, threads, ..Server::default() }, &[400, 3_000]);
    host.study.machine.gpu_memory_bytes = 0;
    host
}

fn run(host: &mut Host, seconds: f64) -> Outcome {
    let outcome = host.run::<Threads>(seconds).expect("the strategy keeps its promises");
    assert_eq!(outcome.cut_off, 0, "it asked for more than fits: {}", outcome.text());
    assert_eq!(outcome.loaded_again, 0);
    outcome
}

#[test]
fn the_fastest_number_is_found_with_one_load_each() {
    // Half of the logical threads is best, as with two threads a core.
    let mut host = host(|threads| match threads {
        4.0 => 1.0,
        8.0 => 0.7,
        _ => 0.8,
    });
    host.baseline(&[0]);
    let outcome = run(&mut host, 300.0);
    assert_eq!(outcome.value("num_thread"), 4.0, "{}", outcome.text());
    assert_eq!(outcome.reloads, 2, "the present one was loaded already");
}

#[test]
fn no_difference_is_left_to_the_server() {
    let mut host = host(|_| 1.0);
    host.baseline(&[0]);
    let outcome = run(&mut host, 300.0);
    assert_eq!(outcome.value("num_thread"), 0.0);
    assert!(outcome.text().contains("no measurable difference"));
}

#[test]
fn a_container_gets_the_threads_that_it_may_use() {
    // 4 of 8 cores: the server's own choice is hopeless, and is never probed.
    let mut host = host(|threads| if (1.0..=4.0).contains(&threads) { threads / 4.0 } else { 0.02 });
    host.study.machine.usable_threads = 4;
    let outcome = run(&mut host.clone(), 300.0);
    assert_eq!(outcome.value("num_thread"), 4.0, "{}", outcome.text());
    assert!(outcome.seconds < 120.0);
    let unmeasured = run(&mut host, 1.0);
    assert_eq!((unmeasured.value("num_thread"), unmeasured.trials), (4.0, 0));
}

#[test]
fn on_the_gpu_and_on_unknown_machines_nothing_is_tried() {
    let mut gpu = Host::new(Server::default(), &[400]);
    gpu.baseline(&[0]);
    assert_eq!(run(&mut gpu, 300.0).trials, 0);
    let mut remote = host(|_| 1.0);
    remote.study.machine.usable_threads = 0;
    let outcome = run(&mut remote, 300.0);
    assert_eq!((outcome.trials, outcome.decision.settings.len()), (0, 0));
    assert!(outcome.text().contains("not known"));
}

#[test]
fn without_time_the_present_number_stays() {
    let mut host = host(|_| 1.0);
    host.set("num_thread", 3.0);
    let outcome = run(&mut host, 3.0);
    assert_eq!((outcome.value("num_thread"), outcome.trials), (3.0, 0));
    assert!(outcome.text().contains("kept 3 threads"));
}

#[test]
fn a_very_slow_machine_keeps_to_its_seconds() {
    let mut host = host(|threads| if threads == 4.0 { 0.01 } else { 0.012 });
    host.baseline(&[0]);
    for seconds in [30.0, 200.0, 2_000.0] {
        let outcome = host.clone().run::<Threads>(seconds).expect("runs");
        assert!(outcome.seconds <= seconds);
        assert_eq!(outcome.value("num_thread"), 0.0, "{}", outcome.text());
    }
}
