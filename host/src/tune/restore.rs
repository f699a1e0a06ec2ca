//! Leaves the server as it was found: our model unloaded if it was not loaded, and loaded as it was if it was.

use std::time::Duration;

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::execute::Executor;
use crate::{
    model::{
        clean::clean,
        machine::{LoadedModel, ModelProfile, ServerProfile, same_model},
        parting::{Parting, Reply},
        study::Warning,
    },
    ollama::{
        client::Client,
        error::OllamaError,
        request::{KeepAlive, LoadRequest},
    },
};

/// A server that does not answer is left alone after so long; the study is over and the user waits.
const PATIENCE: Duration = Duration::from_secs(4);

/// A server that has not said its version after so long does not answer.
const LAST_QUESTION: Duration = Duration::from_secs(2);

/// The server's own default when it does not say how long a model stays.
const DEFAULT_KEEP_ALIVE_SECONDS: u32 = 300;

/// A model that never expires is said to expire after the longest duration of the server's clock, 292 years.
const FOR_EVER_YEAR: i32 = 2200;

/// Restores the server, and asks it once more what it is: a study may end because it waited for a server that does not answer any more. `None` where
/// nothing was asked of it before. `began` is when it was looked at first, RFC 3339.
pub async fn leave_as_found(
    executor: &Executor<'_>,
    server: &ServerProfile,
    model: &ModelProfile,
    began: &str,
) -> Option<Parting> {
    if !executor.has_touched() {
        return None;
    }
    Some(part(executor.server.directly(), server, model, began, executor.last_load_seconds).await)
}

/// The same for whoever loaded the model otherwise; a load takes about so many seconds.
pub async fn part(
    client: &Client,
    server: &ServerProfile,
    model: &ModelProfile,
    began: &str,
    load_seconds: f64,
) -> Parting {
    let question = client.within(LAST_QUESTION);
    let before = found_loaded(server, model).map(|before| LoadRequest {
        model: model.name.clone(),
        num_ctx: before.context_length.unwrap_or(4096),
        num_thread: 0,
        num_batch: 0,
        keep_alive: Some(keep_alive(before, began)),
        timeouts: None,
    });
    let a_load = Duration::from_secs_f64(load_seconds);
    let (version, to_restore) = tokio::join!(question.version(), restore(client, before.as_ref(), &model.name, a_load));
    let to_version = reply(version.as_ref().map(drop));
    Parting { to_version, version: version.ok().map(|version| clean(&version)), to_restore }
}

/// How long it is to stay: for ever if it was, and not shorter than it would have stayed. The server says when that ends, and not what was asked for.
fn keep_alive(before: &LoadedModel, began: &str) -> KeepAlive {
    let read = |text: &str| OffsetDateTime::parse(text, &Rfc3339).ok();
    let Some((end, began)) = before.expires_at.as_deref().and_then(read).zip(read(began)) else {
        return KeepAlive::seconds(DEFAULT_KEEP_ALIVE_SECONDS);
    };
    if is_for_ever(end) {
        return KeepAlive::FOREVER;
    }
    let left = u32::try_from((end - began).whole_seconds()).unwrap_or(0);
    KeepAlive::seconds(left.max(DEFAULT_KEEP_ALIVE_SECONDS))
}

/// Whether a model that is said to expire then never does.
pub(super) fn is_for_ever(expiry: OffsetDateTime) -> bool {
    expiry.year() >= FOR_EVER_YEAR
}

/// Unloads the model, or loads it as it was.
async fn restore(client: &Client, before: Option<&LoadRequest>, model: &str, a_load: Duration) -> Reply {
    let patience = if before.is_some() { PATIENCE + a_load } else { PATIENCE };
    let client = client.within(patience);
    let done = async {
        match before {
            None => client.unload(model).await,
            Some(before) => client.load(before).await.map(drop),
        }
    };
    // A moment more than for the first byte: whoever sends some of an answer is not silent.
    match tokio::time::timeout(patience + Duration::from_millis(100), done).await {
        Ok(done) => reply(done.as_ref().map(drop)),
        Err(_) => Reply::Endless,
    }
}

fn reply(answer: Result<(), &OllamaError>) -> Reply {
    match answer {
        Ok(()) => Reply::Answered,
        Err(OllamaError::FirstByteTimeout { .. } | OllamaError::ConnectTimeout { .. }) => Reply::Silent,
        Err(OllamaError::IdleTimeout { .. } | OllamaError::TooLong { .. }) => Reply::Endless,
        Err(_) => Reply::Failed,
    }
}

/// What the user should know where that did not succeed.
#[must_use]
pub fn warning(parting: &Parting, model: &ModelProfile) -> Option<Warning> {
    (parting.to_restore != Reply::Answered).then(|| Warning {
        what: format!("the server could not be left as it was found: {} may stay loaded", model.name),
        advice: Some(format!("`ollama stop {}` unloads it", model.name)),
    })
}

/// Whether the model was loaded before the study, and how.
fn found_loaded<'a>(server: &'a ServerProfile, model: &ModelProfile) -> Option<&'a LoadedModel> {
    server.loaded_models.iter().find(|loaded| same_model(&loaded.name, &model.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_stays_as_long_as_it_would_have() {
        let stays = |expires_at: Option<&str>| {
            let before = LoadedModel {
                name: String::new(),
                digest: String::new(),
                size_bytes: 0,
                size_vram_bytes: 0,
                context_length: None,
                expires_at: expires_at.map(str::to_owned),
            };
            keep_alive(&before, "2026-01-05T10:00:00Z")
        };
        assert_eq!(stays(Some("2318-04-17T09:47:16.854775807+01:00")), KeepAlive::FOREVER);
        assert_eq!(stays(Some("2026-01-05T15:00:00.5+01:00")), KeepAlive::seconds(4 * 3600));
        for unknown in [None, Some("soon"), Some("2026-01-05T10:01:00Z"), Some("2025-01-05T10:00:00Z")] {
            assert_eq!(stays(unknown), KeepAlive::seconds(300), "{unknown:?}");
        }
    }
}
