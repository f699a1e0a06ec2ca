//! A silent server is given up, at the right moment and for the right reason.

use std::time::Duration;

use bytes::Bytes;
use ralf_tune::{
    model::observation::FailureCause,
    ollama::{
        error::OllamaError,
        request::{GenerateRequest, Timeouts},
    },
};
use tokio::time::Instant;

use super::scripted::{Part, Reply, client, request, timeouts};

const LINE: &str = "{\"response\":\"a\",\"done\":false}\n";
const LAST: &str = "{\"response\":\"\",\"done\":true,\"done_reason\":\"stop\"}\n";

fn part(seconds: u64, text: &'static str) -> Part {
    (Duration::from_secs(seconds), Ok(Bytes::from_static(text.as_bytes())))
}

#[tokio::test(start_paused = true)]
async fn the_first_byte_timeout_covers_the_head_and_the_first_part() {
    let slow_head = Reply { delay: Duration::from_hours(1), ..Reply::new(200, LAST) };
    let no_body = Reply { hangs: true, parts: vec![], ..Reply::new(200, "") };
    // 15 s for the head and 15 s for the body: neither alone is too long.
    let both = Reply { delay: Duration::from_secs(15), parts: vec![part(15, LAST)], ..Reply::new(200, "") };
    for reply in [slow_head, no_body, both] {
        let started = Instant::now();
        let error = client(reply).generate(&request("m")).await.unwrap_err();
        assert_eq!(error, OllamaError::FirstByteTimeout { after_ms: 20_000 });
        assert_eq!(started.elapsed().as_secs(), 20);
        assert_eq!((error.cause(), error.may_retry()), (FailureCause::TimedOut, true));
    }
}

#[tokio::test(start_paused = true)]
async fn the_idle_timeout_counts_between_parts_and_keeps_what_had_arrived() {
    let reply = Reply { hangs: true, parts: vec![part(19, LINE), part(9, LINE)], ..Reply::new(200, "") };
    let started = Instant::now();
    let error = client(reply).generate(&request("m")).await.unwrap_err();
    assert_eq!(error, OllamaError::IdleTimeout { after_ms: 10_000, partial: "aa".to_owned() });
    assert_eq!(started.elapsed().as_secs(), 19 + 9 + 10);
}

#[tokio::test(start_paused = true)]
async fn a_long_answer_that_keeps_coming_is_no_failure() {
    let mut parts = vec![part(9, LINE); 200];
    parts.push(part(9, LAST));
    let generation = client(Reply { parts, ..Reply::new(200, "") }).generate(&request("m")).await.unwrap();
    assert_eq!(generation.answer.len(), 200);
    assert!((generation.latency_ms - 201.0 * 9000.0).abs() < 1.0, "{}", generation.latency_ms);
    assert!(generation.time_to_first_token_ms.is_some_and(|first| (first - 9000.0).abs() < 1.0));
}

#[tokio::test(start_paused = true)]
async fn a_request_brings_its_own_timeouts() {
    let short = Timeouts { first_byte: Duration::from_secs(2), ..timeouts() };
    let asked = GenerateRequest { timeouts: Some(short), ..request("m") };
    let reply = Reply { delay: Duration::from_secs(3), ..Reply::new(200, LAST) };
    let error = client(reply.clone()).generate(&asked).await.unwrap_err();
    assert_eq!(error, OllamaError::FirstByteTimeout { after_ms: 2000 });
    let error = client(reply).load(&asked.load_request()).await.unwrap_err();
    assert_eq!(error, OllamaError::FirstByteTimeout { after_ms: 2000 });
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_stays_open_behind_the_answer_delays_nothing_much() {
    let reply = Reply { hangs: true, parts: vec![part(1, LAST)], ..Reply::new(200, "") };
    let started = Instant::now();
    let generation = client(reply).generate(&request("m")).await.unwrap();
    assert!((generation.latency_ms - 1000.0).abs() < 2.0, "{}", generation.latency_ms);
    assert!(started.elapsed() <= Duration::from_millis(2010));
}

#[tokio::test(start_paused = true)]
async fn an_error_whose_text_never_ends_is_still_an_error() {
    let text = "{\"error\":\"model 'm' not";
    let reply = Reply { hangs: true, parts: vec![part(0, text)], status: 500, ..Reply::new(500, "") };
    let error = client(reply).generate(&request("m")).await.unwrap_err();
    assert!(matches!(error, OllamaError::Status { status: 500, .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_byte_now_and_then_is_no_answer() {
    let parts = std::iter::repeat_n((Duration::from_secs(1), Ok(Bytes::from_static(b" "))), 1000).collect();
    let started = Instant::now();
    let error = client(Reply { parts, ..Reply::new(200, "") }).version().await.unwrap_err();
    assert_eq!(error, OllamaError::FirstByteTimeout { after_ms: 20_000 });
    assert!(started.elapsed() < Duration::from_secs(21), "{:?}", started.elapsed());
}
