//! Intensities are data: the built-in ones are written in the same TOML that a user writes.

use std::{collections::BTreeMap, path::Path, time::Duration};

use super::{
    error::SettingsError,
    file::{FileSettings, parse_file},
    origin::{Origin, Setting},
};
use crate::model::nearest::nearest;
use crate::model::value::Value;

const BUILT_IN: &str = include_str!("intensities.toml");

/// Parameters of plugins: plugin, parameter, value with its origin.
pub type Params = BTreeMap<String, BTreeMap<String, Setting<Value>>>;

/// One `[intensity.NAME]` table. After merging, `budget` and `strategies` are there.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct IntensityTable {
    pub budget: Option<Duration>,
    pub strategies: Option<Setting<Vec<String>>>,
    pub params: Params,
}

impl IntensityTable {
    /// Replaces key by key what the other table says.
    fn merge(&mut self, other: Self) {
        self.budget = other.budget.or(self.budget);
        if other.strategies.is_some() {
            self.strategies = other.strategies;
        }
        for (plugin, values) in other.params {
            self.params.entry(plugin).or_default().extend(values);
        }
    }
}

/// The built-in intensities, changed by the tables of the files (the weakest first).
pub fn merged(files: Vec<BTreeMap<String, IntensityTable>>) -> Result<BTreeMap<String, IntensityTable>, SettingsError> {
    let FileSettings { mut intensities, .. } =
        parse_file(Path::new("intensities.toml"), BUILT_IN, &Origin::Default, None)?;
    for (name, table) in files.into_iter().flatten() {
        intensities.entry(name).or_default().merge(table);
    }
    for (name, table) in &intensities {
        let missing = match table {
            IntensityTable { budget: None, .. } => "budget",
            IntensityTable { strategies: None, .. } => "strategies",
            _ => continue,
        };
        return Err(SettingsError::IncompleteIntensity { name: name.clone(), missing });
    }
    Ok(intensities)
}

/// Refuses a name that no table has.
pub fn check_name(
    chosen: &Setting<String>,
    intensities: &BTreeMap<String, IntensityTable>,
) -> Result<(), SettingsError> {
    if intensities.contains_key(&chosen.value) {
        return Ok(());
    }
    Err(SettingsError::UnknownIntensity {
        name: chosen.value.clone(),
        origin: chosen.origin.to_string(),
        nearest: nearest(&chosen.value, intensities.keys().map(String::as_str)),
        known: intensities.keys().cloned().collect(),
    })
}
