//! Fake `/sys` and `/proc` trees for the tests of this module.

use std::{io, path::Path};

use tempfile::TempDir;

/// A directory with these files.
pub(super) fn tree(files: &[(&str, &str)]) -> TempDir {
    try_tree(files).unwrap_or_else(|error| panic!("no fake tree: {error}"))
}

fn try_tree(files: &[(&str, &str)]) -> io::Result<TempDir> {
    let root = tempfile::tempdir()?;
    for (path, text) in files {
        let path = root.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new("/")))?;
        std::fs::write(path, text)?;
    }
    Ok(root)
}
