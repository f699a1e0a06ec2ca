//! The documents that a server gives before a study: `/api/version`, `/api/tags`, `/api/show`, `/api/ps`.
//!
//! Each is a part of the input; the byte 0xff ends a part.

use std::collections::BTreeMap;

use ralf_tune::{
    ollama::{address::ServerAddress, error::OllamaError},
    profile::{
        model::{ModelError, model},
        server::server,
    },
};
use serde_json::Value;

use super::{
    is_fit_to_show,
    reader::Reader,
    transport::{End, Reply, Server, run},
};

pub fn check(input: &[u8]) {
    let [version, tags, show, ps] = Reader(input).parts();
    let reply = |body: &[u8]| Reply { status: 200, body: body.to_vec(), chunk: body.len().max(1), end: End::Well };
    let replies = [("/api/version", version), ("/api/tags", tags), ("/api/show", show), ("/api/ps", ps)];
    let client =
        Server(replies.into_iter().map(|(path, body)| (path, reply(body))).collect::<BTreeMap<_, _>>()).client();
    // The first one that is listed, or any.
    let listed = serde_json::from_slice::<Value>(tags).unwrap_or_default();
    let name = listed["models"][0]["name"].as_str().unwrap_or("m").to_owned();

    match run(model(&client, &name)) {
        Ok(profile) => {
            assert!(profile.size_bytes.value != Some(0));
            costs_what_its_layers_cost(&profile, show);
            for text in
                [&profile.digest.value, &profile.quantization.value, &profile.family.value].into_iter().flatten()
            {
                is_fit_to_show(text);
            }
            let kept = serde_json::to_string(&profile).unwrap();
            assert_eq!(serde_json::from_str::<ralf_tune::model::machine::ModelProfile>(&kept).unwrap(), profile);
        }
        Err(ModelError::Server(error)) => is_fit_to_show(&error.to_string()),
        Err(error) => {
            is_fit_to_show(&error.to_string());
            is_fit_to_show(&error.hint().unwrap_or_default());
        }
    }
    match run(server(&client, &ServerAddress::default(), None)) {
        Ok(profile) => {
            assert!(profile.loaded_models.iter().all(|loaded| loaded.context_length != Some(0)));
            is_fit_to_show(&profile.version.value.unwrap_or_default());
        }
        Err(error) => {
            is_fit_to_show(&error.to_string());
            assert!(matches!(error, OllamaError::Protocol { .. }), "{error:?}");
        }
    }
}

/// What a token of context costs is not more than its layers could cost, counted without a bound.
fn costs_what_its_layers_cost(profile: &ralf_tune::model::machine::ModelProfile, show: &[u8]) {
    let Some(found) = profile.kv_bytes_per_token.value else { return };
    let Ok(Value::Object(show)) = serde_json::from_slice::<Value>(show) else { return };
    let numbers = show.get("model_info").and_then(Value::as_object).into_iter().flat_map(|info| info.values());
    let largest = |value: &Value| match value {
        Value::Array(values) => values.iter().filter_map(Value::as_u64).max(),
        value => value.as_u64(),
    };
    let most = numbers.filter_map(largest).filter_map(|number| u32::try_from(number).ok()).max().unwrap_or(0);
    // Layers, heads and two lengths; two bytes each.
    let bound = u128::from(most).pow(3) * 4;
    assert!(u128::from(found) <= bound, "{found} bytes from numbers up to {most}");
}
