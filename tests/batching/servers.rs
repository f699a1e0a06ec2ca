//! Servers that go away, have too much to do, or fail with one file.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::{StreamExt as _, future::BoxFuture};
use ralf_tune::{
    emit::notebook::Notebook,
    model::{candidate::Candidate, production::ProductionEnd},
    ollama::transport::{Request, Response, Transport, TransportError},
    simulate::SimulatedServer,
    tune::produce::{Produced, ProductionEvent},
};
use tokio::{sync::watch, time::Instant};

use super::{Batch, Before, missing, write_files};
use crate::support::studies::{Simulation, runtime};

const FILES: usize = 40;

fn settings(at_once: u32) -> Candidate {
    Candidate { num_ctx: 8192, max_concurrent_requests: at_once, batch_size: 20, ..Candidate::default() }
}

/// A batch through such a transport, and what was heard of it.
async fn batch(
    simulation: &Simulation,
    transport: Arc<dyn Transport>,
    settings: Candidate,
    patience: Duration,
) -> (Produced, Vec<ProductionEvent>, usize) {
    let folder = tempfile::tempdir().unwrap();
    let sources = write_files(folder.path(), simulation, FILES);
    let mut notebook = Notebook::open(&folder.path().join("notes")).unwrap();
    let batch = Batch { simulation, transport, settings, prediction: None, patience };
    let (_stop, stopped) = watch::channel(false);
    let mut events = Vec::new();
    let produced = batch.run(&sources, &mut notebook, stopped, &mut |event| events.push(event)).await;
    let left = missing(&sources, &notebook).len();
    (produced, events, left)
}

fn refused() -> TransportError {
    TransportError::Connect("refused".into())
}

#[test]
fn a_server_that_comes_back_costs_no_file() {
    runtime().block_on(async {
        let simulation = Simulation::new(&"mid-range".parse().unwrap(), 1).await.unwrap();
        let born = Instant::now();
        // Away from the eighth prompt on, for a quarter of an hour.
        let away = AtomicUsize::new(0);
        let gone = move |prompts: usize| {
            if prompts < 8 {
                return None;
            }
            let now = usize::try_from(born.elapsed().as_secs()).unwrap();
            let since = match away.load(Ordering::Relaxed) {
                0 => {
                    away.store(now, Ordering::Relaxed);
                    now
                }
                since => since,
            };
            if now < since + 900 { Some(Err(refused())) } else { None }
        };
        let (transport, prompts) = Before::new(SimulatedServer::new(simulation.scenario.clone(), 1), gone);
        let (produced, events, left) = batch(&simulation, transport, settings(2), Duration::from_mins(30)).await;
        assert_eq!((produced.end, left), (ProductionEnd::Complete, 0));
        assert_eq!((produced.made.notes, produced.made.lost.len()), (FILES, 0));
        assert!((880.0..1000.0).contains(&produced.made.waited_seconds), "{:?}", produced.made);
        let waits = events.iter().filter(|event| matches!(event, ProductionEvent::Waiting { .. })).count();
        assert_eq!(waits, 1, "{events:?}");
        // It was not asked for one file after the other: only those that were under way, with their tries.
        let asked = prompts.load(Ordering::Relaxed);
        assert!(asked <= FILES + 2 * 3, "{asked}");
    });
}

#[test]
fn a_server_that_stays_away_ends_the_batch_and_costs_nothing_that_was_made() {
    runtime().block_on(async {
        let simulation = Simulation::new(&"mid-range".parse().unwrap(), 1).await.unwrap();
        for (what, rule) in [("refuses", 0), ("fails", 1), ("has no such model", 2)] {
            let gone = move |prompts: usize| match (prompts, rule) {
                (0..=10, _) => None,
                (_, 0) => Some(Err(refused())),
                (_, 1) => Some(Ok(answer(500, "something is broken"))),
                _ => Some(Ok(answer(404, "model 'llama3.1:8b' not found"))),
            };
            let (transport, prompts) = Before::new(SimulatedServer::new(simulation.scenario.clone(), 1), gone);
            let began = Instant::now();
            let patience = Duration::from_mins(5);
            let (produced, _, left) = batch(&simulation, transport, settings(2), patience).await;
            let ProductionEnd::ServerLost { why } = &produced.end else { panic!("{what}: {:?}", produced.end) };
            assert!(!why.is_empty());
            let made = &produced.made;
            assert!(made.notes >= 8 && made.lost.is_empty(), "{what}: {made:?}");
            assert_eq!((made.left, made.notes + made.left), (left, FILES), "{what}");
            assert!(prompts.load(Ordering::Relaxed) < 60, "{what}: {}", prompts.load(Ordering::Relaxed));
            assert!(began.elapsed() < Duration::from_mins(15), "{what}: {:?}", began.elapsed());
        }
    });
}

fn answer(status: u16, message: &str) -> Response {
    let body = serde_json::json!({ "error": message }).to_string();
    Response {
        status,
        content_type: "application/json".into(),
        body: futures_util::stream::iter([Ok(bytes::Bytes::from(body))]).boxed(),
    }
}

/// A server that takes so many prompts at once, and is busy for more.
struct Small {
    inner: Arc<SimulatedServer>,
    at_work: Arc<AtomicUsize>,
    most: usize,
}

impl Transport for Small {
    fn send(&self, request: Request) -> BoxFuture<'static, Result<Response, TransportError>> {
        let body = request.body.as_ref().map(|body| serde_json::from_slice::<serde_json::Value>(body).unwrap());
        if !body.is_some_and(|body| body["prompt"].is_string()) {
            return self.inner.send(request);
        }
        if self.at_work.fetch_add(1, Ordering::SeqCst) >= self.most {
            self.at_work.fetch_sub(1, Ordering::SeqCst);
            return Box::pin(async {
                Ok(answer(503, "server busy, please try again. maximum pending requests exceeded"))
            });
        }
        let (sent, at_work) = (self.inner.send(request), Leaving(Arc::clone(&self.at_work)));
        Box::pin(async move {
            let response = sent.await?;
            let body = response.body.inspect(move |_| {
                let _ = &at_work;
            });
            Ok(Response { body: body.boxed(), ..response })
        })
    }
}

/// Whoever drops it has left.
struct Leaving(Arc<AtomicUsize>);

impl Drop for Leaving {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[test]
fn a_server_with_too_much_to_do_is_asked_for_less() {
    runtime().block_on(async {
        let simulation = Simulation::new(&"mid-range".parse().unwrap(), 1).await.unwrap();
        let inner = SimulatedServer::new(simulation.scenario.clone(), 1);
        let transport = Arc::new(Small { inner, at_work: Arc::default(), most: 3 });
        let (produced, events, left) = batch(&simulation, transport, settings(8), Duration::from_mins(5)).await;
        assert_eq!((produced.end, left, produced.made.lost.len()), (ProductionEnd::Complete, 0, 0));
        let made = produced.made;
        assert!(made.lowered >= 1 && made.least_at_once < 8 && made.most_at_once == 8, "{made:?}");
        assert!(events.iter().any(|event| matches!(event, ProductionEvent::Slower { .. })));
    });
}

#[test]
fn a_file_that_brings_the_server_down_is_lost_alone() {
    runtime().block_on(async {
        let simulation = Simulation::new(&"mid-range".parse().unwrap(), 1).await.unwrap();
        let inner = SimulatedServer::new(simulation.scenario.clone(), 1);
        let transport = Arc::new(Poisoned(inner));
        let (produced, _, left) = batch(&simulation, transport, settings(2), Duration::from_mins(10)).await;
        assert_eq!((produced.end, produced.made.notes, left), (ProductionEnd::Complete, FILES - 1, 1));
        let lost: Vec<&str> = produced.made.lost.iter().map(|file| file.file.as_str()).collect();
        assert!(lost.len() == 1 && lost[0].starts_with("5-"), "{lost:?}");
    });
}

/// A server that drops the connection for the file `5-…`, and answers all others.
struct Poisoned(Arc<SimulatedServer>);

impl Transport for Poisoned {
    fn send(&self, request: Request) -> BoxFuture<'static, Result<Response, TransportError>> {
        let text = request.body.as_ref().map(|body| String::from_utf8_lossy(body).into_owned()).unwrap_or_default();
        if text.contains("File: 5-") {
            return Box::pin(async { Err(TransportError::Broken("reset".into())) });
        }
        self.0.send(request)
    }
}
