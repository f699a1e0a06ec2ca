//! The model: found by its name, described by what the server knows of it.

use serde_json::Value;

use super::kv_cache::{Attention, PerLayer};
use crate::{
    model::{
        clean::clean_within,
        machine::{Fact, ModelProfile},
    },
    ollama::{
        client::Client,
        error::OllamaError,
        wire::{InstalledModel, ShowAnswer},
    },
};

/// Least likeness of two names, 0 to 1, at which one is offered for the other.
const LIKENESS: f64 = 0.75;

/// A model that cannot be tuned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    #[error("no model is installed on the server")]
    NoModels { asked: String },
    #[error("model `{name}` is not on the server")]
    Unknown { name: String, nearest: Option<String> },
    #[error("model `{name}` makes embeddings, not text")]
    EmbeddingOnly { name: String },
    #[error("model `{name}` runs elsewhere, not on this server")]
    Remote { name: String },
    #[error(transparent)]
    Server(#[from] OllamaError),
}

impl ModelError {
    /// What to do next.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoModels { asked } if asked.is_empty() => Some("`ollama pull` a model first".to_owned()),
            Self::NoModels { asked: name } | Self::Unknown { name, nearest: None } => {
                Some(format!("`ollama pull {name}`; `ollama list` shows what is installed"))
            }
            Self::Unknown { name, nearest: Some(nearest) } => {
                Some(format!("did you mean `{nearest}`? Otherwise `ollama pull {name}`"))
            }
            Self::EmbeddingOnly { .. } => Some("name a model that generates text with `--model`".to_owned()),
            Self::Remote { .. } => {
                Some("its speed is not this machine's to tune: name an installed model with `--model`".to_owned())
            }
            Self::Server(error) => error.hint(),
        }
    }
}

/// Finds an installed model by its name, as Ollama does: `x` is `x:latest`, and case does not matter.
#[must_use]
pub fn find<'a>(installed: &'a [InstalledModel], name: &str) -> Option<&'a InstalledModel> {
    let name = name.trim();
    let has_tag = name.rsplit('/').next().is_some_and(|last| last.contains(':'));
    let full = if has_tag { name.to_owned() } else { format!("{name}:latest") };
    installed
        .iter()
        .find(|model| model.name == full || model.name == name)
        .or_else(|| installed.iter().find(|model| model.name.eq_ignore_ascii_case(&full)))
}

/// The installed name that is most like `name`, if any is like it.
#[must_use]
pub fn nearest<'a>(installed: &'a [InstalledModel], name: &str) -> Option<&'a str> {
    let asked = name.trim().to_ascii_lowercase();
    installed
        .iter()
        .map(|model| {
            let whole = strsim::jaro_winkler(&asked, &model.name.to_ascii_lowercase());
            let base = strsim::jaro_winkler(base_name(&asked), &base_name(&model.name).to_ascii_lowercase());
            (whole.max(base), model.name.as_str())
        })
        .filter(|(likeness, _)| *likeness >= LIKENESS)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

/// Describes an installed model. The profile's name is the installed one, with its tag.
///
/// # Errors
///
/// When the model is not there, cannot generate text, runs elsewhere, or the server cannot be asked.
pub async fn model(client: &Client, name: &str) -> Result<ModelProfile, ModelError> {
    let tags = client.tags().await?;
    let asked = clean_within(name, 200);
    if tags.is_empty() {
        return Err(ModelError::NoModels { asked });
    }
    let Some(installed) = find(&tags, name) else {
        let nearest = nearest(&tags, name).map(|nearest| clean_within(nearest, 200));
        return Err(ModelError::Unknown { name: asked, nearest });
    };
    let mut shown = client.show(&installed.name, false).await?;
    refuse_what_cannot_be_tuned(installed, &shown)?;
    // Arrays with one entry a layer come only in the verbose answer, which takes megabytes.
    if attention(&shown).is_some_and(|attention| attention.kv_heads == PerLayer::Unknown) {
        let verbose = client.show(&installed.name, true).await?;
        if !verbose.model_info.is_empty() {
            shown.model_info = verbose.model_info;
        }
    }
    Ok(describe(installed, &shown))
}

fn refuse_what_cannot_be_tuned(installed: &InstalledModel, shown: &ShowAnswer) -> Result<(), ModelError> {
    let name = || clean_within(&installed.name, 200);
    let elsewhere = [&installed.remote_model, &installed.remote_host, &shown.remote_model, &shown.remote_host];
    let tag = installed.name.rsplit(':').next().unwrap_or_default();
    if elsewhere.into_iter().flatten().any(|remote| !remote.is_empty()) || tag == "cloud" || tag.ends_with("-cloud") {
        return Err(ModelError::Remote { name: name() });
    }
    let capabilities = if shown.capabilities.is_empty() { &installed.capabilities } else { &shown.capabilities };
    let can = |capability: &str| capabilities.iter().any(|known| known == capability);
    let pools = shown.model_info.contains_key(&format!("{}.pooling_type", architecture(shown)));
    if !can("completion") && (can("embedding") || (capabilities.is_empty() && pools)) {
        return Err(ModelError::EmbeddingOnly { name: name() });
    }
    Ok(())
}

fn describe(installed: &InstalledModel, shown: &ShowAnswer) -> ModelProfile {
    let architecture = architecture(shown);
    let number = |key: &str| shown.model_info.get(key).and_then(Value::as_u64);
    let attention = attention(shown);
    let heads = |of: fn(&Attention) -> Option<u32>, key: &str| {
        let key = format!("{architecture}.{key}");
        let found = attention.as_ref().and_then(of);
        found.map_or_else(
            || Fact::unknown(format!("/api/show has no {key}")),
            |n| Fact::found(n, format!("/api/show {key}")),
        )
    };
    let context_key = format!("{architecture}.context_length");
    let can =
        |capability: &str| shown.capabilities.iter().chain(&installed.capabilities).any(|known| known == capability);
    let listed = &installed.details;
    let details = |of: fn(&crate::ollama::wire::Details) -> &String, key: &str| {
        let value = Some(of(listed)).filter(|value| !value.is_empty()).unwrap_or_else(|| of(&shown.details));
        text(value, &format!("/api/tags details.{key}"))
    };
    ModelProfile {
        name: installed.name.clone(),
        digest: text(&installed.digest, "/api/tags digest"),
        size_bytes: fact(installed.size.filter(|size| *size > 0), "/api/tags size"),
        quantization: details(|details| &details.quantization_level, "quantization_level"),
        family: details(|details| &details.family, "family"),
        parameter_count: fact(number("general.parameter_count"), "/api/show general.parameter_count"),
        trained_context: fact(
            number(&context_key).and_then(|tokens| u32::try_from(tokens).ok()),
            &format!("/api/show {context_key}"),
        ),
        layers: heads(|attention| Some(attention.layers), "block_count"),
        heads: heads(|attention| attention.heads.largest(), "attention.head_count"),
        kv_heads: heads(|attention| attention.kv_heads.largest(), "attention.head_count_kv"),
        kv_bytes_per_token: kv_bytes_per_token(attention.as_ref()),
        thinking: can("thinking"),
        vision: can("vision") || shown.has_projector,
        modelfile_num_ctx: modelfile_num_ctx(&shown.parameters),
    }
}

fn kv_bytes_per_token(attention: Option<&Attention>) -> Fact<u64> {
    let Some((attention, bytes)) = attention.and_then(|shape| Some((shape, shape.bytes_per_token()?))) else {
        return Fact::unknown("/api/show does not say enough of the model's layers");
    };
    let bound = attention.sliding_window.map_or_else(String::new, |window| {
        format!("; an upper bound, as some layers keep only the last {window} tokens")
    });
    Fact::found(bytes, format!("computed from the layers in /api/show, at 16 bits{bound}"))
}

/// `num_ctx` in the text of the Modelfile's parameters; the last one counts.
fn modelfile_num_ctx(parameters: &str) -> Option<u32> {
    parameters
        .lines()
        .filter_map(|line| line.trim().split_once(char::is_whitespace))
        .filter(|(name, _)| *name == "num_ctx")
        .filter_map(|(_, value)| value.trim().trim_matches('"').parse().ok())
        .next_back()
}

fn attention(shown: &ShowAnswer) -> Option<Attention> {
    Attention::read(&shown.model_info, architecture(shown))
}

fn architecture(shown: &ShowAnswer) -> &str {
    shown.model_info.get("general.architecture").and_then(Value::as_str).unwrap_or_default()
}

/// The name without registry, namespace and tag.
fn base_name(name: &str) -> &str {
    let last = name.rsplit('/').next().unwrap_or(name);
    last.split(':').next().unwrap_or(last)
}

fn text(value: &str, source: &str) -> Fact<String> {
    let value = clean_within(value, 200);
    fact(Some(value).filter(|value| !value.is_empty() && value != "unknown"), source)
}

fn fact<T>(value: Option<T>, source: &str) -> Fact<T> {
    match value {
        Some(value) => Fact::found(value, source),
        None => Fact::unknown(format!("not in {source}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn installed(names: &[&str]) -> Vec<InstalledModel> {
        names.iter().map(|name| InstalledModel { name: (*name).to_owned(), ..InstalledModel::default() }).collect()
    }

    #[test]
    fn a_name_without_a_tag_is_the_latest() {
        let models = installed(&["llama3.2:1b", "llama3.2:latest", "hf.co/a/B:Q4", "host:5000/x/y:latest"]);
        let found = |name: &str| find(&models, name).map(|model| model.name.as_str());
        assert_eq!(found("llama3.2"), Some("llama3.2:latest"));
        assert_eq!(found("llama3.2:1b"), Some("llama3.2:1b"));
        assert_eq!(found("LLAMA3.2"), Some("llama3.2:latest"));
        assert_eq!(found("hf.co/a/b:q4"), Some("hf.co/a/B:Q4"));
        assert_eq!(found("host:5000/x/y"), Some("host:5000/x/y:latest"));
        assert_eq!(found("llama3"), None);
        assert_eq!(found(""), None);
    }

    #[test]
    fn the_nearest_name_is_offered_and_a_far_one_is_not() {
        let models = installed(&["llama3.2:latest", "gemma3:270m", "qwen2.5-coder:7b"]);
        assert_eq!(nearest(&models, "lama3.2"), Some("llama3.2:latest"));
        assert_eq!(nearest(&models, "gemma3:1b"), Some("gemma3:270m"));
        assert_eq!(nearest(&models, "qwen-coder"), Some("qwen2.5-coder:7b"));
        assert_eq!(nearest(&models, "zzz"), None);
    }

    #[test]
    fn the_modelfile_is_read_line_by_line() {
        let parameters = "stop                           \"num_ctx 5\"\nnum_ctx                        4096\ntop_k 64";
        assert_eq!(modelfile_num_ctx(parameters), Some(4096));
        assert_eq!(modelfile_num_ctx("num_ctx 1\nnum_ctx 2048"), Some(2048));
        assert_eq!(modelfile_num_ctx("stop \"x\""), None);
    }
}
