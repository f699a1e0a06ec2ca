//! What of a result a model can keep by itself: the parameters of an Ollama Modelfile.
//!
//! A request's own options count more than a model's parameters, and these more than the server's defaults. So every client
//! gets them that says nothing else, also one that cannot say anything (the OpenAI-compatible routes take no `num_ctx`).

use serde_json::Value;

use super::{
    by,
    ralf_notes::{ConfigError, settings},
};
use crate::model::{selection::TunedConfig, space::Parameter};

/// The settings that are options of Ollama, too. The others are the client's.
const KEPT: [Parameter; 5] =
    [Parameter::NumCtx, Parameter::NumBatch, Parameter::NumThread, Parameter::Temperature, Parameter::NumPredict];

/// The parameters of a model that is tuned, in the order of a Modelfile. What is left to the server is not among them.
///
/// # Errors
///
/// A result that no file can hold.
pub fn parameters(tuned: &TunedConfig) -> Result<Vec<(&'static str, Value)>, ConfigError> {
    let all = settings(tuned)?;
    let of = |parameter: Parameter| all.iter().find(|(key, _)| *key == parameter.name()).cloned();
    Ok(KEPT.into_iter().filter_map(of).collect())
}

/// A Modelfile for `ollama create`.
///
/// # Errors
///
/// As [`parameters`], or a name that no Modelfile can hold.
pub fn render(tuned: &TunedConfig) -> Result<String, ConfigError> {
    let model = &tuned.model_name;
    if model.is_empty() || model.contains(|character: char| character.is_whitespace() || character.is_control()) {
        let expected = "a model's name without spaces".to_owned();
        return Err(ConfigError::BadResult { key: "model_name", expected, found: format!("{model:?}") });
    }
    let mut text = format!("{}FROM {model}\n", by::comment("#", tuned));
    for (name, value) in parameters(tuned)? {
        text.extend(["PARAMETER ", name, " ", &value.to_string(), "\n"]);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emit::by::tests::tuned;

    #[test]
    fn only_what_a_model_can_keep_is_in_it() {
        let text = render(&tuned("llama3.1:8b")).unwrap();
        let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(
            lines,
            [
                "FROM llama3.1:8b",
                "PARAMETER num_ctx 8192",
                "PARAMETER num_thread 6",
                "PARAMETER temperature 0.125",
                "PARAMETER num_predict 1024"
            ]
        );
        for name in ["", "a b", "a\nSYSTEM x"] {
            assert!(matches!(render(&tuned(name)), Err(ConfigError::BadResult { .. })), "{name}");
        }
    }
}
