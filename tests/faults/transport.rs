//! A simulated server that breaks: from some request on, the answers to prompts and loads are faulty.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream};
use ralf_tune::{
    ollama::transport::{Request, Response, Transport, TransportError},
    simulate::{Scenario, SimulatedServer},
};
use tokio::time::sleep;

/// What goes wrong with one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    Refused,
    ResetBefore,
    ResetInMidStream,
    HalfALine,
    Garbage,
    WrongContentType,
    EndlessLine,
    EndlessStream,
    Dripping,
    Silent,
    ServerError,
    Busy,
    OutOfMemory,
    RunnerStopped,
    ErrorInMidStream,
    NoFinalLine,
    DoneIsFalse,
    NoClocks,
    NegativeClocks,
    LongClocks,
    ModelGone,
    Restarted,
    Redirect,
    Unauthorised,
    Forbidden,
    ProxyPage,
    Huge,
    /// One of the others, another one each time.
    Storm,
}

pub const ALL: [(Fault, &str); 28] = [
    (Fault::Refused, "connection refused"),
    (Fault::ResetBefore, "reset before the answer"),
    (Fault::ResetInMidStream, "reset in mid-stream"),
    (Fault::HalfALine, "half a JSON line"),
    (Fault::Garbage, "garbage"),
    (Fault::WrongContentType, "wrong content type"),
    (Fault::EndlessLine, "endless line"),
    (Fault::EndlessStream, "endless stream"),
    (Fault::Dripping, "one byte a second"),
    (Fault::Silent, "accepts and never answers"),
    (Fault::ServerError, "500"),
    (Fault::Busy, "503"),
    (Fault::OutOfMemory, "out of memory on load"),
    (Fault::RunnerStopped, "model runner stopped"),
    (Fault::ErrorInMidStream, "error in mid-stream"),
    (Fault::NoFinalLine, "missing final line"),
    (Fault::DoneIsFalse, "done: false with 200"),
    (Fault::NoClocks, "clocks absent"),
    (Fault::NegativeClocks, "clocks negative"),
    (Fault::LongClocks, "clocks longer than the wait"),
    (Fault::ModelGone, "model removed"),
    (Fault::Restarted, "restarted with other settings"),
    (Fault::Redirect, "redirect"),
    (Fault::Unauthorised, "401"),
    (Fault::Forbidden, "403"),
    (Fault::ProxyPage, "a proxy's page"),
    (Fault::Huge, "answer of 1 GiB"),
    (Fault::Storm, "storm"),
];

/// Breaks requests `from` to `until` (counted from 0): those that carry a prompt or load the model, or all.
pub struct Faulty {
    pub server: Arc<SimulatedServer>,
    /// The one that is there after a restart.
    pub restarted: Arc<SimulatedServer>,
    pub fault: Fault,
    pub from: usize,
    pub until: usize,
    /// Whether short questions fail as well, and not only what needs the model.
    pub everywhere: bool,
    /// With a storm: what it is drawn from. Without, neighbours only differ.
    pub luck: Option<u64>,
    pub asked: AtomicUsize,
}

/// The version of the server that is there after a restart.
pub const OTHER_VERSION: &str = "0.33.1";

/// A simulated machine.
pub fn machine(name: &str) -> Scenario {
    name.parse().unwrap()
}

impl Faulty {
    pub fn new(scenario: &Scenario, fault: Fault, from: usize, until: usize) -> Self {
        let mut other = scenario.clone();
        other.server.num_parallel = 4;
        OTHER_VERSION.clone_into(&mut other.server.version);
        Self {
            server: SimulatedServer::new(scenario.clone(), 1),
            restarted: SimulatedServer::new(other, 1),
            fault,
            from,
            until,
            everywhere: false,
            luck: None,
            asked: AtomicUsize::new(0),
        }
    }
}

impl Faulty {
    /// Whether the first request that is to be broken has come, or may come next.
    fn has_begun(&self) -> bool {
        self.asked.load(Ordering::Relaxed) >= self.from
    }
}

/// What a storm does to a request: it comes in gusts of one to six requests, and a third of them are calm.
fn drawn(luck: u64, number: usize) -> Option<Fault> {
    let number = u64::try_from(number).unwrap();
    let gust = number / (1 + mixed(luck) % 6);
    let drawn = mixed(luck.wrapping_mul(0x1000).wrapping_add(gust));
    let fault = usize::try_from(drawn / 3 % 1000).unwrap() % (ALL.len() - 1);
    (!drawn.is_multiple_of(3)).then(|| ALL[fault].0)
}

/// A number that tells nothing of the one that it comes from (splitmix64, Steele and others 2014).
pub fn mixed(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

impl Transport for Faulty {
    fn send(&self, request: Request) -> BoxFuture<'static, Result<Response, TransportError>> {
        if request.path != "/api/generate" && !(self.everywhere && self.has_begun()) {
            return self.server.send(request);
        }
        let number = self.asked.fetch_add(1, Ordering::Relaxed);
        if !(self.from..self.until).contains(&number) {
            return self.server.send(request);
        }
        let fault = match (self.fault, self.luck) {
            (Fault::Storm, Some(luck)) => match drawn(luck, number) {
                Some(fault) => fault,
                None => return self.server.send(request),
            },
            // Primes apart, so that neighbours differ.
            (Fault::Storm, None) => ALL[(7 * number) % (ALL.len() - 1)].0,
            (fault, _) => fault,
        };
        if fault == Fault::Restarted {
            return self.restarted.send(request);
        }
        let good = self.server.send(request);
        async move { break_it(fault, good).await }.boxed()
    }
}

type Good = BoxFuture<'static, Result<Response, TransportError>>;

async fn break_it(fault: Fault, good: Good) -> Result<Response, TransportError> {
    let reset = || TransportError::Broken("connection reset by peer".into());
    Ok(match fault {
        Fault::Refused => return Err(TransportError::Connect("connection refused".into())),
        Fault::ResetBefore => return Err(reset()),
        Fault::Silent => std::future::pending().await,
        Fault::ServerError => failed(500, r#"{"error":"something went wrong"}"#),
        Fault::Busy => failed(503, r#"{"error":"server busy, please try again.  maximum pending requests exceeded"}"#),
        Fault::OutOfMemory => {
            failed(500, r#"{"error":"model requires more system memory (9.0 GiB) than is available (1.0 GiB)"}"#)
        }
        Fault::RunnerStopped => {
            failed(500, r#"{"error":"model runner has unexpectedly stopped, this may be due to resource limitations"}"#)
        }
        Fault::ModelGone => failed(404, r#"{"error":"model 'm' not found"}"#),
        Fault::Redirect => failed(302, ""),
        Fault::Unauthorised => failed(401, r#"{"error":"unauthorized"}"#),
        Fault::Forbidden => failed(403, ""),
        Fault::ProxyPage => {
            Response { content_type: "text/html".into(), ..failed(502, "<html><h1>502 Bad Gateway</h1></html>") }
        }
        Fault::Garbage => body(vec![Bytes::from_static(b"\x00\xff\x1b[31mnot json\n")]),
        Fault::EndlessLine => Response { body: forever(vec![b'a'; 1 << 16], Duration::ZERO), ..body(vec![]) },
        Fault::EndlessStream => {
            let line = b"{\"response\":\"word \",\"done\":false}\n".to_vec();
            Response { body: forever(line, Duration::from_millis(20)), ..body(vec![]) }
        }
        Fault::Dripping => Response { body: forever(b"{".to_vec(), Duration::from_secs(1)), ..body(vec![]) },
        Fault::Huge => {
            let line = format!("{{\"response\":\"{}\",\"done\":false}}\n", "x".repeat(1 << 20)).into_bytes();
            let lines = stream::iter((0..1024).map(move |_| Ok(Bytes::from(line.clone())))).boxed();
            Response { body: lines, ..body(vec![]) }
        }
        fault => changed(good.await?, fault, reset()).await,
    })
}

/// An answer that was good.
async fn changed(mut good: Response, fault: Fault, reset: TransportError) -> Response {
    let mut parts: Vec<Result<Bytes, TransportError>> = Vec::new();
    while let Some(part) = good.body.next().await {
        parts.push(part);
    }
    let text: Vec<u8> = parts.into_iter().flatten().flatten().collect();
    let half = text[..text.len() / 2].to_vec();
    let lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
    let but_the_last = lines[..lines.len().saturating_sub(1)].concat();
    let status = good.status;
    let with = |bytes: Vec<u8>| Response { status, ..body(vec![bytes.into()]) };
    match fault {
        Fault::WrongContentType => Response { content_type: "text/plain".into(), ..with(text) },
        Fault::ResetInMidStream => {
            let body = stream::iter([Ok(Bytes::from(half)), Err(reset)]).boxed();
            Response { status, content_type: good.content_type, body }
        }
        Fault::HalfALine => with(half),
        Fault::NoFinalLine => with(but_the_last),
        Fault::DoneIsFalse => with(replaced(&text, "\"done\":true", "\"done\":false")),
        Fault::ErrorInMidStream => with(
            [but_the_last, b"{\"error\":\"an error was encountered while running the model\"}\n".to_vec()].concat(),
        ),
        Fault::NoClocks => with(replaced(&replaced(&text, "_duration\"", "_lasted\""), "_count\"", "_number\"")),
        Fault::NegativeClocks => with(replaced(&text, "_duration\":", "_duration\":-9")),
        Fault::LongClocks => with(replaced(&text, "_duration\":", "_duration\":9")),
        _ => with(text),
    }
}

fn replaced(text: &[u8], what: &str, with: &str) -> Vec<u8> {
    String::from_utf8_lossy(text).replace(what, with).into_bytes()
}

fn body(parts: Vec<Bytes>) -> Response {
    let body = stream::iter(parts.into_iter().map(Ok)).boxed();
    Response { status: 200, content_type: "application/x-ndjson".into(), body }
}

fn failed(status: u16, text: &'static str) -> Response {
    Response { status, ..body(vec![Bytes::from_static(text.as_bytes())]) }
}

fn forever(part: Vec<u8>, pause: Duration) -> stream::BoxStream<'static, Result<Bytes, TransportError>> {
    stream::repeat(Bytes::from(part))
        .then(move |part| async move {
            sleep(pause).await;
            Ok(part)
        })
        .boxed()
}
