//! What a plugin says of itself.

use serde::{Deserialize, Serialize};

use super::value::Value;

/// Largest component that is read, fetched or kept, in bytes: the Python toolchain makes some 20 MB.
pub const LARGEST_COMPONENT_BYTES: u64 = 128 << 20;

/// Longest name of a plugin, in bytes.
pub const LONGEST_PLUGIN_NAME: usize = 64;

/// Whether a plugin may have that name: nothing that could lead out of a folder or hide in a line.
#[must_use]
pub fn is_plugin_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=LONGEST_PLUGIN_NAME).contains(&name.len()) && name.chars().all(fits)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PluginKind {
    Strategy,
    Scorer,
    Selector,
}

impl PluginKind {
    /// Every kind, in the order in which a study needs them.
    pub const ALL: [Self; 3] = [Self::Strategy, Self::Scorer, Self::Selector];

    /// The name in messages and exports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Strategy => "strategy",
            Self::Scorer => "scorer",
            Self::Selector => "selector",
        }
    }
}

/// Something that a plugin may do only when the user allows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Grant {
    /// To ask the model that is tuned for judgements, through the host.
    Judge,
}

impl Grant {
    /// Every grant there is.
    pub const ALL: [Self; 1] = [Self::Judge];

    /// The name in settings.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Judge => "judge",
        }
    }

    /// What it allows, after "wants".
    #[must_use]
    pub const fn what(self) -> &'static str {
        match self {
            Self::Judge => "to ask a model",
        }
    }
}

/// What `describe` answers.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Manifest {
    pub name: String,
    pub version: String,
    pub summary: String,
    pub parameters: Vec<PluginParameter>,
    /// Strategies: parameters of the search space that it decides.
    pub decides: Vec<String>,
    /// Strategies: parameters that must be decided before.
    pub needs: Vec<String>,
    /// Strategies: intensities in which it takes part when nobody says otherwise.
    pub intensities: Vec<String>,
    /// Anything else that it wants known, by name: what a scorer promises of its scores, for example.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<(String, String)>,
}

impl Manifest {
    /// Whether it says `true` to something of its `extra` list.
    #[must_use]
    pub fn claims(&self, what: &str) -> bool {
        self.extra.iter().any(|(name, value)| name == what && value == "true")
    }

    /// Whether it takes part when nobody names it: not when it says `default = off`.
    #[must_use]
    pub fn is_on_by_default(&self) -> bool {
        !self.extra.iter().any(|(name, value)| name == "default" && value == "off")
    }
}

/// One parameter of a plugin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PluginParameter {
    pub name: String,
    pub help: String,
    pub default: Value,
    pub low: Option<f64>,
    pub high: Option<f64>,
    /// Allowed texts; empty when any.
    pub choices: Vec<String>,
}
