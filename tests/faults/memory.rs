//! The program's memory stays bounded, whatever a server sends over HTTP: answers without end, and whole ones that are made to grow when they are read.

#![cfg(target_os = "linux")]

use std::{
    sync::{Arc, Mutex},
    thread,
};

use bytes::Bytes;
use futures_util::{FutureExt as _, StreamExt as _, future::BoxFuture, stream};
use ralf_tune::{
    ollama::transport::{Request, Response, Transport, TransportError},
    simulate::SimulatedServer,
};
use serde_json::Value;

use super::http::MOST_MEMORY;
use crate::program::{
    World,
    server::{Bridge, quick},
};

/// More than anybody reads.
const ENDLESS: usize = 1 << 30;

/// Programs that run at the same time.
const AT_A_TIME: usize = 6;

/// Which requests get such an answer.
#[derive(Debug, Clone, Copy)]
enum To {
    Path(&'static str),
    /// `/api/show` with all arrays, which is asked for where the short answer leaves out those of the layers.
    Verbose,
    Prompts,
}

/// A part again and again between two ends, of so many bytes.
#[derive(Debug, Clone, Copy)]
struct Giant {
    to: To,
    begin: &'static str,
    part: &'static str,
    end: &'static str,
    bytes: usize,
}

const fn giant(to: To, begin: &'static str, part: &'static str, end: &'static str, bytes: usize) -> Giant {
    Giant { to, begin, part, end, bytes }
}

/// Sizes are right below what is read of such an answer, where the whole of it is to be read.
const GIANTS: [Giant; 22] = [
    giant(To::Prompts, "", "a", "", ENDLESS),
    giant(To::Prompts, "", "{\"response\":\"word \",\"done\":false}\n", "", ENDLESS),
    giant(To::Prompts, "", "{\"response\":\"\",\"done\":false}\n", "", ENDLESS),
    giant(To::Prompts, "{\"response\":\"", "\\n", "\",\"done\":true}\n", 300 << 10),
    giant(To::Prompts, "{\"done\":true,\"response\":\"x\",\"context\":[", "0,", "0]}\n", 300 << 10),
    giant(To::Prompts, "{\"error\":[", "[],", "0]}\n", 300 << 10),
    giant(To::Prompts, "{\"error\":\"{\\\"a\\\":[", "[],", "0]}\"}\n", 300 << 10),
    giant(To::Path("/api/version"), "{\"version\":\"", "a", "\"}", ENDLESS),
    giant(To::Path("/api/version"), "{\"version\":\"", "\\n", "\"}", 60 << 10),
    giant(To::Path("/api/tags"), "{\"models\":[", "{},", "{}]}", ENDLESS),
    giant(To::Path("/api/tags"), "{\"models\":[", "{},", "{}]}", 4_000_000),
    giant(To::Path("/api/tags"), "{\"models\":[{\"name\":", "[", "]}]}", 4_000_000),
    giant(To::Path("/api/tags"), "{\"models\":[{\"details\":[", "0,", "0]}]}", 4_000_000),
    giant(To::Path("/api/tags"), "{\"models\":[{\"capabilities\":[", "\"\",", "\"\"]}]}", 4_000_000),
    giant(To::Path("/api/show"), "{\"model_info\":{\"a\":[", "0,", "0]}}", 4_000_000),
    giant(To::Path("/api/show"), "{\"template\":\"", "\\n", "\"}", 4_000_000),
    giant(To::Path("/api/ps"), "{\"models\":[", "{},", "{}]}", 1_000_000),
    giant(To::Path("/api/ps"), "{\"models\":[{\"name\":{\"a\":[", "{},", "{}]}}]}", 1_000_000),
    giant(To::Verbose, "{\"model_info\":{\"a\":[", "0,", "0]}}", 25_000_000),
    giant(To::Verbose, "{\"model_info\":{\"a\":[", "\"\",", "0]}}", 25_000_000),
    giant(To::Verbose, "{\"template\":\"", "\\n", "\"}", 25_000_000),
    giant(To::Verbose, "", "\u{ff}", "", 25_000_000),
];

/// A simulated server that answers some requests so.
struct Feeding {
    server: Arc<SimulatedServer>,
    giant: Giant,
}

impl Transport for Feeding {
    fn send(&self, request: Request) -> BoxFuture<'static, Result<Response, TransportError>> {
        let body = request.body.as_deref().map(|body| serde_json::from_slice::<Value>(body).unwrap());
        let has = |key: &str| body.as_ref().is_some_and(|body| !body[key].is_null());
        let is_meant = match self.giant.to {
            To::Path(path) => request.path == path,
            To::Verbose => request.path == "/api/show" && has("verbose"),
            To::Prompts => request.path == "/api/generate" && has("prompt"),
        };
        if is_meant {
            let body = self.giant.body();
            return async move { Ok(Response { status: 200, content_type: "application/json".into(), body }) }.boxed();
        }
        if matches!(self.giant.to, To::Verbose) && request.path == "/api/show" {
            let short =
                r#"{"model_info":{"general.architecture":"x","x.block_count":2,"x.attention.head_count_kv":null}}"#;
            let body = stream::iter([Ok(Bytes::from(short))]).boxed();
            return async move { Ok(Response { status: 200, content_type: "application/json".into(), body }) }.boxed();
        }
        self.server.send(request)
    }
}

impl Giant {
    fn body(self) -> stream::BoxStream<'static, Result<Bytes, TransportError>> {
        let many = Bytes::from(self.part.repeat((1 << 16) / self.part.len()));
        let parts = self.bytes.div_ceil(many.len());
        let ends = [self.begin, self.end].map(|end| stream::iter([Ok(Bytes::from(end))]));
        let [begin, end] = ends;
        begin.chain(stream::repeat_with(move || Ok(many.clone())).take(parts)).chain(end).boxed()
    }
}

/// What was wrong with the program before such a server, and the memory that it took.
fn met(giant: Giant) -> (Option<String>, u64) {
    let served = Bridge::of(move || Feeding { server: SimulatedServer::new(quick(), 1), giant });
    let model = quick().model_name().to_owned();
    let arguments = ["run", "--quick", "--budget", "5s", "--model", &model, "--host", &served.address];
    let world = World::new();
    let (ran, most) = world.finish_watched(world.process(&arguments), format!("{giant:?}"));
    let most = most.unwrap();
    let as_it_should = matches!(ran.code, Some(0 | 1 | 2 | 3 | 5)) && !ran.stderr.contains("panicked");
    ((!as_it_should || most > MOST_MEMORY).then(|| format!("{most} bytes: {ran}")), most)
}

#[test]
fn memory_stays_bounded_whatever_is_sent() {
    let next = Mutex::new(GIANTS.into_iter());
    let all = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                loop {
                    let Some(giant) = next.lock().unwrap().next() else { return };
                    let (wrong, most) = met(giant);
                    println!("{} MB: {giant:?}", most.div_ceil(1_000_000));
                    all.lock().unwrap().push((wrong, most));
                }
            });
        }
    });
    let all = all.into_inner().unwrap();
    let most = all.iter().map(|(_, most)| *most).max().unwrap();
    println!("{} MB at most", most.div_ceil(1_000_000));
    let wrong: Vec<String> = all.into_iter().filter_map(|(wrong, _)| wrong).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
