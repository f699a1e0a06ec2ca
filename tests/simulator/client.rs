//! The least client that can talk to the simulated server in process.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt;
use ralf_tune::{
    ollama::transport::{Method, Request, Transport, TransportError},
    simulate::SimulatedServer,
};
use serde_json::{Value, json};

/// A whole answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub status: u16,
    pub content_type: String,
    pub body: String,
}

impl Answer {
    /// The lines of the body as JSON.
    pub fn lines(&self) -> Vec<Value> {
        self.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The last line, which has the metrics.
    pub fn last(&self) -> Value {
        self.lines().pop().unwrap()
    }

    /// The text of all lines.
    pub fn text(&self) -> String {
        self.lines().iter().map(|line| line["response"].as_str().unwrap_or_default()).collect()
    }

    pub fn error(&self) -> String {
        self.last()["error"].as_str().unwrap_or_default().to_owned()
    }

    /// A metric in milliseconds.
    pub fn ms(&self, name: &str) -> f64 {
        self.last()[name].as_f64().unwrap_or(0.0) / 1e6
    }

    /// What no other clock explains.
    pub fn queue_wait_ms(&self) -> f64 {
        ["load_duration", "prompt_eval_duration", "eval_duration"]
            .iter()
            .fold(self.ms("total_duration"), |rest, name| rest - self.ms(name))
    }
}

pub async fn send(server: &Arc<SimulatedServer>, request: Request) -> Result<Answer, TransportError> {
    let mut response = server.send(request).await?;
    let mut body = Vec::new();
    while let Some(chunk) = response.body.next().await {
        body.extend_from_slice(&chunk?);
    }
    let body = String::from_utf8(body).unwrap();
    Ok(Answer { status: response.status, content_type: response.content_type, body })
}

pub async fn get(server: &Arc<SimulatedServer>, path: &str) -> Answer {
    send(server, Request { method: Method::Get, path: path.into(), body: None }).await.unwrap()
}

pub fn post(path: &str, body: &Value) -> Request {
    Request { method: Method::Post, path: path.into(), body: Some(Bytes::from(body.to_string())) }
}

/// `/api/generate` on the scenario's first model, with these fields and options laid over the defaults.
pub fn generate_request(server: &SimulatedServer, prompt: &str, fields: Value, options: Value) -> Request {
    let mut body = json!({
        "model": server.scenario().models[0].name, "prompt": prompt, "stream": false, "truncate": false, "options": {},
    });
    for (name, value) in fields.as_object().unwrap() {
        body[name] = value.clone();
    }
    body["options"] = options;
    post("/api/generate", &body)
}

pub async fn generate(server: &Arc<SimulatedServer>, prompt: &str, options: Value) -> Answer {
    send(server, generate_request(server, prompt, json!({}), options)).await.unwrap()
}

/// The models in `/api/ps`.
pub async fn loaded(server: &Arc<SimulatedServer>) -> Vec<Value> {
    get(server, "/api/ps").await.last()["models"].as_array().unwrap().clone()
}
