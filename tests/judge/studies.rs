//! What judging does to a study: nothing to what is measured, and no more than its budget.

use std::{
    path::Path,
    sync::{Arc, Mutex},
};

use futures_util::{StreamExt as _, future::BoxFuture};
use ralf_tune::{
    model::{
        budget::{Budget, Intensity},
        study::Study,
    },
    ollama::transport::{Request, Response, Transport, TransportError},
    plugin::registry::{Plugin, load},
    simulate::{Scenario, SimulatedServer},
    tune::{self, JudgeGrant, JudgeLimits, plan::Choices},
};
use serde_json::Value;
use tokio::time::Instant;

use crate::support::{
    guests,
    studies::{Simulation, bundled, engine, intensity, runtime},
};

/// One request to make text or to load: its body, when it was sent, when the last of its answer came.
struct Seen {
    body: Value,
    from: Instant,
    to: Arc<Mutex<Instant>>,
}

impl Seen {
    fn prompt(&self) -> &str {
        self.body["prompt"].as_str().unwrap_or_default()
    }

    fn is_judgement(&self) -> bool {
        self.prompt().starts_with("[judge ")
    }

    fn until(&self) -> Instant {
        *self.to.lock().unwrap()
    }
}

/// Remembers every request on its way to the simulator, from its first byte to the last of its answer.
struct Watcher {
    server: Arc<SimulatedServer>,
    seen: Arc<Mutex<Vec<Seen>>>,
    /// The same prompt always has the same answer: every request is sent with a temperature of 0.
    steady: bool,
}

impl Transport for Watcher {
    fn send(&self, request: Request) -> BoxFuture<'static, Result<Response, TransportError>> {
        if request.path != "/api/generate" {
            return self.server.send(request);
        }
        let mut request = request;
        let mut body: Value = serde_json::from_slice(request.body.as_deref().unwrap()).unwrap();
        if self.steady && body["options"].get("temperature").is_some() {
            body["options"]["temperature"] = 0.0.into();
            request.body = Some(body.to_string().into());
        }
        let (from, to) = (Instant::now(), Arc::new(Mutex::new(Instant::now())));
        self.seen.lock().unwrap().push(Seen { body, from, to: Arc::clone(&to) });
        let sent = self.server.send(request);
        Box::pin(async move {
            let response = sent.await;
            *to.lock().unwrap() = Instant::now();
            let response = response?;
            let body = response.body.inspect(move |_| *to.lock().unwrap() = Instant::now()).boxed();
            Ok(Response { body, ..response })
        })
    }
}

struct Judged {
    study: Study,
    seen: Vec<Seen>,
}

impl Judged {
    fn judgements(&self) -> impl Iterator<Item = &Seen> {
        self.seen.iter().filter(|seen| seen.is_judgement())
    }

    fn fact(&self, name: &str) -> f64 {
        let facts = self.study.trials.iter().flat_map(|trial| &trial.facts);
        facts.filter(|(known, _)| known == name).map(|(_, value)| value).sum()
    }

    /// A fact that is a whole number.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few hundred at most")]
    fn number(&self, name: &str) -> usize {
        self.fact(name).round() as usize
    }
}

/// A quick study whose notes a scorer judges beside the others, if there is leave.
fn judged(scenario: &Scenario, scorer: &str, grant: Option<JudgeGrant>) -> Judged {
    watched(scenario, scorer, grant, false)
}

fn watched(scenario: &Scenario, scorer: &str, grant: Option<JudgeGrant>, steady: bool) -> Judged {
    let mut registry = bundled();
    if scorer == "judging" {
        let plugin =
            load(engine(), &guests::bytes("judging"), "judging", "guest.wasm", ralf_tune::plugin::Limits::default());
        registry.add(plugin.unwrap());
    }
    let mut choices = Choices::default();
    if grant.is_some() {
        choices.scorers.push((scorer.to_owned(), Some(1.0)));
    }
    if scorer == "judging" {
        let mode = ralf_tune::model::value::Value::Text("many".to_owned());
        choices.parameters.push(("judging".to_owned(), "mode".to_owned(), mode));
    }
    assert!(
        registry.all().iter().any(|plugin| matches!(plugin, Plugin::Scorer(known) if known.manifest.name == scorer))
    );
    let seen = Arc::new(Mutex::new(Vec::new()));
    let study = runtime().block_on(async {
        let server = SimulatedServer::new(scenario.clone(), 3);
        let watcher = Watcher { server, seen: Arc::clone(&seen), steady };
        let simulation = Simulation::over(scenario, 3, Arc::new(watcher)).await.unwrap();
        // Time enough for everything: what is measured does not depend on how long judging takes.
        let intensity = Intensity { budget: Budget::from_seconds(3600.0), ..intensity("quick") };
        let mut prepared = tune::plan(&intensity, &registry, &choices).unwrap();
        prepared.judge = grant;
        simulation.study(&intensity, prepared).await
    });
    let seen = std::mem::take(&mut *seen.lock().unwrap());
    Judged { study, seen }
}

fn scenario(name: &str) -> Scenario {
    Scenario::named(name).unwrap()
}

#[test]
fn judgements_never_run_beside_measured_requests_and_load_nothing() {
    for name in ["mid-range", "high-end"] {
        let judged = judged(&scenario(name), "judge", Some(JudgeGrant::default()));
        assert!(judged.judgements().count() >= 10, "{name}: {}", judged.judgements().count());
        let load_key = |seen: &Seen| {
            let options = &seen.body["options"];
            ["num_ctx", "num_thread", "num_batch"].map(|option| options[option].clone())
        };
        let mut loaded = None;
        for (index, seen) in judged.seen.iter().enumerate() {
            if seen.is_judgement() {
                for (other_index, other) in judged.seen.iter().enumerate().filter(|(other, _)| *other != index) {
                    let apart = other.until() <= seen.from || seen.until() <= other.from;
                    assert!(apart, "{name}: request {index} is a judgement and meets {other_index}");
                }
                assert_eq!(Some(load_key(seen)), loaded, "{name}: a judgement would load the model");
                let options = &seen.body["options"];
                assert_eq!((&options["temperature"], &options["seed"]), (&Value::from(0.0), &Value::from(1)));
                assert_eq!(seen.body["truncate"], Value::Bool(false));
            } else if seen.body["keep_alive"] != 0 {
                loaded = Some(load_key(seen));
            }
        }
        // No two prompts share a first line: no cache can help the one with the other.
        let mut beginnings: Vec<&str> = judged.seen.iter().filter_map(|seen| seen.prompt().lines().next()).collect();
        let all = beginnings.len();
        beginnings.sort_unstable();
        beginnings.dedup();
        assert_eq!(beginnings.len(), all, "{name}");
    }
}

#[test]
fn what_is_measured_is_the_same_with_a_judge() {
    // Without noise, and up to where strategies know of the other scores.
    let scenario = scenario("high-end").noise_free();
    let of_baseline = |study: &Study| {
        let trials = study.trials.iter().filter(|trial| trial.stage == "baseline");
        let observations = trials.flat_map(|trial| trial.observations.clone());
        observations
            .map(|seen| {
                (seen.latency_ms, seen.time_to_first_token_ms, seen.server.unwrap().prefill_ms, seen.prompt_tokens)
            })
            .collect::<Vec<_>>()
    };
    let judged = watched(&scenario, "judge", Some(JudgeGrant::default()), true);
    let plain = watched(&scenario, "judge", None, true);
    assert_eq!(plain.judgements().count(), 0);
    let (with, without) = (of_baseline(&judged.study), of_baseline(&plain.study));
    assert!(with.len() > 3 && judged.judgements().count() > 3, "{} {}", with.len(), judged.judgements().count());
    assert_eq!(with.len(), without.len());
    for ((latency, first, prefill, tokens), other) in with.iter().zip(&without) {
        assert!((latency - other.0).abs() < 0.01 && (prefill - other.2).abs() < 0.01, "{latency} {other:?}");
        assert!((first.unwrap() - other.1.unwrap()).abs() < 0.01);
        assert_eq!(*tokens, other.3);
    }
}

#[test]
fn the_budget_holds() {
    let few = JudgeLimits { requests: 5, ..JudgeLimits::default() };
    let little = JudgeLimits { tokens: 6000, ..JudgeLimits::default() };
    let short = JudgeLimits { time_share: 0.001, ..JudgeLimits::default() };
    for limits in [few, little, short] {
        let judged = judged(&scenario("high-end"), "judge", Some(JudgeGrant { limits, kept_in: None }));
        let asked = judged.judgements().count();
        assert!((1..=5).contains(&asked), "{limits:?}: {asked} judgements");
        assert_eq!(judged.number("judgements"), asked);
        let seconds = judged.fact("judging_seconds");
        assert!(seconds <= limits.time_share * judged.study.budget.total_seconds + 0.01, "{limits:?}: {seconds} s");
        // The others, and what the judge mostly said, stand in for it.
        assert!(judged.fact("judgements_missing") > 0.0, "{limits:?}");
        let reasons = judged.study.trials.iter().flat_map(|trial| &trial.scores).flat_map(|score| &score.by_scorer);
        let stands_in =
            reasons.flat_map(|by| &by.score.reasons).any(|reason| reason.starts_with("not judged: the mean"));
        assert!(stands_in, "{limits:?}");
        assert!(judged.study.elapsed_seconds <= judged.study.budget.total_seconds * 1.05);
    }
}

#[test]
fn the_same_note_is_not_judged_twice() {
    let folder = tempfile::tempdir().unwrap();
    let kept = |folder: &Path| {
        let grant = JudgeGrant { kept_in: Some(folder.join("judgements")), ..JudgeGrant::default() };
        watched(&scenario("high-end").noise_free(), "judge", Some(grant), true)
    };
    let (first, second) = (kept(folder.path()), kept(folder.path()));
    let (before, after) = (first.judgements().count(), second.judgements().count());
    assert!(before >= 10 && after == 0, "{before} judgements, then {after}");
    assert!(second.number("judgements_known") >= before, "{}", second.number("judgements_known"));
    assert!(second.study.trials.iter().zip(&first.study.trials).all(|(second, first)| second.scores == first.scores));
    // A folder that cannot be is no reason to fail.
    std::fs::write(folder.path().join("file"), "").unwrap();
    let nowhere = kept(&folder.path().join("file"));
    assert_eq!(nowhere.judgements().count(), before);
}

#[test]
fn a_guest_that_asks_whatever_it_may_leaves_the_study_its_time() {
    let limits = JudgeLimits { requests: 30, ..JudgeLimits::default() };
    let judged = judged(&scenario("high-end"), "judging", Some(JudgeGrant { limits, kept_in: None }));
    assert_eq!(judged.judgements().count(), 30);
    assert!(judged.study.tuned.is_some(), "{:?}", judged.study.outcome);
    assert!(judged.study.elapsed_seconds <= judged.study.budget.total_seconds * 1.05);
}

#[test]
fn a_study_without_leave_asks_nothing_and_says_so() {
    let registry = bundled();
    let choices = Choices { scorers: vec![("judge".to_owned(), Some(1.0))], ..Choices::default() };
    let intensity = intensity("quick");
    let prepared = tune::plan(&intensity, &registry, &choices).unwrap();
    assert!(prepared.panel.check_grants(&[]).is_err());
    // Whoever does not check finds it closed all the same.
    let study = runtime().block_on(async {
        let simulation = Simulation::new(&scenario("high-end"), 1).await.unwrap();
        simulation.study(&intensity, prepared).await
    });
    assert!(study.warnings.iter().any(|warning| warning.what.contains("`judge`")), "{:?}", study.warnings);
    assert!(study.tuned.is_some());
}
