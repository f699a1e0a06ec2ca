//! A plugin that fails costs its own contribution, and no measurement.

use std::time::Duration;

use ralf_tune::{
    model::{
        study::{Outcome, StageOutcome, Study},
        value::Value,
    },
    plugin::{
        Limits,
        registry::{Plugin, load},
    },
    report,
    simulate::Scenario,
    tune::{self, plan::Choices},
};

use crate::support::{
    guests,
    studies::{Simulation, bundled, engine, intensity, runtime},
};

const STRATEGIES: [&str; 3] = ["bad-strategy", "context", "throughput"];

/// A quick study with a guest that does something wrong; without one, the study that it must be compared with.
fn study(guest: Option<(&str, &str, Limits)>) -> Study {
    let mut registry = bundled();
    let mut choices = Choices {
        strategies: STRATEGIES.iter().skip(1).map(|name| (*name).to_owned()).collect(),
        ..Choices::default()
    };
    if let Some((name, mode, limits)) = guest {
        let plugin = load(engine(), &guests::bytes(name), name, "guest.wasm", limits).unwrap();
        if let Plugin::Strategy(_) = plugin {
            choices.strategies.insert(0, "bad-strategy".to_owned());
        }
        let owner = plugin.manifest().name.clone();
        choices.parameters.push((owner, "mode".to_owned(), Value::Text(mode.to_owned())));
        registry.add(plugin);
    }
    let intensity = intensity("quick");
    let prepared = tune::plan(&intensity, &registry, &choices).unwrap();
    runtime().block_on(async {
        let simulation = Simulation::new(&Scenario::named("high-end").unwrap(), 1).await.unwrap();
        simulation.study(&intensity, prepared).await
    })
}

/// The report, and the warning in it that names the culprit.
fn assert_reported(study: &Study, who: &str, what: &str) {
    let warning = study.warnings.iter().find(|warning| warning.what.contains(who));
    let warning = warning.unwrap_or_else(|| panic!("{who}: {what} is not in {:?}", study.warnings));
    assert!(warning.what.contains(what), "{}", warning.what);
    assert!(warning.advice.is_some());
    let page = report::terminal::render(study, 100, false);
    let words = page.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains(who), "{page}");
}

fn stage<'a>(study: &'a Study, name: &str) -> &'a StageOutcome {
    study.stages.iter().find(|stage| stage.name == name).unwrap()
}

fn short() -> Limits {
    Limits { call: Duration::from_millis(20), ..Limits::default() }
}

#[test]
fn a_failing_scorer_leaves_the_trials_to_the_others() {
    let plain = study(None);
    for (mode, what) in [("panic", "panicked"), ("not-a-number", "a score of NaN")] {
        let with = study(Some(("scorer", mode, Limits::default())));
        assert_reported(&with, "scorer `bad-scorer` 1.2.3", what);
        assert_eq!(with.plan.scorers.len(), plain.plan.scorers.len() + 1);
        let scores = |study: &Study| study.trials.iter().map(|trial| trial.scores.clone()).collect::<Vec<_>>();
        assert!(scores(&plain).iter().flatten().count() > 0);
        assert_eq!(scores(&with), scores(&plain));
        assert_eq!(with.tuned, plain.tuned);
    }
}

#[test]
fn a_failing_strategy_ends_its_stage_and_the_study_goes_on() {
    for (mode, what) in [("panic", "panicked"), ("out-of-bounds", "outside the search space"), ("loop", "timed out")] {
        let limits =
            if mode == "loop" { Limits { call: Duration::from_millis(200), ..short() } } else { Limits::default() };
        let study = study(Some(("strategy", mode, limits)));
        assert_reported(&study, "strategy `bad-strategy` 1.2.3", what);
        let bad = stage(&study, "bad-strategy");
        assert!(bad.failure.as_ref().is_some_and(|failure| failure.contains(what)), "{bad:?}");
        assert_eq!((bad.trials, &bad.settings), (0, &vec![("num_batch".to_owned(), 1024.0)]), "what it concludes");
        assert!(stage(&study, "context").trials > 0);
        // Whether the time suffices for a proof is another matter.
        assert!(matches!(study.outcome, Outcome::Improved | Outcome::KeepBaseline) && study.tuned.is_some());
    }
}

#[test]
fn a_strategy_that_never_ends_is_ended() {
    for mode in ["never-done", "same-for-ever"] {
        let study = study(Some(("strategy", mode, Limits::default())));
        let bad = stage(&study, "bad-strategy");
        assert!(bad.cut_short && bad.failure.is_none() && bad.trials > 0, "{mode}: {bad:?}");
        assert!(bad.trials <= 200, "{mode}: {} trials", bad.trials);
        assert!(study.elapsed_seconds <= study.budget.total_seconds + 5.0, "{mode}: {} s", study.elapsed_seconds);
        assert!(stage(&study, "context").trials > 0, "{mode}");
    }
}

#[test]
fn a_failing_selector_loses_no_measurement() {
    let plain = study(None);
    for (mode, what) in [
        ("panic", "panicked"),
        ("no-such-candidate", "does not exist"),
        ("sets-context", "`num_ctx` can only be chosen"),
        ("declines", "declined: none is good enough"),
    ] {
        let study = study(Some(("selector", mode, Limits::default())));
        assert_reported(&study, "selector `bad-selector` 1.2.3", what);
        assert!(study.selection.is_none() && study.tuned.is_none(), "{mode}");
        assert_eq!(study.outcome, Outcome::KeepBaseline, "{mode}: nothing is changed without a choice");
        // All but the last comparison, which needs a winner.
        let measured = |study: &Study| study.trials.iter().filter(|trial| trial.stage != "confirm").count();
        assert_eq!(measured(&study), measured(&plain), "{mode}");
        assert!(!study.candidates.is_empty());
        let json = report::json::render(&study, true).unwrap();
        assert!(json.contains("bad-selector"), "{mode}");
    }
}

#[test]
fn a_selector_that_loops_ends_with_its_time() {
    let study = study(Some(("selector", "loop", Limits { call: Duration::from_millis(200), ..short() })));
    assert_reported(&study, "selector `bad-selector` 1.2.3", "timed out after 200 ms");
}
