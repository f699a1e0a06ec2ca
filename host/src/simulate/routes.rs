//! The routes, and what each answers.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use tokio::{
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    time::Instant,
};

use super::{
    SimulatedServer, catalog, create,
    events::{Answer, Event, Job, KeepAlive, Work},
    json,
    lines::{Lines, Route},
    prepare,
    request::{self, GenerateRequest, Refusal},
};
use crate::ollama::transport::{Method, Request, Response, TransportError};

const JSON: &str = "application/json; charset=utf-8";
const PLAIN: &str = "text/plain; charset=utf-8";
const LINES: &str = "application/x-ndjson";

/// Answers one request. Ends when the head of the answer is there.
pub(super) async fn answer(server: Arc<SimulatedServer>, request: Request) -> Result<Response, TransportError> {
    let body = request.body.unwrap_or_default();
    let path = request.path.split('?').next().unwrap_or_default();
    match (request.method, path) {
        (Method::Get, "/") => Ok(whole(200, PLAIN, "Ollama is running")),
        (Method::Get, "/api/version") => Ok(value(200, &json!({ "version": server.version() }))),
        (Method::Get, "/api/tags") => Ok(value(200, &catalog::tags(&server))),
        (Method::Get, "/api/ps") => Ok(value(200, &catalog::ps(&server))),
        (Method::Post, "/api/show") => Ok(show(&server, &body).unwrap_or_else(|refusal| refused(&refusal))),
        (Method::Post, "/api/create") => {
            Ok(create::create(&server, &body).map_or_else(|refusal| refused(&refusal), |created| told(&created)))
        }
        (Method::Post, "/api/generate") => generate(&server, &body, Route::Generate).await,
        (Method::Post, "/api/chat") => generate(&server, &body, Route::Chat).await,
        (
            _,
            "/" | "/api/version" | "/api/tags" | "/api/ps" | "/api/show" | "/api/create" | "/api/generate"
            | "/api/chat",
        ) => Ok(whole(405, "text/plain", "405 method not allowed")),
        _ => Ok(whole(404, "text/plain", "404 page not found")),
    }
}

fn show(server: &SimulatedServer, body: &[u8]) -> Result<Response, Refusal> {
    let fields = request::object(body)?;
    let name = fields.get("model").or_else(|| fields.get("name")).and_then(Value::as_str).unwrap_or_default();
    let verbose = fields.get("verbose").and_then(Value::as_bool).unwrap_or(false);
    let index = prepare::find(server, name)?;
    let model = server.model(index);
    Ok(model.map_or_else(|| refused(&prepare::unknown(name)), |model| value(200, &catalog::show(&model, verbose))))
}

/// All that is told of a new model, or the end of it.
fn told(created: &create::Created) -> Response {
    if created.streamed {
        let text: String = created.lines.iter().flat_map(|line| [json::text(line), "\n".to_owned()]).collect();
        return whole(200, LINES, text);
    }
    created.lines.last().map_or_else(|| whole(200, JSON, "{}"), |last| value(200, last))
}

async fn generate(server: &Arc<SimulatedServer>, body: &[u8], route: Route) -> Result<Response, TransportError> {
    let arrived = Instant::now();
    let mut request = match GenerateRequest::read(body) {
        Ok(request) => request,
        Err(refusal) => return Ok(refused(&refusal)),
    };
    request.complete(prepare::find(server, &request.model).ok().and_then(|index| server.model(index)).as_deref());
    request.disregard(&server.scenario.server.ignores);
    server.let_others_in();
    let (model, work) = match prepare::prepare(server, &request, route) {
        Ok(prepared) => prepared,
        Err(refusal) => return Ok(refused(&refusal)),
    };
    let lines = lines(server, &request, route, &work);
    if matches!(work, Work::Load) && request.keep_alive == Some(KeepAlive(Some(std::time::Duration::ZERO))) {
        server.unload(model);
        return Ok(whole(200, JSON, lines.without_text("unload", arrived)));
    }
    let Some(facts) = server.model(model) else { return Ok(refused(&prepare::unknown(&request.model))) };
    let settings = request.load_settings(&facts, server.scenario.server.default_context);
    let (events, mut received) = unbounded_channel();
    server.submit(Job { model, settings, keep_alive: request.keep_alive, arrived, events, work });

    let first = received.recv().await;
    match first {
        Some(Event::Failed { status, message }) => Ok(refused(&Refusal::new(status, message))),
        Some(Event::Loaded { at }) => Ok(whole(200, JSON, lines.without_text("load", at))),
        Some(Event::Reset) | None => Err(broken()),
        Some(event) if request.stream => Ok(streamed(lines, event, received)),
        Some(Event::Done(metrics)) => Ok(whole(200, JSON, lines.whole(&metrics))),
        Some(Event::GaveUp { pieces, at }) => Ok(whole(200, JSON, lines.given_up(pieces, at))),
        Some(Event::Token { .. }) => Err(broken()),
    }
}

fn lines(server: &SimulatedServer, request: &GenerateRequest, route: Route, work: &Work) -> Lines {
    let (answer, prompt_tokens) = match work {
        Work::Generate(generation) => (Arc::clone(&generation.answer), generation.whole_prompt_tokens),
        Work::Load | Work::Refuse { .. } => (Arc::new(Answer::default()), 0),
    };
    let context = (route == Route::Generate && !request.raw).then_some(prompt_tokens);
    Lines { route, model: request.model.clone(), born: server.born, answer, context }
}

/// A line for every token, then the end. Whoever drops it cancels the request.
fn streamed(lines: Lines, first: Event, received: UnboundedReceiver<Event>) -> Response {
    let state = (lines, Some(first), Some(received));
    let body = stream::unfold(state, |(lines, first, received)| async move {
        let mut received = received?;
        let event = match first {
            Some(event) => event,
            None => received.recv().await.unwrap_or(Event::Reset),
        };
        let (chunk, goes_on) = match event {
            Event::Token { index, at } => (Ok(lines.piece(index, at)), true),
            Event::Done(metrics) => (Ok(lines.last(&metrics)), false),
            Event::GaveUp { at, .. } => (Ok(lines.repetition(at)), false),
            Event::Failed { message, .. } => (Ok(format!("{}\n", error(&message))), false),
            Event::Loaded { at } => (Ok(lines.without_text("load", at)), false),
            Event::Reset => (Err(broken()), false),
        };
        Some((chunk.map(Bytes::from), (lines, None, goes_on.then_some(received))))
    });
    Response { status: 200, content_type: LINES.to_owned(), body: body.boxed() }
}

fn refused(refusal: &Refusal) -> Response {
    whole(refusal.status, JSON, error(&refusal.message))
}

fn error(message: &str) -> String {
    json::text(&json!({ "error": message }))
}

fn value(status: u16, value: &Value) -> Response {
    whole(status, JSON, json::text(value))
}

fn whole(status: u16, content_type: &str, body: impl Into<String>) -> Response {
    let body = Bytes::from(body.into());
    Response { status, content_type: content_type.to_owned(), body: stream::once(async { Ok(body) }).boxed() }
}

fn broken() -> TransportError {
    TransportError::Broken("connection reset by peer".to_owned())
}
