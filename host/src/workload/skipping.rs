//! The files that say what a walk skips, `.gitignore` and `.ignore`: they belong to whoever wrote the folder, and the walker reads them
//! whole. So they are looked at before.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

const NAMES: [&str; 2] = [".gitignore", ".ignore"];

/// Bytes of one at most: thousands of lines.
const MOST_BYTES: u64 = 64 << 10;

/// One of a folder that must not be read: a pipe, a device, or too large.
fn odd_in(folder: &Path) -> Option<PathBuf> {
    // To read a folder of that name only fails.
    let is_odd = |path: &PathBuf| {
        fs::metadata(path).is_ok_and(|file| !file.is_dir() && (!file.is_file() || file.len() > MOST_BYTES))
    };
    NAMES.iter().map(|name| folder.join(name)).find(is_odd)
}

/// One of a folder or those above it that must not be read: the walker reads them all.
pub(super) fn odd_at_or_above(folder: &Path) -> Option<PathBuf> {
    odd_in(folder).or_else(|| fs::canonicalize(folder).ok()?.ancestors().skip(1).find_map(odd_in))
}

/// Folders that a walk does not go into, because it could not know what to skip there.
#[derive(Debug, Clone, Default)]
pub(super) struct Closed(Arc<Mutex<Vec<PathBuf>>>);

impl Closed {
    /// Whether a folder may be gone into; it is remembered if not.
    pub(super) fn may_enter(&self, folder: &Path) -> bool {
        let odd = odd_in(folder);
        if odd.is_some() {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(folder.to_owned());
        }
        odd.is_none()
    }

    /// Those that were found.
    pub(super) fn take(&self) -> Vec<PathBuf> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
