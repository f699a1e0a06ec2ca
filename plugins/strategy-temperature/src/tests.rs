use ralf_tune_sdk::{
    study::{Cost, Fit, StudyExt, TrialExt},
    testing::{Host, Outcome, Server},
    types::{Setting, Value},
};

use super::*;

const FILES: [u32; 8] = [400, 800, 1_500, 2_000, 3_000, 4_000, 6_000, 7_500];

fn host(quality: fn(&[Setting], f64) -> f64) -> Host {
    let mut host = Host::new(Server { quality, ..Server::default() }, &FILES);
    host.baseline(&[0, 3, 7]);
    host
}

fn run(host: &mut Host, seconds: f64) -> Outcome {
    let outcome = host.run::<Temperature>(seconds).expect("the strategy keeps its promises");
    assert_eq!(outcome.cut_off, 0, "it asked for more than fits: {}", outcome.text());
    assert_eq!(outcome.reloads, 0);
    outcome
}

#[test]
fn a_temperature_that_is_surely_better_is_taken() {
    let outcome = run(
        &mut host(|settings, chars| {
            0.6 + (chars % 7.0) * 0.01
                + if settings.value("temperature") > 0.2 { 0.1 + (chars % 3.0) * 0.01 } else { 0.0 }
        }),
        900.0,
    );
    assert_eq!(outcome.value("temperature"), 0.3, "{}", outcome.text());
    assert_eq!(outcome.trials, 3, "the present one, 0.0 and 0.3");
}

#[test]
fn no_measurable_difference_keeps_the_present_one_and_says_so() {
    let outcome =
        run(&mut host(|settings, chars| 0.6 + ((chars * (1.0 + settings.value("temperature"))) % 7.0) * 0.02), 900.0);
    assert_eq!(outcome.value("temperature"), 0.1);
    assert!(outcome.text().contains("temperature made no measurable difference; kept 0.1"), "{}", outcome.text());
}

#[test]
fn scores_near_nothing_are_no_ground_for_a_change() {
    let outcome = run(&mut host(|settings, _| 0.01 + settings.value("temperature") * 0.01), 900.0);
    assert_eq!((outcome.value("temperature"), outcome.trials), (0.1, 0));
    assert!(outcome.text().contains("quality could not be judged"));
}

#[test]
fn little_time_means_fewer_files_then_fewer_values_then_nothing() {
    let better: fn(&[Setting], f64) -> f64 = |settings, _| if settings.value("temperature") < 0.05 { 0.8 } else { 0.6 };
    for (seconds, trials, temperature) in [(1_000.0, 3, 0.0), (100.0, 3, 0.0), (40.0, 1, 0.0), (5.0, 0, 0.1)] {
        let outcome = run(&mut host(better), seconds);
        assert!(outcome.seconds <= seconds);
        assert_eq!(outcome.value("temperature"), temperature, "{seconds} s: {}", outcome.text());
        assert!(outcome.trials <= trials, "{seconds} s: {} trials", outcome.trials);
    }
    let mut host = Host::new(Server::default(), &FILES);
    let outcome = run(&mut host, 1.0);
    assert!(outcome.text().contains("too few notes"), "from nothing: {}", outcome.text());
}

#[test]
fn notes_that_are_made_at_once_take_less_time_than_one_by_one() {
    let pace_with = |parallel: f64, files: &[u32]| {
        let mut host = Host::new(Server { slots: 2.0, ..Server::default() }, &FILES);
        host.set("max_concurrent_requests", parallel);
        // The first trial loads the model.
        host.baseline(&[1]);
        host.baseline(files);
        plan::pace(&host.study, &Cost::of(&host.study), &Fit::of(&host.study))
    };
    assert_eq!(pace_with(1.0, &[0, 3, 7]), 1.0, "one at a time");
    assert_eq!(pace_with(2.0, &[3]), 1.0, "one note says nothing of it");
    let pace = pace_with(2.0, &[0, 3, 7]);
    assert!((0.4..0.6).contains(&pace), "{pace}");
}

#[test]
fn what_seems_to_mend_repetition_is_looked_at_once_more_with_other_files() {
    // At the present temperature notes of some files repeat themselves more than those of others.
    let unrepeated: fn(&[Setting], f64) -> f64 = |settings, chars| match chars {
        _ if settings.value("temperature") > 0.2 => 1.0,
        _ if chars < 500.0 => 0.9,
        _ if chars < 3_500.0 => 0.78,
        _ => 0.7,
    };
    let quality: fn(&[Setting], f64) -> f64 = |settings, _| if settings.value("temperature") > 0.2 { 0.9 } else { 0.8 };
    let took = |seconds: f64| {
        let mut host = Host::new(Server { unrepeated: Some(unrepeated), quality, ..Server::default() }, &FILES);
        host.baseline(&[0, 3, 7]);
        let when = ("when", Value::Text("repeats".to_owned()));
        let outcome = host.run_with::<Temperature>(seconds, &[when]).expect("the strategy keeps its promises");
        let of = |value: f64| {
            host.study.trials_of("temperature").filter(|trial| trial.setting("temperature") == value).count()
        };
        (outcome.value("temperature"), of(0.5))
    };
    let all: Vec<(f64, usize)> = (2..30).map(|tens| took(f64::from(tens) * 10.0)).collect();
    assert!(all.iter().all(|(_, looks)| *looks <= 2), "{all:?}");
    assert!(all.contains(&(0.1, 1)) && all.contains(&(0.5, 2)), "few files are not enough, a second look is: {all:?}");
}

#[test]
fn between_one_that_repeats_and_one_that_breaks_the_format_lies_one_that_does_neither() {
    let unrepeated: fn(&[Setting], f64) -> f64 =
        |settings, _| if settings.value("temperature") > 0.2 { 1.0 } else { 0.7 };
    let quality: fn(&[Setting], f64) -> f64 = |settings, _| match settings.value("temperature") {
        low if low < 0.2 => 0.8,
        middle if middle < 0.4 => 0.95,
        _ => 0.75,
    };
    let mut host = Host::new(Server { unrepeated: Some(unrepeated), quality, ..Server::default() }, &FILES);
    host.baseline(&[0, 3, 7]);
    let arguments = [("when", Value::Text("repeats".to_owned())), ("most", Value::Integer(3))];
    let outcome = host.run_with::<Temperature>(150.0, &arguments).expect("the strategy keeps its promises");
    let tried: Vec<f64> = host.study.trials_of("temperature").map(|trial| trial.setting("temperature")).collect();
    assert_eq!(outcome.value("temperature"), 0.3, "{tried:?} {}", outcome.text());
    assert!(tried.iter().position(|value| *value == 0.5) < tried.iter().position(|value| *value == 0.3), "{tried:?}");
}
