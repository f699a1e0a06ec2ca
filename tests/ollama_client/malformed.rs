//! Streams that break, lie or never end.

use std::time::Duration;

use bytes::Bytes;
use ralf_tune::{
    model::observation::{FailureCause, FinishReason},
    ollama::{error::OllamaError, generation::Generation, transport::TransportError},
};

use super::scripted::{Reply, client, request};

const HELLO: &str = r#"{"model":"m","response":"hello","done":false}"#;

async fn generate(reply: Reply) -> Result<Generation, OllamaError> {
    client(reply).generate(&request("m")).await
}

#[tokio::test(start_paused = true)]
async fn an_error_in_the_middle_keeps_what_had_arrived() {
    let error = generate(Reply::lines(&[HELLO, r#"{"error":"something broke\u001b[31m"}"#])).await.unwrap_err();
    let expected = OllamaError::MidStream { message: "something broke".to_owned(), partial: "hello".to_owned() };
    assert_eq!((&error, error.cause(), error.partial_answer()), (&expected, FailureCause::ServerError, Some("hello")));
    // The text says more than the place.
    let memory = generate(Reply::lines(&[HELLO, r#"{"error":"CUDA error: out of memory"}"#])).await.unwrap_err();
    assert_eq!((memory.cause(), memory.may_retry()), (FailureCause::OutOfMemory, false));
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_a_final_object_is_aborted() {
    // The server's answer to more than 30 equal tokens, as a stream and in one piece.
    for reply in [
        Reply::lines(&[HELLO, r#"{"response":" no","done":false}"#]),
        Reply::new(200, r#"{"model":"m","response":"hello no","done":false}"#),
    ] {
        let generation = generate(reply).await.unwrap();
        assert_eq!((generation.finish, generation.answer.as_str()), (FinishReason::Aborted, "hello no"));
        assert_eq!((generation.server, generation.prompt_tokens, generation.answer_tokens), (None, 0, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_at_all_is_no_answer() {
    for body in ["", "\n \r\n"] {
        assert_eq!(generate(Reply::new(200, body)).await, Err(OllamaError::Empty));
    }
}

#[tokio::test(start_paused = true)]
async fn half_a_line_is_a_broken_connection() {
    let half = format!("{HELLO}\n{{\"response\":\"wor");
    let error = generate(Reply::new(200, half)).await.unwrap_err();
    assert_eq!((error.cause(), error.may_retry()), (FailureCause::Unreachable, true));
    assert_eq!(error.partial_answer(), Some("hello"));

    let broken = Err(TransportError::Broken("reset by peer".to_owned()));
    let mut reply = Reply::lines(&[HELLO]);
    reply.parts.push((Duration::ZERO, broken));
    let expected = OllamaError::Broken { detail: "reset by peer".to_owned(), partial: "hello".to_owned() };
    assert_eq!(generate(reply).await, Err(expected));
}

#[tokio::test(start_paused = true)]
async fn what_is_not_ollama_is_said_so() {
    for body in [
        "garbage\n",
        "garbage",
        "42\n",
        "[]\n",
        "{\"choices\":[]}\n",
        "\u{0}\u{1}\u{2}\n",
        "<html><body>Sign in</body></html>",
        "{\"response\":\"a\" \"done\":false}\n",
    ] {
        let error = generate(Reply::new(200, body)).await.unwrap_err();
        assert_eq!((error.cause(), error.may_retry()), (FailureCause::Protocol, false), "{body:?}: {error}");
        assert!(!error.to_string().contains(char::is_control), "{error:?}");
    }
    let page = Reply { content_type: "text/html", ..Reply::new(200, "<!doctype html><p>Sign in") };
    let error = client(page).version().await.unwrap_err();
    assert!(error.to_string().contains("web page") && error.hint().is_some(), "{error}");
    let other = client(Reply::new(200, r#"{"data":[]}"#)).tags().await.unwrap_err();
    assert_eq!(other.cause(), FailureCause::Protocol);
}

#[tokio::test(start_paused = true)]
async fn bytes_that_are_no_text_do_not_panic() {
    let bytes = Bytes::from_static(b"{\"response\":\"\xff\xfe\",\"done\":false}\n");
    assert_eq!(generate(Reply::new(200, bytes)).await.unwrap_err().cause(), FailureCause::Protocol);
}

#[tokio::test(start_paused = true)]
async fn an_endless_line_and_an_endless_answer_are_given_up() {
    let part = Bytes::from(vec![b'x'; 1024 * 1024]);
    let endless = Reply { parts: vec![(Duration::ZERO, Ok(part)); 100], ..Reply::new(200, "") };
    let error = generate(endless.clone()).await.unwrap_err();
    assert_eq!(
        error,
        OllamaError::TooLong { what: "line".into(), limit_bytes: (256 << 10) + 64 * 48 + 16 * (2048 + 48) }
    );
    assert!(matches!(client(endless).tags().await, Err(OllamaError::TooLong { what, .. }) if what == "answer"));
    for (field, much) in [("thinking", "answer"), ("response", "text")] {
        let long = format!("{{\"response\":\"\",\"{field}\":\"{}\",\"done\":false}}\n", "y".repeat(200_000));
        let long = if field == "response" { long.replacen("\"response\":\"\",", "", 1) } else { long };
        let parts = vec![(Duration::ZERO, Ok(Bytes::from(long))); 20];
        let error = generate(Reply { parts, ..Reply::new(200, "") }).await.unwrap_err();
        assert!(matches!(&error, OllamaError::TooLong { what, .. } if what == much), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn thinking_is_no_part_of_the_answer() {
    let generation = generate(Reply::lines(&[
        r#"{"response":"","thinking":"let me see","done":false}"#,
        r#"{"response":"yes","done":false}"#,
        r#"{"response":"","done":true,"done_reason":"stop","total_duration":5000000,"prompt_eval_count":9,"eval_count":12,
           "prompt_eval_cached_count":4,"something_new":{}}"#
            .replace('\n', " ")
            .as_str(),
        "whatever comes behind the final object",
    ]))
    .await
    .unwrap();
    assert_eq!((generation.answer.as_str(), generation.finish), ("yes", FinishReason::Stop));
    assert_eq!((generation.answer_tokens, generation.cached_prompt_tokens), (12, Some(4)));
    assert_eq!(generation.time_to_first_token_ms, Some(0.0));
}
