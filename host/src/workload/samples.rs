//! A directory of the user's source files, as a workload.
//!
//! Bounded in every way: files, bytes a file, and memory, because only picked files are kept.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use ignore::{DirEntry, WalkBuilder};

use super::{
    DEFAULT_PICK, WorkloadError,
    language::language_of,
    left_out::{LeftOut, Reason},
    pick,
    skipping::{self, Closed},
};
use crate::{
    files::{self, ReadError},
    model::{
        clean::clean,
        workload::{PromptTemplate, SourceFile, Workload},
    },
};

/// How a directory is read.
#[derive(Debug, Clone, PartialEq)]
pub struct SampleOptions {
    /// How many files trials may use.
    pub pick: usize,
    pub seed: u64,
    pub prompt: PromptTemplate,
    /// Larger files are left out: they are generated, or data.
    pub max_file_bytes: u64,
    /// How many files are looked at, of any kind: a directory chosen by mistake ends soon.
    pub max_files: usize,
}

impl Default for SampleOptions {
    fn default() -> Self {
        Self {
            pick: DEFAULT_PICK,
            seed: 0,
            prompt: PromptTemplate::built_in(),
            max_file_bytes: 1 << 20,
            max_files: 20_000,
        }
    }
}

/// Reads the source files below `dir`. What `.gitignore` names, hidden files, links and devices are left out.
///
/// # Errors
/// When the directory is missing, is no directory, or holds no source file.
pub fn from_directory(dir: &Path, options: &SampleOptions) -> Result<Workload, WorkloadError> {
    let Listed { mut candidates, mut left_out, mut notices } = list(dir, options, |_| false)?;
    candidates.sort_by(|one, other| (one.chars, &one.name).cmp(&(other.chars, &other.name)));
    let mut files = Vec::new();
    for position in pick::stratified(candidates.len(), options.pick.max(1), options.seed) {
        let Some(candidate) = candidates.get(position) else { continue };
        match read_text(&candidate.path, options.max_file_bytes) {
            Ok(text) => files.push(SourceFile::new(candidate.name.clone(), candidate.language, text)),
            Err(because) => left_out.add(because.reason, format!("{}{}", candidate.name, because.detail)),
        }
    }
    if files.is_empty() {
        return Err(WorkloadError::NoSource { path: dir.to_path_buf(), left_out: left_out.notices().join("; ") });
    }
    // A file may have changed since it was counted.
    files.sort_by_key(|file| file.chars);
    notices.extend(left_out.notices());
    Ok(Workload {
        origin: clean(&dir.to_string_lossy()),
        files,
        batch_chars: candidates.iter().map(|candidate| candidate.chars).collect(),
        prompt: options.prompt.clone(),
        notices,
        learned: None,
    })
}

fn check(dir: &Path) -> Result<(), WorkloadError> {
    let path = dir.to_path_buf();
    match fs::metadata(dir) {
        Ok(metadata) if metadata.is_dir() => match fs::read_dir(dir) {
            Ok(_) => skipping::odd_at_or_above(dir).map_or(Ok(()), |path| Err(WorkloadError::OddIgnoreFile { path })),
            Err(source) => Err(WorkloadError::DirectoryUnreadable { path, source }),
        },
        Ok(_) => Err(WorkloadError::NotADirectory { path }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(WorkloadError::DirectoryMissing { path }),
        Err(source) => Err(WorkloadError::DirectoryUnreadable { path, source }),
    }
}

/// Sorted, so that the same directory gives the same workload on every file system.
fn walk(dir: &Path, closed: &Closed) -> ignore::Walk {
    let closed = closed.clone();
    WalkBuilder::new(dir)
        .follow_links(false)
        // A `.gitignore` counts also where nobody ran `git init`; the user's own global one does not, it differs by machine. Neither does
        // what a clone keeps to itself, which a file `.git` may say to be anywhere.
        .require_git(false)
        .git_global(false)
        .git_exclude(false)
        .filter_entry(move |entry| {
            !entry.file_type().is_some_and(|kind| kind.is_dir()) || closed.may_enter(entry.path())
        })
        .sort_by_file_name(Ord::cmp)
        .build()
}

/// A file that trials may use. Its text is read again when it is picked: all texts together may not fit into memory.
pub(super) struct Candidate {
    pub(super) path: PathBuf,
    pub(super) name: String,
    pub(super) language: &'static str,
    pub(super) chars: usize,
}

/// What a walk found, in the order of names.
pub(super) struct Listed {
    pub(super) candidates: Vec<Candidate>,
    pub(super) left_out: LeftOut,
    pub(super) notices: Vec<String>,
}

/// Every source file below a directory, but those that somebody else says to skip.
pub(super) fn list(dir: &Path, options: &SampleOptions, skip: impl Fn(&Path) -> bool) -> Result<Listed, WorkloadError> {
    check(dir)?;
    let mut left_out = LeftOut::default();
    let mut notices = Vec::new();
    let mut candidates = Vec::new();
    let mut looked_at = 0;
    let closed = Closed::default();
    for entry in walk(dir, &closed) {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                left_out.add(Reason::Unreadable, clean(&error.to_string()));
                continue;
            }
        };
        if entry.depth() == 0 || entry.file_type().is_some_and(|kind| kind.is_dir()) || skip(entry.path()) {
            continue;
        }
        if looked_at == options.max_files {
            notices.push(format!("looked at the first {looked_at} files only"));
            break;
        }
        looked_at += 1;
        let name = relative(dir, entry.path());
        match Candidate::of(&entry, &name, options.max_file_bytes) {
            Ok(candidate) => candidates.push(candidate),
            Err(LeftOutBecause { reason, detail }) => left_out.add(reason, format!("{name}{detail}")),
        }
    }
    for folder in closed.take() {
        left_out.add(Reason::OddIgnoreFile, relative(dir, &folder));
    }
    if candidates.is_empty() && left_out.is_empty() {
        return Err(WorkloadError::NoFile { path: dir.to_path_buf() });
    }
    Ok(Listed { candidates, left_out, notices })
}

pub(super) struct LeftOutBecause {
    reason: Reason,
    pub(super) detail: String,
}

impl From<Reason> for LeftOutBecause {
    fn from(reason: Reason) -> Self {
        Self { reason, detail: String::new() }
    }
}

impl From<io::Error> for LeftOutBecause {
    fn from(error: io::Error) -> Self {
        Self { reason: Reason::Unreadable, detail: format!(": {error}") }
    }
}

impl Candidate {
    fn of(entry: &DirEntry, name: &str, max_bytes: u64) -> Result<Self, LeftOutBecause> {
        match entry.file_type() {
            Some(kind) if kind.is_symlink() => return Err(Reason::SymbolicLink.into()),
            // Opening a pipe would wait for its other end.
            Some(kind) if !kind.is_file() => return Err(Reason::NoRegularFile.into()),
            _ => {}
        }
        let language = language_of(entry.path()).ok_or(Reason::NoSourceCode)?;
        let text = read_text(entry.path(), max_bytes)?;
        Ok(Self { path: entry.path().to_path_buf(), name: name.to_owned(), language, chars: text.chars().count() })
    }
}

pub(super) fn read_text(path: &Path, max_bytes: u64) -> Result<String, LeftOutBecause> {
    let bytes = files::bytes(path, max_bytes).map_err(|error| match error {
        ReadError::TooLarge { .. } => Reason::TooLarge.into(),
        // It has taken the place of the one that was listed.
        ReadError::NotAFile => Reason::NoRegularFile.into(),
        error => LeftOutBecause::from(io::Error::from(error)),
    })?;
    if bytes.contains(&0) {
        return Err(Reason::Binary.into());
    }
    let text = String::from_utf8(bytes).map_err(|_| Reason::NotUtf8)?;
    if text.trim().is_empty() {
        return Err(Reason::Empty.into());
    }
    Ok(text)
}

/// The path below the directory, with `/` on every system.
pub(super) fn relative(dir: &Path, path: &Path) -> String {
    let path = path.strip_prefix(dir).unwrap_or(path);
    let parts: Vec<String> = path.iter().map(|part| clean(&part.to_string_lossy())).collect();
    parts.join("/")
}

#[cfg(test)]
mod tests;
