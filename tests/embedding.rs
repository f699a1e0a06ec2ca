//! Another program can plan, run, hear and select with the library alone, and its example does.

use std::{
    cell::RefCell,
    sync::{Arc, Mutex},
};

use ralf_tune::{
    embed::{EmbedError, Server, Tuner},
    model::study::{Outcome, StudyEvent},
};

use crate::program::{CACHE, World, server};

#[path = "../examples/embedding/main.rs"]
mod example;

/// A tuner whose plugins are those that other tests have compiled.
fn tuner() -> Tuner {
    // The cache is there, and the user's own, once a world was made.
    drop(World::new());
    Tuner::with_cache(CACHE.as_ref()).unwrap()
}

#[test]
fn the_example_runs() {
    let mut said = Vec::new();
    example::run(&mut said).unwrap();
    let said = String::from_utf8(said).unwrap();
    for part in ["plan: baseline", "plan: graybox", "trial 1, ", "use num_ctx ", "fast would take candidate "] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[test]
fn everything_that_happens_is_heard_in_its_order_and_a_seed_repeats_it() {
    let run = || {
        let mut events = Vec::new();
        let tuner = tuner().intensity("quick").unwrap().seed(3);
        let study = tuner.run_blocking(&Server::simulated("mid-range").unwrap(), |event| events.push(event)).unwrap();
        (study, events)
    };
    let (study, events) = run();
    assert!(matches!(events.first(), Some(StudyEvent::Started { .. })), "{events:?}");
    assert!(matches!(events.last(), Some(StudyEvent::Finished { .. })), "{events:?}");
    let finished = events.iter().filter(|event| matches!(event, StudyEvent::TrialFinished { .. })).count();
    assert_eq!(finished, study.trials.len());
    assert_eq!(study.intensity, "quick");
    let (mut again, heard_again) = run();
    again.started_at.clone_from(&study.started_at);
    if let (Some(tuned), Some(first)) = (&mut again.tuned, &study.tuned) {
        tuned.benchmark_date.clone_from(&first.benchmark_date);
    }
    for (profile, first) in again.profiles.iter_mut().zip(&study.profiles) {
        profile.tuned.benchmark_date.clone_from(&first.tuned.benchmark_date);
    }
    assert_eq!((heard_again, &again), (events, &study));
}

#[test]
fn selectors_choose_among_what_was_measured() {
    let tuner = tuner().seed(1);
    let study = tuner.run_blocking(&Server::simulated("mid-range").unwrap(), |_| {}).unwrap();
    for name in ["balanced", "fast", "quality", "threshold"] {
        let selection = tuner.select(&study, name).unwrap();
        assert_eq!(selection.selector, name);
        assert!(study.candidates.iter().any(|candidate| candidate.id == selection.winner));
    }
    let unknown = tuner.select(&study, "balancd").unwrap_err();
    assert!(matches!(unknown, EmbedError::Plan(_)) && unknown.to_string().contains("balancd"), "{unknown}");
}

/// Whoever stops a study gets what was measured until then.
#[test]
fn a_study_can_be_stopped_from_within() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let (tuner, server) = (tuner(), Server::simulated("mid-range").unwrap());
    let stop = tokio::sync::Notify::new();
    let trials = RefCell::new(0);
    let study = runtime.block_on(tuner.run(&server, stop.notified(), |event| {
        if matches!(event, StudyEvent::TrialFinished { .. }) {
            *trials.borrow_mut() += 1;
            stop.notify_one();
        }
    }));
    let study = study.unwrap();
    assert_eq!(study.outcome, Outcome::Interrupted);
    assert!(*trials.borrow() >= 1 && !study.trials.is_empty());
}

#[test]
fn a_real_server_is_asked_and_errors_say_what_is_wrong() {
    let failed = |server: Result<Server, EmbedError>| {
        let heard = Arc::new(Mutex::new(0));
        let error =
            server.and_then(|server| tuner().run_blocking(&server, |_| *heard.lock().unwrap() += 1)).unwrap_err();
        assert_eq!(*heard.lock().unwrap(), 0, "nothing began");
        error
    };
    assert!(matches!(failed(Server::at(&server::nobody())), EmbedError::Server(_)));
    assert!(matches!(failed(Server::at("http://[")), EmbedError::Address(_)));
    assert!(matches!(failed(Server::simulated("mid-rang")), EmbedError::Scenario(_)));
    let ollama = server::Ollama::serving(&["llama3.1:8b", "codellama:7b"]);
    let several = failed(Server::at(&ollama.address));
    assert!(
        matches!(several, EmbedError::SeveralModels(_)) && several.to_string().contains("codellama:7b"),
        "{several}"
    );
    assert!(matches!(
        failed(Server::at(&ollama.address).map(|server| server.model("gemma3:1b"))),
        EmbedError::Model(_)
    ));
    assert!(matches!(tuner().intensity("quik"), Err(EmbedError::Settings(_))));
    assert!(matches!(tuner().samples("no/such/folder".as_ref()), Err(EmbedError::Samples(_))));
}
