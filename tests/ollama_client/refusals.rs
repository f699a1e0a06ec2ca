//! What a server refuses, and why.

use ralf_tune::{
    model::observation::FailureCause,
    ollama::{error::OllamaError, transport::TransportError},
};

use super::scripted::{Reply, client, replay, request};

async fn refused(reply: Reply) -> OllamaError {
    client(reply).generate(&request("nope:1b")).await.expect_err("an answer")
}

#[tokio::test(start_paused = true)]
async fn a_prompt_too_long_is_refused_with_its_length() {
    for (case, tokens) in [("gemma3-270m-overflow-refused", 3695), ("smollm2-135m-overflow-refused", 3715)] {
        let error = refused(replay(case)).await;
        assert_eq!(error, OllamaError::ContextExceeded { prompt_tokens: Some(tokens), num_ctx: Some(2048) });
        assert_eq!((error.cause(), error.may_retry()), (FailureCause::ContextExceeded, false));
        assert_eq!(error.to_string(), format!("the prompt of {tokens} tokens does not fit the context of 2048 tokens"));
    }
}

#[tokio::test(start_paused = true)]
async fn an_unknown_model_is_named_with_the_command_that_gets_it() {
    let missing = OllamaError::ModelMissing { model: "nope:1b".to_owned() };
    assert_eq!(refused(replay("unknown-model-generate")).await, missing);
    let shown = client(replay("unknown-model-show")).show("nope:1b", false).await;
    assert_eq!(shown.as_ref(), Err(&missing));
    assert_eq!((missing.cause(), missing.may_retry()), (FailureCause::ModelMissing, false));
    assert_eq!(missing.hint().as_deref(), Some("`ollama pull nope:1b`"));
}

#[tokio::test(start_paused = true)]
async fn a_wrong_option_is_permanent_although_it_is_a_500() {
    for case in ["gemma3-270m-wrong-type", "smollm2-135m-wrong-type"] {
        let error = refused(replay(case)).await;
        assert_eq!(
            error,
            OllamaError::WrongOption { message: "option \"num_ctx\" must be of type integer".to_owned() }
        );
        assert_eq!((error.cause(), error.may_retry()), (FailureCause::Invalid, false));
    }
}

#[tokio::test(start_paused = true)]
async fn other_refusals_keep_their_text() {
    let bad = "invalid character 'b' looking for beginning of object key string";
    for (case, text) in [
        ("bad-json", bad),
        ("gemma3-270m-think-refused", "\"gemma3:270m\" does not support thinking"),
        ("smollm2-135m-think-refused", "\"smollm2:135m\" does not support thinking"),
    ] {
        let error = refused(replay(case)).await;
        assert_eq!(error, OllamaError::Status { status: 400, message: text.to_owned() });
        assert_eq!((error.cause(), error.may_retry()), (FailureCause::ServerError, false));
    }
}

#[tokio::test(start_paused = true)]
async fn a_busy_server_may_be_asked_again() {
    let text = r#"{"error":"server busy, please try again.  maximum pending requests exceeded"}"#;
    let error = refused(Reply::new(503, text)).await;
    let message = "server busy, please try again. maximum pending requests exceeded".to_owned();
    assert_eq!(error, OllamaError::Busy { message });
    assert_eq!((error.cause(), error.may_retry()), (FailureCause::Busy, true));
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_fails_says_what_to_start() {
    let refusal = TransportError::Connect("http://127.0.0.1:11434: Connection refused".to_owned());
    let error = refused(Reply { refused: Some(refusal), ..Reply::new(200, "") }).await;
    assert_eq!((error.cause(), error.may_retry()), (FailureCause::Unreachable, true));
    assert!(error.to_string().contains("http://127.0.0.1:11434: Connection refused"));
    assert!(error.hint().is_some_and(|hint| hint.contains("ollama serve")));
    let error = refused(Reply { refused: Some(TransportError::ConnectTimeout(5000)), ..Reply::new(200, "") }).await;
    assert_eq!((&error, error.cause()), (&OllamaError::ConnectTimeout { after_ms: 5000 }, FailureCause::TimedOut));
}

#[tokio::test(start_paused = true)]
async fn a_huge_error_is_cut() {
    let error = refused(Reply::new(500, "x".repeat(10_000_000))).await;
    assert!(error.to_string().chars().count() < 400);
    assert_eq!(error.cause(), FailureCause::ServerError);
}
