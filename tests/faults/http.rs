//! The same faults over HTTP, from the first answer on, before the whole program.

use std::{
    sync::{Arc, mpsc},
    thread,
};

use bytes::Bytes;
use futures_util::StreamExt as _;
use ralf_tune::{
    ollama::transport::{Method, Request, Transport as _, TransportError},
    simulate::Scenario,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::{Notify, oneshot},
};

use super::{
    is_harmless,
    transport::{ALL, Fault, Faulty, machine},
};
use crate::program::{Ran, World, server::nobody};

/// Programs that run at the same time: most of them wait.
const AT_A_TIME: usize = 9;

/// A broken server on the real clock, until it is dropped.
struct Served {
    address: String,
    _stop: oneshot::Sender<()>,
}

impl Served {
    fn new(fault: Fault, everywhere: bool) -> Self {
        let (tell, told) = mpsc::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let server = Arc::new(Faulty { everywhere, ..Faulty::new(&quick(), fault, 0, usize::MAX) });
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                tell.send(listener.local_addr().unwrap().to_string()).unwrap();
                let gone = Arc::new(Notify::new());
                let accept = async {
                    loop {
                        let (stream, _) = listener.accept().await.unwrap();
                        let (server, gone) = (Arc::clone(&server), Arc::clone(&gone));
                        tokio::spawn(async move {
                            if let Err(TransportError::Connect(_)) = answer(stream, &server).await {
                                gone.notify_one();
                            }
                        });
                    }
                };
                tokio::select! {
                    () = accept => {}
                    // Who refuses connections is not there any more.
                    () = gone.notified() => {}
                    _ = stopped => {}
                }
            });
        });
        Self { address: told.recv().unwrap(), _stop: stop }
    }
}

/// A machine so fast that a study on the real clock measures something in a second or two.
fn quick() -> Scenario {
    let mut scenario = machine("one-slot");
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
async fn answer(mut stream: TcpStream, server: &Faulty) -> Result<(), TransportError> {
    let broken = |error: std::io::Error| TransportError::Broken(error.to_string());
    let Some(request) = read(&mut stream).await else { return Ok(()) };
    let (mut from, mut to) = stream.split();
    let answered = async {
        let mut answer = server.send(request).await?;
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
async fn read(stream: &mut TcpStream) -> Option<Request> {
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

/// What somebody sees who begins a study of such a server.
fn ran(fault: Fault, everywhere: bool) -> Ran {
    let served = Served::new(fault, everywhere);
    let host = if fault == Fault::Refused && everywhere { nobody() } else { served.address.clone() };
    let model = quick().model_name().to_owned();
    World::new().run(&["run", "--quick", "--budget", "4s", "--model", &model, "--host", &host])
}

/// What is wrong with how the program ended.
fn problem(fault: Fault, everywhere: bool) -> Option<String> {
    let ran = ran(fault, everywhere);
    let harmless = is_harmless(fault);
    let plain = ran.stderr.starts_with("error: ") && ran.stderr.contains("\nhint: ") && ran.stdout.is_empty();
    let said = ran.stdout.contains("No verdict: the server failed") && ran.stdout.contains("ralf-tune doctor");
    let as_it_should = match ran.code {
        // Something was measured, or the budget was too short for it: the fault is none of an answer's text.
        Some(0 | 1) if harmless => true,
        Some(3) if everywhere => plain || said,
        Some(3) => said,
        Some(1) => !everywhere && fault == Fault::OutOfMemory,
        _ => false,
    };
    let quiet = !ran.stderr.contains("panicked") && !ran.stderr.contains('\u{1b}') && !ran.stdout.contains('\u{1b}');
    let place = if everywhere { "everywhere" } else { "prompts and loads" };
    (!as_it_should || !quiet).then(|| format!("{fault:?}, {place}: {ran}"))
}

#[test]
fn the_program_ends_plainly_when_the_first_answer_is_faulty() {
    let cases: Vec<(Fault, bool)> =
        [true, false].into_iter().flat_map(|everywhere| ALL.map(|(fault, _)| (fault, everywhere))).collect();
    let next = std::sync::Mutex::new(cases.into_iter());
    let wrong: Vec<String> = thread::scope(|scope| {
        let worker = || {
            let mut wrong = Vec::new();
            loop {
                let Some((fault, everywhere)) = next.lock().unwrap().next() else { return wrong };
                wrong.extend(problem(fault, everywhere));
            }
        };
        let workers: Vec<_> = (0..AT_A_TIME).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
