//! The transport over a real socket of this machine.

use std::time::Duration;

use ralf_tune::ollama::{
    address::ServerAddress,
    client::Client,
    error::OllamaError,
    http::{ApiKey, HttpTransport},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    task::JoinHandle,
};

use super::scripted::{request, timeouts};

/// Answers one connection with fixed bytes, closes it, and gives back what was asked.
async fn serve(answer: &'static str) -> (u16, JoinHandle<String>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let served = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut asked = Vec::new();
        let mut buffer = [0; 4096];
        // Small requests only: the body is complete when as much as announced is there.
        loop {
            let read = socket.read(&mut buffer).await.unwrap();
            asked.extend_from_slice(&buffer[..read]);
            let text = String::from_utf8_lossy(&asked).to_ascii_lowercase();
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let announced = head.split_once("content-length: ").and_then(|(_, rest)| rest.lines().next()?.parse().ok());
            if read == 0 || body.len() >= announced.unwrap_or(0) {
                break;
            }
        }
        socket.write_all(answer.as_bytes()).await.unwrap();
        socket.shutdown().await.unwrap();
        String::from_utf8(asked).unwrap()
    });
    (port, served)
}

fn client(port: u16, prefix: &str, key: Option<&str>) -> Client {
    let address = ServerAddress::parse(&format!("http://127.0.0.1:{port}{prefix}")).unwrap();
    let key = key.and_then(|key| ApiKey::new(key).unwrap());
    Client::over_http(&address, key, timeouts()).unwrap()
}

#[tokio::test]
async fn the_prefix_and_the_key_are_sent_and_chunks_arrive() {
    let (port, served) = serve(
        "HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n\
         1e\r\n{\"response\":\"hi\",\"done\":false}\r\n1\r\n\n\r\n\
         40\r\n{\"response\":\"\",\"done\":true,\"done_reason\":\"stop\",\"eval_count\":2 }\r\n0\r\n\r\n",
    )
    .await;
    let generation = client(port, "/ollama", Some("top-secret")).generate(&request("m")).await.unwrap();
    assert_eq!((generation.answer.as_str(), generation.answer_tokens), ("hi", 2));
    let asked = served.await.unwrap().to_ascii_lowercase();
    assert!(asked.starts_with("post /ollama/api/generate http/1.1\r\n"), "{asked}");
    assert!(asked.contains("\r\nauthorization: bearer top-secret\r\n"));
    assert!(asked.contains("\r\ncontent-type: application/json\r\n"));
    assert!(asked.contains("\"truncate\":false"));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    // Port 9 discards: following would be another error.
    let (port, served) =
        serve("HTTP/1.1 307 Temporary Redirect\r\nlocation: http://127.0.0.1:9/\r\ncontent-length: 0\r\n\r\n").await;
    let error = client(port, "", Some("top-secret")).generate(&request("m")).await.unwrap_err();
    assert!(matches!(error, OllamaError::Status { status: 307, .. }), "{error}");
    assert!(error.hint().is_some_and(|hint| hint.contains("redirect")));
    assert!(!served.await.unwrap().is_empty());
}

#[tokio::test]
async fn an_answer_cut_off_is_a_broken_connection() {
    let (port, _served) =
        serve("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1f\r\n{\"response\":\"hi\",\"done\":false}\n\r\n")
            .await;
    let error = client(port, "", None).generate(&request("m")).await.unwrap_err();
    assert!(matches!(error, OllamaError::Broken { .. }) && error.partial_answer() == Some("hi"), "{error:?}");
}

#[tokio::test]
async fn nobody_there_is_said_with_the_address() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let error = client(port, "", None).version().await.unwrap_err();
    assert!(matches!(error, OllamaError::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains(&format!("http://127.0.0.1:{port}")), "{error}");
}

#[test]
fn a_transport_can_be_made_for_every_kind_of_address() {
    for text in ["", "https://127.0.0.1", "192.0.2.1", "[2001:db8::1]:80"] {
        let address = ServerAddress::parse(text).unwrap();
        assert!(HttpTransport::new(&address, None, Duration::from_secs(1)).is_ok(), "{text}");
    }
}
