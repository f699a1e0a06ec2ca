//! What we ask of the server.

use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    error::OllamaError,
    ndjson::{LineSplitter, MAX_ANSWER_BYTES, MAX_LINE_BYTES},
    transport::{Method, Request},
};
use crate::model::candidate::LoadKey;

/// Three timeouts instead of one: a long answer is no failure, a silent server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// Until the connection stands. The transport keeps it; it is here so that all three are set in one place.
    pub connect: Duration,
    /// From sending the request to the first bytes of the answer: loading, queueing and prefill are in it.
    pub first_byte: Duration,
    /// Between two parts of the answer.
    pub idle: Duration,
}

impl Default for Timeouts {
    /// 5 s, 300 s and 60 s. Ollama gives a load that makes no progress 300 s; a token that takes a minute is no use to a batch.
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), first_byte: Duration::from_mins(5), idle: Duration::from_mins(1) }
    }
}

/// How long the server keeps a model loaded after a request, in seconds.
///
/// Sent as a number: the text `"-1"` is refused for want of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeepAlive(i64);

impl KeepAlive {
    /// Until it is unloaded.
    pub const FOREVER: Self = Self(-1);
    /// Unloads as soon as the request is done.
    pub const UNLOAD: Self = Self(0);

    /// That many seconds.
    #[must_use]
    pub fn seconds(seconds: u32) -> Self {
        Self(i64::from(seconds))
    }
}

/// Loads a model with explicit load-time options. They are in force until a request with others comes, which is a reload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadRequest {
    pub model: String,
    /// Tokens of one slot.
    pub num_ctx: u32,
    /// 0 leaves it to the server.
    pub num_thread: u32,
    /// 0 leaves it to the server.
    pub num_batch: u32,
    pub keep_alive: Option<KeepAlive>,
    /// Instead of the client's own.
    pub timeouts: Option<Timeouts>,
}

impl LoadRequest {
    /// With the load-time options of settings. How long it stays is the server's to say, and how long it may take the client's.
    #[must_use]
    pub fn new(model: &str, load: LoadKey) -> Self {
        let LoadKey { num_ctx, num_thread, num_batch } = load;
        Self { model: model.to_owned(), num_ctx, num_thread, num_batch, keep_alive: None, timeouts: None }
    }
}

/// Makes a model that is another one with parameters of its own. The weights are shared: it costs next to no space.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateRequest {
    /// What it is called. A model of that name is replaced.
    pub model: String,
    /// The installed model that it is made of. One that is not installed would be downloaded by the server.
    pub from: String,
    /// Options by name, over those of the model that it is made of.
    pub parameters: Map<String, Value>,
}

impl CreateRequest {
    /// What is sent to `/api/create`. That form is understood since 0.5.5.
    #[must_use]
    pub fn body(&self) -> Value {
        json!({ "model": self.model, "from": self.from, "parameters": self.parameters, "stream": false })
    }
}

/// One prompt, one answer. Truncation is always refused, and the answer always streamed.
#[derive(Debug, Clone, PartialEq)]
pub struct GenerateRequest {
    pub model: String,
    pub prompt: String,
    /// Tokens of one slot.
    pub num_ctx: u32,
    /// Most tokens of the answer. At least 1 is sent: the server takes 0 for "no bound".
    pub num_predict: u32,
    /// 0 leaves it to the server.
    pub num_thread: u32,
    /// 0 leaves it to the server.
    pub num_batch: u32,
    pub temperature: f64,
    /// Only the lower 31 bits are sent: the server has 32, and the largest of them means "any".
    pub seed: Option<u64>,
    pub keep_alive: Option<KeepAlive>,
    /// The prompt alone, without the model's template around it.
    pub raw: bool,
    /// `Some(false)` for models that think; any value is refused by some that do not.
    pub think: Option<bool>,
    /// Instead of the client's own.
    pub timeouts: Option<Timeouts>,
}

/// Bytes of an answer's longest line at most, of its text, and of all its lines, besides what its tokens take.
const LINE_BYTES: usize = 256 << 10;
const TEXT_BYTES: usize = 64 << 10;
const ANSWER_BYTES: usize = 1 << 20;

/// The same for each token of the answer: its text, should all of it come in one line; a line of its own.
const TEXT_BYTES_PER_TOKEN: usize = 64;
const ANSWER_BYTES_PER_TOKEN: usize = 1 << 10;

/// For each token of the context: its number in the final line.
const NUMBER_BYTES: usize = 16;

impl GenerateRequest {
    /// Cuts the answer into lines, within what was asked for: a server must not fill the memory.
    pub(super) fn splitter(&self) -> LineSplitter {
        let numbers = (size(self.num_ctx).saturating_add(size(self.num_predict))).saturating_mul(NUMBER_BYTES);
        let most = |bytes: usize, per_token: usize| {
            bytes.saturating_add(size(self.num_predict).saturating_mul(per_token)).saturating_add(numbers)
        };
        LineSplitter::new(
            most(LINE_BYTES, TEXT_BYTES_PER_TOKEN).min(MAX_LINE_BYTES),
            most(ANSWER_BYTES, ANSWER_BYTES_PER_TOKEN).min(MAX_ANSWER_BYTES),
        )
    }

    /// Refuses a text that is longer than so many tokens can be.
    pub(super) fn refuse_too_much(&self, text: &str) -> Result<(), OllamaError> {
        let most = TEXT_BYTES.saturating_add(size(self.num_predict).saturating_mul(TEXT_BYTES_PER_TOKEN));
        if text.len() <= most {
            return Ok(());
        }
        Err(OllamaError::TooLong { what: "text".into(), limit_bytes: most })
    }

    /// The load that this request would cause by itself.
    #[must_use]
    pub fn load_request(&self) -> LoadRequest {
        let load = LoadKey { num_ctx: self.num_ctx, num_thread: self.num_thread, num_batch: self.num_batch };
        LoadRequest { keep_alive: self.keep_alive, timeouts: self.timeouts, ..LoadRequest::new(&self.model, load) }
    }

    pub(super) fn to_wire(&self) -> Request {
        let mut options = load_options(self.num_ctx, self.num_thread, self.num_batch);
        options.insert("num_predict".to_owned(), self.num_predict.max(1).into());
        options.insert("temperature".to_owned(), self.temperature.into());
        if let Some(seed) = self.seed {
            options.insert("seed".to_owned(), (seed & 0x7fff_ffff).into());
        }
        let mut body = json!({
            "model": self.model,
            "prompt": self.prompt,
            "stream": true,
            "truncate": false,
            "options": options,
        });
        if let Some(keep_alive) = self.keep_alive {
            body["keep_alive"] = json!(keep_alive);
        }
        if self.raw {
            body["raw"] = true.into();
        }
        if let Some(think) = self.think {
            body["think"] = think.into();
        }
        post("/api/generate", &body)
    }
}

impl LoadRequest {
    pub(super) fn to_wire(&self) -> Request {
        let options = load_options(self.num_ctx, self.num_thread, self.num_batch);
        let mut body = json!({ "model": self.model, "stream": false, "options": options });
        if let Some(keep_alive) = self.keep_alive {
            body["keep_alive"] = json!(keep_alive);
        }
        post("/api/generate", &body)
    }
}

fn size(tokens: u32) -> usize {
    usize::try_from(tokens).unwrap_or(usize::MAX)
}

/// The options whose change reloads the model.
fn load_options(num_ctx: u32, num_thread: u32, num_batch: u32) -> Map<String, Value> {
    [("num_ctx", num_ctx), ("num_thread", num_thread), ("num_batch", num_batch)]
        .into_iter()
        .filter(|(name, value)| *name == "num_ctx" || *value != 0)
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect()
}

pub(super) fn post(path: &str, body: &Value) -> Request {
    Request { method: Method::Post, path: path.to_owned(), body: Some(Bytes::from(body.to_string())) }
}

pub(super) fn get(path: &str) -> Request {
    Request { method: Method::Get, path: path.to_owned(), body: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> GenerateRequest {
        GenerateRequest {
            model: "m".to_owned(),
            prompt: "p".to_owned(),
            num_ctx: 2048,
            num_predict: 0,
            num_thread: 0,
            num_batch: 0,
            temperature: 0.1,
            seed: None,
            keep_alive: None,
            raw: false,
            think: None,
            timeouts: None,
        }
    }

    fn body(request: &Request) -> Value {
        request.body.as_deref().and_then(|body| serde_json::from_slice(body).ok()).unwrap_or_default()
    }

    #[test]
    fn what_was_not_set_is_not_sent() {
        let expected = json!({
            "model": "m", "prompt": "p", "stream": true, "truncate": false,
            "options": { "num_ctx": 2048, "num_predict": 1, "temperature": 0.1 },
        });
        assert_eq!(body(&request().to_wire()), expected);
        let load = json!({ "model": "m", "stream": false, "options": { "num_ctx": 2048 } });
        assert_eq!(body(&request().load_request().to_wire()), load);
    }

    #[test]
    fn what_was_set_is_sent_as_numbers() {
        let full = GenerateRequest {
            num_predict: 48,
            num_thread: 2,
            num_batch: 256,
            seed: Some(u64::MAX),
            keep_alive: Some(KeepAlive::FOREVER),
            raw: false,
            think: Some(false),
            ..request()
        };
        let sent = body(&full.to_wire());
        assert_eq!((&sent["keep_alive"], &sent["think"]), (&json!(-1), &json!(false)));
        let options = json!({
            "num_ctx": 2048, "num_thread": 2, "num_batch": 256, "num_predict": 48, "temperature": 0.1, "seed": 0x7fff_ffff,
        });
        assert_eq!(sent["options"], options);
        let load = body(&full.load_request().to_wire());
        assert_eq!(load["options"], json!({ "num_ctx": 2048, "num_thread": 2, "num_batch": 256 }));
        assert_eq!(load["keep_alive"], json!(-1));
    }
}
