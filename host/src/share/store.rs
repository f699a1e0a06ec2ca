//! Packs of others that are kept: one file each, called by what it says, so that none is there twice.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;

use super::{
    key::FOLDER,
    read::{MOST_PACK_BYTES, Refused, read_pack},
    sign::id,
};
use crate::{
    files,
    install::private::{self, Exposed},
    model::{digest::Digest, pack::SignedPack},
};

/// The folder beside the key.
const PACKS: &str = "packs";

/// How files of packs end.
const ENDING: &str = "pack";

/// Packs that are kept at most: more of them change no recommendation, and all are read for each.
pub const MOST_KEPT: usize = 20_000;

/// What cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum PackStoreError {
    /// The folder or a file in it cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The folder or a file in it cannot be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Somebody else could change what is kept.
    #[error("{0}, where packs are kept")]
    Exposed(Exposed),
    /// There are enough.
    #[error("{MOST_KEPT} packs are kept already")]
    Full,
}

impl PackStoreError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Read { path, .. } | Self::Write { path, .. } => {
                format!("see that {} can be read and written by you", path.display())
            }
            Self::Exposed(exposed) => exposed.mend("RALF_TUNE_DATA_DIR"),
            Self::Full => "ralf-tune share forget --all begins anew".to_owned(),
        }
    }
}

/// Where packs of others are kept.
#[derive(Debug, Clone)]
pub struct PackStore {
    folder: PathBuf,
}

impl PackStore {
    /// The store in the program's data folder, which need not exist.
    #[must_use]
    pub fn new(data: &Path) -> Self {
        Self { folder: data.join(FOLDER).join(PACKS) }
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Keeps packs; how many of them are new.
    ///
    /// # Errors
    /// When they cannot be written, others could change them, or there are too many. What was written until then is kept.
    pub fn keep(&self, packs: &[SignedPack]) -> Result<usize, PackStoreError> {
        let failed = |path: &Path, source| PackStoreError::Write { path: path.to_owned(), source };
        private::make(&self.folder).map_err(|source| failed(&self.folder, source))?;
        private::check(&self.folder).map_err(PackStoreError::Exposed)?;
        let (mut kept, mut new) = (self.paths()?.len(), 0);
        for pack in packs {
            let path = self.folder.join(format!("{}.{ENDING}", id(pack)));
            if path.exists() {
                continue;
            }
            if kept >= MOST_KEPT {
                return Err(PackStoreError::Full);
            }
            let text = serde_json::to_vec(pack).map_err(|error| failed(&path, error.into()))?;
            let file = NamedTempFile::new_in(&self.folder).map_err(|source| failed(&path, source))?;
            fs::write(file.path(), text).map_err(|source| failed(&path, source))?;
            file.persist(&path).map_err(|error| failed(&path, error.error))?;
            kept += 1;
            new += 1;
        }
        Ok(new)
    }

    /// All packs that hold, and how many others lie there. They are checked again: a file can be changed by anything that runs as the user.
    ///
    /// # Errors
    /// When the folder is there and cannot be read.
    pub fn load(&self) -> Result<(Vec<SignedPack>, usize), PackStoreError> {
        let (mut packs, mut broken) = (Vec::new(), 0);
        for path in self.paths()? {
            match read(&path) {
                Ok(pack) if path.file_stem().is_some_and(|name| name.to_str() == Some(id(&pack).hex())) => {
                    packs.push(pack)
                }
                _ => broken += 1,
            }
        }
        Ok((packs, broken))
    }

    /// Forgets the packs that a key signed, or all; how many those were.
    ///
    /// # Errors
    /// When they cannot be read or removed.
    pub fn forget(&self, key: Option<&str>) -> Result<usize, PackStoreError> {
        let mut gone = 0;
        for path in self.paths()? {
            let is_meant = key.is_none_or(|key| read(&path).is_ok_and(|pack| pack.key.starts_with(key)));
            if is_meant {
                fs::remove_file(&path).map_err(|source| PackStoreError::Write { path, source })?;
                gone += 1;
            }
        }
        Ok(gone)
    }

    /// The files, in the order of their names.
    fn paths(&self) -> Result<Vec<PathBuf>, PackStoreError> {
        let failed = |source| PackStoreError::Read { path: self.folder.clone(), source };
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed(error)),
        };
        let mut paths = Vec::new();
        for entry in entries {
            let path = entry.map_err(failed)?.path();
            let stem = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
            if path.extension().is_some_and(|own| own == ENDING) && stem.parse::<Digest>().is_ok() {
                paths.push(path);
            }
        }
        paths.sort();
        Ok(paths)
    }
}

fn read(path: &Path) -> Result<SignedPack, Refused> {
    let bytes = files::bytes(path, MOST_PACK_BYTES as u64).map_err(|_| Refused::TooLarge)?;
    read_pack(&bytes)
}
