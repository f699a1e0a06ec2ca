//! What the server writes, read with tolerance: zero fields are absent, new ones appear, anything may be `null`.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::lenient::{count, is_there, keys, length, object, objects, said, single, texts};
use crate::model::{machine::LoadedModel, observation::ServerTimings};

/// One line of `/api/generate`. Durations in nanoseconds.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct GenerateLine {
    #[serde(deserialize_with = "single")]
    pub response: Option<String>,
    /// What a thinking model says to itself; no part of the answer.
    #[serde(deserialize_with = "single")]
    pub thinking: Option<String>,
    #[serde(deserialize_with = "single")]
    pub done: Option<bool>,
    #[serde(deserialize_with = "single")]
    pub done_reason: Option<String>,
    #[serde(deserialize_with = "said")]
    pub error: Option<Value>,
    #[serde(deserialize_with = "single")]
    pub total_duration: Option<f64>,
    #[serde(deserialize_with = "single")]
    pub load_duration: Option<f64>,
    /// Tokens of the whole prompt; before 0.4 without the cached ones.
    #[serde(deserialize_with = "count")]
    pub prompt_eval_count: Option<u32>,
    /// Newer than 0.33: how many of the prompt's tokens were cached.
    #[serde(deserialize_with = "count")]
    pub prompt_eval_cached_count: Option<u32>,
    #[serde(deserialize_with = "single")]
    pub prompt_eval_duration: Option<f64>,
    #[serde(deserialize_with = "count")]
    pub eval_count: Option<u32>,
    #[serde(deserialize_with = "single")]
    pub eval_duration: Option<f64>,
    /// How many tokens `context` holds: prompt and answer, the prompt as it was before it was cut.
    #[serde(rename = "context", deserialize_with = "length")]
    pub context_tokens: Option<u32>,
}

impl GenerateLine {
    /// The server's clock, where the line has one: a model that was only loaded, or a broken-off answer, has none. Where one of its durations is
    /// none, none is believed.
    #[must_use]
    pub fn timings(&self) -> Option<ServerTimings> {
        let all = [self.total_duration, self.load_duration, self.prompt_eval_duration, self.eval_duration];
        if all.into_iter().flatten().any(|nanoseconds| nanoseconds < 0.0) {
            return None;
        }
        let milliseconds = |nanoseconds: Option<f64>| nanoseconds.unwrap_or(0.0) / 1e6;
        self.total_duration.map(|total| ServerTimings {
            total_ms: milliseconds(Some(total)),
            load_ms: milliseconds(self.load_duration),
            prefill_ms: milliseconds(self.prompt_eval_duration),
            decode_ms: milliseconds(self.eval_duration),
        })
    }
}

/// `/api/version`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct VersionAnswer {
    pub version: String,
}

/// `/api/tags`: what is installed.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct TagsAnswer {
    #[serde(deserialize_with = "objects")]
    pub models: Vec<InstalledModel>,
}

/// One installed model.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct InstalledModel {
    /// With its tag: `llama3.2:latest`.
    #[serde(deserialize_with = "single")]
    pub name: String,
    /// Bytes on disk; weights, mostly.
    #[serde(deserialize_with = "single")]
    pub size: Option<u64>,
    #[serde(deserialize_with = "single")]
    pub digest: String,
    #[serde(deserialize_with = "object")]
    pub details: Details,
    /// Absent before 0.30.
    #[serde(deserialize_with = "texts")]
    pub capabilities: Vec<String>,
    /// Present when the model runs elsewhere.
    #[serde(deserialize_with = "single")]
    pub remote_model: Option<String>,
    #[serde(deserialize_with = "single")]
    pub remote_host: Option<String>,
}

impl ShowAnswer {
    /// A parameter of the Modelfile that is a number; the last line of that name counts.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<f64> {
        let lines = self.parameters.lines().filter_map(|line| line.trim().split_once(char::is_whitespace));
        lines.rev().filter(|(own, _)| *own == name).find_map(|(_, value)| value.trim().parse().ok())
    }
}

impl InstalledModel {
    /// Whether it makes text on this server, as far as the list says; servers before 0.30 do not say.
    #[must_use]
    pub fn generates(&self) -> bool {
        let here = self.remote_model.is_none() && self.remote_host.is_none();
        here && (self.capabilities.is_empty() || self.capabilities.iter().any(|name| name == "completion"))
    }
}

/// `details` of `/api/tags`, `/api/ps` and `/api/show`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Details {
    #[serde(deserialize_with = "single")]
    pub format: String,
    #[serde(deserialize_with = "single")]
    pub family: String,
    /// The model that it was made of, where there is one.
    #[serde(deserialize_with = "single")]
    pub parent_model: String,
    /// For people: `3.2B`.
    #[serde(deserialize_with = "single")]
    pub parameter_size: String,
    #[serde(deserialize_with = "single")]
    pub quantization_level: String,
}

/// `/api/show`.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct ShowAnswer {
    /// Lines of the Modelfile's parameters: name, spaces, value.
    #[serde(deserialize_with = "single")]
    pub parameters: String,
    #[serde(deserialize_with = "single")]
    pub template: String,
    #[serde(deserialize_with = "object")]
    pub details: Details,
    /// Keys of the model file. Arrays are `null` or empty unless the answer was asked to be verbose; those without a number for each layer are
    /// `null` always.
    #[serde(deserialize_with = "keys")]
    pub model_info: Map<String, Value>,
    /// Whether there is a part that sees.
    #[serde(rename = "projector_info", deserialize_with = "is_there")]
    pub has_projector: bool,
    /// Absent before 0.6.4.
    #[serde(deserialize_with = "texts")]
    pub capabilities: Vec<String>,
    #[serde(deserialize_with = "single")]
    pub remote_model: Option<String>,
    #[serde(deserialize_with = "single")]
    pub remote_host: Option<String>,
}

/// `/api/ps`: what is loaded.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct PsAnswer {
    #[serde(deserialize_with = "objects")]
    pub models: Vec<PsModel>,
}

/// `/api/create`, not streamed: the last of what is told.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct CreateAnswer {
    #[serde(deserialize_with = "single")]
    pub status: String,
    #[serde(deserialize_with = "said")]
    pub error: Option<Value>,
}

/// One loaded model.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct PsModel {
    #[serde(deserialize_with = "single")]
    pub name: String,
    #[serde(deserialize_with = "single")]
    pub digest: String,
    #[serde(deserialize_with = "single")]
    pub size: u64,
    #[serde(deserialize_with = "single")]
    pub size_vram: u64,
    #[serde(deserialize_with = "count")]
    pub context_length: Option<u32>,
    #[serde(deserialize_with = "single")]
    pub expires_at: Option<String>,
}

impl From<PsModel> for LoadedModel {
    fn from(model: PsModel) -> Self {
        Self {
            name: model.name,
            digest: model.digest,
            size_bytes: model.size,
            size_vram_bytes: model.size_vram,
            context_length: model.context_length.filter(|tokens| *tokens > 0),
            expires_at: model.expires_at,
        }
    }
}

/// What this program's own proxy says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ProxyAnswer {
    pub ralf_tune_proxy: ProxyFacts,
}

/// See above.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ProxyFacts {
    /// The server behind it, as a URL.
    pub before: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Option<GenerateLine> {
        serde_json::from_str(text).ok()
    }

    #[test]
    fn nulls_absent_and_unknown_fields_are_no_obstacle() {
        let parsed = line(
            r#"{"done":true,"response":null,"new":{"x":[1]},"eval_count":3.0,"prompt_eval_count":-1,"total_duration":2000000,
               "prompt_eval_cached_count":7,"eval_duration":null,"load_duration":"long","context":[1,"x",3]}"#,
        );
        let expected = ServerTimings { total_ms: 2.0, load_ms: 0.0, prefill_ms: 0.0, decode_ms: 0.0 };
        let parsed = parsed.unwrap_or_default();
        assert_eq!((parsed.done, parsed.eval_count, parsed.prompt_eval_count), (Some(true), Some(3), None));
        assert_eq!((parsed.prompt_eval_cached_count, parsed.timings()), (Some(7), Some(expected)));
        assert_eq!(parsed.context_tokens, Some(3));
        let negative = line(r#"{"done":true,"total_duration":2000000,"eval_duration":-1}"#).unwrap_or_default();
        assert_eq!(negative.timings(), None);
        assert_eq!(line(r#"{"context":null}"#), Some(GenerateLine::default()));
        assert_eq!(line("{}"), Some(GenerateLine::default()));
    }

    #[test]
    fn a_list_must_be_there_but_may_be_null() {
        let models = |text: &str| serde_json::from_str::<TagsAnswer>(text).ok().map(|answer| answer.models.len());
        assert_eq!(models(r#"{"models":null}"#), Some(0));
        assert_eq!(models(r#"{"models":[{"name":"x","size":null,"details":null}]}"#), Some(1));
        assert_eq!(models(r#"{"data":[]}"#), None);
    }
}
