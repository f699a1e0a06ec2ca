//! Servers on a port of this machine, each on a thread of its own.

use std::{
    io::{Read, Write},
    net::TcpListener,
    sync::{Arc, mpsc},
    thread,
};

use bytes::Bytes;
use futures_util::StreamExt as _;
use ralf_tune::{
    ollama::transport::{Method, Request, Transport, TransportError},
    simulate::{ModelFacts, Scenario, SimulatedServer, serve},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::{Notify, oneshot},
};

/// A simulated Ollama on the real clock, until it is dropped.
pub struct Ollama {
    pub address: String,
    _stop: oneshot::Sender<()>,
}

impl Ollama {
    /// Serves a machine with these models.
    pub fn with(models: Vec<ModelFacts>) -> Self {
        let scenario = Scenario { models, ..Scenario::named("mid-range").unwrap() };
        let (tell, told) = mpsc::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                tell.send(listener.local_addr().unwrap().to_string()).unwrap();
                let stopped = async {
                    let _ = stopped.await;
                };
                serve(SimulatedServer::new(scenario, 1), listener, stopped).await.unwrap();
            });
        });
        Self { address: told.recv().unwrap(), _stop: stop }
    }

    /// The models of the built-in machines that have these names.
    pub fn serving(names: &[&str]) -> Self {
        Self::with(names.iter().map(|name| model(name)).collect())
    }
}

/// A model of one of the built-in machines.
pub fn model(name: &str) -> ModelFacts {
    let mut all = Scenario::NAMES.into_iter().filter_map(Scenario::named).flat_map(|scenario| scenario.models);
    all.find(|model| model.name == name).unwrap()
}

/// A port that nobody listens on.
pub fn nobody() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// A web server that gives every request the same answer.
pub fn answering(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    address
}

/// Any server over HTTP, on the real clock, until it is dropped.
pub struct Bridge {
    pub address: String,
    _stop: oneshot::Sender<()>,
}

impl Bridge {
    /// Makes the server on a thread and a runtime of its own. When it refuses a connection, it is not there any more.
    pub fn of<T: Transport + 'static>(make: impl FnOnce() -> T + Send + 'static) -> Self {
        let (tell, told) = mpsc::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let server = Arc::new(make());
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                tell.send(listener.local_addr().unwrap().to_string()).unwrap();
                let gone = Arc::new(Notify::new());
                let accept = async {
                    loop {
                        let (stream, _) = listener.accept().await.unwrap();
                        let (server, gone) = (Arc::clone(&server), Arc::clone(&gone));
                        tokio::spawn(async move {
                            if let Err(TransportError::Connect(_)) = answer(stream, &*server).await {
                                gone.notify_one();
                            }
                        });
                    }
                };
                tokio::select! {
                    () = accept => {}
                    () = gone.notified() => {}
                    _ = stopped => {}
                }
            });
        });
        Self { address: told.recv().unwrap(), _stop: stop }
    }
}

/// A machine so fast that a study on the real clock measures something in a second or two.
pub fn quick() -> Scenario {
    let mut scenario = Scenario::named("one-slot").unwrap();
    let (cpu, loading) = (&mut scenario.machine.cpu, &mut scenario.machine.loading);
    for rate in [&mut cpu.memory_bytes_per_second, &mut cpu.prefill_tokens_per_second, &mut loading.bytes_per_second] {
        *rate *= 100.0;
    }
    for time in [
        &mut cpu.sequence_cost_ms,
        &mut cpu.step_overhead_ms,
        &mut loading.start_seconds,
        &mut loading.unload_seconds,
        &mut loading.first_request_seconds,
    ] {
        *time /= 100.0;
    }
    scenario
}

/// One request, one answer. An error is a connection that breaks.
async fn answer(mut stream: TcpStream, server: &dyn Transport) -> Result<(), TransportError> {
    let broken = |error: std::io::Error| TransportError::Broken(error.to_string());
    let Some(asked) = request(&mut stream).await else { return Ok(()) };
    let (mut from, mut to) = stream.split();
    let answered = async {
        let mut answer = server.send(asked).await?;
        let head = format!(
            "HTTP/1.1 {} Simulated\r\nContent-Type: {}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n",
            answer.status, answer.content_type
        );
        to.write_all(head.as_bytes()).await.map_err(broken)?;
        while let Some(part) = answer.body.next().await {
            let part = part?;
            if !part.is_empty() {
                let chunk = [format!("{:x}\r\n", part.len()).as_bytes(), &part, b"\r\n"].concat();
                to.write_all(&chunk).await.map_err(broken)?;
            }
        }
        to.write_all(b"0\r\n\r\n").await.map_err(broken)
    };
    let mut rest = [0; 64];
    let hung_up = async { while from.read(&mut rest).await.is_ok_and(|read| read > 0) {} };
    tokio::select! {
        answered = answered => answered,
        () = hung_up => Ok(()),
    }
}

/// A whole request; `None` where the connection was opened for later and never used.
async fn request(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let (head, body) = loop {
        if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            return None;
        }
        let Some(end) = bytes.windows(4).position(|end| end == b"\r\n\r\n") else { continue };
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        if bytes.len() >= end + 4 + length.unwrap_or(0) {
            break (head, bytes[end + 4..].to_vec());
        }
    };
    let mut words = head.split(' ');
    let method = if words.next() == Some("POST") { Method::Post } else { Method::Get };
    let path = words.next().unwrap().to_owned();
    Some(Request { method, path, body: (!body.is_empty()).then(|| Bytes::from(body)) })
}
