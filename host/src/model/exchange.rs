//! One request that went through the proxy: what it asked for and what it took, and nothing of what was said.

use serde::{Deserialize, Serialize};

use super::observation::ServerTimings;

/// After how many bytes of a request's texts a fingerprint is taken.
pub const BEGINNINGS: [usize; 4] = [64, 256, 1024, 4096];

/// Where the proxy says of itself that it is one. No Ollama server has this path.
pub const PROXY_PATH: &str = "/ralf-tune/proxy";

/// One request and its answer. What nobody said is missing.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ExchangeRecord {
    /// When it came, RFC 3339.
    pub at: String,
    pub method: String,
    /// The path, without what stands behind a question mark.
    pub endpoint: String,
    /// What the client calls itself: the first word of its `User-Agent`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    #[serde(default)]
    pub options: SentOptions,
    /// Whether the proxy put load-time options in.
    #[serde(default)]
    pub applied: bool,
    /// Requests under way when it came, itself included.
    pub at_once: usize,
    pub request_bytes: u64,
    /// Bytes of prompts and messages in it, as they are written in JSON.
    pub text_bytes: u64,
    /// Characters of them; absent in records of earlier releases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_chars: Option<u64>,
    /// Fingerprints of the first [`BEGINNINGS`] bytes of them, as far as they are that long, under a key that nobody keeps: two that are equal
    /// began alike, within one run of the proxy, and no text can be found from one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub beginnings: Vec<u32>,
    pub response_bytes: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Until the head of the answer, and until its end or the end of the connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head_ms: Option<f64>,
    pub total_ms: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_tokens: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_tokens: Option<u64>,
    /// Server clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<ServerTimings>,
    /// Whether the answer ended because it had no more room.
    #[serde(default)]
    pub cut: bool,
    /// Whether the answer says that something went wrong, be it in the middle of it.
    #[serde(default)]
    pub error: bool,
    pub end: ExchangeEnd,
}

impl ExchangeRecord {
    /// Whether a model was to write.
    #[must_use]
    pub fn makes_text(&self) -> bool {
        ["/api/generate", "/api/chat", "/v1/chat/completions", "/v1/completions"].contains(&self.endpoint.as_str())
    }
}

/// What a client asked for, as far as it matters to speed.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct SentOptions {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub num_ctx: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub num_predict: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub num_thread: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub num_batch: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub truncate: Option<bool>,
}

/// How an exchange ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExchangeEnd {
    /// The whole answer was passed on.
    Complete,
    /// The client went away before; the server was told.
    #[default]
    ClientLeft,
    /// No connection to the server.
    Unreachable,
    /// The connection to the server broke.
    Broken,
    /// The proxy did not pass it on: too large to be changed, or no request that it knows.
    Refused,
}

/// Version of the JSON form of [`Traffic`].
pub const TRAFFIC_SCHEMA_VERSION: u32 = 1;

/// What all records add up to.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Traffic {
    pub schema_version: u32,
    pub tool_version: String,
    /// Requests that were recorded, those that make no text included.
    pub requests: usize,
    /// Lines of the records that cannot be read.
    pub unreadable: usize,
    /// When the first and the last came, RFC 3339; absent without any.
    pub from: Option<String>,
    pub to: Option<String>,
    /// Requests that were to make text, in all and in groups. The busiest clients and models come first, days by date.
    pub all: TrafficGroup,
    pub clients: Vec<TrafficGroup>,
    pub models: Vec<TrafficGroup>,
    pub days: Vec<TrafficGroup>,
    /// Requests that failed, by what happened.
    pub failures: Vec<(String, usize)>,
    pub advice: Vec<String>,
    /// Of models that were tuned: the study, and what the requests since say of it.
    pub studies: Vec<StudyTraffic>,
}

/// Requests that have something in common.
#[derive(Debug, Clone, PartialEq, Default, Serialize, schemars::JsonSchema)]
pub struct TrafficGroup {
    pub name: String,
    pub requests: usize,
    /// Characters of the texts of a request; bytes in records of earlier releases.
    pub prompt_chars: Option<Spread>,
    pub answer_tokens: Option<Spread>,
    pub at_once: Option<Spread>,
    /// From the request to the end of the answer, of those that ended well.
    pub total_ms: Option<Spread>,
    /// Server clock: waiting for a slot.
    pub queue_wait_ms: Option<Spread>,
    /// Answers that ended because they had no more room.
    pub cut_answers: usize,
    pub failed: usize,
    /// Clients that went away before the end.
    pub left: usize,
}

/// The median, the 90th percentile and the greatest of some values.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Spread {
    pub median: f64,
    pub ninetieth: f64,
    pub greatest: f64,
}

/// A study, and what the requests since say of it.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct StudyTraffic {
    pub model: String,
    pub study: String,
    pub drift: super::learned::Drift,
    /// The command that tunes again, where that is called for.
    pub mend: Option<String>,
}
