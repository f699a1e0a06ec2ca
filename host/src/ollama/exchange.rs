//! One request and its answer, under the three timeouts.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream::BoxStream};
use tokio::time::timeout;

use super::{
    classify,
    error::OllamaError,
    request::Timeouts,
    transport::{Request, Transport, TransportError},
};

/// Most bytes of an error's body that are read.
const MAX_ERROR_BYTES: usize = 64 * 1024;

/// How long the connection may take to end after the final object; a connection that ended well is used again.
const CLOSING: Duration = Duration::from_secs(1);

/// An answer of status 200 whose first bytes are here.
pub(super) struct Exchange {
    first: Option<Bytes>,
    body: BoxStream<'static, Result<Bytes, TransportError>>,
    idle: Duration,
}

impl Exchange {
    /// Sends the request and waits for the first bytes. An answer of another status becomes an error; `model` is the one asked for, if any.
    pub(super) async fn begin(
        transport: &dyn Transport,
        request: Request,
        timeouts: &Timeouts,
        model: Option<&str>,
    ) -> Result<Self, OllamaError> {
        let opening = async {
            let response = transport.send(request).await?;
            let mut body = response.body;
            let first = next_bytes(&mut body).await?;
            Ok::<_, OllamaError>((response.status, first, body))
        };
        let (status, first, body) = timeout(timeouts.first_byte, opening)
            .await
            .map_err(|_| OllamaError::FirstByteTimeout { after_ms: milliseconds(timeouts.first_byte) })??;
        let exchange = Self { first, body, idle: timeouts.idle };
        if (200..300).contains(&status) {
            return Ok(exchange);
        }
        Err(classify::from_status(status, &exchange.beginning().await, model))
    }

    /// The next bytes, or `None` at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, OllamaError> {
        if let Some(first) = self.first.take() {
            return Ok(Some(first));
        }
        timeout(self.idle, next_bytes(&mut self.body))
            .await
            .map_err(|_| OllamaError::IdleTimeout { after_ms: milliseconds(self.idle), partial: String::new() })?
    }

    /// The whole body, of that many bytes at most.
    pub(super) async fn whole(mut self, limit_bytes: usize) -> Result<Vec<u8>, OllamaError> {
        let mut bytes = Vec::new();
        while let Some(chunk) = self.next().await? {
            if bytes.len() + chunk.len() > limit_bytes {
                return Err(OllamaError::TooLong { what: "answer".into(), limit_bytes });
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }

    /// Lets the connection end by itself, for a moment.
    pub(super) async fn close(mut self) {
        let drained = async { while let Some(Ok(_)) = self.body.next().await {} };
        // Whatever comes after the final object says nothing about the answer.
        let _ = timeout(CLOSING, drained).await;
    }

    /// As much of an error's body as there is: half of an explanation is better than none.
    async fn beginning(mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        while let Ok(Some(chunk)) = self.next().await {
            let room = MAX_ERROR_BYTES - bytes.len();
            bytes.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
            if bytes.len() >= MAX_ERROR_BYTES {
                break;
            }
        }
        bytes
    }
}

/// The next chunk that is not empty.
async fn next_bytes(
    body: &mut BoxStream<'static, Result<Bytes, TransportError>>,
) -> Result<Option<Bytes>, OllamaError> {
    while let Some(chunk) = body.next().await {
        let chunk = chunk?;
        if !chunk.is_empty() {
            return Ok(Some(chunk));
        }
    }
    Ok(None)
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
