//! A server that cuts long prompts without a word, whatever it is asked, and what really happened to each prompt.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, TryStreamExt, future::BoxFuture, stream};
use serde_json::Value;

use crate::{
    ollama::transport::{Request, Response, Transport, TransportError},
    simulate::{Scenario, SimulatedServer},
};

/// What really happened to a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PromptTruth {
    /// Tokens of the whole prompt.
    pub whole: u64,
    pub cut: bool,
    /// The whole prompt and its answer had room in the context.
    pub fits: bool,
}

/// Takes no notice of `truncate: false`, and keeps to itself what it cut: the answer's `context`, which would tell, is taken away.
pub struct CuttingServer {
    server: Arc<SimulatedServer>,
    /// Servers since 0.30 cut a prompt that fills the context, too.
    cuts_full: bool,
    trained_context: u64,
    truths: Arc<Mutex<Vec<PromptTruth>>>,
}

impl CuttingServer {
    /// A server of the scenario, whose model is its first one.
    #[must_use]
    pub fn new(scenario: &Scenario, seed: u64) -> Self {
        let release: Vec<u32> = scenario.server.version.split('.').filter_map(|part| part.parse().ok()).collect();
        Self {
            server: SimulatedServer::new(scenario.clone(), seed),
            cuts_full: release >= vec![0, 30],
            trained_context: scenario.models.first().map_or(u64::MAX, |model| u64::from(model.trained_context)),
            truths: Arc::default(),
        }
    }

    /// What happened to the prompts so far, in the order in which their answers came.
    #[must_use]
    pub fn truths(&self) -> Vec<PromptTruth> {
        self.truths.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Transport for CuttingServer {
    fn send(&self, mut request: Request) -> BoxFuture<'static, Result<Response, TransportError>> {
        let body = request.body.as_deref().and_then(|body| serde_json::from_slice::<Value>(body).ok());
        let body = body.filter(|body| body["prompt"].as_str().is_some_and(|prompt| !prompt.is_empty()));
        let Some(mut body) = body.filter(|_| request.path == "/api/generate") else {
            return self.server.send(request);
        };
        body["truncate"] = true.into();
        let asked = body["options"]["num_ctx"].as_u64().unwrap_or(u64::MAX);
        let context = asked.min(self.trained_context);
        request.body = Some(Bytes::from(body.to_string()));
        let (sent, cuts_full, truths) = (self.server.send(request), self.cuts_full, Arc::clone(&self.truths));
        async move {
            let response = sent.await?;
            let parts: Vec<Bytes> = response.body.try_collect().await?;
            let mut out = Vec::new();
            for line in parts.concat().split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                let Ok(mut line) = serde_json::from_slice::<Value>(line) else { continue };
                let tokens = line.as_object_mut().and_then(|line| line.remove("context"));
                if let (Some(Value::Array(tokens)), Some(answer)) = (tokens, line["eval_count"].as_u64()) {
                    let all = tokens.len() as u64;
                    let whole = all.saturating_sub(answer);
                    let cut = if cuts_full { whole >= context } else { whole > context };
                    let truth = PromptTruth { whole, cut, fits: all <= context };
                    truths.lock().unwrap_or_else(PoisonError::into_inner).push(truth);
                }
                out.extend(line.to_string().into_bytes());
                out.push(b'\n');
            }
            let body = stream::iter([Ok(Bytes::from(out))]).boxed();
            Ok(Response { status: response.status, content_type: response.content_type, body })
        }
        .boxed()
    }
}
