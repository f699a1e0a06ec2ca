//! The seam between the client and the world: HTTP, or the simulator in process.

use bytes::Bytes;
use futures_util::{future::BoxFuture, stream::BoxStream};

/// One request to the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub method: Method,
    /// Absolute path below the base URL: `/api/generate`.
    pub path: String,
    /// A JSON document.
    pub body: Option<Bytes>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
}

/// The head of an answer, and its body as it arrives. Dropping the body closes the connection, which is
/// the only way to cancel a request.
pub struct Response {
    pub status: u16,
    pub content_type: String,
    pub body: BoxStream<'static, Result<Bytes, TransportError>>,
}

/// The connection failed: nothing that the server said.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    #[error("cannot connect: {0}")]
    Connect(String),
    #[error("the connection broke: {0}")]
    Broken(String),
    #[error("no connection within {0} ms")]
    ConnectTimeout(u64),
}

/// Sends requests. Implementations never retry and never time out except while connecting.
pub trait Transport: Send + Sync {
    /// Sends a request and returns as soon as the head of the answer is there.
    fn send(&self, request: Request) -> BoxFuture<'static, Result<Response, TransportError>>;
}
