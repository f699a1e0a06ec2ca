//! Notes that a study made, as files that the user's batch can skip, and an index that says where each comes from.

use std::{
    fs, io,
    io::Write as _,
    path::{Component, Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::replace::TEMPORARY;
use crate::{
    files,
    model::{candidate::Candidate, digest::Digest},
};

/// The index, in the folder of the notes.
pub const INDEX: &str = "ralf-tune-notes.json";

/// Bytes of an index at most, and of the journal before it: notes of some hundred thousand files.
pub(super) const MOST_INDEX_BYTES: u64 = 256 << 20;

/// One note, as the index has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IndexedNote {
    /// The source, relative to the folder of samples.
    pub source: String,
    /// The note, relative to the folder of notes.
    pub note: String,
    pub model: String,
    pub score: Option<f64>,
    pub answer_tokens: u64,
    pub settings: Candidate,
    /// Of the text of the source when the note was made; absent in an index of earlier releases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_digest: Option<Digest>,
    /// Whether an answer ended because it had no more room.
    #[serde(default, skip_serializing_if = "is_false")]
    pub cut: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// What came of it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Kept {
    pub notes: usize,
    pub answer_tokens: u64,
    /// Notes that were there before: they stay as they are.
    pub there_before: usize,
}

/// Why notes are not kept.
#[derive(Debug, thiserror::Error)]
pub enum NotesError {
    #[error("cannot read {}", path.display())]
    Read {
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
    #[error("{} is no index of notes", path.display())]
    Index {
        path: PathBuf,
        #[source]
        source: serde_json::Error,
    },
    #[error("another batch writes to {}", path.display())]
    Busy { path: PathBuf },
    #[error("`{name}` is no name that a note may have")]
    Name { name: String },
    #[error("{} is a link, and leads elsewhere", path.display())]
    Link { path: PathBuf },
}

/// Whether notes can be kept in a folder, before any is made; it is made where it does not exist.
///
/// # Errors
/// When nothing can be written there, or an index there is none of ours.
pub fn prepare(folder: &Path) -> Result<(), NotesError> {
    let failed = |source| NotesError::Write { path: folder.to_owned(), source };
    fs::create_dir_all(folder).map_err(failed)?;
    NamedTempFile::with_prefix_in(TEMPORARY, folder).map_err(failed)?;
    read_index(folder).map(|_| ())
}

/// Writes notes. Each appears whole or not at all, and none replaces a file.
///
/// # Errors
/// When one cannot be written; those before it are there.
pub fn keep(folder: &Path, notes: Vec<(IndexedNote, String)>) -> Result<Kept, NotesError> {
    let mut kept = Kept::default();
    let mut index = read_index(folder)?;
    for (note, text) in notes {
        let path = folder.join(&note.note);
        if !is_inside(&note.note) {
            continue;
        }
        if path.symlink_metadata().is_ok() {
            kept.there_before += 1;
            continue;
        }
        let failed = |source| NotesError::Write { path: path.clone(), source };
        let parent = path.parent().unwrap_or(folder);
        fs::create_dir_all(parent).map_err(failed)?;
        written(parent, text.as_bytes())
            .and_then(|file| file.persist_noclobber(&path).map_err(|error| error.error))
            .map_err(failed)?;
        kept.notes += 1;
        kept.answer_tokens += note.answer_tokens;
        index.push(note);
    }
    write_index(folder, &index)?;
    Ok(kept)
}

/// The text of a note: the answers for its pieces, one after the other.
#[must_use]
pub fn text_of(answers: &[String]) -> String {
    answers.join("\n\n")
}

/// `src/main.rs` becomes `src/main.rs.md`.
#[must_use]
pub fn name_of(source: &str) -> String {
    format!("{source}.md")
}

pub(super) fn is_inside(name: &str) -> bool {
    Path::new(name).components().all(|part| matches!(part, Component::Normal(_)))
}

pub(super) fn read_index(folder: &Path) -> Result<Vec<IndexedNote>, NotesError> {
    let path = folder.join(INDEX);
    match files::bytes(&path, MOST_INDEX_BYTES).map_err(io::Error::from) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(|source| NotesError::Index { path, source }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(source) => Err(NotesError::Read { path, source }),
    }
}

pub(super) fn write_index(folder: &Path, index: &[IndexedNote]) -> Result<(), NotesError> {
    let path = folder.join(INDEX);
    let text = serde_json::to_vec_pretty(index).map_err(|source| NotesError::Index { path: path.clone(), source })?;
    written(folder, &text)
        .and_then(|file| file.persist(&path).map_err(|error| error.error))
        .map(|_| ())
        .map_err(|source| NotesError::Write { path, source })
}

pub(super) fn written(parent: &Path, bytes: &[u8]) -> io::Result<NamedTempFile> {
    let mut file = NamedTempFile::with_prefix_in(TEMPORARY, parent)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(source: &str) -> (IndexedNote, String) {
        let note = IndexedNote {
            source: source.into(),
            note: name_of(source),
            model: "m".into(),
            score: None,
            answer_tokens: 5,
            settings: Candidate::default(),
            source_digest: None,
            cut: false,
        };
        (note, "# Note\n".into())
    }

    #[test]
    fn nothing_is_replaced_and_nothing_leaves_the_folder() {
        let outside = tempfile::tempdir().unwrap();
        let folder = outside.path().join("notes");
        prepare(&folder).unwrap();
        fs::write(folder.join("b.py.md"), "mine").unwrap();
        let kept = keep(&folder, vec![note("src/a.py"), note("b.py"), note("../c.py"), note("/d.py")]).unwrap();
        assert_eq!(kept, Kept { notes: 1, answer_tokens: 5, there_before: 1 });
        assert_eq!(fs::read_to_string(folder.join("b.py.md")).unwrap(), "mine");
        assert_eq!(fs::read_to_string(folder.join("src/a.py.md")).unwrap(), "# Note\n");
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1);
        // A second time, with another one.
        assert_eq!(keep(&folder, vec![note("src/a.py"), note("e.py")]).unwrap().notes, 1);
        let sources: Vec<String> = read_index(&folder).unwrap().into_iter().map(|note| note.source).collect();
        assert_eq!(sources, ["src/a.py", "e.py"]);
    }

    #[test]
    fn an_index_of_somebody_else_is_refused_beforehand() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(INDEX), "hello").unwrap();
        assert!(matches!(prepare(folder.path()), Err(NotesError::Index { .. })));
        assert!(matches!(prepare(&folder.path().join(INDEX)), Err(NotesError::Write { .. })));
    }
}
