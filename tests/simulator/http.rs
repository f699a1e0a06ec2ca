//! Over HTTP the simulated server sends the same bytes as in process.

use std::sync::Arc;

use ralf_tune::simulate::{Scenario, SimulatedServer, serve};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::client::{generate_request, send};

/// A machine a thousand times too fast, so that a real clock does not matter.
fn server() -> Arc<SimulatedServer> {
    let mut scenario = Scenario::named("one-slot").unwrap().noise_free();
    let machine = &mut scenario.machine;
    machine.cpu.memory_bytes_per_second = 1e14;
    machine.cpu.prefill_tokens_per_second = 1e7;
    machine.cpu.sequence_cost_ms = 0.0;
    machine.cpu.step_overhead_ms = 0.0;
    machine.loading.start_seconds = 0.001;
    machine.loading.bytes_per_second = 1e13;
    machine.loading.first_request_seconds = 0.0;
    SimulatedServer::new(scenario, 5)
}

/// Status line and headers, and the body without its chunking.
async fn exchange(address: std::net::SocketAddr, method: &str, path: &str, body: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n");
    let request = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, mut rest) = answer.split_once("\r\n\r\n").unwrap();
    if !head.contains("transfer-encoding: chunked") {
        return (head.to_owned(), rest.to_owned());
    }
    let mut whole = String::new();
    while let Some((size, behind)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap();
        whole.push_str(&behind[..size]);
        rest = &behind[size + 2..];
    }
    (head.to_owned(), whole)
}

/// The lines without what depends on the clock.
fn timeless(body: &str) -> Vec<serde_json::Value> {
    let lines = body.lines().map(|line| serde_json::from_str(line).unwrap());
    lines
        .map(|mut line: serde_json::Value| {
            let fields = line.as_object_mut().unwrap();
            for name in ["created_at", "total_duration", "load_duration", "prompt_eval_duration", "eval_duration"] {
                if fields.contains_key(name) {
                    fields[name] = json!("");
                }
            }
            line
        })
        .collect()
}

#[tokio::test]
async fn http_carries_the_same_answers() {
    let served = server();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(serve(Arc::clone(&served), listener, async {
        let _ = stopped.await;
    }));

    for stream in [true, false] {
        let options = json!({ "num_predict": 24, "temperature": 0, "num_ctx": 2048 });
        let request = generate_request(&served, "tell a <story>", json!({ "stream": stream }), options);
        let body = String::from_utf8(request.body.clone().unwrap().to_vec()).unwrap();
        let direct = send(&server(), request).await.unwrap();
        let (head, text) = exchange(address, "POST", "/api/generate", &body).await;
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        assert!(head.contains(&format!("content-type: {}", direct.content_type)), "{head}");
        assert_eq!(timeless(&text), timeless(&direct.body));
    }
    let (head, text) = exchange(address, "GET", "/api/generate", "").await;
    assert!(head.starts_with("HTTP/1.1 405") && text == "405 method not allowed", "{head} {text}");
    let (head, text) = exchange(address, "GET", "/", "").await;
    assert!(head.contains("content-length: 17") && text == "Ollama is running", "{head} {text}");

    stop.send(()).unwrap();
    serving.await.unwrap().unwrap();
}
