//! The JSON Schema of a settings file, for editors that know TOML.

use serde_json::{Map, Value, json};

use super::{KEYS, Key, key};
use crate::model::{limit::Limit, plugin::Grant};

/// The schema (draft 2020-12). `describe` says what a setting is, where anything is known of it.
///
/// It holds for a user's file. In a project's file `yes`, `allow`, `hub` and `store` are refused, and limits may only be lowered.
#[must_use]
pub fn schema(describe: impl Fn(&Key) -> Option<String>) -> Value {
    let mut properties = Map::new();
    for setting in KEYS {
        let mut form = form(&setting);
        if let (Some(text), Value::Object(form)) = (describe(&setting), &mut form) {
            form.insert("description".into(), text.into());
        }
        properties.insert(setting.file.to_owned(), form);
    }
    let intensity = json!({
        "type": "object",
        "properties": { "budget": span(), "strategies": names(), "params": parameters() },
        "additionalProperties": false,
    });
    properties.insert(
        "intensity".into(),
        json!({ "type": "object", "description": "Intensities by name", "additionalProperties": intensity }),
    );
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Settings of ralf-tune: config.toml of a user, ralf-tune.toml of a project",
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    })
}

fn form(setting: &Key) -> Value {
    match *setting {
        key::BUDGET => span(),
        key::FILES => json!({ "type": "integer", "minimum": 1, "maximum": 10_000_000 }),
        key::SEED => json!({ "type": "integer", "minimum": 0 }),
        key::QUALITY_FLOOR => json!({ "type": "number", "minimum": 0, "maximum": 1 }),
        key::SAVE | key::REPORT | key::YES => json!({ "type": "boolean" }),
        key::WORKLOAD => json!({ "enum": ["samples", "learned"] }),
        key::FORMAT => json!({ "enum": ["text", "json"] }),
        key::PLUGINS => json!({ "type": "array", "items": { "type": "string" } }),
        key::STRATEGIES => names(),
        key::SCORERS => {
            json!({ "type": "array", "items": { "type": "string", "pattern": r"^\s*[^\s=]+\s*(=\s*[0-9.eE+-]+\s*)?$" } })
        }
        key::HOST | key::SIMULATE => {
            let one = json!({ "type": "string", "pattern": r"\S" });
            json!({ "anyOf": [one, { "type": "array", "items": one, "minItems": 1 }] })
        }
        key::SELECTOR => name(),
        key::ALLOW => json!({ "type": "array", "items": { "enum": Grant::ALL.map(Grant::name) } }),
        key::PARAMS => parameters(),
        key::LIMITS => limits(),
        _ => json!({ "type": "string", "pattern": r"\S" }),
    }
}

/// A length of time: `90s`, `1h30m`.
fn span() -> Value {
    let part = |units: &str| format!(r"([0-9.]+\s*({units})\s*)?");
    let pattern = format!(r"^\s*{}{}{}$", part("h"), part("m|min"), part("s|sec"));
    json!({ "type": "string", "minLength": 2, "pattern": pattern, "examples": ["4m", "1h30m"] })
}

fn name() -> Value {
    json!({ "type": "string", "pattern": r"^\s*\S+\s*$" })
}

fn names() -> Value {
    json!({ "type": "array", "items": name() })
}

/// Values of plugins' parameters: plugin, parameter, value.
fn parameters() -> Value {
    let numbers = json!({ "type": "array", "items": { "type": "number" } });
    let value = json!({ "anyOf": [{ "type": ["boolean", "number", "string"] }, numbers] });
    json!({ "type": "object", "additionalProperties": { "type": "object", "additionalProperties": value } })
}

/// Limits of plugins: plugin, limit, value.
fn limits() -> Value {
    let text = |example: &str| json!({ "type": "string", "examples": [example] });
    let properties: Map<String, Value> = Limit::ALL
        .into_iter()
        .map(|limit| {
            let form = match limit {
                Limit::LogLines => json!({ "type": ["integer", "string"] }),
                Limit::Call => text("5s"),
                Limit::Memory | Limit::Output => text("128MiB"),
            };
            (limit.name().to_owned(), form)
        })
        .collect();
    let one = json!({ "type": "object", "properties": properties, "additionalProperties": false });
    json!({ "type": "object", "additionalProperties": one })
}
