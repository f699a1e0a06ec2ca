//! Connections to the server, used again as long as they last.

use std::{
    io,
    sync::{Mutex, PoisonError},
};

use hyper::{
    Request, Response,
    body::Incoming,
    client::conn::http1::{Builder, SendRequest},
};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::body::Upload;

/// Idle connections that are kept.
const MOST_IDLE: usize = 64;

/// The server, and idle connections to it.
#[derive(Debug)]
pub(super) struct Upstream {
    /// Host and port.
    address: String,
    idle: Mutex<Vec<SendRequest<Upload>>>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum UpstreamError {
    #[error("no connection to the server")]
    Unreachable(#[source] io::Error),
    #[error("the connection to the server broke")]
    Broken(#[from] hyper::Error),
}

impl Upstream {
    pub const fn new(address: String) -> Self {
        Self { address, idle: Mutex::new(Vec::new()) }
    }

    /// Host and port of the server.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Sends a request, over an idle connection where there is one. The connection comes with the answer: whoever drops it before the answer has
    /// ended closes it, which is how the server learns that nobody waits.
    pub async fn send(
        &self,
        mut request: Request<Upload>,
    ) -> Result<(Response<Incoming>, SendRequest<Upload>), UpstreamError> {
        while let Some(mut sender) = self.take_idle() {
            // The server may have closed it in this very moment.
            if sender.ready().await.is_err() {
                continue;
            }
            match sender.try_send_request(request).await {
                Ok(response) => return Ok((response, sender)),
                Err(mut error) => match error.take_message() {
                    Some(unsent) => request = unsent,
                    None => return Err(error.into_error().into()),
                },
            }
        }
        let mut sender = self.connect().await?;
        sender.ready().await?;
        let response = sender.send_request(request).await?;
        Ok((response, sender))
    }

    /// Takes a connection back whose answer has ended.
    pub fn give_back(&self, sender: SendRequest<Upload>) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if !sender.is_closed() && idle.len() < MOST_IDLE {
            idle.push(sender);
        }
    }

    fn take_idle(&self) -> Option<SendRequest<Upload>> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(sender) = idle.pop() {
            if !sender.is_closed() {
                return Some(sender);
            }
        }
        None
    }

    async fn connect(&self) -> Result<SendRequest<Upload>, UpstreamError> {
        let stream = TcpStream::connect(&self.address).await.map_err(UpstreamError::Unreachable)?;
        // Small parts must not wait for more.
        stream.set_nodelay(true).map_err(UpstreamError::Unreachable)?;
        let (sender, connection) = Builder::new().preserve_header_case(true).handshake(TokioIo::new(stream)).await?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!("a connection to the server ended: {error}");
            }
        });
        Ok(sender)
    }
}
