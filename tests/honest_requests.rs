//! Every request of a study says what it means: the context, the room for the answer, no silent truncation, a prompt that no cache
//! knows. The model is loaded as seldom as possible, and the server is left as it was found.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use futures_util::future::BoxFuture;
use ralf_tune::{
    model::study::Study,
    ollama::{
        client::Client,
        request::Timeouts,
        transport::{Request, Response, Transport, TransportError},
    },
    simulate::{Scenario, SimulatedServer},
    tune::{self, plan::Choices},
};
use serde_json::Value;

use crate::support::studies::{Simulation, bundled, intensity, runtime};

/// Remembers every request on its way to the simulator.
struct Recorder {
    server: Arc<SimulatedServer>,
    requests: Arc<Mutex<Vec<(String, Value)>>>,
}

impl Transport for Recorder {
    fn send(&self, request: Request) -> BoxFuture<'static, Result<Response, TransportError>> {
        let body = request.body.as_deref().map_or(Value::Null, |body| serde_json::from_slice(body).unwrap());
        self.requests.lock().unwrap().push((request.path.clone(), body));
        self.server.send(request)
    }
}

fn recorded(scenario: &str) -> (Study, Vec<Value>, Vec<String>) {
    let scenario = Scenario::named(scenario).unwrap();
    let requests = Arc::new(Mutex::new(Vec::new()));
    let registry = bundled();
    let (study, loaded) = runtime().block_on(async {
        let server = SimulatedServer::new(scenario.clone(), 3);
        let recorder = Recorder { server: Arc::clone(&server), requests: Arc::clone(&requests) };
        let simulation = Simulation::over(&scenario, 3, Arc::new(recorder)).await.unwrap();
        let intensity = intensity("full");
        let prepared = tune::plan(&intensity, &registry, &Choices::default()).unwrap();
        let study = simulation.study(&intensity, prepared).await;
        // Unloading takes the server a moment.
        tokio::time::sleep(std::time::Duration::from_secs(30)).await;
        let loaded = Client::new(Arc::new(server), Timeouts::default()).ps().await.unwrap();
        (study, loaded.into_iter().map(|model| model.name).collect())
    });
    let bodies = requests
        .lock()
        .unwrap()
        .iter()
        .filter(|(path, _)| path == "/api/generate")
        .map(|(_, body)| body.clone())
        .collect();
    (study, bodies, loaded)
}

#[test]
fn requests_are_explicit_and_prompts_are_fresh() {
    for scenario in ["mid-range", "vram-cliff"] {
        let (_, bodies, _) = recorded(scenario);
        assert!(bodies.len() > 20, "{scenario}: {} requests", bodies.len());
        let (mut beginnings, mut felt) = (BTreeSet::new(), BTreeSet::new());
        for body in &bodies {
            let prompt = body["prompt"].as_str().unwrap_or_default();
            let unloads = body["keep_alive"] == 0;
            assert!(unloads || body["options"]["num_ctx"].as_u64().is_some(), "{body}");
            if prompt.is_empty() {
                continue;
            }
            assert!(body["options"]["num_predict"].as_u64().is_some_and(|tokens| tokens > 0), "{body}");
            assert_eq!(body["truncate"], Value::Bool(false), "{body}");
            assert_eq!(body["stream"], Value::Bool(true), "{body}");
            if body["raw"] == true {
                assert!(prompt.len() < 40 && body["options"]["num_predict"] == 2, "only the shortest: {body}");
                let load = ["num_ctx", "num_thread", "num_batch"].map(|name| body["options"][name].to_string());
                assert!(felt.insert(load), "{scenario}: felt twice: {body}");
            }
            let first_line = prompt.lines().next().unwrap_or_default().to_owned();
            assert!(beginnings.insert(first_line.clone()), "{scenario}: `{first_line}` was sent twice");
        }
    }
}

#[test]
fn each_load_time_setting_is_loaded_at_most_once_in_a_stage() {
    for scenario in Scenario::NAMES {
        let (study, _, _) = recorded(scenario);
        let mut reloads: BTreeMap<(String, String), u32> = BTreeMap::new();
        for trial in &study.trials {
            *reloads.entry((trial.stage.clone(), format!("{:?}", trial.candidate.load_key()))).or_default() +=
                trial.reloads;
        }
        // The comparison goes to and fro on purpose, so that drift cancels.
        for ((stage, key), count) in reloads.into_iter().filter(|((stage, _), _)| stage != "confirm") {
            assert!(count <= 1, "{scenario}: stage {stage} loaded {key} {count} times");
        }
    }
}

#[test]
fn what_was_not_loaded_before_is_not_loaded_after() {
    let (study, _, loaded) = recorded("one-slot");
    assert!(study.trials.iter().any(|trial| trial.reloads > 0));
    assert_eq!(loaded, Vec::<String>::new());
}
