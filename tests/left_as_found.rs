//! The server is left as it was found, however a study ends: what was loaded is loaded as it was, and nothing of others is touched.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    process::{Child, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use futures_util::{FutureExt as _, StreamExt as _, future::BoxFuture, stream};
use ralf_tune::{
    model::machine::LoadedModel,
    ollama::{
        address::ServerAddress,
        client::Client,
        request::{KeepAlive, LoadRequest, Timeouts},
        transport::{Request, Response, Transport, TransportError},
    },
    simulate::SimulatedServer,
};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::program::{
    World,
    server::{Bridge, quick},
};

/// Longest wait for what the server does by itself: a machine that is busy may take its time.
const PATIENCE: Duration = Duration::from_mins(1);

/// What was asked of a server.
#[derive(Default)]
struct Seen {
    /// Prompts that it is at work on.
    open: AtomicUsize,
    prompts: AtomicUsize,
    /// The models that were named in loads, unloads and prompts.
    models: Mutex<Vec<String>>,
}

/// A simulated server that is watched.
struct Watched {
    server: Arc<SimulatedServer>,
    seen: Arc<Seen>,
    /// Prompts fail after so many.
    good: usize,
}

/// A prompt that the server is at work on, until it is dropped.
struct Open(Arc<Seen>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Transport for Watched {
    fn send(&self, request: Request) -> BoxFuture<'static, Result<Response, TransportError>> {
        let body: Value = request.body.as_ref().map_or(Value::Null, |body| serde_json::from_slice(body).unwrap());
        if request.path != "/api/generate" {
            return self.server.send(request);
        }
        self.seen.models.lock().unwrap().push(body["model"].as_str().unwrap().to_owned());
        if body["prompt"].is_null() {
            return self.server.send(request);
        }
        if self.seen.prompts.fetch_add(1, Ordering::SeqCst) >= self.good {
            let body = stream::once(async { Ok(r#"{"error":"something went wrong"}"#.into()) }).boxed();
            return async { Ok(Response { status: 500, content_type: "application/json".into(), body }) }.boxed();
        }
        self.seen.open.fetch_add(1, Ordering::SeqCst);
        let (open, answer) = (Open(Arc::clone(&self.seen)), self.server.send(request));
        async move {
            let answer = answer.await?;
            let body = answer.body.map(move |part| {
                let _at_work = &open;
                part
            });
            Ok(Response { body: body.boxed(), ..answer })
        }
        .boxed()
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    ByItself,
    Signalled(Signal),
    OfAFault,
}

const OURS: &str = "llama3.1:8b";
const THEIRS: &str = "qwen2.5-coder:1.5b";

/// What is loaded before: contexts, and whether for ever.
#[derive(Debug, Clone, Copy)]
struct Before {
    ours: Option<(u32, KeepAlive)>,
    theirs: (u32, KeepAlive),
}

/// A few questions to a server, on the real clock.
fn ask<T>(address: &str, question: impl AsyncFnOnce(Client) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let address = ServerAddress::parse(address).unwrap();
    runtime.block_on(async { question(Client::over_http(&address, None, Timeouts::default()).unwrap()).await })
}

fn loaded(address: &str) -> Vec<LoadedModel> {
    ask(address, async |client| client.ps().await.unwrap())
}

fn find<'a>(models: &'a [LoadedModel], name: &str) -> Option<&'a LoadedModel> {
    models.iter().find(|model| model.name == name)
}

/// Whether a model stays until it is unloaded.
fn is_for_ever(model: &LoadedModel) -> bool {
    model.expires_at.as_ref().unwrap().starts_with("23")
}

/// Waits for the first trial, sends the signal, and gives the exit code and the page.
fn ended(mut child: Child, end: End) -> (i32, String) {
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    for line in lines.map(Result::unwrap) {
        assert!(!line.contains("panicked"), "{line}");
        if let (End::Signalled(signal), true) = (end, line.contains("trial 1")) {
            kill_process(Pid::from_child(&child), signal).unwrap();
        }
    }
    let mut page = String::new();
    child.stdout.take().unwrap().read_to_string(&mut page).unwrap();
    (child.wait().unwrap().code().unwrap(), page)
}

fn study(before: Before, end: End) {
    let case = format!("{before:?}, {end:?}");
    let seen = Arc::new(Seen::default());
    let watched = Arc::clone(&seen);
    let good = if end == End::OfAFault { 4 } else { usize::MAX };
    let served = Bridge::of(move || Watched { server: SimulatedServer::new(quick(), 1), seen: watched, good });
    let host = &served.address;
    let load = |name: &str, (num_ctx, keep_alive)| {
        let model = name.to_owned();
        let keep_alive = Some(keep_alive);
        let request = LoadRequest { model, num_ctx, num_thread: 0, num_batch: 0, keep_alive, timeouts: None };
        ask(host, async |client| client.load(&request).await.unwrap());
    };
    load(THEIRS, before.theirs);
    before.ours.into_iter().for_each(|ours| load(OURS, ours));
    let found = loaded(host);
    assert_eq!(found.len(), 1 + usize::from(before.ours.is_some()), "{case}");
    seen.models.lock().unwrap().clear();

    let budget = if matches!(end, End::Signalled(_)) { "60s" } else { "5s" };
    let world = World::new();
    let mut run = world.process(&["run", "--quick", "--budget", budget, "--model", OURS, "--host", host]);
    let (code, page) = ended(run.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap(), end);
    match end {
        End::ByItself => assert!(matches!(code, 0 | 1), "{case}: {code}"),
        End::Signalled(_) => assert_eq!(code, 130, "{case}"),
        End::OfAFault => assert_eq!(code, 3, "{case}"),
    }

    // Theirs was there and was not used, however long it is to stay.
    let flat = page.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(!page.is_empty() && !flat.contains(&format!("it used {THEIRS}")), "{case}: {page}");

    // An unload is answered before it is done, and a connection that ended is noticed a moment later.
    let since = Instant::now();
    let left = loop {
        let models = loaded(host);
        let done = seen.open.load(Ordering::SeqCst) == 0 && models.len() == found.len();
        if done || since.elapsed() > PATIENCE {
            break models;
        }
        thread::yield_now();
    };
    assert_eq!(seen.open.load(Ordering::SeqCst), 0, "{case}: nothing of ours runs any more");
    let theirs = |models: &[LoadedModel]| {
        let model = find(models, THEIRS).unwrap_or_else(|| panic!("{case}: theirs is gone"));
        // What never expires is said to expire in 292 years from now.
        let expires_at = model.expires_at.clone().filter(|_| !is_for_ever(model));
        (is_for_ever(model), LoadedModel { expires_at, ..model.clone() })
    };
    assert_eq!(theirs(&left), theirs(&found), "{case}: theirs is as it was, to the moment at which it expires");
    match (find(&found, OURS), find(&left, OURS)) {
        (None, None) => {}
        (Some(then), Some(now)) => {
            assert_eq!((now.context_length, now.size_bytes), (then.context_length, then.size_bytes), "{case}");
            assert_eq!(is_for_ever(now), is_for_ever(then), "{case}: {then:?} {now:?}");
        }
        other => panic!("{case}: {other:?}"),
    }
    let models = seen.models.lock().unwrap();
    assert!(!models.is_empty() && models.iter().all(|model| model == OURS), "{case}: {models:?}");
}

#[test]
fn what_was_loaded_before_is_loaded_after_and_nothing_else() {
    let usual = KeepAlive::seconds(300);
    let befores = [
        Before { ours: None, theirs: (2048, usual) },
        Before { ours: Some((2048, usual)), theirs: (4096, KeepAlive::FOREVER) },
        Before { ours: Some((4096, KeepAlive::FOREVER)), theirs: (2048, usual) },
    ];
    let ends = [End::ByItself, End::Signalled(Signal::INT), End::Signalled(Signal::TERM), End::OfAFault];
    thread::scope(|scope| {
        let workers: Vec<_> = befores
            .into_iter()
            .map(|before| scope.spawn(move || ends.into_iter().for_each(|end| study(before, end))))
            .collect();
        for worker in workers {
            worker.join().unwrap();
        }
    });
}
