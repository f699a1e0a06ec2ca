//! `/api/generate`: lines of JSON, cut anywhere, ended anyhow.
//!
//! The first byte says how the bytes arrive: two bits for the status, two for the end, four for the length of a chunk.

use std::collections::BTreeMap;

use ralf_tune::{
    model::observation::FinishReason,
    ollama::{error::OllamaError, generation::Generation, request::GenerateRequest},
};
use serde_json::Value;

use super::{
    is_fit_to_show,
    reader::Reader,
    transport::{End, Reply, Server, run},
};

pub fn check(input: &[u8]) {
    let mut reader = Reader(input);
    let how = reader.byte();
    let status = [200, 200, 404, 500][usize::from(how & 3)];
    let end = [End::Well, End::Well, End::Broken, End::Never][usize::from(how >> 2 & 3)];
    let body = reader.0;
    let generate = |chunk| {
        let reply = Reply { status, body: body.to_vec(), chunk, end };
        run(Server(BTreeMap::from([("/api/generate", reply)])).client().generate(&request()))
    };
    let whole = generate(body.len().max(1));
    assert_eq!(whole, generate(usize::from(how >> 4) + 1), "it matters how the bytes are cut");
    match whole {
        Ok(generation) => is_what_was_said(&generation, body),
        Err(error) => is_told_well(&error, body),
    }
}

fn is_what_was_said(generation: &Generation, body: &[u8]) {
    assert!(generation.answer.len() <= body.len(), "an answer of more than was sent");
    assert!(generation.latency_ms.is_finite() && generation.latency_ms >= 0.0);
    assert!(generation.time_to_first_token_ms.is_none_or(|first| (0.0..=generation.latency_ms).contains(&first)));
    if let Some(server) = &generation.server {
        for time in [server.total_ms, server.load_ms, server.prefill_ms, server.decode_ms] {
            assert!(time.is_finite() && time >= 0.0, "{server:?}");
        }
        assert!(generation.finish != FinishReason::Aborted, "a broken-off answer has no clock");
    }
    // The same, read without any of the client's types.
    let mut answer = String::new();
    for line in body.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty()) {
        // Nesting beyond its bound, or damage in what the client does not look at.
        let Ok(line) = serde_json::from_slice::<Value>(line) else { return };
        answer.push_str(line["response"].as_str().unwrap_or_default());
        if line["done"] == true {
            break;
        }
    }
    assert_eq!(generation.answer, answer);
}

fn is_told_well(error: &OllamaError, body: &[u8]) {
    is_fit_to_show(&error.to_string());
    if let Some(hint) = error.hint() {
        is_fit_to_show(&hint);
    }
    assert!(error.partial_answer().is_none_or(|partial| partial.len() <= body.len()));
    // It is kept in journals and studies.
    let kept = serde_json::to_string(error).unwrap();
    assert_eq!(serde_json::from_str::<OllamaError>(&kept).unwrap(), *error);
}

fn request() -> GenerateRequest {
    GenerateRequest {
        model: "m".to_owned(),
        prompt: "some prompt".to_owned(),
        num_ctx: 2048,
        num_predict: 48,
        num_thread: 0,
        num_batch: 0,
        temperature: 0.1,
        seed: Some(7),
        keep_alive: None,
        raw: false,
        think: None,
        timeouts: None,
    }
}
