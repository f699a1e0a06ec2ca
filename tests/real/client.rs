//! The client speaks the server's language.

use std::{
    hash::{BuildHasher, RandomState},
    time::Duration,
};

use ralf_tune::{
    model::{
        machine::{Era, ModelProfile},
        observation::FinishReason,
    },
    ollama::{
        client::Client,
        error::OllamaError,
        rates::{decode_tokens_per_second, prefill_tokens_per_second},
        request::{GenerateRequest, KeepAlive, LoadRequest},
    },
    profile::model::{ModelError, model},
};

use crate::server::{Real, say};

const SMALL: u32 = 2048;
const LARGE: u32 = 3072;

#[tokio::test]
async fn the_client_agrees_with_a_real_server() {
    let Some(real) = Real::new().await else { return };
    let (client, profile) = (&real.client, &real.model);
    assert!(real.server.version.value.as_ref().is_some_and(|version| !version.is_empty()));
    assert!(profile.size_bytes.value.is_some_and(|bytes| bytes > 0));
    assert!(profile.trained_context.value.is_some_and(|tokens| tokens >= LARGE));

    contexts_are_loaded_as_asked(client, profile).await;
    a_fresh_prompt_is_answered(client, profile).await;
    a_repeated_prompt_is_cached(client, profile, real.server.era.value).await;
    a_prompt_too_long_is_refused(client, profile).await;
    an_unknown_model_is_missing(client).await;
    client.unload(&profile.name).await.unwrap();
    assert_eq!(client.wait_until_unloaded(&profile.name, Duration::from_secs(30)).await, Ok(true));
}

async fn contexts_are_loaded_as_asked(client: &Client, profile: &ModelProfile) {
    let mut sizes = Vec::new();
    for num_ctx in [SMALL, LARGE] {
        let load = LoadRequest {
            model: profile.name.clone(),
            num_ctx,
            num_thread: 0,
            num_batch: 0,
            keep_alive: Some(KeepAlive::seconds(600)),
            timeouts: None,
        };
        let wall = client.load(&load).await.unwrap();
        let again = client.load(&load).await.unwrap();
        let loaded = client.ps().await.unwrap().into_iter().find(|loaded| loaded.name == profile.name).unwrap();
        say(&format!("num_ctx {num_ctx}: {wall:?}, again {again:?}, {} bytes", loaded.size_bytes));
        assert_eq!(loaded.context_length, Some(num_ctx));
        assert!(again < Duration::from_secs(10), "the same options must not reload: {again:?}");
        sizes.push(loaded.size_bytes);
    }
    assert!(sizes[1] >= sizes[0], "a larger context takes no less memory: {sizes:?}");
}

async fn a_fresh_prompt_is_answered(client: &Client, profile: &ModelProfile) {
    let generation = client.generate(&request(profile, &prompt(40), 32)).await.unwrap();
    say(&format!("{generation:?}"));
    // A small model may repeat itself until the server breaks it off; then there is no clock to look at.
    if generation.finish == FinishReason::Aborted {
        return;
    }
    let timings = generation.server.unwrap();
    assert!(matches!(generation.finish, FinishReason::Stop | FinishReason::Length));
    assert!(generation.prompt_tokens > 200 && (1..=32).contains(&generation.answer_tokens));
    assert!(timings.total_ms <= generation.latency_ms + 1.0);
    assert!(timings.load_ms + timings.prefill_ms + timings.decode_ms <= timings.total_ms + 1.0);
    assert!(generation.time_to_first_token_ms.is_none_or(|first| first <= generation.latency_ms));
    let decode = decode_tokens_per_second(generation.answer_tokens, &timings);
    assert_eq!(decode.is_some(), generation.answer_tokens >= 8);
    assert!(prefill_tokens_per_second(generation.prompt_tokens, &timings).is_some());
}

/// The count stays whole, the time goes away. Before 0.4 the count went away, too.
async fn a_repeated_prompt_is_cached(client: &Client, profile: &ModelProfile, era: Option<Era>) {
    let request = request(profile, &prompt(40), 1);
    let first = client.generate(&request).await.unwrap();
    let again = client.generate(&request).await.unwrap();
    if era != Some(Era::A) {
        assert_eq!(first.prompt_tokens, again.prompt_tokens);
    }
    let (first, again) = (first.server.unwrap().prefill_ms, again.server.unwrap().prefill_ms);
    say(&format!("prefill {first} ms, again {again} ms"));
    assert!(again < first / 2.0, "{first} ms, then {again} ms");
}

async fn a_prompt_too_long_is_refused(client: &Client, profile: &ModelProfile) {
    let error = client.generate(&request(profile, &prompt(600), 1)).await.unwrap_err();
    say(&error.to_string());
    let OllamaError::ContextExceeded { prompt_tokens, num_ctx } = error else { panic!("{error}") };
    assert!(num_ctx.is_none_or(|context| context == LARGE), "{num_ctx:?}");
    assert!(prompt_tokens.is_none_or(|tokens| tokens > LARGE), "{prompt_tokens:?}");
}

async fn an_unknown_model_is_missing(client: &Client) {
    let name = "no-such-model-anywhere:1b";
    assert_eq!(client.show(name, false).await, Err(OllamaError::ModelMissing { model: name.to_owned() }));
    let error = model(client, name).await.unwrap_err();
    assert!(matches!(error, ModelError::Unknown { .. }), "{error}");
}

/// The context is the one loaded last, so that nothing reloads.
fn request(profile: &ModelProfile, prompt: &str, num_predict: u32) -> GenerateRequest {
    GenerateRequest {
        model: profile.name.clone(),
        prompt: prompt.to_owned(),
        num_ctx: LARGE,
        num_predict,
        num_thread: 0,
        num_batch: 0,
        temperature: 0.7,
        seed: Some(1),
        keep_alive: Some(KeepAlive::seconds(600)),
        raw: false,
        think: profile.thinking.then_some(false),
        timeouts: None,
    }
}

/// Some ten tokens a line, behind words that no prompt before had.
fn prompt(lines: usize) -> String {
    let nonce = RandomState::new().hash_one(lines);
    let body: Vec<_> =
        (0..lines).map(|line| format!("def handler_{line}(request): return {}", line * 7 % 13)).collect();
    format!("{nonce:016x}\nSay in one sentence what this code does.\n{}", body.join("\n"))
}
