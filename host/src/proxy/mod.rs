//! A proxy before an Ollama server: what clients send and what it answers passes unchanged and at once, and a record says what each request took.
//! One path is the proxy's own, so that `doctor` can tell it from a server.
//!
//! `scan` reads a few values as they pass, `body` hands parts on, `upstream` keeps connections (`socket`, `again`), `ticket` sees to it that every request has its
//! record, however it ends. `advice` says what clients do that costs them time. Only with tuned options in hand a request is read whole first
//! (`inject`).

pub mod advice;
mod again;
mod body;
mod facts;
mod headers;
mod inject;
pub mod scan;
mod socket;
mod ticket;
mod upstream;

use std::{
    convert::Infallible,
    hash::RandomState,
    io,
    sync::{Arc, Mutex, PoisonError, atomic::AtomicUsize},
};

use bytes::Bytes;
use hyper::{
    Method, Request, Response, StatusCode, Uri,
    body::{Body as _, Incoming},
    header::{CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderMap, HeaderValue, USER_AGENT},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

pub use inject::Tuned;
pub use upstream::{Server, TlsError};

use crate::{
    model::{
        clean::clean_within,
        exchange::{ExchangeEnd, ExchangeRecord, PROXY_PATH},
        machine::same_model,
    },
    serving::is_passing,
};
use again::Kept;
use body::{Download, Passing, Sent, SharedTap, Upload};
use facts::{RequestTap, ResponseTap};
use ticket::Ticket;
use upstream::{Upstream, UpstreamError};

/// Longest path in a record, and the longest name of a client.
const ENDPOINT_CHARS: usize = 100;
const CLIENT_CHARS: usize = 40;

/// Bytes of a request that something is put into: it must be read first.
const MOST_CHANGED_BYTES: usize = 64 << 20;

/// Where load-time options count.
const LOADING: [&str; 2] = ["/api/generate", "/api/chat"];

/// Who hears of each request when it is over.
pub type Hear = Arc<dyn Fn(ExchangeRecord) + Send + Sync>;

/// A proxy before one server.
pub struct Proxy {
    upstream: Arc<Upstream>,
    /// What stands before every path on the server.
    prefix: String,
    tuned: Option<Tuned>,
    now: fn() -> String,
    hear: Hear,
    under_way: Arc<AtomicUsize>,
    /// What fingerprints of texts are made with. It ends with the proxy.
    key: RandomState,
}

impl Proxy {
    /// A proxy before a server, where `prefix` stands before every path. `tuned` are put into requests that bring no load-time options; `now` says the date
    /// and time.
    #[must_use]
    pub fn new(server: Server, prefix: &str, tuned: Option<Tuned>, now: fn() -> String, hear: Hear) -> Arc<Self> {
        let upstream = Arc::new(Upstream::new(server));
        let (prefix, under_way, key) = (prefix.to_owned(), Arc::default(), RandomState::new());
        Arc::new(Self { upstream, prefix, tuned, now, hear, under_way, key })
    }

    /// Serves until `shutdown` ends, and cuts what is under way then.
    ///
    /// # Errors
    /// When the listener fails for good.
    pub async fn serve(self: Arc<Self>, listener: TcpListener, shutdown: impl Future<Output = ()>) -> io::Result<()> {
        let mut connections = tokio::task::JoinSet::new();
        tokio::pin!(shutdown);
        loop {
            tokio::select! {
                biased;
                () = &mut shutdown => return Ok(()),
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => {
                        connections.spawn(Arc::clone(&self).connection(stream));
                    }
                    // A client that left in the queue, or no more files for a moment.
                    Err(error) if is_passing(&error) => tokio::task::yield_now().await,
                    Err(error) => return Err(error),
                },
                Some(_) = connections.join_next() => {}
            }
        }
    }

    async fn connection(self: Arc<Self>, stream: TcpStream) {
        // Without it small parts would wait for the client's acknowledgement.
        let _ = stream.set_nodelay(true);
        let service = service_fn(|request| {
            let proxy = Arc::clone(&self);
            async move { Ok::<_, Infallible>(proxy.answer(request).await) }
        });
        let served = http1::Builder::new()
            .preserve_header_case(true)
            .auto_date_header(false)
            // Parts are small: to copy one costs less than to write it as three.
            .writev(false)
            // Neither does Ollama: clients keep idle connections, and one that is closed under them costs them a request. A clock for each head costs
            // as much as to read it, too.
            .header_read_timeout(None)
            .serve_connection(TokioIo::new(stream), service)
            .await;
        if let Err(error) = served {
            tracing::debug!("a client's connection ended: {error}");
        }
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Download> {
        if request.uri().path() == PROXY_PATH && request.method() == Method::GET {
            return self.itself();
        }
        let kept = Kept::of(request.method(), request.uri().path());
        let tap: SharedTap = Arc::new(Mutex::new(Sent { tap: RequestTap::new(&self.key), kept }));
        let record = ExchangeRecord {
            at: (self.now)(),
            method: request.method().as_str().to_owned(),
            endpoint: clean_within(request.uri().path(), ENDPOINT_CHARS),
            client: client(request.headers()),
            ..ExchangeRecord::default()
        };
        let mut ticket = Ticket::new(record, Arc::clone(&tap), &self.under_way, &self.hear);
        let request = match self.prepare(request, &tap, &mut ticket).await {
            Ok(request) => request,
            Err((status, why)) => return refused(ticket, ExchangeEnd::Refused, status, why),
        };
        match self.upstream.send(request, &tap).await {
            Ok((mut response, connection)) => {
                tap.lock().unwrap_or_else(PoisonError::into_inner).kept = None;
                ticket.record.status = Some(response.status().as_u16());
                ticket.record.head_ms = Some(ticket.elapsed_ms());
                headers::drop_those_of_the_connection(response.headers_mut());
                response.map(|body| {
                    let mut passing = Passing {
                        body,
                        tap: ResponseTap::default(),
                        ticket,
                        connection: Some(connection),
                        broken: None,
                        upstream: Arc::clone(&self.upstream),
                    };
                    passing.end_if_empty();
                    Download::Passing(Box::new(passing))
                })
            }
            Err(error) => {
                let (end, why) = match &error {
                    UpstreamError::Unreachable(_) => (ExchangeEnd::Unreachable, "the Ollama server cannot be reached"),
                    UpstreamError::Broken(_) => (ExchangeEnd::Broken, "the connection to the Ollama server broke"),
                };
                tracing::debug!("{error}: {}", crate::model::cause::innermost(&error));
                refused(ticket, end, StatusCode::BAD_GATEWAY, why)
            }
        }
    }

    /// That it is there, and before what. It is no request to the server, and in no record.
    fn itself(&self) -> Response<Download> {
        let before = format!("http://{}{}", self.upstream.address(), self.prefix);
        let body = serde_json::json!({ "ralf_tune_proxy": { "version": env!("CARGO_PKG_VERSION"), "before": before } });
        let mut response = Response::new(Download::Own(Some(Bytes::from(body.to_string()))));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    }

    /// The request as it goes to the server.
    async fn prepare(
        &self,
        request: Request<Incoming>,
        tap: &SharedTap,
        ticket: &mut Ticket,
    ) -> Result<Request<Upload>, (StatusCode, &'static str)> {
        let (mut head, body) = request.into_parts();
        if head.method == Method::CONNECT {
            return Err((StatusCode::NOT_IMPLEMENTED, "this proxy stands before one server and connects to no other"));
        }
        let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
        let endpoint = head.uri.path().to_owned();
        head.uri = format!("{}{path}", self.prefix)
            .parse::<Uri>()
            .map_err(|_| (StatusCode::BAD_REQUEST, "this path cannot be passed on"))?;
        headers::drop_those_of_the_connection(&mut head.headers);
        if let Some(name) = self.upstream.own_name() {
            let name = HeaderValue::from_str(name).map_err(|_| (StatusCode::BAD_REQUEST, "the server has no name"))?;
            head.headers.insert(HOST, name);
        }
        let tuned = self.tuned.as_ref().filter(|_| LOADING.contains(&endpoint.as_str()) && head.method == Method::POST);
        let Some(tuned) = tuned else {
            if body.is_end_stream() {
                tap.lock().unwrap_or_else(PoisonError::into_inner).end();
            }
            return Ok(Request::from_parts(head, Upload::Passing { body, tap: Arc::clone(tap) }));
        };
        let whole = whole(body).await?;
        let changed = inject::with_options(&whole, tuned, same_model);
        ticket.record.applied = changed.is_some();
        let whole = changed.map_or(whole, Bytes::from);
        tap.lock().unwrap_or_else(PoisonError::into_inner).read(&whole, true);
        if head.headers.contains_key(CONTENT_LENGTH) {
            head.headers.insert(CONTENT_LENGTH, HeaderValue::from(whole.len()));
        }
        Ok(Request::from_parts(head, Upload::Whole(Some(whole))))
    }
}

impl Passing {
    /// An answer without a body is over with its head.
    fn end_if_empty(&mut self) {
        if self.body.is_end_stream() {
            self.ticket.record.end = ExchangeEnd::Complete;
            if let Some(connection) = self.connection.take() {
                self.upstream.give_back(connection);
            }
        }
    }
}

/// What a client calls itself.
fn client(headers: &HeaderMap) -> Option<String> {
    let word = headers.get(USER_AGENT)?.to_str().ok()?.split_whitespace().next()?;
    Some(clean_within(word, CLIENT_CHARS))
}

/// The whole body, within bounds.
async fn whole(mut body: Incoming) -> Result<Bytes, (StatusCode, &'static str)> {
    let mut bytes = Vec::new();
    while let Some(frame) = std::future::poll_fn(|context| std::pin::Pin::new(&mut body).poll_frame(context)).await {
        let frame = frame.map_err(|_| (StatusCode::BAD_REQUEST, "the request broke off"))?;
        let Ok(data) = frame.into_data() else { continue };
        if bytes.len() + data.len() > MOST_CHANGED_BYTES {
            return Err((StatusCode::PAYLOAD_TOO_LARGE, "a request into which options are put has 64 MiB at most"));
        }
        bytes.extend_from_slice(&data);
    }
    Ok(Bytes::from(bytes))
}

/// An answer of the proxy's own, in the form of Ollama's errors.
fn refused(mut ticket: Ticket, end: ExchangeEnd, status: StatusCode, why: &str) -> Response<Download> {
    ticket.record.end = end;
    ticket.record.status = Some(status.as_u16());
    ticket.record.error = true;
    let body = serde_json::json!({ "error": format!("ralf-tune proxy: {why}") }).to_string();
    let mut response = Response::new(Download::Own(Some(Bytes::from(body))));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
