//! Settings: command line, environment, project file, user file, defaults; each value remembers its origin.
//!
//! `resolve` is pure: it takes what was typed, the environment and the texts of the two files, and gives [`Settings`]
//! or the first thing that is wrong. `load` reads the files around it. The first source that says something wins:
//!
//! 1. the command line,
//! 2. `RALF_TUNE_*` (and below it `OLLAMA_HOST`, for the host alone),
//! 3. `ralf-tune.toml` in the working directory,
//! 4. `ralf-tune/config.toml` in the platform's configuration directory,
//! 5. the default.
//!
//! A list replaces the list below it; only parameters of plugins and the tables of intensities merge key by key.

mod duration;
mod environment;
mod error;
mod file;
mod intensity;
mod key;
mod listing;
mod load;
mod origin;
mod overrides;
mod resolve;
mod schema;
mod value;

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

pub use duration::{DurationError, parse_duration};
pub use error::SettingsError;
pub use intensity::IntensityTable;
pub use key::{KEYS, Key};
pub use listing::Listed;
pub use load::{PROJECT_FILE, environment, load, user_file};
pub use origin::{Origin, Setting};
pub use overrides::{Format, Overrides, PluginParam, ScorerChoice, WorkloadChoice};
pub use resolve::resolve;
pub use schema::schema;
pub use value::{
    parse_files, parse_grant, parse_limit, parse_param, parse_scorer, parse_seed, parse_share, plugin_name,
};

use crate::model::{
    budget::{Budget, Intensity},
    limit::{Limit, PluginLimit},
    plugin::Grant,
    study::Warning,
    value::Value,
};

/// The address that Ollama listens on when nobody says otherwise.
pub const DEFAULT_HOST: &str = "127.0.0.1:11434";

/// The scenario of `--simulate` without a value.
pub const DEFAULT_SCENARIO: &str = "mid-range";

/// The intensity when nobody says otherwise.
pub const DEFAULT_INTENSITY: &str = "normal";

/// The floor of the `balanced` profile, which is the default: a share of the best quality attainable on the model.
pub const DEFAULT_QUALITY_FLOOR: f64 = 0.95;

/// Everything that the user can choose, each value with where it comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// A name that [`Settings::intensity`] resolves.
    pub intensity: Setting<String>,
    /// Replaces the budget of the intensity.
    pub budget: Setting<Option<Duration>>,
    pub model: Setting<Option<String>>,
    /// As given: the client reads it by the rules of `OLLAMA_HOST`.
    pub host: Setting<String>,
    /// Hosts that are like it and share its trials, from where it was named.
    pub mates: Setting<Vec<String>>,
    pub samples: Setting<Option<PathBuf>>,
    pub workload: Setting<WorkloadChoice>,
    pub plugins: Setting<Vec<PathBuf>>,
    /// Replaces the strategies of the intensity; empty when nobody says.
    pub strategies: Setting<Vec<String>>,
    /// Empty when nobody says.
    pub scorers: Setting<Vec<ScorerChoice>>,
    pub selector: Setting<Option<String>>,
    /// One entry a plugin and parameter, in alphabetical order.
    pub params: Vec<Setting<PluginParam>>,
    /// Limits of single plugins: one entry a plugin and limit, in alphabetical order.
    pub limits: Vec<Setting<PluginLimit>>,
    /// What plugins may do beyond computing. Only the user says so, never a project.
    pub allow: Setting<Vec<Grant>>,
    pub save: Setting<bool>,
    pub report: Setting<bool>,
    pub yes: Setting<bool>,
    /// Where the result is saved, and where the present settings are read.
    pub config: Setting<Option<PathBuf>>,
    /// None draws a new one: a fixed default would repeat prompts that the server still has in its cache.
    pub seed: Setting<Option<u64>>,
    /// Files of the batch that is to be made; none: as many as there are samples.
    pub files: Setting<Option<usize>>,
    /// Least quality, as a share (0 to 1) of the best attainable on the model.
    pub quality_floor: Setting<f64>,
    pub prompt: Setting<Option<PathBuf>>,
    pub format: Setting<Format>,
    pub output: Setting<Option<PathBuf>>,
    /// Where several processes share a study: the address of a database.
    pub store: Setting<Option<String>>,
    /// Address of a hub. Only the user names one, never a project.
    pub hub: Setting<Option<String>>,
    /// Name of a scenario of the simulator.
    pub simulate: Setting<Option<String>>,
    /// Scenarios that stand for hosts beside it, from where it was named.
    pub simulated_mates: Setting<Vec<String>>,
    /// What looks like a mistake and is not an error.
    pub warnings: Vec<Warning>,
    intensities: BTreeMap<String, IntensityTable>,
}

impl Settings {
    /// The chosen intensity, with the budget and the strategies that were given beside it.
    #[must_use]
    pub fn intensity(&self) -> Intensity {
        self.intensity_named(&self.intensity.value)
    }

    /// The same of any intensity.
    #[must_use]
    pub fn intensity_named(&self, name: &str) -> Intensity {
        let table = self.intensities.get(name).cloned().unwrap_or_default();
        let params = table.params.iter().flat_map(|(plugin, values)| {
            values.iter().map(|(param, value)| (plugin.clone(), param.clone(), value.value.clone()))
        });
        Intensity {
            name: name.to_owned(),
            budget: Budget::from_seconds(self.budget.value.or(table.budget).unwrap_or_default().as_secs_f64()),
            params: params.collect(),
            strategies: self.strategies_of(name).value,
        }
    }

    /// The strategies of an intensity, and who named them.
    #[must_use]
    pub fn strategies_of(&self, name: &str) -> Setting<Vec<String>> {
        if !self.strategies.value.is_empty() {
            return self.strategies.clone();
        }
        let named = self.intensities.get(name).and_then(|table| table.strategies.clone());
        named.unwrap_or(Setting::new(Vec::new(), Origin::Default))
    }

    /// Parameters of plugins that were given beside the intensity: plugin, parameter, value. A value from the command line or the
    /// environment is a text; what it means, the plugin's manifest says.
    #[must_use]
    pub fn given_params(&self) -> Vec<(String, String, Value)> {
        let given = self.params.iter().map(|setting| &setting.value);
        given.map(|given| (given.plugin.clone(), given.param.clone(), given.value.clone())).collect()
    }

    /// Who set a limit of a plugin that goes by these names, the later one before the earlier; nobody in particular when it is the default.
    #[must_use]
    pub fn limit_origin(&self, names: &[&str], limit: Limit) -> Origin {
        let of = |name: &str| {
            self.limits.iter().find(|set| set.value.plugin == name && set.value.limit == limit).map(|set| &set.origin)
        };
        names.iter().rev().find_map(|name| of(name)).cloned().unwrap_or(Origin::Default)
    }

    /// The budget of the study, and who set it: `--budget`, a file, or the intensity.
    #[must_use]
    pub fn budget(&self) -> Setting<Budget> {
        if let Some(budget) = self.budget.value {
            return Setting::new(Budget::from_seconds(budget.as_secs_f64()), self.budget.origin.clone());
        }
        let budget = self.table().budget.unwrap_or_default();
        Setting::new(Budget::from_seconds(budget.as_secs_f64()), Origin::Intensity(self.intensity.value.clone()))
    }

    /// Every intensity that can be chosen, by name.
    #[must_use]
    pub const fn intensities(&self) -> &BTreeMap<String, IntensityTable> {
        &self.intensities
    }

    fn table(&self) -> IntensityTable {
        self.intensities.get(&self.intensity.value).cloned().unwrap_or_default()
    }
}

#[cfg(test)]
mod precedence_tests;
