//! Two and a half minutes suffice to find what makes a server hardly move, and for a gain that is plain where there is no time to compare notes.

use ralf_tune::model::{
    observation::Repetition,
    study::{Outcome, Study},
};

use crate::program::World;

fn study(scenario: &str, budget: &str) -> Study {
    let ran = World::new().run(&[
        "run",
        "--simulate",
        scenario,
        "--budget",
        budget,
        "--seed",
        "1",
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
