//! A transport that plays prepared answers on the clock of the test.

use std::{
    collections::VecDeque,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream};
use ralf_tune::ollama::{
    client::Client,
    request::{GenerateRequest, Timeouts},
    transport::{Request, Response, Transport, TransportError},
};
use serde_json::Value;
use tokio::time::sleep;

/// One part of a body, a while after the part before it.
pub type Part = (Duration, Result<Bytes, TransportError>);

/// One prepared answer.
#[derive(Clone)]
pub struct Reply {
    pub refused: Option<TransportError>,
    /// Before the head arrives.
    pub delay: Duration,
    pub status: u16,
    pub content_type: &'static str,
    pub parts: Vec<Part>,
    /// Whether the connection stays open and silent behind the last part.
    pub hangs: bool,
}

impl Reply {
    /// Status and body in one piece, at once.
    pub fn new(status: u16, body: impl Into<Bytes>) -> Self {
        Self {
            refused: None,
            delay: Duration::ZERO,
            status,
            content_type: "application/json; charset=utf-8",
            parts: vec![(Duration::ZERO, Ok(body.into()))],
            hangs: false,
        }
    }

    /// A stream: every line a part, without delay.
    pub fn lines(lines: &[&str]) -> Self {
        let parts = lines.iter().map(|line| (Duration::ZERO, Ok(Bytes::from(format!("{line}\n"))))).collect();
        Self { parts, ..Self::new(200, "") }
    }
}

/// Plays its replies in order, and keeps what was asked.
pub struct Scripted {
    replies: Mutex<VecDeque<Reply>>,
    asked: Mutex<Vec<Request>>,
}

impl Scripted {
    pub fn new(replies: impl IntoIterator<Item = Reply>) -> Arc<Self> {
        Arc::new(Self { replies: Mutex::new(replies.into_iter().collect()), asked: Mutex::default() })
    }

    pub fn client(self: &Arc<Self>) -> Client {
        Client::new(self.clone(), timeouts())
    }

    /// The path and the body of every request so far.
    pub fn asked(&self) -> Vec<(String, Value)> {
        let asked = self.asked.lock().unwrap();
        let body = |request: &Request| {
            request.body.as_deref().map_or(Value::Null, |body| serde_json::from_slice(body).unwrap())
        };
        asked.iter().map(|request| (request.path.clone(), body(request))).collect()
    }
}

impl Transport for Scripted {
    fn send(&self, request: Request) -> BoxFuture<'static, Result<Response, TransportError>> {
        self.asked.lock().unwrap().push(request);
        let reply = self.replies.lock().unwrap().pop_front().expect("no reply is left in the script");
        async move {
            sleep(reply.delay).await;
            if let Some(error) = reply.refused {
                return Err(error);
            }
            let parts = stream::iter(reply.parts).then(|(delay, part)| async move {
                sleep(delay).await;
                part
            });
            let body = if reply.hangs { parts.chain(stream::pending()).boxed() } else { parts.boxed() };
            Ok(Response { status: reply.status, content_type: reply.content_type.to_owned(), body })
        }
        .boxed()
    }
}

/// A client with one prepared answer.
pub fn client(reply: Reply) -> Client {
    Scripted::new([reply]).client()
}

pub fn timeouts() -> Timeouts {
    Timeouts { connect: Duration::from_secs(5), first_byte: Duration::from_secs(20), idle: Duration::from_secs(10) }
}

pub fn request(model: &str) -> GenerateRequest {
    GenerateRequest {
        model: model.to_owned(),
        prompt: "some prompt".to_owned(),
        num_ctx: 2048,
        num_predict: 48,
        num_thread: 0,
        num_batch: 0,
        temperature: 0.1,
        seed: Some(7),
        keep_alive: None,
        raw: false,
        think: None,
        timeouts: None,
    }
}

/// The document of a recorded case.
pub fn recorded(case: &str) -> Value {
    let path = transcripts_directory().join(format!("{case}.json"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap()
}

pub fn transcripts_directory() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/transcripts"))
}

/// The replies of a recorded case, with their recorded times; several for requests at once.
pub fn replies(case: &str) -> Vec<Reply> {
    let document = recorded(case);
    let one = std::slice::from_ref(&document);
    let responses = document.get("responses").and_then(Value::as_array).map_or(one, Vec::as_slice);
    responses.iter().map(reply).collect()
}

/// The one reply of a recorded case.
pub fn replay(case: &str) -> Reply {
    let mut replies = replies(case);
    assert_eq!(replies.len(), 1, "{case}");
    replies.remove(0)
}

fn reply(response: &Value) -> Reply {
    let mut before = 0.0;
    let mut parts = Vec::new();
    for line in response["lines"].as_array().unwrap() {
        let at = line[0].as_f64().unwrap();
        let delay = Duration::from_secs_f64((at - before) / 1000.0);
        before = at;
        parts.push((delay, Ok(Bytes::from(format!("{}\n", line[1].as_str().unwrap())))));
    }
    let status = u16::try_from(response["status"].as_u64().unwrap()).unwrap();
    Reply { parts, ..Reply::new(status, "") }
}
