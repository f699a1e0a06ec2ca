//! A way to the server on which `truncate: false` gets lost, as behind a proxy that rebuilds requests: the server then cuts without a word.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream};
use ralf_tune::ollama::transport::{Request, Response, Transport, TransportError};
use serde_json::Value;

/// Asks for truncation; what the answer's `context` would tell of it is taken away, as servers do that have no such field.
pub struct Cutting {
    pub server: Arc<dyn Transport>,
}

impl Transport for Cutting {
    fn send(&self, mut request: Request) -> BoxFuture<'static, Result<Response, TransportError>> {
        let Some(mut body) = request.body.as_deref().and_then(|body| serde_json::from_slice::<Value>(body).ok()) else {
            return self.server.send(request);
        };
        if body["prompt"].as_str().is_none_or(str::is_empty) {
            return self.server.send(request);
        }
        body["truncate"] = true.into();
        request.body = Some(Bytes::from(body.to_string()));
        let sent = self.server.send(request);
        async move {
            let response = sent.await?;
            let parts: Vec<Bytes> = response.body.map(Result::unwrap).collect().await;
            let mut out = Vec::new();
            for line in parts.concat().split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                let mut line: Value = serde_json::from_slice(line).unwrap();
                line.as_object_mut().unwrap().remove("context");
                out.extend(line.to_string().into_bytes());
                out.push(b'\n');
            }
            let body = stream::iter([Ok(Bytes::from(out))]).boxed();
            Ok(Response { status: response.status, content_type: response.content_type, body })
        }
        .boxed()
    }
}
