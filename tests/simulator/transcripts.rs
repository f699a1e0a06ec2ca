//! For every recorded answer of a real server there is a simulated one with the same status, keys, types and texts.

use std::{fmt::Write, fs, path::Path, sync::Arc};

use bytes::Bytes;
use futures_util::future::join_all;
use ralf_tune::{
    ollama::transport::{Method, Request},
    simulate::{ModelFacts, Scenario, SimulatedServer},
};
use serde_json::{Value, json};

use super::client::{Answer, post, send};

/// A server with the two models of the transcripts.
fn server() -> Arc<SimulatedServer> {
    let mut scenario = Scenario::named("one-slot").unwrap();
    let pattern = scenario.models[0].clone();
    let gemma = ModelFacts {
        name: "gemma3:270m".into(),
        architecture: "gemma3".into(),
        trained_context: 32_768,
        embedding_length: 640,
        heads: 4,
        kv_heads: 1,
        head_length: 256,
        layers: 18,
        adds_bos: true,
        shifts: false,
        capabilities: vec!["completion".into()],
        ..pattern.clone()
    };
    let smollm = ModelFacts {
        name: "smollm2:135m".into(),
        architecture: "llama".into(),
        trained_context: 8_192,
        embedding_length: 576,
        heads: 9,
        kv_heads: 3,
        head_length: 64,
        layers: 30,
        adds_bos: false,
        capabilities: vec!["completion".into()],
        ..pattern
    };
    scenario.models = vec![gemma, smollm];
    SimulatedServer::new(scenario, 1)
}

fn transcript(case: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/transcripts").join(format!("{case}.json"));
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn cases() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/transcripts");
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    names.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect()
}

/// The recorded request; prompts that the transcript shortened are made as long as they were.
fn request(recorded: &Value) -> Request {
    let mut body = recorded["body"].clone();
    if let Some(shortened) = body["prompt"].as_str().filter(|prompt| prompt.ends_with(" characters)")) {
        let length: usize = shortened.rsplit(['(', ' ']).nth(1).unwrap().parse().unwrap();
        let mut prompt = shortened.lines().next().unwrap().to_owned();
        for number in 0.. {
            if prompt.len() >= length {
                break;
            }
            let _ = write!(prompt, "\ndef handler_{number}(request): return request.value + {}", number % 13);
        }
        body["prompt"] = json!(prompt);
    }
    let method = if recorded["method"] == "GET" { Method::Get } else { Method::Post };
    let bytes = match &body {
        Value::Null => None,
        Value::String(raw) => Some(Bytes::from(raw.clone())),
        body => Some(Bytes::from(body.to_string())),
    };
    Request { method, path: recorded["path"].as_str().unwrap().into(), body: bytes }
}

/// Loads what was loaded when the case was recorded.
async fn preload(server: &Arc<SimulatedServer>, models: &[&str]) {
    for model in models {
        let body = json!({ "model": model, "options": { "num_ctx": 2048 } });
        assert_eq!(send(server, post("/api/generate", &body)).await.unwrap().status, 200);
    }
}

/// Keys in order with the types of their values; of arrays only the first item counts.
fn shape(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(_) => "bool".into(),
        Value::Number(number) => if number.is_f64() { "float" } else { "integer" }.into(),
        Value::String(_) => "string".into(),
        Value::Array(items) => format!("[{}]", items.first().map(shape).unwrap_or_default()),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| format!("{name}: {}", shape(value)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
    }
}

/// A text with its numbers blotted out.
fn without_numbers(text: &str) -> String {
    let mut blotted = text.replace(|character: char| character.is_ascii_digit(), "#");
    while blotted.contains("##") {
        blotted = blotted.replace("##", "#");
    }
    blotted
}

fn recorded_lines(recorded: &Value) -> Vec<Value> {
    let lines = recorded["lines"].as_array().unwrap().iter();
    lines.map(|line| serde_json::from_str(line[1].as_str().unwrap()).unwrap()).collect()
}

/// Line by line: shape, `done`, `done_reason`, error text.
fn assert_agrees(case: &str, recorded: &[Value], simulated: &[Value]) {
    assert_eq!(recorded.len(), simulated.len(), "{case}: lines");
    for (recorded, simulated) in recorded.iter().zip(simulated) {
        assert_eq!(shape(simulated), shape(recorded), "{case}");
        for name in ["done", "done_reason"] {
            assert_eq!(simulated[name], recorded[name], "{case}: {name}");
        }
        let error = |line: &Value| line["error"].as_str().map(without_numbers);
        // The model's name has digits as well, and must be right.
        assert_eq!(error(simulated), error(recorded), "{case}");
    }
}

async fn replay(case: &str) -> (Value, Answer) {
    let recorded = transcript(case);
    let server = server();
    match case {
        "tags" | "version" | "root" => {}
        "ps-empty" => preload(&server, &["gemma3:270m"]).await,
        _ if case.starts_with("smollm2") && case.contains("-ps-") => {
            preload(&server, &["smollm2:135m", "gemma3:270m"]).await;
        }
        _ if case.starts_with("smollm2") => preload(&server, &["smollm2:135m"]).await,
        _ => preload(&server, &["gemma3:270m"]).await,
    }
    let answer = send(&server, request(&recorded["request"])).await.unwrap();
    (recorded, answer)
}

#[tokio::test(start_paused = true)]
async fn every_transcript_has_its_simulated_twin() {
    let mut replayed = 0;
    for case in cases() {
        let has_its_own_test =
            case.contains("135m-show") || case.contains("270m-show") || case.contains("four-at-once");
        if has_its_own_test {
            continue;
        }
        let (recorded, answer) = replay(&case).await;
        assert_eq!(json!(answer.status), recorded["status"], "{case}");
        assert_eq!(json!(answer.content_type), recorded["headers"]["content-type"], "{case}");
        if case == "root" {
            assert_eq!(recorded["lines"][0][1], answer.body.as_str());
        } else {
            assert_agrees(&case, &recorded_lines(&recorded), &answer.lines());
        }
        replayed += 1;
    }
    assert_eq!(replayed, 39);
}

#[tokio::test(start_paused = true)]
async fn counts_that_the_real_server_fixes_are_equal() {
    for (case, name) in [
        ("smollm2-135m-overflow-silent", "prompt_eval_count"),
        ("gemma3-270m-overflow-silent", "prompt_eval_count"),
        ("gemma3-270m-one-token", "eval_count"),
        ("gemma3-270m-one-token", "eval_duration"),
        ("smollm2-135m-length", "eval_count"),
        ("version", "version"),
    ] {
        let (recorded, answer) = replay(case).await;
        assert_eq!(answer.last()[name], recorded_lines(&recorded)[0][name], "{case}: {name}");
    }
}

#[tokio::test(start_paused = true)]
async fn refusals_of_long_prompts_hold_json_in_a_string() {
    for case in ["smollm2-135m-overflow-refused", "gemma3-270m-overflow-refused"] {
        let (recorded, answer) = replay(case).await;
        let inner = |line: &Value| serde_json::from_str::<Value>(line["error"].as_str().unwrap()).unwrap();
        let (recorded, simulated) = (inner(&recorded_lines(&recorded)[0]), inner(&answer.last()));
        assert_eq!(shape(&simulated), shape(&recorded));
        assert_eq!(simulated["error"]["n_ctx"], recorded["error"]["n_ctx"]);
    }
}

#[tokio::test(start_paused = true)]
async fn model_descriptions_agree() {
    for model in ["gemma3-270m", "smollm2-135m"] {
        for verbose in ["", "-verbose"] {
            let (recorded, answer) = replay(&format!("{model}-show{verbose}")).await;
            let (mut recorded, mut simulated) = (recorded_lines(&recorded)[0].clone(), answer.last());
            let facts = simulated["model_info"].as_object().unwrap().clone();
            if verbose.is_empty() {
                let real = recorded["model_info"].as_object().unwrap();
                let common = facts.iter().filter(|(name, _)| real.contains_key(*name));
                for (name, value) in common.clone().filter(|(name, _)| name.as_str() != "general.languages") {
                    assert_eq!(shape(value), shape(&real[name]), "{name}");
                }
                assert!(common.count() >= 18);
                assert!(facts.keys().is_sorted());
                assert_eq!(shape(&simulated["tensors"]), shape(&recorded["tensors"]));
            } else {
                assert!(facts["tokenizer.ggml.tokens"].is_array());
            }
            for line in [&mut recorded, &mut simulated] {
                line["model_info"] = Value::Null;
                line["tensors"] = Value::Null;
            }
            assert_eq!(shape(&simulated), shape(&recorded));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn four_at_once_wait_for_the_one_slot() {
    let recorded = transcript("gemma3-270m-four-at-once");
    let server = server();
    let requests = (0..4).map(|number| {
        let body = json!({
            "model": "gemma3:270m", "prompt": format!("par{number}-1 {}", "def handler(): pass\n".repeat(20)),
            "stream": false, "options": { "num_ctx": 2048, "num_predict": 48 },
        });
        send(&server, post("/api/generate", &body))
    });
    let answers: Vec<Answer> = join_all(requests).await.into_iter().map(Result::unwrap).collect();
    for (recorded, answer) in recorded["responses"].as_array().unwrap().iter().zip(&answers) {
        assert_agrees("four at once", &recorded_lines(recorded), &answer.lines());
    }
    // As recorded: all waited for the same load, then one after the other.
    let waits: Vec<f64> = answers.iter().map(Answer::queue_wait_ms).collect();
    let service = answers[1].ms("prompt_eval_duration") + answers[1].ms("eval_duration");
    for (position, wait) in waits.iter().enumerate() {
        assert!((wait / service - position as f64).abs() < 0.3, "{waits:?} ms at {service} ms a request");
    }
}
