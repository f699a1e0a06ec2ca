//! Whether the server did what each setting asks of it.

use serde::{Deserialize, Serialize};

use super::study::Warning;

/// What is known of one setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Obeyed {
    /// There is evidence that the server did it.
    Obeyed,
    /// There is evidence that it did something else, or nothing.
    Ignored,
    /// It was not varied, or not often enough to tell.
    NoEvidence,
}

/// One setting, and the evidence that the server obeyed it: taken from the finished trials alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Obedience {
    /// The setting's key, as in the configuration.
    pub setting: String,
    /// What became of it.
    pub state: Obeyed,
    /// The figures, in words.
    pub evidence: String,
    /// The same as numbers: names with their units last.
    pub figures: Vec<(String, f64)>,
    /// Worth a place in the report although nothing is wrong.
    pub notable: bool,
    /// What to do, where the server did not obey.
    pub warning: Option<Warning>,
}
