//! Replacing a file without ever losing what was in it.
//!
//! The new text is complete on disk before anything visible changes: temporary file in the same folder, fsync, check
//! that the file is still what the user saw, backup, rename.

use std::{
    ffi::OsString,
    fs, io,
    io::Write as _,
    path::{Path, PathBuf},
};

use tempfile::{NamedTempFile, PersistError};

use crate::files::{self, ReadError};

/// What is added to the name of a file for its backup.
pub const BACKUP_SUFFIX: &str = ".ralf-tune-backup";

/// How the names of files begin that are not in their place yet. One that stays was left by a run that was killed.
pub const TEMPORARY: &str = ".ralf-tune-";

/// The mode of a new file, which the user's mask narrows.
const ORDINARY: u32 = 0o666;

/// Bytes of a file that is changed, at most: a configuration has some hundred.
const MOST_BYTES: u64 = 16 << 20;

/// Links to links are followed this far, as Linux does.
const MOST_LINKS: u8 = 40;

/// Why a file was not replaced. It is then as it was.
#[derive(Debug, thiserror::Error)]
pub enum ReplaceError {
    #[error("cannot read {}", path.display())]
    Read {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{} is not a text file in UTF-8", path.display())]
    NotText { path: PathBuf },
    #[error("{} has more than {} MiB", path.display(), MOST_BYTES >> 20)]
    TooLarge { path: PathBuf },
    #[error("{} is not a file", path.display())]
    NotAFile { path: PathBuf },
    #[error("{} is not a folder", path.display())]
    NotAFolder { path: PathBuf },
    #[error("{} is a link that leads nowhere", path.display())]
    EndlessLink { path: PathBuf },
    #[error("{} is read-only", path.display())]
    ReadOnly { path: PathBuf },
    #[error("{} was changed by something else in the meantime", path.display())]
    Changed { path: PathBuf },
    #[error("cannot create the folder {}", path.display())]
    Folder {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("cannot write the backup {}", path.display())]
    Backup {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("cannot write {}", path.display())]
    Write {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
}

impl ReplaceError {
    /// What to do about it, where `--config` names the file.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        self.hint_naming("--config FILE")
    }

    /// What to do about it; `flag` is what names another file.
    #[must_use]
    pub fn hint_naming(&self, flag: &str) -> Option<String> {
        match self {
            Self::NotText { .. } => Some(format!("save it as UTF-8, or name another with {flag}")),
            Self::NotAFile { .. } | Self::TooLarge { .. } | Self::EndlessLink { .. } => {
                Some(format!("name a file with {flag}"))
            }
            Self::NotAFolder { .. } => Some(format!("name a file in another folder with {flag}")),
            Self::ReadOnly { path } => Some(format!(
                "make it writable (chmod u+w '{}'), name another with {flag}{}",
                path.display(),
                or_measure(flag)
            )),
            Self::Changed { .. } => Some("look at it, then run the same command again: nothing was written".to_owned()),
            Self::Read { source, .. }
            | Self::Folder { source, .. }
            | Self::Backup { source, .. }
            | Self::Write { source, .. } => Some(match source.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                    "free some space on that disk; the file is as it was".to_owned()
                }
                io::ErrorKind::PermissionDenied => format!(
                    "check who may read and write there (ls -ld), name another file with {flag}{}",
                    or_measure(flag)
                ),
                _ => format!("the file is as it was; name another with {flag}"),
            }),
        }
    }
}

/// A study can do without its configuration; whoever names an output wants that.
fn or_measure(flag: &str) -> &'static str {
    if flag.starts_with("--config") { ", or only measure with --no-save" } else { "" }
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// The file itself, links followed.
    pub path: PathBuf,
    /// What was there before; None when nothing was.
    pub backup: Option<PathBuf>,
}

/// The text of a file; None when there is no file.
///
/// # Errors
///
/// What exists and is no file, cannot be read, or is not UTF-8.
pub fn read(path: &Path) -> Result<Option<String>, ReplaceError> {
    match files::text(path, MOST_BYTES) {
        Ok(text) => Ok(Some(text)),
        Err(ReadError::Io(error)) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(ReadError::NotAFile) => Err(ReplaceError::NotAFile { path: path.to_owned() }),
        Err(ReadError::TooLarge { .. }) => Err(ReplaceError::TooLarge { path: path.to_owned() }),
        Err(error) => Err(unreadable(path, error.into())),
    }
}

/// Why a path cannot be read, as plain as it can be said.
pub(super) fn unreadable(path: &Path, source: io::Error) -> ReplaceError {
    let file_on_the_way = || path.ancestors().skip(1).find(|folder| folder.is_file());
    match source.kind() {
        io::ErrorKind::InvalidData => ReplaceError::NotText { path: path.to_owned() },
        io::ErrorKind::NotADirectory if let Some(file) = file_on_the_way() => {
            ReplaceError::NotAFolder { path: file.to_owned() }
        }
        _ => ReplaceError::Read { path: path.to_owned(), source },
    }
}

/// Puts `text` in the place of `seen`, which is what the user was shown (None: no file).
///
/// Mode and owner of the file stay; a symbolic link stays and its file changes; a missing folder is made. An older
/// backup with another content keeps existing under a number.
///
/// # Errors
///
/// A [`ReplaceError`]; the file is then as it was.
pub fn replace(path: &Path, seen: Option<&str>, text: &str) -> Result<Saved, ReplaceError> {
    let target = follow(path)?;
    let folder = match target.parent() {
        Some(folder) if folder != Path::new("") => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    let metadata = match fs::metadata(&target) {
        Ok(metadata) if !metadata.is_file() => return Err(ReplaceError::NotAFile { path: target }),
        Ok(metadata) if metadata.permissions().readonly() => return Err(ReplaceError::ReadOnly { path: target }),
        Ok(metadata) => Some(metadata),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(source) => return Err(unreadable(&target, source)),
    };
    let unchanged = |current: Option<&str>| {
        if current == seen { Ok(()) } else { Err(ReplaceError::Changed { path: target.clone() }) }
    };
    unchanged(read(&target)?.as_deref())?;
    fs::create_dir_all(&folder).map_err(|source| ReplaceError::Folder { path: folder.clone(), source })?;

    let failed = |source| ReplaceError::Write { path: target.clone(), source };
    let file = complete(&folder, text.as_bytes(), ORDINARY, metadata.as_ref()).map_err(failed)?;
    unchanged(read(&target)?.as_deref())?;
    let backup = match (seen, &metadata) {
        (Some(old), Some(metadata)) => Some(back_up(&target, &folder, old, metadata)?),
        _ => None,
    };
    if seen.is_some() {
        file.persist(&target).map_err(|error: PersistError| failed(error.error))?;
    } else {
        file.persist_noclobber(&target).map_err(|PersistError { error, .. }| match error.kind() {
            io::ErrorKind::AlreadyExists => ReplaceError::Changed { path: target.clone() },
            _ => failed(error),
        })?;
    }
    sync_folder(&folder);
    Ok(Saved { path: target, backup })
}

/// Puts a whole file in its place at once, where nobody is shown a difference. Mode and owner of an old one stay; `mode` is that of a new one.
/// A link there is replaced: see [`follow`].
///
/// # Errors
///
/// When it cannot be written; what was there is then as it was.
pub fn put(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    let old = fs::symlink_metadata(path).ok().filter(fs::Metadata::is_file);
    complete(folder, bytes, mode, old.as_ref())?.persist(path)?;
    sync_folder(folder);
    Ok(())
}

/// The file that a path means: symbolic links followed, also one whose file does not exist yet.
///
/// # Errors
///
/// When links lead in a circle.
pub fn follow(path: &Path) -> Result<PathBuf, ReplaceError> {
    let mut target = path.to_owned();
    for _ in 0..MOST_LINKS {
        match fs::read_link(&target) {
            Ok(next) => target = target.parent().map_or(next.clone(), |folder| folder.join(&next)),
            Err(_) => return Ok(target),
        }
    }
    Err(ReplaceError::EndlessLink { path: path.to_owned() })
}

/// A temporary file in the folder, with the whole text on disk, and the mode and owner of the old one.
fn complete(folder: &Path, bytes: &[u8], mode: u32, old: Option<&fs::Metadata>) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY);
    #[cfg(unix)]
    let permissions = <fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(mode);
    #[cfg(not(unix))]
    let _ = mode;
    #[cfg(unix)]
    builder.permissions(permissions);
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    if let Some(old) = old {
        keep_owner(file.path(), old);
        file.as_file().set_permissions(old.permissions())?;
    }
    file.as_file().sync_all()?;
    Ok(file)
}

/// With `sudo` the file would otherwise become root's. Who may not give a file away keeps it: not an error.
#[cfg(unix)]
fn keep_owner(path: &Path, old: &fs::Metadata) {
    use std::os::unix::fs::MetadataExt as _;
    if let Err(error) = std::os::unix::fs::chown(path, Some(old.uid()), Some(old.gid())) {
        tracing::debug!(%error, "the owner of a file could not be kept");
    }
}

#[cfg(not(unix))]
const fn keep_owner(_path: &Path, _old: &fs::Metadata) {}

fn back_up(target: &Path, folder: &Path, old: &str, metadata: &fs::Metadata) -> Result<PathBuf, ReplaceError> {
    let backup = with_suffix(target, BACKUP_SUFFIX);
    let failed = |source| ReplaceError::Backup { path: backup.clone(), source };
    match files::bytes(&backup, MOST_BYTES) {
        Ok(before) if before == old.as_bytes() => return Ok(backup),
        Ok(_) | Err(ReadError::TooLarge { .. }) => fs::rename(&backup, free_name(&backup)).map_err(failed)?,
        Err(ReadError::Io(error)) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error.into())),
    }
    let file = complete(folder, old.as_bytes(), ORDINARY, Some(metadata)).map_err(failed)?;
    file.persist_noclobber(&backup).map_err(|error| failed(error.error))?;
    Ok(backup)
}

/// Where the backup of a file lies: beside the file itself, also where a link leads to it.
///
/// # Errors
///
/// When links lead in a circle.
pub fn backup_of(path: &Path) -> Result<PathBuf, ReplaceError> {
    Ok(with_suffix(&follow(path)?, BACKUP_SUFFIX))
}

/// The backup's name with the first number that is free.
fn free_name(backup: &Path) -> PathBuf {
    let mut number = 1_u32;
    loop {
        let path = with_suffix(backup, &format!(".{number}"));
        if fs::symlink_metadata(&path).is_err() {
            return path;
        }
        number += 1;
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

/// Makes the rename itself durable, where folders can be synced.
fn sync_folder(folder: &Path) {
    #[cfg(unix)]
    if let Err(error) = fs::File::open(folder).and_then(|folder| folder.sync_all()) {
        tracing::debug!(%error, "a folder could not be synced");
    }
    #[cfg(not(unix))]
    let _ = folder;
}
