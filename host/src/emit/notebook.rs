//! A folder of notes that a batch fills one by one, killed at any moment or not: no note is lost, made twice, or put in the place of a file.
//!
//! A note is written beside its place, then said in a journal with its digest, then moved into its place, which must be free. So whatever the
//! moment of a kill: a note that is in its place and in the journal is ours and whole; one that is only in the journal was not made. The next
//! batch, and the end of this one, carries the journal over to the index that `--keep-notes` writes too ([`super::notes`]).

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Seek as _, Write as _},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::notes::{IndexedNote, MOST_INDEX_BYTES, NotesError, is_inside, read_index, write_index, written};
use crate::{
    files::{self, ReadError},
    model::digest::Digest,
};

/// The journal, in the folder of the notes; gone when a batch has ended.
pub const JOURNAL: &str = "ralf-tune-notes.journal";

/// Bytes of a note at most: a larger file is none that was made here.
const MOST_NOTE_BYTES: u64 = 64 << 20;

/// One line of the journal.
#[derive(Serialize, Deserialize)]
struct Line {
    /// Of the note's text.
    digest: Digest,
    note: IndexedNote,
}

/// What there is of a note.
#[derive(Debug, Clone, PartialEq)]
pub enum Standing {
    /// It is there, and a study or a batch made it.
    Ours(Box<IndexedNote>),
    /// Something is there that is none of ours.
    Foreign,
    Missing,
}

/// An open folder of notes. Nobody else fills it meanwhile.
#[derive(Debug)]
pub struct Notebook {
    folder: PathBuf,
    index: BTreeMap<String, IndexedNote>,
    journal: File,
}

impl Notebook {
    /// Opens a folder of notes, which is made where it does not exist, and takes up what an earlier batch left.
    ///
    /// # Errors
    /// When nothing can be written there, an index there is none of ours, or another batch writes there.
    pub fn open(folder: &Path) -> Result<Self, NotesError> {
        super::notes::prepare(folder)?;
        let path = folder.join(JOURNAL);
        let failed = |source| NotesError::Write { path: path.clone(), source };
        if path.symlink_metadata().is_ok_and(|found| !found.is_file()) {
            return Err(NotesError::Link { path });
        }
        let mut journal = OpenOptions::new().read(true).append(true).create(true).open(&path).map_err(failed)?;
        match journal.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(NotesError::Busy { path: folder.to_owned() }),
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        let read = journal.rewind().map_err(ReadError::from).and_then(|()| files::rest(&journal, MOST_INDEX_BYTES));
        let bytes = read.map_err(|error| NotesError::Read { path: path.clone(), source: error.into() })?;
        let mut index: BTreeMap<String, IndexedNote> =
            read_index(folder)?.into_iter().map(|note| (note.note.clone(), note)).collect();
        // A line that is torn was not followed by a note.
        let lines = bytes.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice::<Line>(line).ok());
        for Line { digest, note } in lines {
            let is_there = is_inside(&note.note)
                && files::bytes(&folder.join(&note.note), MOST_NOTE_BYTES)
                    .is_ok_and(|text| Digest::of(&text) == digest);
            if is_there {
                index.insert(note.note.clone(), note);
            }
        }
        let notebook = Self { folder: folder.to_owned(), index, journal };
        if !bytes.is_empty() {
            notebook.write_index()?;
            notebook.journal.set_len(0).map_err(failed)?;
        }
        Ok(notebook)
    }

    /// What there is of a note of that name.
    #[must_use]
    pub fn standing(&self, name: &str) -> Standing {
        let is_there = self.folder.join(name).symlink_metadata().is_ok();
        match self.index.get(name).filter(|_| is_there) {
            Some(note) => Standing::Ours(Box::new(note.clone())),
            None if is_there => Standing::Foreign,
            None => Standing::Missing,
        }
    }

    /// Puts a note in its place; false where something is there already, which stays.
    ///
    /// # Errors
    /// When it cannot be written, or its place is not within the folder; there is no note then.
    pub fn keep(&mut self, note: IndexedNote, text: &str) -> Result<bool, NotesError> {
        let path = self.folder.join(&note.note);
        let failed = |source| NotesError::Write { path: path.clone(), source };
        let parent = self.parent_of(&note.note)?;
        if path.symlink_metadata().is_ok() {
            return Ok(false);
        }
        let file = written(&parent, text.as_bytes()).map_err(failed)?;
        let line = Line { digest: Digest::of(text.as_bytes()), note };
        let mut bytes = serde_json::to_vec(&line).map_err(|error| failed(error.into()))?;
        bytes.push(b'\n');
        self.journal.write_all(&bytes).and_then(|()| self.journal.sync_data()).map_err(failed)?;
        if let Err(error) = file.persist_noclobber(&path) {
            let error = error.error;
            return if error.kind() == io::ErrorKind::AlreadyExists { Ok(false) } else { Err(failed(error)) };
        }
        // The name is durable when the folder is. Some systems cannot sync one.
        let _ = File::open(&parent).and_then(|folder| folder.sync_all());
        self.index.insert(line.note.note.clone(), line.note);
        Ok(true)
    }

    /// Ends the batch: everything is in the index.
    ///
    /// # Errors
    /// When the index cannot be written; the journal stays, and the next batch takes it up.
    pub fn close(self) -> Result<(), NotesError> {
        if !self.index.is_empty() {
            self.write_index()?;
        }
        let path = self.folder.join(JOURNAL);
        fs::remove_file(&path).map_err(|source| NotesError::Write { path, source })
    }

    fn write_index(&self) -> Result<(), NotesError> {
        let notes: Vec<IndexedNote> = self.index.values().cloned().collect();
        write_index(&self.folder, &notes)
    }

    /// The folder that a note goes to, made where it does not exist. No link on the way: it would lead out.
    fn parent_of(&self, name: &str) -> Result<PathBuf, NotesError> {
        if !is_inside(name) || name.is_empty() || name.ends_with('/') {
            return Err(NotesError::Name { name: crate::model::clean::clean(name) });
        }
        let mut parent = self.folder.clone();
        for part in Path::new(name).parent().into_iter().flat_map(Path::iter) {
            parent.push(part);
            match fs::create_dir(&parent) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    if parent.symlink_metadata().is_ok_and(|found| found.is_symlink()) {
                        return Err(NotesError::Link { path: parent });
                    }
                }
                Err(source) => return Err(NotesError::Write { path: parent, source }),
            }
        }
        Ok(parent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        emit::notes::{INDEX, name_of},
        model::candidate::Candidate,
    };

    fn note(source: &str) -> IndexedNote {
        IndexedNote {
            source: source.into(),
            note: name_of(source),
            model: "m".into(),
            score: Some(0.5),
            answer_tokens: 5,
            settings: Candidate::default(),
            source_digest: Some(Digest::of(source.as_bytes())),
            cut: false,
        }
    }

    fn names(folder: &Path) -> Vec<String> {
        read_index(folder).unwrap().into_iter().map(|note| note.source).collect()
    }

    #[test]
    fn what_is_kept_is_known_whenever_it_ends() {
        let folder = tempfile::tempdir().unwrap();
        let mut notebook = Notebook::open(folder.path()).unwrap();
        assert!(notebook.keep(note("src/a.py"), "# A\n").unwrap());
        assert!(matches!(Notebook::open(folder.path()), Err(NotesError::Busy { .. })));
        // Killed: no index, but the journal.
        drop(notebook);
        assert_eq!(names(folder.path()), [] as [&str; 0]);
        let mut notebook = Notebook::open(folder.path()).unwrap();
        assert_eq!(notebook.standing("src/a.py.md"), Standing::Ours(Box::new(note("src/a.py"))));
        assert_eq!(notebook.standing("b.py.md"), Standing::Missing);
        assert!(!notebook.keep(note("src/a.py"), "another").unwrap());
        assert!(notebook.keep(note("b.py"), "# B\n").unwrap());
        notebook.close().unwrap();
        assert_eq!(names(folder.path()), ["b.py", "src/a.py"]);
        assert_eq!(fs::read_to_string(folder.path().join("src/a.py.md")).unwrap(), "# A\n");
        assert!(!folder.path().join(JOURNAL).exists());
        // One that was taken away is made again.
        fs::remove_file(folder.path().join("b.py.md")).unwrap();
        let mut notebook = Notebook::open(folder.path()).unwrap();
        assert_eq!(notebook.standing("b.py.md"), Standing::Missing);
        assert!(notebook.keep(note("b.py"), "# B again\n").unwrap());
        notebook.close().unwrap();
        assert_eq!(names(folder.path()), ["b.py", "src/a.py"]);
    }

    #[test]
    fn killed_between_the_journal_and_the_place_it_was_not_made() {
        let folder = tempfile::tempdir().unwrap();
        let mut notebook = Notebook::open(folder.path()).unwrap();
        notebook.keep(note("a.py"), "# A\n").unwrap();
        notebook.keep(note("b.py"), "# B\n").unwrap();
        drop(notebook);
        fs::remove_file(folder.path().join("b.py.md")).unwrap();
        let path = folder.path().join(JOURNAL);
        let mut bytes = fs::read(&path).unwrap();
        bytes.extend(b"{\"digest\":\"torn");
        fs::write(&path, bytes).unwrap();
        // Somebody else's file came to its place meanwhile.
        fs::write(folder.path().join("b.py.md"), "mine").unwrap();
        let notebook = Notebook::open(folder.path()).unwrap();
        assert_eq!(notebook.standing("b.py.md"), Standing::Foreign);
        assert!(matches!(notebook.standing("a.py.md"), Standing::Ours(_)));
        notebook.close().unwrap();
        assert_eq!(names(folder.path()), ["a.py"]);
        assert_eq!(fs::read_to_string(folder.path().join("b.py.md")).unwrap(), "mine");
    }

    #[test]
    fn nothing_leaves_the_folder() {
        let outside = tempfile::tempdir().unwrap();
        let folder = outside.path().join("notes");
        let mut notebook = Notebook::open(&folder).unwrap();
        for name in ["../c.py", "/d.py", "a/../../e.py", ""] {
            let hostile =
                IndexedNote { note: if name.is_empty() { String::new() } else { name_of(name) }, ..note("x") };
            assert!(matches!(notebook.keep(hostile, "x"), Err(NotesError::Name { .. })), "{name}");
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(outside.path(), folder.join("link")).unwrap();
            assert!(matches!(notebook.keep(note("link/a.py"), "x"), Err(NotesError::Link { .. })));
            std::os::unix::fs::symlink(outside.path().join("new"), folder.join("f.py.md")).unwrap();
            assert!(!notebook.keep(note("f.py"), "x").unwrap());
        }
        notebook.close().unwrap();
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1);
        assert!(!folder.join(INDEX).exists());
    }
}
