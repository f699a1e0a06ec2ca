//! What a configuration says now: the baseline.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::{
    error::ConfigError,
    keys::{CHUNK_SUMMARY, MODEL_NAME, OLLAMA_HOST, Rule},
};
use crate::{
    emit::replace,
    model::{candidate::Candidate, space::Parameter},
};

/// The user's present settings.
#[derive(Debug, Clone, PartialEq)]
pub struct PresentSettings {
    pub path: PathBuf,
    /// What the file says, over what RALF Note does where it says nothing.
    pub candidate: Candidate,
    /// The parameters that the file names.
    pub named: Vec<Parameter>,
    pub model_name: Option<String>,
    pub ollama_host: Option<String>,
}

/// Reads the present settings from RALF Note's `config.json`; None when the file does not exist.
///
/// # Errors
///
/// A file that cannot be read, is not a JSON object, or holds a value that cannot work, with its key.
pub fn read_baseline(path: &Path) -> Result<Option<PresentSettings>, ConfigError> {
    let Some(text) = replace::read(path)? else { return Ok(None) };
    let members = parse(path, &text)?;
    present(path, &members).map(Some)
}

/// The members of the file's object.
pub fn parse(path: &Path, text: &str) -> Result<Map<String, Value>, ConfigError> {
    let found = match serde_json::from_str(text) {
        Ok(Value::Object(members)) => return Ok(members),
        Ok(other) => kind(&other),
        Err(_) if text.trim().is_empty() => "nothing",
        Err(error) => return Err(ConfigError::NotJson { path: path.to_owned(), reason: error.to_string() }),
    };
    Err(ConfigError::NotAnObject { path: path.to_owned(), found })
}

/// What the members mean.
pub fn present(path: &Path, members: &Map<String, Value>) -> Result<PresentSettings, ConfigError> {
    let mut candidate = Candidate::default();
    let mut named = Vec::new();
    for parameter in Parameter::ALL {
        if let Some(value) = members.get(parameter.name()) {
            candidate.set(parameter, number(path, parameter.name(), value, &Rule::of(parameter))?);
            named.push(parameter);
        }
    }
    if let Some(value) = members.get(CHUNK_SUMMARY) {
        number(path, CHUNK_SUMMARY, value, &Rule::characters())?;
    }
    Ok(PresentSettings {
        path: path.to_owned(),
        candidate,
        named,
        model_name: text(path, MODEL_NAME, members)?,
        ollama_host: text(path, OLLAMA_HOST, members)?,
    })
}

/// A text as RALF Note reads it: without space and quotes around it.
pub fn trimmed(text: &str) -> &str {
    text.trim().trim_matches(['\'', '"'])
}

fn number(path: &Path, key: &'static str, value: &Value, rule: &Rule) -> Result<f64, ConfigError> {
    match value.as_f64() {
        Some(number) if rule.allows(number) => Ok(number),
        _ => Err(bad(path, key, rule.expected(), value)),
    }
}

fn text(path: &Path, key: &'static str, members: &Map<String, Value>) -> Result<Option<String>, ConfigError> {
    match members.get(key) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(trimmed(text).to_owned()).filter(|text| !text.is_empty())),
        Some(other) => Err(bad(path, key, "a text".to_owned(), other)),
    }
}

fn bad(path: &Path, key: &'static str, expected: String, value: &Value) -> ConfigError {
    let found = match value {
        Value::String(_) => format!("the text {value}"),
        Value::Number(_) => value.to_string(),
        other => kind(other).to_owned(),
    };
    ConfigError::BadValue { path: path.to_owned(), key, expected, found }
}

const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
