//! Every clock of a request is a figure of its own; the client's and the server's agree; a client that is the bottleneck is told so.

use std::{sync::Arc, time::Duration};

use futures_util::{StreamExt, future::BoxFuture};
use ralf_tune::{
    model::{observation::Observation, study::Study},
    ollama::transport::{Request, Response, Transport, TransportError},
    report::terminal,
    simulate::{Scenario, SimulatedServer},
    tune::{self, plan::Choices},
};

use crate::support::studies::{Simulation, bundled, intensity, runtime};

/// A way to the server on which every piece of an answer takes a while.
struct SlowWay {
    server: Arc<SimulatedServer>,
    delay: Duration,
}

impl Transport for SlowWay {
    fn send(&self, request: Request) -> BoxFuture<'static, Result<Response, TransportError>> {
        let (answer, delay) = (self.server.send(request), self.delay);
        Box::pin(async move {
            let answer = answer.await?;
            let late = answer.body.then(move |piece| async move {
                tokio::time::sleep(delay).await;
                piece
            });
            Ok(Response { body: late.boxed(), ..answer })
        })
    }
}

fn study(scenario: &str, delay_ms: u64) -> Study {
    let scenario = Scenario::named(scenario).unwrap();
    let registry = bundled();
    runtime().block_on(async {
        let server = SimulatedServer::new(scenario.clone(), 5);
        let transport: Arc<dyn Transport> = match delay_ms {
            0 => Arc::new(server),
            _ => Arc::new(SlowWay { server, delay: Duration::from_millis(delay_ms) }),
        };
        let simulation = Simulation::over(&scenario, 5, transport).await.unwrap();
        let intensity = intensity("quick");
        let prepared = tune::plan(&intensity, &registry, &Choices::default()).unwrap();
        simulation.study(&intensity, prepared).await
    })
}

fn answered(study: &Study) -> impl Iterator<Item = &Observation> {
    study.trials.iter().flat_map(|trial| &trial.observations).filter(|request| request.failure.is_none())
}

fn bottleneck(study: &Study) -> bool {
    study.warnings.iter().any(|warning| warning.what.contains("is the bottleneck"))
}

#[test]
fn client_and_server_agree_within_two_percent_or_five_milliseconds() {
    for scenario in Scenario::NAMES {
        let study = study(scenario, 0);
        let mut timed = 0;
        for request in answered(&study) {
            let server = request.server.unwrap();
            let apart = (request.latency_ms - server.total_ms).abs();
            assert!(apart <= f64::max(5.0, 0.02 * server.total_ms), "{scenario}: {request:?}");
            timed += 1;
        }
        assert!(timed > 0, "{scenario}: {timed} requests");
        assert!(!bottleneck(&study), "{scenario}: {:?}", study.warnings);
    }
}

#[test]
fn the_parts_of_a_note_are_all_of_its_time() {
    let study = study("high-end", 0);
    let clocks = study.clocks.as_ref().unwrap();
    let tuned = &study.tuned.as_ref().unwrap().candidate;
    let latencies: Vec<f64> = study
        .trials
        .iter()
        .filter(|trial| trial.candidate.load_key() == tuned.load_key() && !trial.scores.is_empty())
        .filter(|trial| trial.candidate.max_concurrent_requests == tuned.max_concurrent_requests)
        .flat_map(|trial| &trial.observations)
        .filter(|request| request.file.is_some() && request.failure.is_none())
        .map(|request| request.latency_ms)
        .collect();
    let mean = latencies.iter().sum::<f64>() / f64::from(u32::try_from(latencies.len()).unwrap());
    assert_eq!(clocks.requests, latencies.len());
    assert!((clocks.total_ms() / mean - 1.0).abs() < 0.02, "{clocks:?} {mean}");
    assert!(clocks.decode_ms > clocks.prefill_ms && clocks.load_ms < 0.01 * clocks.total_ms(), "{clocks:?}");
    let page = terminal::render(&study, 80, false);
    let panel: Vec<&str> = page.lines().skip_while(|line| !line.contains("Where the time goes")).take(14).collect();
    assert!(panel.iter().any(|line| line.contains("writing the answer") && line.contains('%')), "{panel:#?}");
    assert!(panel.iter().any(|line| line.contains("repeats itself within")), "{panel:#?}");
    assert!(panel.iter().all(|line| line.chars().count() <= 80), "{panel:#?}");
}

#[test]
fn a_slow_client_is_told_so() {
    let study = study("high-end", 200);
    assert!(bottleneck(&study), "{:?}", study.warnings);
    assert_eq!(study.disturbances.foreign(), 0, "a slow client is no other client: {:?}", study.disturbances);
}
