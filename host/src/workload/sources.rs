//! Every source file of a batch, by name and size. Texts are read one group at a time: all of them may not fit into memory.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use super::{
    WorkloadError,
    samples::{self, Listed, SampleOptions},
};
use crate::model::{clean::clean, digest::Digest, workload::SourceFile};

/// Bytes of a file's own name at most, so that `.md` behind it still fits what file systems allow (255).
const MOST_NAME_BYTES: usize = 240;

/// Digits of a digest that tell names apart which would be one otherwise.
const DIGITS: usize = 10;

/// One file of the batch, not read yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    path: PathBuf,
    /// Where it is below the directory, cleaned: what prompts and people see.
    pub shown: String,
    /// The same as a name that no other file of the batch has and that a note may have: see [`files`].
    pub name: String,
    pub language: String,
    /// Characters when it was listed.
    pub chars: usize,
}

/// The batch.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sources {
    /// In the order of names, as a batch takes them.
    pub files: Vec<Source>,
    /// What was left out and why.
    pub notices: Vec<String>,
}

/// The files below a directory that the batch makes notes of; nothing below `notes` is one.
///
/// Two files may have names that differ only in what cannot be shown. A name that was cleaned, or is too long, carries digits of the digest of
/// the true one, so that each file has its own note; one that is not the only one all the same is left out and said.
///
/// # Errors
/// When the directory is missing, is no directory, or holds no source file.
pub fn files(dir: &Path, notes: &Path, options: &SampleOptions) -> Result<Sources, WorkloadError> {
    let notes = std::fs::canonicalize(notes).ok();
    let is_note = |path: &Path| {
        let Some(notes) = &notes else { return false };
        std::fs::canonicalize(path).is_ok_and(|path| path.starts_with(notes))
    };
    let Listed { candidates, left_out, mut notices } = samples::list(dir, options, is_note)?;
    if candidates.is_empty() {
        return Err(WorkloadError::NoSource { path: dir.to_path_buf(), left_out: left_out.notices().join("; ") });
    }
    notices.extend(left_out.notices());
    let mut taken = BTreeSet::new();
    let mut files = Vec::new();
    for candidate in candidates {
        let name = own_name(dir, &candidate.path, &candidate.name);
        if taken.insert(name.clone()) {
            let (path, shown, chars) = (candidate.path, candidate.name, candidate.chars);
            files.push(Source { path, shown, name, language: candidate.language.to_owned(), chars });
        } else {
            notices.push(format!("left out, another file has its name: {name}"));
        }
    }
    Ok(Sources { files, notices })
}

impl Source {
    /// A file that is known otherwise.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>, name: &str, language: &str, chars: usize) -> Self {
        let (shown, name) = (clean(name), name.to_owned());
        Self { path: path.into(), shown, name, language: language.to_owned(), chars }
    }

    /// Its text as it is now.
    ///
    /// # Errors
    /// Why it cannot be used any more, in words.
    pub fn read(&self, options: &SampleOptions) -> Result<SourceFile, String> {
        samples::read_text(&self.path, options.max_file_bytes)
            .map(|text| SourceFile::new(self.shown.clone(), self.language.clone(), text))
            .map_err(|because| format!("cannot be read{}", because.detail))
    }
}

/// The name of a file as it is, or with digits of its digest where it had to be changed.
fn own_name(dir: &Path, path: &Path, shown: &str) -> String {
    let below = path.strip_prefix(dir).unwrap_or(path);
    let parts: Vec<&str> = below.iter().map(|part| part.to_str().unwrap_or_default()).collect();
    let last = shown.rsplit('/').next().unwrap_or_default();
    if parts.join("/") == shown && last.len() <= MOST_NAME_BYTES && !shown.is_empty() {
        return shown.to_owned();
    }
    let digest = Digest::of(below.as_os_str().as_encoded_bytes());
    let digits = digest.hex().get(..DIGITS).unwrap_or_default().to_owned();
    // What is left of a part may be nothing, or mean the folder above.
    let part = |part: &str| match part.trim_matches('.') {
        "" => "_".to_owned(),
        _ => cut_to(part, MOST_NAME_BYTES - DIGITS - 1).to_owned(),
    };
    let parts: Vec<String> = shown.split('/').map(part).collect();
    format!("{}~{digits}", parts.join("/"))
}

/// The beginning of a text, of at most so many bytes.
fn cut_to(text: &str, most: usize) -> &str {
    let end =
        text.char_indices().map(|(at, character)| at + character.len_utf8()).take_while(|end| *end <= most).last();
    text.get(..end.unwrap_or(0)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn listed(dir: &Path, notes: &Path) -> Vec<String> {
        let found = files(dir, notes, &SampleOptions::default()).unwrap();
        found.files.into_iter().map(|file| file.name).collect()
    }

    #[test]
    fn all_files_are_listed_by_name_and_notes_are_none() {
        let root = tempfile::tempdir().unwrap();
        let notes = root.path().join("notes");
        for name in ["b.py", "a/z.rs", "notes/c.py", "README.md"] {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x = 1\n").unwrap();
        }
        assert_eq!(listed(root.path(), &notes), ["a/z.rs", "b.py"]);
        assert_eq!(listed(root.path(), &root.path().join("elsewhere")), ["a/z.rs", "b.py", "notes/c.py"]);
        let source = files(root.path(), &notes, &SampleOptions::default()).unwrap().files.remove(0);
        assert_eq!(source.read(&SampleOptions::default()).unwrap().text, "x = 1\n");
        fs::write(root.path().join("a/z.rs"), b"\0").unwrap();
        assert!(source.read(&SampleOptions::default()).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn names_that_cannot_be_shown_are_made_their_own() {
        use std::os::unix::ffi::OsStrExt as _;
        let root = tempfile::tempdir().unwrap();
        let long = "x".repeat(250) + ".rs";
        let hostile = [&b"a.rs"[..], b"a\x1b[31m.rs", b"a\xff.rs", b"a\n.rs", b"\x1b[0m../e.rs", long.as_bytes()];
        for name in hostile {
            let path = root.path().join(std::ffi::OsStr::from_bytes(name));
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "fn a() {}\n").unwrap();
        }
        let names = listed(root.path(), &root.path().join("notes"));
        // A name that is no UTF-8 has no known ending: it is left out, and said.
        assert_eq!(names.len(), 5, "{names:?}");
        assert!(names.contains(&"a.rs".to_owned()), "{names:?}");
        assert_eq!(names.iter().filter(|name| name.starts_with("a.rs~")).count(), 1, "{names:?}");
        assert!(names.iter().any(|name| name.starts_with("_/e.rs~")), "{names:?}");
        for name in &names {
            assert!(name.len() <= MOST_NAME_BYTES && !name.chars().any(char::is_control), "{name:?}");
        }
    }
}
