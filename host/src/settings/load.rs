//! The thin layer that reads the environment and the settings files.

use std::{
    collections::BTreeMap,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use super::{Overrides, Settings, SettingsError, resolve};

/// The settings file of a project, looked for in the working directory.
pub const PROJECT_FILE: &str = "ralf-tune.toml";

/// Overrides the folder of the user's settings file.
const CONFIG_DIR: &str = "RALF_TUNE_CONFIG_DIR";

/// The environment of this process as text; what is not Unicode is replaced.
#[must_use]
pub fn environment() -> BTreeMap<String, String> {
    std::env::vars_os()
        .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()))
        .collect()
}

/// Where the user's settings file is looked for: in `RALF_TUNE_CONFIG_DIR`, or in `ralf-tune` in the platform's
/// configuration directory. None when the platform names no such directory.
#[must_use]
pub fn user_file(env: &BTreeMap<String, String>) -> Option<PathBuf> {
    let folder = match env.get(CONFIG_DIR) {
        Some(folder) if !folder.is_empty() => PathBuf::from(folder),
        _ => directories::BaseDirs::new()?.config_dir().join("ralf-tune"),
    };
    Some(folder.join("config.toml"))
}

/// Reads the two files, where they exist, and resolves everything.
///
/// # Errors
///
/// A file that exists and cannot be read, or anything that [`resolve`] refuses.
pub fn load(cli: &Overrides, env: &BTreeMap<String, String>, working_dir: &Path) -> Result<Settings, SettingsError> {
    let project = read(working_dir.join(PROJECT_FILE))?;
    let user = user_file(env).map(read).transpose()?.flatten();
    resolve(
        cli,
        env,
        project.as_ref().map(|(path, text)| (path.as_path(), text.as_str())),
        user.as_ref().map(|(path, text)| (path.as_path(), text.as_str())),
    )
}

fn read(path: PathBuf) -> Result<Option<(PathBuf, String)>, SettingsError> {
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Some((path, text))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(SettingsError::Read { path, source }),
    }
}
