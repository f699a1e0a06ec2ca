//! Connections to the server, used again as long as they last.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};

use hyper::{
    Request, Response,
    body::Incoming,
    client::conn::http1::{Builder, SendRequest},
};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, pki_types::ServerName};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;

use super::body::Upload;

/// Idle connections that are kept.
const MOST_IDLE: usize = 64;

/// Where a server is, and how it is spoken to.
#[derive(Clone)]
pub struct Server {
    /// Host and port.
    address: String,
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

impl Server {
    /// One at `address` (host and port) that is spoken to in the open.
    #[must_use]
    pub const fn plain(address: String) -> Self {
        Self { address, tls: None }
    }

    /// One that is spoken to over TLS, and must be `host` by a certificate that the system trusts.
    ///
    /// # Errors
    /// When there is nothing that the system trusts, or no certificate can be of such a host.
    pub fn over_tls(address: String, host: &str) -> Result<Self, TlsError> {
        // An address in brackets is one of version 6.
        let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned()).map_err(|_| TlsError::Name)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(BuilderVerifierExt::with_platform_verifier)
            .map_err(TlsError::Trust)?
            .with_no_client_auth();
        Ok(Self { address, tls: Some((TlsConnector::from(Arc::new(config)), name)) })
    }

    /// The name that a server over TLS goes by: many stand behind one address, and go by that of the request. In the open the client's own word is passed on.
    pub(super) fn own_name(&self) -> Option<&str> {
        self.tls.as_ref().map(|_| self.address.strip_suffix(":443").unwrap_or(&self.address))
    }
}

/// Why there can be no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("no certificate can be of such a host")]
    Name,
    #[error("nothing is trusted")]
    Trust(#[source] rustls::Error),
}

/// The server, and idle connections to it.
pub(super) struct Upstream {
    server: Server,
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
    pub const fn new(server: Server) -> Self {
        Self { server, idle: Mutex::new(Vec::new()) }
    }

    pub fn own_name(&self) -> Option<&str> {
        self.server.own_name()
    }

    /// Host and port of the server.
    pub fn address(&self) -> &str {
        &self.server.address
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
        let stream = TcpStream::connect(&self.server.address).await.map_err(UpstreamError::Unreachable)?;
        // Small parts must not wait for more.
        stream.set_nodelay(true).map_err(UpstreamError::Unreachable)?;
        match &self.server.tls {
            None => speak(stream).await,
            Some((connector, name)) => {
                let stream = connector.connect(name.clone(), stream).await.map_err(UpstreamError::Unreachable)?;
                speak(stream).await
            }
        }
    }
}

/// Begins to speak HTTP over a connection.
async fn speak(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
) -> Result<SendRequest<Upload>, UpstreamError> {
    let (sender, connection) = Builder::new().preserve_header_case(true).handshake(TokioIo::new(stream)).await?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!("a connection to the server ended: {error}");
        }
    });
    Ok(sender)
}
