//! Leaves the server as it was found: our model unloaded if it was not loaded, and loaded as it was if it was.

use std::time::Duration;

use super::execute::Executor;
use crate::{
    model::{
        machine::{LoadedModel, ModelProfile, ServerProfile, same_model},
        study::Warning,
    },
    ollama::request::{KeepAlive, LoadRequest},
};

/// A server that does not answer is left alone after so long; the study is over and the user waits.
const PATIENCE: Duration = Duration::from_secs(4);

/// The server's own default when it does not say how long a model stays.
const DEFAULT_KEEP_ALIVE_SECONDS: u32 = 300;

/// Restores the server; a warning when that did not succeed.
pub async fn leave_as_found(executor: &Executor<'_>, server: &ServerProfile, model: &ModelProfile) -> Option<Warning> {
    if !executor.has_touched() {
        return None;
    }
    let client = executor.server.directly();
    let restored = match found_loaded(server, model) {
        None => tokio::time::timeout(PATIENCE, client.unload(&model.name)).await.is_ok_and(|result| result.is_ok()),
        Some(before) => {
            let request = LoadRequest {
                model: model.name.clone(),
                num_ctx: before.context_length.unwrap_or(4096),
                num_thread: 0,
                num_batch: 0,
                keep_alive: Some(KeepAlive::seconds(DEFAULT_KEEP_ALIVE_SECONDS)),
                timeouts: None,
            };
            let patience = PATIENCE + Duration::from_secs_f64(executor.last_load_seconds);
            tokio::time::timeout(patience, client.load(&request)).await.is_ok_and(|result| result.is_ok())
        }
    };
    (!restored).then(|| Warning {
        what: format!("the server could not be left as it was found: {} may stay loaded", model.name),
        advice: Some(format!("`ollama stop {}` unloads it", model.name)),
    })
}

/// Whether the model was loaded before the study, and how.
fn found_loaded<'a>(server: &'a ServerProfile, model: &ModelProfile) -> Option<&'a LoadedModel> {
    server.loaded_models.iter().find(|loaded| same_model(&loaded.name, &model.name))
}
