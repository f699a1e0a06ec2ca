//! A server whose every byte is the fuzzer's.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::{FutureExt as _, StreamExt as _, future::BoxFuture, stream};
use ralf_tune::ollama::{
    client::Client,
    request::Timeouts,
    transport::{Request, Response, Transport, TransportError},
};

/// How a body ends.
#[derive(Clone, Copy)]
pub enum End {
    Well,
    Broken,
    /// Nothing more comes, and the connection stays.
    Never,
}

/// What the server says to whatever it is asked.
#[derive(Clone)]
pub struct Reply {
    pub status: u16,
    pub body: Vec<u8>,
    /// Bytes of one chunk; at least 1.
    pub chunk: usize,
    pub end: End,
}

/// Says one thing to each path; 404 to others.
pub struct Server(pub BTreeMap<&'static str, Reply>);

impl Server {
    pub fn client(self) -> Client {
        let timeouts = Timeouts {
            connect: Duration::from_secs(5),
            first_byte: Duration::from_secs(20),
            idle: Duration::from_secs(10),
        };
        Client::new(Arc::new(self), timeouts)
    }
}

impl Transport for Server {
    fn send(&self, request: Request) -> BoxFuture<'static, Result<Response, TransportError>> {
        let nothing = Reply { status: 404, body: Vec::new(), chunk: 1, end: End::Well };
        let reply = self.0.get(request.path.as_str()).cloned().unwrap_or(nothing);
        async move {
            let mut parts: Vec<_> =
                reply.body.chunks(reply.chunk).map(|part| Ok(Bytes::copy_from_slice(part))).collect();
            if matches!(reply.end, End::Broken) {
                parts.push(Err(TransportError::Broken("reset by peer".to_owned())));
            }
            let body = stream::iter(parts);
            let body =
                if matches!(reply.end, End::Never) { body.chain(stream::pending()).boxed() } else { body.boxed() };
            Ok(Response { status: reply.status, content_type: "application/json".to_owned(), body })
        }
        .boxed()
    }
}

/// Runs it on a clock that jumps over every wait.
pub fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(future)
}
