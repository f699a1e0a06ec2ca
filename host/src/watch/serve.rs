//! One page over HTTP, for Prometheus: `/metrics`, and nothing else.

use std::{
    convert::Infallible,
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use hyper::{
    Method, Request, Response, StatusCode,
    body::Incoming,
    header::{CONTENT_TYPE, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{net::TcpListener, sync::Semaphore};

use super::metrics;
use crate::serving::{Whole, is_passing};

/// Connections at once. Prometheus needs one.
const MOST_CONNECTIONS: usize = 16;

/// Longest time of one connection: whoever says nothing holds it no longer.
const LONGEST: Duration = Duration::from_secs(30);

/// The page as it is now.
#[derive(Debug, Clone, Default)]
pub struct Shown(Arc<Mutex<String>>);

impl Shown {
    /// Shows another page from now on.
    pub fn set(&self, text: String) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = text;
    }

    fn get(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Serves the page for ever.
///
/// # Errors
/// When the listener fails for good.
pub async fn serve(listener: TcpListener, shown: Shown) -> io::Result<Infallible> {
    let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) if is_passing(&error) => continue,
            Err(error) => return Err(error),
        };
        let Ok(permit) = Arc::clone(&room).try_acquire_owned() else { continue };
        let shown = shown.clone();
        tokio::spawn(async move {
            let _permit = permit;
            let service = service_fn(move |request| {
                let answer = answer(&request, &shown);
                async move { Ok::<_, Infallible>(answer) }
            });
            let connection =
                http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service);
            let _ = tokio::time::timeout(LONGEST, connection).await;
        });
    }
}

fn answer(request: &Request<Incoming>, shown: &Shown) -> Response<Whole> {
    let (status, content_type, text) = match (request.method(), request.uri().path()) {
        (&Method::GET | &Method::HEAD, "/metrics") => (StatusCode::OK, metrics::CONTENT_TYPE, shown.get()),
        (&Method::GET | &Method::HEAD, "/") => {
            (StatusCode::OK, "text/plain; charset=utf-8", "ralf-tune watch: see /metrics\n".to_owned())
        }
        _ => (StatusCode::NOT_FOUND, "text/plain; charset=utf-8", "not found: see /metrics\n".to_owned()),
    };
    let mut response = Response::new(Whole::new(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
