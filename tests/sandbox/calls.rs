//! Calls that go wrong end with the exact reason, and the next call, in a fresh instance, works.

use std::time::Duration;

use ralf_tune::{
    model::{
        candidate::Candidate,
        experiment::StrategyAnswer,
        metric::{ConfidenceInterval, Estimate},
        selection::{Constraints, MeasuredCandidate},
        space::SearchSpace,
    },
    plugin::{
        PluginError,
        PluginErrorKind::{self, BadAnswer, Declined, OutOfMemory, Panicked, TimedOut, TooMuchOutput, Trapped},
        registry::Plugin,
        scorer::Scorer,
        selector::Selector,
        strategy::{Strategy, StudyView, WorkloadView},
    },
    simulate::Scenario,
};

use super::{assert_named, loaded, mode, note};
use crate::support::studies::{Simulation, runtime};

/// What a mode must end in.
type Case = (&'static str, fn(&PluginErrorKind) -> bool);

/// What no guest gets away with, whatever its kind.
const COMMON: [Case; 10] = [
    ("loop", |kind| *kind == TimedOut { milliseconds: 50 }),
    ("allocate", |kind| *kind == OutOfMemory { limit_mib: 64 }),
    ("recurse", |kind| matches!(kind, Trapped(why) if why.contains("stack"))),
    ("trap", |kind| matches!(kind, Trapped(why) if why.contains("unreachable"))),
    ("panic", |kind| matches!(kind, Panicked(text) if text.contains("there is no such note"))),
    ("panic-with-colours", |kind| matches!(kind, Panicked(text) if text.contains("alert"))),
    ("log-flood-and-panic", |kind| matches!(kind, Panicked(text) if text.contains("after many words"))),
    ("log-one-huge", |kind| *kind == TooMuchOutput { limit_kib: 1024 }),
    ("aliased-reasons", |kind| *kind == TooMuchOutput { limit_kib: 1024 }),
    ("declines", |kind| matches!(kind, Declined(_))),
];

/// Runs all cases; after each, a good call must work.
fn try_all(cases: &[Case], who: &str, function: &str, call: &mut dyn FnMut(&str) -> Result<(), PluginError>) {
    for (mode, is_right) in COMMON.iter().chain(cases) {
        let error = call(mode).unwrap_err();
        assert!(is_right(&error.kind), "{mode}: {:?}", error.kind);
        assert_named(&error, who, Some(function));
        assert!(error.hint().len() > 20, "{mode}: {}", error.hint());
        call("fine").unwrap_or_else(|error| panic!("after {mode}: {error}"));
    }
    call("log-flood").unwrap();
}

/// The time of one call: little for those that never end, so that the test does.
fn time(mode: &str) -> Duration {
    if mode == "loop" { Duration::from_millis(50) } else { Duration::from_secs(20) }
}

fn scorer() -> Scorer {
    let Plugin::Scorer(scorer) = loaded("scorer").unwrap() else { panic!("no scorer") };
    std::sync::Arc::into_inner(scorer).unwrap()
}

#[test]
fn a_scorer_that_fails_is_named_and_the_next_call_works() {
    let mut scorer = scorer();
    let cases: [Case; 7] = [
        ("not-a-number", |kind| matches!(kind, BadAnswer(why) if why.contains("NaN"))),
        ("infinite", |kind| matches!(kind, BadAnswer(why) if why.contains("a score of inf"))),
        ("above-one", |kind| matches!(kind, BadAnswer(why) if why.contains("1.5"))),
        ("below-zero", |kind| matches!(kind, BadAnswer(why) if why.contains("-0.1"))),
        ("endless-part", |kind| matches!(kind, BadAnswer(why) if why.contains("`size`"))),
        ("long-reason", |kind| *kind == TooMuchOutput { limit_kib: 1024 }),
        ("longer-reason", |kind| *kind == OutOfMemory { limit_mib: 64 }),
    ];
    try_all(&cases, "scorer `bad-scorer` 1.2.3 (guest.wasm) ", "evaluate", &mut |what| {
        scorer.limits.call = time(what);
        scorer.evaluate(&note(), &mode(what)).map(|score| assert!((score.value - 0.5).abs() < 1e-9))
    });
}

#[test]
fn reasons_are_cleaned_and_counted() {
    let scorer = scorer();
    let ugly = scorer.evaluate(&note(), &mode("ugly-reason")).unwrap();
    assert!(!ugly.reasons.iter().any(|reason| reason.chars().any(char::is_control)), "{ugly:?}");
    let many = scorer.evaluate(&note(), &mode("many-reasons")).unwrap();
    assert!(many.reasons.len() <= 100, "{} reasons", many.reasons.len());
}

/// A study to be asked about.
struct Asked {
    simulation: Simulation,
    workload: WorkloadView,
    space: SearchSpace,
    constraints: Constraints,
    /// Someone's own settings, which need not lie in the search space.
    present: Candidate,
}

impl Asked {
    fn new() -> Self {
        let scenario = Scenario::named("mid-range").unwrap();
        let workload = WorkloadView {
            file_chars: vec![100, 200],
            batch_chars: vec![100, 200],
            chars_per_token: 3.0,
            overhead_tokens: 300,
        };
        Self {
            simulation: runtime().block_on(Simulation::new(&scenario, 1)).unwrap(),
            workload,
            space: SearchSpace::standard(32_768, 8),
            constraints: Constraints::default(),
            present: Candidate { retry_attempts: 99, ..Candidate::default() },
        }
    }

    fn with<T>(&self, call: impl FnOnce(&StudyView<'_>) -> T) -> T {
        let machine = self.simulation.scenario.machine_profile();
        call(&StudyView {
            machine: &machine,
            server: &self.simulation.server,
            model: &self.simulation.model,
            workload: &self.workload,
            space: &self.space,
            constraints: &self.constraints,
            baseline: &self.present,
            incumbent: &self.present,
            seconds_left: 60.0,
            history: &[],
            seed: 1,
        })
    }
}

fn strategy() -> Strategy {
    let Plugin::Strategy(strategy) = loaded("strategy").unwrap() else { panic!("no strategy") };
    std::sync::Arc::into_inner(strategy).unwrap()
}

#[test]
fn a_strategy_that_fails_is_named_and_the_next_call_works() {
    let (asked, mut strategy) = (Asked::new(), strategy());
    let cases: [Case; 12] = [
        ("nothing", |kind| matches!(kind, BadAnswer(why) if why.contains("asks for nothing"))),
        ("too-much", |kind| matches!(kind, BadAnswer(why) if why.contains("5000 measurements"))),
        ("out-of-bounds", |kind| matches!(kind, BadAnswer(why) if why.contains("num_ctx = 1000000000"))),
        ("not-a-number", |kind| matches!(kind, BadAnswer(why) if why.contains("temperature = NaN"))),
        ("unknown-setting", |kind| matches!(kind, BadAnswer(why) if why.contains("`num_gpus` is not a setting"))),
        ("endless-probe", |kind| matches!(kind, BadAnswer(why) if why.contains("out of all bounds"))),
        ("no-such-file", |kind| matches!(kind, BadAnswer(why) if why.contains("no file 4000000, only 2"))),
        ("no-file", |kind| matches!(kind, BadAnswer(why) if why.contains("notes of no file"))),
        ("no-depth", |kind| matches!(kind, BadAnswer(why) if why.contains("depths within 0 to 1"))),
        ("bad-rival", |kind| matches!(kind, BadAnswer(why) if why.contains("num_ctx = -1"))),
        ("decides-another", |kind| matches!(kind, BadAnswer(why) if why.contains("`num_ctx`, which its manifest"))),
        ("decides-out-of-bounds", |kind| matches!(kind, BadAnswer(why) if why.contains("num_batch = 10000000"))),
    ];
    try_all(&cases, "strategy `bad-strategy` 1.2.3 (guest.wasm) ", "ask", &mut |what| {
        strategy.limits.call = time(what);
        match asked.with(|view| strategy.ask(view, &mode(what)))? {
            StrategyAnswer::Done(decision) => assert_eq!(decision.settings, [("num_batch".to_owned(), 512.0)]),
            other @ StrategyAnswer::Measure(_) => panic!("{what}: {other:?}"),
        }
        Ok(())
    });
    let error = asked.with(|view| strategy.conclude(view, &mode("declines"))).unwrap_err();
    assert_named(&error, "strategy `bad-strategy` 1.2.3 (guest.wasm) declined", Some("conclude"));
}

#[test]
fn a_selector_that_fails_is_named_and_the_next_call_works() {
    let asked = Asked::new();
    let Plugin::Selector(selector) = loaded("selector").unwrap() else { panic!("no selector") };
    let mut selector: Selector = std::sync::Arc::into_inner(selector).unwrap();
    let speed = Estimate { value: 2.0, interval: ConfidenceInterval { level: 0.95, low: 1.5, high: 2.5 } };
    let candidate = |id: u32, violations: &[&str]| MeasuredCandidate {
        id,
        candidate: asked.present.clone(),
        is_baseline: id == 3,
        notes_per_minute: Some(speed),
        quality: None,
        scored_notes: 0,
        source_share: 1.0,
        lost_share: 0.0,
        peak_memory_bytes: None,
        spilled: false,
        violations: violations.iter().map(|text| (*text).to_owned()).collect(),
        trials: vec![0],
    };
    let candidates = [candidate(3, &[]), candidate(5, &["a prompt was cut"])];
    let cases: [Case; 6] = [
        ("no-such-candidate", |kind| matches!(kind, BadAnswer(why) if why.contains("4000000 does not exist"))),
        ("with-violation", |kind| matches!(kind, BadAnswer(why) if why.contains("5 must not be chosen: a prompt"))),
        ("sets-context", |kind| matches!(kind, BadAnswer(why) if why.contains("`num_ctx` can only be chosen by"))),
        ("sets-unknown", |kind| matches!(kind, BadAnswer(why) if why.contains("`num_gpus` is not a setting"))),
        ("sets-out-of-bounds", |kind| matches!(kind, BadAnswer(why) if why.contains("retry_attempts = 1000000"))),
        ("sets-not-a-number", |kind| matches!(kind, BadAnswer(why) if why.contains("delay_seconds = NaN"))),
    ];
    let mut select = |what: &str| {
        selector.limits.call = time(what);
        asked.with(|view| selector.select(&candidates, view, &mode(what)))
    };
    try_all(&cases, "selector `bad-selector` 1.2.3 (guest.wasm) ", "select", &mut |what| {
        select(what).map(|selection| assert_eq!(selection.winner, 3))
    });
    assert_eq!(select("sets-timeout").unwrap().settings, [("request_timeout_seconds".to_owned(), 77.0)]);
    assert!(select("no-such-runner-up").unwrap().runners_up.is_empty());
}
