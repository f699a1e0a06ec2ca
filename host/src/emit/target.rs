//! Whether a file can be replaced later, found out before minutes of measuring are spent on its text.

use std::{fs, io, path::Path};

use super::replace::{ReplaceError, follow, unreadable};

/// Checks that [`replace`](super::replace::replace) would find nothing in its way. What is there stays untouched: in the
/// folder, or the nearest one that exists, a temporary file without a name is made and gone again.
///
/// # Errors
///
/// What `replace` would fail with.
pub fn check(path: &Path) -> Result<(), ReplaceError> {
    if path.to_string_lossy().ends_with(std::path::is_separator) {
        return Err(ReplaceError::NotAFile { path: path.to_owned() });
    }
    let target = follow(path)?;
    match fs::metadata(&target) {
        Ok(metadata) if !metadata.is_file() => return Err(ReplaceError::NotAFile { path: target }),
        Ok(metadata) if metadata.permissions().readonly() => return Err(ReplaceError::ReadOnly { path: target }),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(unreadable(&target, error)),
    }
    for folder in target.ancestors().skip(1) {
        let folder = if folder == Path::new("") { Path::new(".") } else { folder };
        match fs::metadata(folder) {
            Ok(metadata) if metadata.is_dir() => return writable(folder, &target),
            Ok(_) => return Err(ReplaceError::NotAFolder { path: folder.to_owned() }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(unreadable(folder, error)),
        }
    }
    Ok(())
}

fn writable(folder: &Path, target: &Path) -> Result<(), ReplaceError> {
    match tempfile::tempfile_in(folder) {
        Ok(_) => Ok(()),
        Err(source) => Err(ReplaceError::Write { path: target.to_owned(), source }),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_the_way_is_named_and_nothing_is_left_behind() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("file"), "{}").unwrap();
        for free in ["file", "new", "a/b/new"] {
            assert!(check(&at(free)).is_ok(), "{free}");
        }
        for (taken, named) in
            [("", ""), ("new/", "new/"), ("file/", "file/"), ("file/new", "file"), ("file/a/b", "file")]
        {
            let message = check(&at(taken)).unwrap_err().to_string();
            assert!(message.starts_with(&*at(named).to_string_lossy()), "{taken}: {message}");
        }
        let mut permissions = fs::metadata(at("file")).unwrap().permissions();
        permissions.set_readonly(true);
        fs::set_permissions(at("file"), permissions).unwrap();
        assert!(matches!(check(&at("file")), Err(ReplaceError::ReadOnly { .. })));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
