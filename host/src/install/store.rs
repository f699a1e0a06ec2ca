//! The installed plugins on disk: `plugins.lock`, and one file a plugin named by its SHA-256.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use super::{
    error::StoreError,
    lock::{LockFile, Locked},
    private,
};
use crate::{
    emit::replace::{TEMPORARY, follow, put},
    files::{self, ReadError},
    model::{digest::Digest, plugin::LARGEST_COMPONENT_BYTES},
};

/// The name of the lock file in the data directory.
pub const LOCK_FILE: &str = "plugins.lock";

/// Bytes of the lock file at most: some thousand plugins.
const MOST_LOCK_BYTES: u64 = 4 << 20;

/// The folder of the components beside it.
const COMPONENTS: &str = "plugins";

/// Held by whoever changes something, so that two at once come one after the other.
const GUARD: &str = "plugins.busy";

/// The data directory, as far as plugins are concerned. Nothing is made before something is installed.
#[derive(Debug, Clone)]
pub struct Store {
    folder: PathBuf,
}

impl Store {
    /// The store in that data directory.
    #[must_use]
    pub const fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Where the lock file is.
    #[must_use]
    pub fn lock_path(&self) -> PathBuf {
        self.folder.join(LOCK_FILE)
    }

    /// What is installed. Nothing, when nothing ever was.
    ///
    /// # Errors
    /// When the lock file cannot be read or is damaged, or others could have written it.
    pub fn read(&self) -> Result<LockFile, StoreError> {
        let path = self.lock_path();
        let text = match files::text(&path, MOST_LOCK_BYTES).map_err(io::Error::from) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(LockFile::default()),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                return Err(StoreError::Damaged { path, why: "it is no text".into() });
            }
            Err(source) => return Err(StoreError::Read { path, source }),
        };
        self.check_private()?;
        // Where a link leads, others must not write either.
        if let Some(folder) = fs::canonicalize(&path).ok().as_deref().and_then(Path::parent) {
            private::check(folder).map_err(StoreError::Exposed)?;
        }
        LockFile::parse(&text).map_err(|why| StoreError::Damaged { path, why })
    }

    /// The bytes of an installed plugin, which are surely those that were installed.
    ///
    /// # Errors
    /// When the file is gone, cannot be read, or has another SHA-256.
    pub fn component(&self, plugin: &Locked) -> Result<Vec<u8>, StoreError> {
        let path = self.component_path(&plugin.sha256);
        let missing = || StoreError::Missing { name: plugin.name.clone(), path: path.clone() };
        let changed = || StoreError::Changed { name: plugin.name.clone(), path: path.clone() };
        let failed = |source: io::Error| match source.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => missing(),
            _ => StoreError::Read { path: path.clone(), source },
        };
        let bytes = match files::bytes(&path, plugin.size.min(LARGEST_COMPONENT_BYTES)) {
            Ok(bytes) => bytes,
            Err(ReadError::NotAFile | ReadError::TooLarge { .. }) => return Err(changed()),
            Err(error) => return Err(failed(error.into())),
        };
        if Digest::of(&bytes) == plugin.sha256 { Ok(bytes) } else { Err(changed()) }
    }

    /// Installs a plugin: first its file, then the line in the lock file, so that it is never half there.
    ///
    /// `replaces` is the SHA-256 of the one that it takes the place of, as it was seen.
    ///
    /// # Errors
    /// When the name is taken, or is no longer held by what was seen; or when something cannot be written. All is then as it was.
    pub fn insert(&self, plugin: Locked, bytes: &[u8], replaces: Option<&Digest>) -> Result<(), StoreError> {
        let _guard = self.guard()?;
        let mut lock = self.read()?;
        match (lock.find(&plugin.name), replaces) {
            (None, None) => {}
            (Some(known), Some(seen)) if known.sha256 == *seen => {}
            (Some(known), None) => {
                return Err(StoreError::Taken {
                    name: known.name.clone(),
                    version: known.version.clone(),
                    source_text: known.source.clone(),
                });
            }
            _ => return Err(StoreError::Raced { name: plugin.name }),
        }
        let folder = self.folder.join(COMPONENTS);
        private::make(&folder).map_err(|source| StoreError::Write { path: folder.clone(), source })?;
        self.check_private()?;
        place(&self.component_path(&plugin.sha256), bytes)?;
        lock.put(plugin);
        self.write(&lock)?;
        self.sweep(&lock);
        Ok(())
    }

    /// Takes a plugin away.
    ///
    /// # Errors
    /// When none has that name, or the lock file cannot be changed.
    pub fn remove(&self, name: &str) -> Result<Locked, StoreError> {
        // Who installed nothing gets no folder for asking.
        self.read()?.known(name)?;
        let _guard = self.guard()?;
        let mut lock = self.read()?;
        let plugin = lock.known(name)?;
        lock.plugins.retain(|known| known.name != name);
        self.write(&lock)?;
        self.sweep(&lock);
        Ok(plugin)
    }

    fn component_path(&self, sha256: &Digest) -> PathBuf {
        self.folder.join(COMPONENTS).join(format!("{sha256}.wasm"))
    }

    fn check_private(&self) -> Result<(), StoreError> {
        for folder in [self.folder.join(COMPONENTS), self.folder.clone()] {
            private::check(&folder).map_err(StoreError::Exposed)?;
        }
        Ok(())
    }

    /// Waits for others that change something, which takes them a moment.
    fn guard(&self) -> Result<File, StoreError> {
        let path = self.folder.join(GUARD);
        let failed = |source| StoreError::Write { path: path.clone(), source };
        private::make(&self.folder).map_err(failed)?;
        let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
        file.lock().map_err(failed)?;
        Ok(file)
    }

    fn write(&self, lock: &LockFile) -> Result<(), StoreError> {
        let path = self.lock_path();
        let text = lock.render().map_err(|error| StoreError::Write {
            path: path.clone(),
            source: io::Error::new(io::ErrorKind::InvalidData, error),
        })?;
        // Somebody keeps it elsewhere, and a link to it here: the link stays.
        let real =
            follow(&path).map_err(|error| StoreError::Write { path: path.clone(), source: io::Error::other(error) })?;
        place(&real, text.as_bytes())
    }

    /// Deletes components that nobody names any more: of removed plugins, of older versions, of an interrupted `add`. The guard is held, so
    /// nobody is writing one.
    fn sweep(&self, lock: &LockFile) {
        let Ok(entries) = fs::read_dir(self.folder.join(COMPONENTS)) else { return };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let digest = name.to_str().and_then(|name| name.strip_suffix(".wasm")?.parse::<Digest>().ok());
            let is_idle = digest.is_some_and(|digest| !lock.plugins.iter().any(|plugin| plugin.sha256 == digest));
            let is_half = name.to_str().is_some_and(|name| name.starts_with(TEMPORARY));
            if (is_idle || is_half)
                && let Err(error) = fs::remove_file(entry.path())
            {
                tracing::debug!(%error, "a component that is no longer installed could not be deleted");
            }
        }
    }
}

/// Puts a whole file in its place at once. A link there is replaced, not followed.
fn place(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    put(path, bytes, 0o600).map_err(|source| StoreError::Write { path: path.to_owned(), source })
}
