use ralf_tune_sdk::testing::{Host, Outcome, Server};

use super::*;

const FILES: [u32; 8] = [400, 800, 1_500, 3_000, 9_000, 14_000, 18_000, 22_000];

fn run(host: &mut Host, seconds: f64) -> Outcome {
    let outcome = host.run::<Chunk>(seconds).expect("the strategy keeps its promises");
    assert_eq!(outcome.cut_off, 0, "it asked for more than fits: {}", outcome.text());
    assert!(outcome.reloads <= 1);
    outcome
}

fn host(quality: fn(&[ralf_tune_sdk::types::Setting], f64) -> f64) -> Host {
    let mut host = Host::new(Server { quality, ..Server::default() }, &FILES);
    host.baseline(&[0, 2, 4]);
    host
}

/// Quality grows with what is read, and a little noise by file.
fn reading_pays(settings: &[ralf_tune_sdk::types::Setting], chars: f64) -> f64 {
    let share = (settings.value("max_content_length") / chars).min(1.0);
    0.4 + 0.4 * share + (chars % 7.0) * 0.002 * share
}

#[test]
fn more_is_read_where_that_is_surely_better() {
    let outcome = run(&mut host(reading_pays), 600.0);
    assert!(outcome.value("max_content_length") >= 22_000.0, "{}", outcome.text());
    assert!(outcome.value("chunk_size") <= 23_400.0);
}

#[test]
fn less_is_read_only_where_scores_allow_it() {
    let outcome = run(&mut host(|_, chars| 0.8 + (chars % 7.0) * 0.001), 600.0);
    assert_eq!(outcome.value("max_content_length"), 4_000.0, "{}", outcome.text());
    let noisy = |settings: &[ralf_tune_sdk::types::Setting], chars: f64| {
        let flip = (settings.value("max_content_length") / 100.0 + chars / 100.0) % 3.0;
        0.7 + 0.1 * flip
    };
    let outcome = run(&mut host(noisy), 600.0);
    assert!(outcome.value("max_content_length") >= 8_000.0, "{}", outcome.text());
}

#[test]
fn scores_without_signal_change_nothing() {
    let outcome = run(&mut host(|_, _| 0.02), 600.0);
    assert_eq!(outcome.value("max_content_length"), 8_000.0);
    assert!(outcome.text().contains("quality could not be judged"));
}

#[test]
fn pieces_fit_the_context_even_without_a_measurement() {
    let mut host = Host::new(Server { prefill: 20.0, decode: 1.0, ..Server::default() }, &FILES);
    host.set("num_ctx", 2560.0);
    let outcome = run(&mut host, 1.0);
    assert_eq!(outcome.trials, 0);
    assert_eq!((outcome.value("max_content_length"), outcome.value("chunk_size")), (8_000.0, 3_300.0));
    assert!(outcome.text().contains("at most 3337 here"), "{}", outcome.text());
    let concluded = Chunk::conclude(&host.study, &Arguments::defaults(&Chunk::manifest())).expect("concludes");
    assert_eq!(concluded.settings.value("chunk_size"), 3_300.0);
}

#[test]
fn files_that_are_read_whole_need_no_trial_of_more() {
    let mut host = Host::new(Server::default(), &[300, 400, 480]);
    host.baseline(&[0]);
    let outcome = run(&mut host, 600.0);
    assert_eq!((outcome.trials, outcome.value("max_content_length")), (0, 8_000.0));
    assert!(outcome.text().contains("every file whole"));
}

#[test]
fn a_slow_machine_keeps_to_its_seconds() {
    let mut host = host(reading_pays);
    (host.server.prefill, host.server.decode) = (20.0, 1.0);
    host.study.history.clear();
    host.baseline(&[0]);
    for seconds in [60.0, 600.0, 3_000.0, 20_000.0] {
        let outcome = run(&mut host.clone(), seconds);
        assert!(outcome.seconds <= seconds);
        let read = outcome.value("max_content_length");
        assert!(if outcome.trials == 0 { read == 8_000.0 } else { read >= 8_000.0 }, "{}", outcome.text());
    }
}

#[test]
fn whole_files_are_read_in_pieces_where_the_context_is_small() {
    let mut host = Host::new(Server { quality: reading_pays, ..Server::default() }, &FILES);
    host.set("num_ctx", 4096.0);
    host.baseline(&[0]);
    let outcome = run(&mut host, 2_000.0);
    assert_eq!(
        (outcome.value("max_content_length"), outcome.value("chunk_size")),
        (22_000.0, 7_400.0),
        "{}",
        outcome.text()
    );
}
