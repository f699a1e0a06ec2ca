//! Where the program keeps its own things.

use std::{collections::BTreeMap, path::PathBuf};

use directories::{BaseDirs, ProjectDirs};

use super::{exit::ExitStatus, failure::Failure};

/// Compiled plugins; safe to delete. `RALF_TUNE_CACHE_DIR` overrides the platform's place.
pub fn cache(env: &BTreeMap<String, String>) -> Option<PathBuf> {
    let named = env.get("RALF_TUNE_CACHE_DIR").filter(|directory| !directory.is_empty()).map(PathBuf::from);
    absolute(named.or_else(|| ProjectDirs::from("", "", "ralf-tune").map(|dirs| dirs.cache_dir().to_owned())))
}

/// Installed plugins. `RALF_TUNE_DATA_DIR` overrides the platform's place.
pub fn data(env: &BTreeMap<String, String>) -> Option<PathBuf> {
    let named = env.get("RALF_TUNE_DATA_DIR").filter(|directory| !directory.is_empty()).map(PathBuf::from);
    absolute(named.or_else(|| ProjectDirs::from("", "", "ralf-tune").map(|dirs| dirs.data_dir().to_owned())))
}

/// The same, for those who cannot go on without it.
pub fn needed_data(env: &BTreeMap<String, String>) -> Result<PathBuf, Failure> {
    data(env).ok_or_else(|| {
        let hint = "name one with RALF_TUNE_DATA_DIR".to_owned();
        Failure::new(ExitStatus::Unfit, anyhow::anyhow!("this system names no folder for data"), Some(hint))
    })
}

/// The same place, whatever the working directory becomes.
fn absolute(place: Option<PathBuf>) -> Option<PathBuf> {
    place.map(|place| std::path::absolute(&place).unwrap_or(place))
}

/// Answers of models that judged notes; safe to delete.
pub fn judgements(env: &BTreeMap<String, String>) -> Option<PathBuf> {
    cache(env).map(|directory| directory.join("judgements"))
}

/// The user's home.
pub fn home() -> Option<PathBuf> {
    BaseDirs::new().map(|dirs| dirs.home_dir().to_owned())
}
