//! Short studies: two and a half minutes suffice to find what makes a server hardly move, and for a gain that is plain where there is no time to compare notes; and time that is
//! left goes to whoever had too little.

use ralf_tune::model::{
    observation::Repetition,
    study::{Outcome, Study},
};

use crate::program::World;

fn study(scenario: &str, budget: &str) -> Study {
    study_of(scenario, budget, "1")
}

fn study_of(scenario: &str, budget: &str, seed: &str) -> Study {
    let ran = World::new().run(&[
        "run",
        "--simulate",
        scenario,
        "--budget",
        budget,
        "--seed",
        seed,
        "--no-save",
        "--format",
        "json",
    ]);
    serde_json::from_str(&ran.succeeded().stdout).unwrap()
}

fn reasons(study: &Study) -> String {
    study.selection.as_ref().map(|selection| selection.reasons.join("; ")).unwrap_or_default()
}

#[test]
fn a_server_that_hardly_moves_is_asked_nothing_long_and_the_thread_too_many_is_found() {
    let found = study("mid-range:hidden-quota=4", "150s");
    let first = &found.trials[0];
    let warm_ups: Vec<u32> = first.observations.iter().map(|request| request.prompt_tokens).collect();
    assert!(matches!(warm_ups[..], [tokens] if tokens < 40), "one short request, and no more: {warm_ups:?}");
    assert!(first.seconds < 30.0, "no note was waited for: {} s", first.seconds);
    assert!(first.notices.iter().any(|notice| notice.contains("not asked")), "{:?}", first.notices);
    assert_eq!(found.outcome, Outcome::Improved, "{}", reasons(&found));
    assert_eq!(found.tuned.unwrap().candidate.num_thread, 4);
}

#[test]
fn a_server_that_moves_has_a_whole_warm_up_too() {
    let found = study("one-slot", "150s");
    let loads = found.trials.iter().filter(|trial| trial.reloads > 0);
    for trial in loads {
        let warm_ups = trial.observations.iter().filter(|request| request.repetition == Repetition::Warmup);
        let tokens: Vec<u32> = warm_ups.map(|request| request.prompt_tokens).collect();
        assert!(tokens.last().is_some_and(|tokens| *tokens > 60), "trial {}: {tokens:?}", trial.number);
    }
    assert_eq!(found.outcome, Outcome::KeepBaseline, "{}", reasons(&found));
}

#[test]
fn where_notes_cannot_be_compared_short_requests_say_what_is_plainly_faster() {
    let found = study("low-end:no-format", "150s");
    assert_eq!(found.outcome, Outcome::Improved, "{}", reasons(&found));
    assert!(reasons(&found).contains("no time to compare notes: by short requests"), "{}", reasons(&found));
    assert!(found.comparison.is_none());
}

#[test]
fn a_batch_that_does_not_suit_the_gpu_is_found() {
    let found = study("high-end:best-batch=192", "300s");
    assert_eq!(found.outcome, Outcome::Improved, "{}", reasons(&found));
    let batch = found.tuned.unwrap().candidate.num_batch;
    assert!((128..=256).contains(&batch), "{batch}");
}

#[test]
fn a_stage_decides_once_more_by_what_was_measured_after_it() {
    // When the threads and slots were found, no note had been made, and several at once were a risk.
    let found = study("flaky:slots=4,contention=0.6,noise=0.05", "300s");
    assert_eq!(found.outcome, Outcome::Improved, "{}", reasons(&found));
    let tuned = found.tuned.unwrap().candidate;
    assert_eq!((tuned.max_concurrent_requests, tuned.num_thread), (4, 5));
    let stages: Vec<&str> = found.stages.iter().map(|stage| stage.name.as_str()).collect();
    assert_eq!(stages, ["graybox", "temperature", "latency", "confirm"], "each stands there once");
    let trials: u32 = found.stages.iter().map(|stage| stage.trials).sum();
    let of_stages = found.trials.iter().filter(|trial| trial.stage != "baseline").count();
    assert_eq!(trials as usize, of_stages, "and has made all of its trials");
    let first = found.stages[0].first_turn.as_ref().expect("graybox was asked once more");
    assert!(first.settings.contains(&("max_concurrent_requests".to_owned(), 1.0)), "{first:?}");
}

#[test]
fn where_nothing_is_to_be_compared_whoever_had_too_little_time_is_asked_again() {
    // One note says nothing of repetition; those of the largest files do, and what was kept for a comparison has no other use.
    let found = study("high-end:temperature-trap=0.44,dip=2,slots=1,noise=0.05", "300s");
    assert_eq!(found.outcome, Outcome::Improved, "{}", reasons(&found));
    assert!((found.tuned.unwrap().candidate.temperature - 0.5).abs() < 1e-9);
}

#[test]
fn one_first_request_that_stalls_is_no_reason_to_ask_nothing_more() {
    // The settings were loaded before, and were fast; when they are loaded again, two dozen tokens take six seconds.
    let found = study_of("flaky:temperature-trap=0.31,noise=0.05", "300s", "2");
    let stalled = found.trials.iter().flat_map(|trial| &trial.observations);
    let stalled = stalled.filter(|request| request.repetition == Repetition::Warmup && request.latency_ms > 5_000.0);
    assert!(stalled.count() >= 1, "none stalled: another seed is needed");
    let given_up = found.trials.iter().flat_map(|trial| &trial.notices).filter(|notice| notice.contains("not asked"));
    assert_eq!(given_up.count(), 0);
    assert_eq!(found.outcome, Outcome::Improved, "{}", reasons(&found));
}
