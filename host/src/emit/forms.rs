//! The tuned settings alone, in forms that other programs read.

use serde_json::{Map, Value};

use super::{
    by,
    ralf_notes::{ConfigError, settings},
};
use crate::model::selection::TunedConfig;

/// What the names of variables begin with. Not `RALF_TUNE_`: those are settings of the program itself.
pub const PREFIX: &str = "RALF_TUNED_";

/// A JSON object: the keys of RALF Note's configuration, and nothing else.
///
/// # Errors
///
/// A result that no file can hold.
pub fn json(tuned: &TunedConfig) -> Result<String, ConfigError> {
    let members: Map<String, Value> =
        settings(tuned)?.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    // An object with text as keys can always be written.
    Ok(format!("{}\n", serde_json::to_string_pretty(&members).unwrap_or_default()))
}

/// A flat TOML document with the same keys.
///
/// # Errors
///
/// As [`json`].
pub fn toml(tuned: &TunedConfig) -> Result<String, ConfigError> {
    let mut text = by::comment("#", tuned);
    for (key, value) in settings(tuned)? {
        let value = match value {
            Value::String(said) => toml::Value::String(said).to_string(),
            number => number.to_string(),
        };
        text.extend([key, " = ", &value, "\n"]);
    }
    Ok(text)
}

/// Lines for a shell: `RALF_TUNED_NUM_CTX=8192`. `set -a; . FILE` puts them into the environment.
///
/// # Errors
///
/// As [`json`].
pub fn env(tuned: &TunedConfig) -> Result<String, ConfigError> {
    let mut text = by::comment("#", tuned);
    for (key, value) in settings(tuned)? {
        let value = match value {
            Value::String(said) => quoted(&said),
            number => number.to_string(),
        };
        text.extend([PREFIX, &key.to_uppercase(), "=", &value, "\n"]);
    }
    Ok(text)
}

/// A text as one word of a POSIX shell.
fn quoted(text: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || "_-./:@%+=,".contains(character);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emit::by::tests::tuned;

    #[test]
    fn every_form_says_the_same_and_whole_numbers_stay_whole() {
        let tuned = tuned("llama3.1:8b");
        let object: Map<String, Value> = serde_json::from_str(&json(&tuned).unwrap()).unwrap();
        let document: toml::Table = toml(&tuned).unwrap().parse().unwrap();
        assert_eq!(object.len(), document.len());
        let lines = env(&tuned).unwrap();
        for (key, value) in &object {
            let in_toml = &document[key];
            match value {
                Value::String(said) => assert_eq!(in_toml.as_str(), Some(said.as_str())),
                number if number.is_u64() => assert_eq!(in_toml.as_integer(), number.as_i64()),
                number => assert_eq!(in_toml.as_float(), number.as_f64(), "{key}"),
            }
            let word = value.as_str().map_or(value.to_string(), str::to_owned);
            assert!(lines.contains(&format!("\nRALF_TUNED_{}={word}\n", key.to_uppercase())), "{key}: {lines}");
        }
        assert_eq!((&object["num_ctx"], &object["temperature"]), (&Value::from(8192), &Value::from(0.125)));
        // The server's own choice is no number.
        assert!(!object.contains_key("num_batch") && object["num_thread"] == 6, "{object:?}");
    }

    #[test]
    fn a_word_is_one_word_for_every_shell() {
        for (text, word) in [("llama3.1:8b", "llama3.1:8b"), ("", "''"), ("a b", "'a b'"), ("$(x)'y", r"'$(x)'\''y'")] {
            assert_eq!(quoted(text), word);
        }
    }
}
