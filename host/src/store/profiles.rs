//! Profiles that are kept, one file each.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;

use super::StoreError;
use crate::{
    files,
    install::private,
    model::{
        digest::Digest,
        machine::same_model,
        profile::{PROFILE_SCHEMA_VERSION, Profile, ProfileName},
    },
};

/// The folder in the program's own one.
const FOLDER: &str = "profiles";

/// How their files end.
const ENDING: &str = ".profile.json";

/// Bytes of a profile at most.
const MOST_BYTES: u64 = 1 << 20;

/// Where profiles are kept.
#[derive(Debug, Clone)]
pub struct ProfileStore {
    folder: PathBuf,
}

/// What is kept, and what lies among it that cannot be read.
#[derive(Debug, Default)]
pub struct Profiles {
    /// By model, then by name.
    pub all: Vec<Profile>,
    pub unreadable: Vec<StoreError>,
}

impl ProfileStore {
    /// The store in the program's data folder, which need not exist.
    #[must_use]
    pub fn new(data: &Path) -> Self {
        Self { folder: data.join(FOLDER) }
    }

    /// Keeps a profile, in place of the one of the same name and model.
    ///
    /// # Errors
    /// When it cannot be written; what was there before stays then.
    pub fn save(&self, profile: &Profile) -> Result<(), StoreError> {
        let path = self.path(&profile.name, &profile.tuned.model_name);
        let text = serde_json::to_string_pretty(profile).map_err(StoreError::Unsayable)?;
        let failed = |source| StoreError::Write { path: path.clone(), source };
        private::make(&self.folder).map_err(failed)?;
        let mut file = NamedTempFile::new_in(&self.folder).map_err(failed)?;
        file.write_all(text.as_bytes()).and_then(|()| file.write_all(b"\n")).map_err(failed)?;
        file.as_file().sync_all().map_err(failed)?;
        file.persist(&path).map_err(|error| failed(error.error))?;
        let _ = File::open(&self.folder).and_then(|folder| folder.sync_all());
        Ok(())
    }

    /// All profiles.
    ///
    /// # Errors
    /// When the folder is there and cannot be read.
    pub fn list(&self) -> Result<Profiles, StoreError> {
        let failed = |source| StoreError::Read { path: self.folder.clone(), source };
        let mut found = Profiles::default();
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
            Err(error) => return Err(failed(error)),
        };
        for entry in entries {
            let path = entry.map_err(failed)?.path();
            if !path.to_string_lossy().ends_with(ENDING) {
                continue;
            }
            match read(&path) {
                Ok(profile) => found.all.push(profile),
                Err(error) => found.unreadable.push(error),
            }
        }
        found.all.sort_by(|a, b| (&a.tuned.model_name, &a.name).cmp(&(&b.tuned.model_name, &b.name)));
        Ok(found)
    }

    /// The profile of that name, and of that model where one is named.
    ///
    /// # Errors
    /// When there is none, or there are several of different models.
    pub fn find(&self, name: &ProfileName, model: Option<&str>) -> Result<Profile, StoreError> {
        let is_meant = |profile: &Profile| {
            profile.name == *name && model.is_none_or(|model| same_model(model, &profile.tuned.model_name))
        };
        let mut fitting: Vec<Profile> = self.list()?.all.into_iter().filter(is_meant).collect();
        match fitting.len() {
            0 => Err(StoreError::NoProfile { name: name.to_string(), model: model.map(str::to_owned) }),
            1 => Ok(fitting.remove(0)),
            _ => Err(StoreError::SeveralProfiles {
                name: name.to_string(),
                models: fitting.into_iter().map(|profile| profile.tuned.model_name).collect(),
            }),
        }
    }

    /// The file of a profile that is kept.
    #[must_use]
    pub fn file_of(&self, profile: &Profile) -> PathBuf {
        self.path(&profile.name, &profile.tuned.model_name)
    }

    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Forgets a profile.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn remove(&self, profile: &Profile) -> Result<(), StoreError> {
        let path = self.path(&profile.name, &profile.tuned.model_name);
        fs::remove_file(&path).map_err(|source| StoreError::Write { path, source })
    }

    /// Names of models have signs that names of files cannot have, so that a digest stands for them.
    fn path(&self, name: &ProfileName, model: &str) -> PathBuf {
        let model = model.strip_suffix(":latest").unwrap_or(model);
        let mark = Digest::of(model.as_bytes());
        self.folder.join(format!("{name}.{}{ENDING}", mark.hex().get(..8).unwrap_or_default()))
    }
}

/// Reads a profile from a file, ours or one that somebody sent.
///
/// # Errors
/// When it cannot be read, is none, or is of a newer release.
pub fn read(path: &Path) -> Result<Profile, StoreError> {
    let failed = |source| StoreError::Read { path: path.to_owned(), source };
    let text = files::text(path, MOST_BYTES).map_err(|error| failed(error.into()))?;
    let broken = |source| StoreError::NotAProfile { path: path.to_owned(), source };
    let value: serde_json::Value = serde_json::from_str(&text).map_err(broken)?;
    let version = value.get("schema_version").and_then(serde_json::Value::as_u64).unwrap_or(0);
    if version > u64::from(PROFILE_SCHEMA_VERSION) {
        return Err(StoreError::Newer { path: path.to_owned(), version });
    }
    serde_json::from_value(value).map_err(broken)
}
