//! Connections to the server, used again as long as they last.
//!
//! A connection has no task of its own: whoever waits for something on it goes on with its work (`Line`). Nobody waits for an idle one. Whether it
//! still stands is asked of the system before it is used (`socket`), and a request that meets one all the same which the server had just closed is
//! made again on a fresh one, where it may be (`again`).

use std::{
    future::poll_fn,
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Waker},
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

use super::{
    again,
    body::{SharedTap, Upload},
    socket::Socket,
};

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
    idle: Mutex<Vec<Line>>,
}

/// A connection to the server. A part of an answer needs no second task to be passed on, and the first of many that come at once does not wait until
/// all are read.
pub(super) struct Line {
    sender: SendRequest<Upload>,
    /// Reading and writing; `None` once the connection has ended.
    work: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    socket: Socket,
}

impl Line {
    /// Goes on with what there is to read and to write. Whoever asks is woken when there is more.
    pub fn work(&mut self, context: &mut Context<'_>) {
        if self.work.as_mut().is_some_and(|work| work.as_mut().poll(context).is_ready()) {
            self.work = None;
        }
    }

    /// Goes on with it until something has come of it.
    async fn until<T>(&mut self, what: impl FnOnce(&mut SendRequest<Upload>) -> Answer<'_, T>) -> T {
        let Self { sender, work, .. } = self;
        let mut what = what(sender);
        poll_fn(|context| {
            if work.as_mut().is_some_and(|work| work.as_mut().poll(context).is_ready()) {
                *work = None;
            }
            what.as_mut().poll(context)
        })
        .await
    }
}

type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

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
        tap: &SharedTap,
    ) -> Result<(Response<Incoming>, Line), UpstreamError> {
        while let Some(mut line) = self.take_idle() {
            // The server may have closed it meanwhile, or in this very moment.
            if line.until(|sender| Box::pin(sender.ready())).await.is_err() {
                continue;
            }
            let (head, body) = request.into_parts();
            let copy = again::copied(&head, tap);
            let answer = line.until(|sender| Box::pin(sender.try_send_request(Request::from_parts(head, body)))).await;
            let mut error = match answer {
                Ok(response) => return Ok((response, line)),
                Err(error) => error,
            };
            let unsent = error.take_message();
            let is_unsent = unsent.is_some();
            let error = error.into_error();
            request = match unsent.or_else(|| again::repeated(copy?, tap, &error)) {
                Some(request) => request,
                None => return Err(error.into()),
            };
            // Once is enough: what fails on a fresh connection has failed.
            if !is_unsent {
                break;
            }
        }
        let mut line = self.connect().await?;
        line.until(|sender| Box::pin(sender.ready())).await?;
        let response = line.until(|sender| Box::pin(sender.send_request(request))).await?;
        Ok((response, line))
    }

    /// Takes a connection back whose answer has ended. Where the server answered before it had the whole request, the rest still goes there.
    pub fn give_back(&self, mut line: Line) {
        if !line.sender.is_ready() {
            line.work(&mut Context::from_waker(Waker::noop()));
        }
        let Some(work) = line.work.take().filter(|_| !line.sender.is_closed()) else { return };
        if !line.sender.is_ready() {
            tokio::spawn(work);
            return;
        }
        line.work = Some(work);
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < MOST_IDLE {
            idle.push(line);
        }
    }

    fn take_idle(&self) -> Option<Line> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(line) = idle.pop() {
            if line.socket.is_quiet(self.server.tls.is_some()) {
                return Some(line);
            }
        }
        None
    }

    async fn connect(&self) -> Result<Line, UpstreamError> {
        let stream = TcpStream::connect(&self.server.address).await.map_err(UpstreamError::Unreachable)?;
        // Small parts must not wait for more.
        stream.set_nodelay(true).map_err(UpstreamError::Unreachable)?;
        let socket = Socket::new(stream);
        match &self.server.tls {
            None => speak(socket.clone(), socket).await,
            Some((connector, name)) => {
                let stream =
                    connector.connect(name.clone(), socket.clone()).await.map_err(UpstreamError::Unreachable)?;
                speak(stream, socket).await
            }
        }
    }
}

/// Begins to speak HTTP over a connection.
async fn speak(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    socket: Socket,
) -> Result<Line, UpstreamError> {
    let (sender, connection) =
        Builder::new().preserve_header_case(true).writev(false).handshake(TokioIo::new(stream)).await?;
    let work = async {
        if let Err(error) = connection.await {
            tracing::debug!("a connection to the server ended: {error}");
        }
    };
    Ok(Line { sender, work: Some(Box::pin(work)), socket })
}
