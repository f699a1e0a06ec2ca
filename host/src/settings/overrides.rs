//! What one source says: everything optional.

use std::{path::PathBuf, time::Duration};

use crate::model::{limit::PluginLimit, plugin::Grant, value::Value};

/// What one source (the command line, the environment, one file) says. None and empty mean: nothing.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Overrides {
    pub intensity: Option<String>,
    /// `--quick` or `--full`, when the intensity was given that way.
    pub intensity_flag: Option<&'static str>,
    pub budget: Option<Duration>,
    pub model: Option<String>,
    pub host: Option<String>,
    /// Hosts that were named after it, by the same source.
    pub mates: Vec<String>,
    pub samples: Option<PathBuf>,
    pub workload: Option<WorkloadChoice>,
    pub files: Option<usize>,
    pub plugins: Option<Vec<PathBuf>>,
    pub strategies: Option<Vec<String>>,
    pub scorers: Option<Vec<ScorerChoice>>,
    pub selector: Option<String>,
    pub params: Vec<PluginParam>,
    pub limits: Vec<PluginLimit>,
    pub allow: Option<Vec<Grant>>,
    pub save: Option<bool>,
    pub report: Option<bool>,
    pub yes: Option<bool>,
    pub config: Option<PathBuf>,
    pub seed: Option<u64>,
    pub quality_floor: Option<f64>,
    pub prompt: Option<PathBuf>,
    pub format: Option<Format>,
    pub output: Option<PathBuf>,
    pub store: Option<String>,
    pub hub: Option<String>,
    pub simulate: Option<String>,
    /// Machines that were named after it, by the same source.
    pub simulated_mates: Vec<String>,
}

/// What is tuned for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum WorkloadChoice {
    /// The files of --samples, or generated ones
    #[default]
    Samples,
    /// Requests like those that went through `ralf-tune proxy`, with the texts of the samples
    Learned,
}

impl WorkloadChoice {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Samples => "samples",
            Self::Learned => "learned",
        }
    }
}

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Text,
    /// For programs: the only form that keeps its shape from version to version
    Json,
}

/// A scorer that takes part, and how much it counts.
#[derive(Debug, Clone, PartialEq)]
pub struct ScorerChoice {
    pub name: String,
    /// Relative to the other scorers, above 0; None leaves it to the plan (1).
    pub weight: Option<f64>,
}

/// A value for one parameter of one plugin.
#[derive(Debug, Clone, PartialEq)]
pub struct PluginParam {
    pub plugin: String,
    pub param: String,
    /// A text where the plugin decides what it means, or what a file already gave a type.
    pub value: Value,
}
