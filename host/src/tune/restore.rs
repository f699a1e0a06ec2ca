//! Leaves the server as it was found: our model unloaded if it was not loaded, and loaded as it was if it was.

use std::time::Duration;

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

/// Restores the server, and asks it once more what it is: a study may end because it waited for a server that does not answer any more. `None` where
/// nothing was asked of it before.
pub async fn leave_as_found(executor: &Executor<'_>, server: &ServerProfile, model: &ModelProfile) -> Option<Parting> {
    if !executor.has_touched() {
        return None;
    }
    let client = executor.server.directly();
    let question = client.within(LAST_QUESTION);
    let (version, to_restore) = tokio::join!(
        question.version(),
        restore(client, found_loaded(server, model), model, Duration::from_secs_f64(executor.last_load_seconds))
    );
    let to_version = reply(version.as_ref().map(drop));
    Some(Parting { to_version, version: version.ok().map(|version| clean(&version)), to_restore })
}

/// Unloads the model, or loads it as it was.
async fn restore(client: &Client, before: Option<&LoadedModel>, model: &ModelProfile, a_load: Duration) -> Reply {
    let patience = if before.is_some() { PATIENCE + a_load } else { PATIENCE };
    let client = client.within(patience);
    let done = async {
        let Some(before) = before else { return client.unload(&model.name).await };
        let request = LoadRequest {
            model: model.name.clone(),
            num_ctx: before.context_length.unwrap_or(4096),
            num_thread: 0,
            num_batch: 0,
            keep_alive: Some(KeepAlive::seconds(DEFAULT_KEEP_ALIVE_SECONDS)),
            timeouts: None,
        };
        client.load(&request).await.map(drop)
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
