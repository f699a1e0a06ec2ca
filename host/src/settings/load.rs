//! The thin layer that reads the environment and the settings files.

use std::{
    collections::BTreeMap,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

use super::{Origin, Overrides, Settings, SettingsError, resolve};
use crate::files;

/// The settings file of a project, looked for in the working directory.
pub const PROJECT_FILE: &str = "ralf-tune.toml";

/// Bytes of a settings file at most: a thousand times what one has.
const MOST_BYTES: u64 = 1 << 20;

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
/// A file that exists and cannot be read, a report that a project would write out of its folder, or anything that `resolve` refuses.
pub fn load(cli: &Overrides, env: &BTreeMap<String, String>, working_dir: &Path) -> Result<Settings, SettingsError> {
    let project = read(working_dir.join(PROJECT_FILE))?;
    let user = user_file(env).map(read).transpose()?.flatten();
    let settings = resolve(
        cli,
        env,
        project.as_ref().map(|(path, text)| (path.as_path(), text.as_str())),
        user.as_ref().map(|(path, text)| (path.as_path(), text.as_str())),
    )?;
    // Whoever hands over a project could otherwise have any file of its user's replaced by a report.
    if let (Origin::ProjectFile(path), Some(output)) = (&settings.output.origin, &settings.output.value)
        && !lies_in(output, working_dir)
    {
        return Err(SettingsError::ForeignOutput { path: path.clone(), output: output.clone() });
    }
    Ok(settings)
}

/// Whether a file that is to be written is one of that folder, and no link to another.
fn lies_in(file: &Path, folder: &Path) -> bool {
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    let is_link = file.symlink_metadata().is_ok_and(|found| found.is_symlink());
    let parent = file.parent().and_then(|parent| real(&folder.join(parent)));
    !is_link && parent.zip(real(folder)).is_some_and(|(parent, folder)| parent.starts_with(folder))
}

fn read(path: PathBuf) -> Result<Option<(PathBuf, String)>, SettingsError> {
    match files::text(&path, MOST_BYTES).map_err(io::Error::from) {
        Ok(text) => Ok(Some((path, text))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(SettingsError::Read { path, source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_files_are_found_and_a_broken_one_is_named() -> std::io::Result<()> {
        let project = tempfile::tempdir()?;
        let user = tempfile::tempdir()?;
        let env = BTreeMap::from([(CONFIG_DIR.to_owned(), user.path().display().to_string())]);
        let loaded = || load(&Overrides::default(), &env, project.path());
        assert!(loaded().is_ok_and(|settings| settings.model.is_default()));

        std::fs::write(user.path().join("config.toml"), "model = \"u\"\nselector = \"s\"")?;
        std::fs::write(project.path().join(PROJECT_FILE), "model = \"p\"")?;
        let settings = loaded().map_err(std::io::Error::other)?;
        assert_eq!(
            (settings.model.value.as_deref(), settings.model.origin.to_string()),
            (Some("p"), PROJECT_FILE.into())
        );
        assert_eq!(settings.selector.value.as_deref(), Some("s"));

        std::fs::write(user.path().join("config.toml"), b"model = \"\xff\"")?;
        let error = loaded().err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.starts_with("cannot read the settings file") && error.ends_with("config.toml"), "{error}");
        Ok(())
    }
}
