//! What a program that was killed while it wrote left behind.

use std::{
    fs,
    path::{Path, PathBuf},
};

use time::{Duration, OffsetDateTime};

/// How files begin that are not whole yet: by the custom of `tempfile`.
const BEGINS: &str = ".tmp";

/// As old as this, it is surely nobody's: writing one takes no second.
const SURELY_OLD: Duration = Duration::HOUR;

/// Files of these folders that were begun long ago and never finished, sorted.
#[must_use]
pub fn unfinished(folders: &[&Path], now: OffsetDateTime) -> Vec<PathBuf> {
    let is_old = |path: &Path| {
        let modified = fs::symlink_metadata(path).and_then(|file| file.modified()).ok();
        modified.is_some_and(|then| now - OffsetDateTime::from(then) > SURELY_OLD)
    };
    let begins = |path: &Path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(BEGINS));
    let entries = folders.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    let mut left: Vec<PathBuf> = paths.filter(|path| begins(path) && path.is_file() && is_old(path)).collect();
    left.sort();
    left
}
