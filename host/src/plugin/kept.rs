//! What lies in the folder of compiled plugins. It is wasmtime's, which keeps a folder a release in it and never looks at those of others.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Where wasmtime keeps them in the folder that it is given, and how it calls the folder of a release.
const MODULES: &str = "modules";
const RELEASE: &str = "wasmtime-";

/// Compiled plugins on the disk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept {
    /// Of the release that was used last.
    pub count: usize,
    pub bytes: u64,
    /// Folders of other releases: nothing in them is used again, unless that release comes back and compiles anew.
    pub older: Vec<PathBuf>,
    pub older_bytes: u64,
}

/// What there is; none where nothing was compiled yet.
#[must_use]
pub fn kept(cache: &Path) -> Option<Kept> {
    let entries = fs::read_dir(cache.join(MODULES)).ok()?;
    let mut releases: Vec<_> = entries
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(RELEASE))
        .filter_map(|entry| Some((entry.metadata().and_then(|folder| folder.modified()).ok()?, entry.path())))
        .collect();
    releases.sort();
    let (_, newest) = releases.pop()?;
    let (count, bytes) = inside(&newest);
    let older: Vec<PathBuf> = releases.into_iter().map(|(_, path)| path).collect();
    let older_bytes = older.iter().map(|path| inside(path).1).sum();
    Some(Kept { count, bytes, older, older_bytes })
}

/// Files in a folder that are whole, and the bytes of all.
fn inside(folder: &Path) -> (usize, u64) {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    files.fold((0, 0), |(count, size), file| {
        // What has an ending is what wasmtime notes about a file, or is being written.
        let is_whole = file.path().extension().is_none();
        (count + usize::from(is_whole), size + file.metadata().map_or(0, |file| file.len()))
    })
}
