//! The simulated server over HTTP, for clients that are somebody else's.

use std::{future::Future, sync::Arc};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::State,
    http::{Method as HttpMethod, StatusCode, header::CONTENT_TYPE},
    response::IntoResponse,
};
use futures_util::TryStreamExt;

use super::{SimulatedServer, routes};
use crate::ollama::transport::{Method, Request, Response};

/// Bytes of a request's body at most.
const MOST_BYTES: usize = 64 << 20;

/// Serves the simulated server until `shutdown` ends, on the clock of the runtime.
///
/// # Errors
/// When the listener fails.
pub async fn serve<S>(
    server: Arc<SimulatedServer>,
    listener: tokio::net::TcpListener,
    shutdown: S,
) -> std::io::Result<()>
where
    S: Future<Output = ()> + Send + 'static,
{
    let router = Router::new().fallback(handle).with_state(server);
    axum::serve(listener, router).with_graceful_shutdown(shutdown).await
}

async fn handle(
    State(server): State<Arc<SimulatedServer>>,
    request: axum::extract::Request,
) -> axum::response::Response {
    let (head, body) = request.into_parts();
    let method = match head.method {
        HttpMethod::GET | HttpMethod::HEAD => Method::Get,
        HttpMethod::POST => Method::Post,
        _ => return (StatusCode::METHOD_NOT_ALLOWED, "405 method not allowed").into_response(),
    };
    let Ok(body) = to_bytes(body, MOST_BYTES).await else { return StatusCode::PAYLOAD_TOO_LARGE.into_response() };
    let request = Request { method, path: head.uri.path().to_owned(), body: (!body.is_empty()).then_some(body) };
    match routes::answer(server, request).await {
        Ok(answer) => forward(answer).await,
        // A body that breaks makes the connection break, which is what happened.
        Err(error) => {
            Body::from_stream(futures_util::stream::once(async { Err::<bytes::Bytes, _>(error) })).into_response()
        }
    }
}

/// Streams lines as they come; everything else goes in one piece, with its length.
async fn forward(answer: Response) -> axum::response::Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let content_type = [(CONTENT_TYPE, answer.content_type.clone())];
    if answer.content_type.contains("ndjson") {
        return (status, content_type, Body::from_stream(answer.body)).into_response();
    }
    match answer.body.try_collect::<Vec<_>>().await {
        Ok(chunks) => (status, content_type, chunks.concat()).into_response(),
        Err(_) => StatusCode::BAD_GATEWAY.into_response(),
    }
}
