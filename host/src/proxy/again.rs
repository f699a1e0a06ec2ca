//! A request that met a connection which the server had just closed is made once more, on a fresh one.
//!
//! Nobody can know of a closed connection before the word of it has come, so that a request may be on its way already (RFC 9112, 9.3.1). It is repeated
//! only when nothing of an answer came, when making it twice does no harm, and when all of it is at hand: a small one is kept until its answer begins.

use std::{error::Error as _, io, sync::PoisonError};

use bytes::Bytes;
use hyper::{Method, Request, http::request::Parts};

use super::body::{SharedTap, Upload};

/// Bytes of a request that are kept. Prompts are shorter; of a longer one nothing is kept.
const MOST_KEPT: usize = 256 << 10;

/// Requests that change nothing on the server, though they are sent by `POST`.
const HARMLESS: [&str; 8] = [
    "/api/generate",
    "/api/chat",
    "/api/embed",
    "/api/embeddings",
    "/api/show",
    "/v1/chat/completions",
    "/v1/completions",
    "/v1/embeddings",
];

/// What was sent of a request's body.
#[derive(Debug, Default)]
pub(super) struct Kept {
    parts: Vec<Bytes>,
    bytes: usize,
    /// Nothing more comes.
    pub is_whole: bool,
}

impl Kept {
    /// For a request to a path that can be repeated.
    pub fn of(method: &Method, path: &str) -> Option<Self> {
        (method.is_safe() || HARMLESS.contains(&path)).then(Self::default)
    }

    /// The next part was sent. False when that is more than is kept.
    pub fn add(&mut self, part: &Bytes) -> bool {
        self.bytes += part.len();
        if self.bytes <= MOST_KEPT {
            self.parts.push(part.clone());
        }
        self.bytes <= MOST_KEPT
    }
}

/// The head of a request that could be repeated.
pub(super) fn copied(head: &Parts, tap: &SharedTap) -> Option<Parts> {
    let can_be = tap.lock().unwrap_or_else(PoisonError::into_inner).kept.is_some();
    can_be.then(|| head.clone())
}

/// The request once more, if it failed because the connection had ended.
pub(super) fn repeated(head: Parts, tap: &SharedTap, error: &hyper::Error) -> Option<Request<Upload>> {
    let kept = tap.lock().unwrap_or_else(PoisonError::into_inner).kept.take()?;
    if !kept.is_whole || !had_ended(error) {
        return None;
    }
    tracing::debug!("an idle connection to the server had ended: {error}");
    let body = match kept.parts.len() {
        0 => None,
        1 => kept.parts.into_iter().next(),
        _ => Some(Bytes::from(kept.parts.concat())),
    };
    Some(Request::from_parts(head, Upload::Whole(body)))
}

/// Whether the server closed the connection, and neither a client nor a bad answer is to blame.
fn had_ended(error: &hyper::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected, UnexpectedEof};
    let broke = error.source().and_then(|source| source.downcast_ref::<io::Error>()).is_some_and(|error| {
        matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | NotConnected | UnexpectedEof)
    });
    error.is_incomplete_message() || error.is_closed() || error.is_canceled() || broke
}
