//! The hub on the network: HTTP/1, within bounds of connections, bytes and time.

use std::{
    convert::Infallible,
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use hyper::{
    Request as Incoming, Response, StatusCode,
    body::Body as _,
    header::{CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{net::TcpListener, sync::Semaphore};

use super::{
    Hub, Problem,
    request::{Answer, Request, Signed},
    signed::{KEY_HEADER, SIGNATURE_HEADER, TIME_HEADER},
};
use crate::serving::{Whole, is_passing};

/// Connections at once: with the most bytes of a body each, this is what memory it takes.
const MOST_CONNECTIONS: usize = 128;

/// Longest time of the head of a request, of a connection, and again of its last request: whoever says nothing holds it no longer.
const HEAD: Duration = Duration::from_secs(10);
const LONGEST: Duration = Duration::from_mins(1);

/// What goes with every answer. Nothing of a page may run, load from elsewhere, be framed, or tell where somebody came from.
const ALWAYS: [(&str, &str); 4] = [
    (
        "content-security-policy",
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
];

/// The header in which a server before this one says who asks.
const FORWARDED: &str = "x-forwarded-for";

/// Serves until `shutdown` ends. With `behind`, who asks is what a server before this one says.
///
/// # Errors
/// When the listener fails for good.
pub async fn serve(
    hub: Arc<Hub>,
    listener: TcpListener,
    behind: bool,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let mut connections = tokio::task::JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        // Who comes when all are taken waits in the queue of the system.
        let permit = tokio::select! {
            biased;
            () = &mut shutdown => return Ok(()),
            permit = Arc::clone(&room).acquire_owned() => permit,
        };
        let accepted = tokio::select! {
            biased;
            () = &mut shutdown => return Ok(()),
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) if is_passing(&error) => continue,
            Err(error) => return Err(error),
        };
        while connections.try_join_next().is_some() {}
        let hub = Arc::clone(&hub);
        connections.spawn(async move {
            let _permit = permit;
            let _ = stream.set_nodelay(true);
            let service = service_fn(|request| {
                let hub = Arc::clone(&hub);
                async move { Ok::<_, Infallible>(respond(&hub, request, peer, behind).await) }
            });
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD)
                .serve_connection(TokioIo::new(stream), service);
            let mut connection = std::pin::pin!(connection);
            if tokio::time::timeout(LONGEST, connection.as_mut()).await.is_err() {
                // What is under way is finished, and nothing more begun.
                connection.as_mut().graceful_shutdown();
                let _ = tokio::time::timeout(LONGEST, connection).await;
            }
        });
    }
}

async fn respond(
    hub: &Hub,
    request: Incoming<hyper::body::Incoming>,
    peer: SocketAddr,
    behind: bool,
) -> Response<Whole> {
    let (head, body) = request.into_parts();
    let answer = match whole(&head.headers, body, hub.limits().body_bytes).await {
        Ok(body) => {
            let header = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
            let signed = match (header(KEY_HEADER), header(TIME_HEADER), header(SIGNATURE_HEADER)) {
                (Some(key), Some(time), Some(signature)) => Some(Signed { key, time, signature }),
                _ => None,
            };
            hub.answer(&Request {
                method: head.method.as_str(),
                path: head.uri.path(),
                query: head.uri.query().unwrap_or_default(),
                host: header(HOST.as_str()).unwrap_or_default(),
                signed,
                body: &body,
                from: asker(&head.headers, peer.ip(), behind),
            })
            .await
        }
        Err(problem) => problem.answer(),
    };
    response(answer)
}

/// Who asks: whom the server before this one saw last, if there is one.
fn asker(headers: &HeaderMap, peer: IpAddr, behind: bool) -> IpAddr {
    let last = headers.get_all(FORWARDED).iter().next_back().and_then(|value| value.to_str().ok());
    let named = last.and_then(|list| list.rsplit(',').next()?.trim().parse().ok());
    named.filter(|_| behind).unwrap_or(peer)
}

/// The whole body, within bounds: what says beforehand that it is too large is not read.
async fn whole(headers: &HeaderMap, mut body: hyper::body::Incoming, most: usize) -> Result<Vec<u8>, Problem> {
    let said = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if said.is_some_and(|said| said > most as u64) {
        return Err(Problem::TooLarge(most));
    }
    let mut bytes = Vec::new();
    while let Some(frame) = std::future::poll_fn(|context| std::pin::Pin::new(&mut body).poll_frame(context)).await {
        let frame = frame.map_err(|_| Problem::Body("the request broke off".to_owned()))?;
        let Ok(data) = frame.into_data() else { continue };
        if bytes.len() + data.len() > most {
            return Err(Problem::TooLarge(most));
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes)
}

fn response(answer: Answer) -> Response<Whole> {
    let mut response = Response::new(Whole::new(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
    for (name, value) in ALWAYS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    for (name, value) in answer.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    response
}
