//! What a study has learned from the server so far, on disk while it runs, so that a killed one can go on.
//!
//! A journal is text: one record a line, JSON behind a checksum. A checksum covers its line and all before it, so that a line that is torn,
//! changed, missing or out of place ends what is believed; what stands before it is good. Only ever appended to. The file is locked while its
//! study runs; the system gives the lock back however the process ends, so that no lock is ever stale.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{Read, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

use serde::{Serialize, de::DeserializeOwned};

use super::{error::StoreError, names};
use crate::{
    files::{self, ReadError},
    install::private,
    model::{digest::Digest, kept::StudyId},
};

/// The folder in the program's own one.
const FOLDER: &str = "journals";

/// How files of journals end.
const ENDING: &str = "journal";

/// Bytes of a journal at most: answers of hours are a few megabytes.
const MOST_BYTES: u64 = 512 << 20;

/// Bytes of the first line at most.
const MOST_FORM_BYTES: u64 = 4 << 10;

/// Journals of studies that nobody went on with: older ones are dropped when a new one begins.
const MOST_LEFT: usize = 10;

/// The form of the records. Another number is another form.
const FORM: u32 = 1;

/// Where journals are.
#[derive(Debug, Clone)]
pub struct Journals {
    folder: PathBuf,
}

/// The journal of a study that runs.
#[derive(Debug)]
pub struct Journal {
    file: File,
    path: PathBuf,
    chain: Chain,
    /// Whether a record is on the disk before the next is asked for, and not only in the system's memory, which outlives the process.
    durable: bool,
}

/// A journal that was found.
#[derive(Debug)]
pub struct Reopened<H, R> {
    pub journal: Journal,
    pub header: H,
    pub records: Vec<R>,
    /// Bytes at the end that could not be believed, and are gone.
    pub dropped_bytes: u64,
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Form {
    form: u32,
}

impl Journals {
    /// Those in the program's data folder, which need not exist.
    #[must_use]
    pub fn new(data: &Path) -> Self {
        Self { folder: data.join(FOLDER) }
    }

    /// Begins the journal of a study.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn begin<H: Serialize>(&self, id: &StudyId, header: &H, durable: bool) -> Result<Journal, StoreError> {
        let path = self.path(id);
        let failed = |source| StoreError::Write { path: path.clone(), source };
        private::make(&self.folder).map_err(failed)?;
        self.prune();
        let file = OpenOptions::new().write(true).create_new(true).open(&path).map_err(failed)?;
        private::make_own(&file).map_err(failed)?;
        file.try_lock().map_err(|error| failed(error.into()))?;
        let mut journal = Journal { file, path: path.clone(), chain: Chain::default(), durable };
        let begun = journal.append(&Form { form: FORM }).and_then(|()| journal.append(header));
        if let Err(error) = begun {
            // Half a beginning is nothing to go on with.
            let _ = fs::remove_file(&path);
            return Err(error);
        }
        Ok(journal)
    }

    /// The studies that can be gone on with.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn ids(&self) -> Result<Vec<StudyId>, StoreError> {
        names::ids_in(&self.folder, ENDING)
    }

    /// The unfinished study that somebody means.
    ///
    /// # Errors
    /// When there is none, or more than one.
    pub fn find(&self, meant: &str) -> Result<StudyId, StoreError> {
        let ids = self.ids()?;
        if ids.is_empty() {
            return Err(StoreError::NoneUnfinished);
        }
        names::meant(ids, meant).map_err(|error| match error {
            StoreError::Unknown { meant } => StoreError::UnknownUnfinished { meant },
            other => other,
        })
    }

    /// Opens a journal to go on with it. What cannot be believed at its end is dropped.
    ///
    /// # Errors
    /// When its study still runs, or its beginning cannot be believed.
    pub fn open<H: DeserializeOwned, R: DeserializeOwned>(
        &self,
        id: &StudyId,
        durable: bool,
    ) -> Result<Reopened<H, R>, StoreError> {
        let path = self.path(id);
        let failed = |source| StoreError::Read { path: path.clone(), source };
        let mut file = OpenOptions::new().read(true).write(true).open(&path).map_err(failed)?;
        if !file.metadata().map_err(failed)?.is_file() {
            return Err(failed(ReadError::NotAFile.into()));
        }
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StoreError::Running { id: id.clone() }),
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        let beginning = || StoreError::NoBeginning { path: path.clone() };
        let mut bytes = Vec::new();
        (&mut file).take(MOST_FORM_BYTES).read_to_end(&mut bytes).map_err(failed)?;
        // A file without lines is none, however large it is.
        if !bytes.contains(&b'\n') {
            return Err(beginning());
        }
        (&mut file).take(MOST_BYTES).read_to_end(&mut bytes).map_err(failed)?;
        let mut reader = Lines { rest: &bytes, chain: Chain::default() };
        let form: Form = reader.next().ok_or_else(beginning)?;
        if form.form > FORM {
            return Err(StoreError::Newer { path, version: form.form.into() });
        }
        let header: H = reader.next().ok_or_else(beginning)?;
        let mut records = Vec::new();
        while let Some(record) = reader.next() {
            records.push(record);
        }
        let dropped_bytes = reader.rest.len() as u64;
        let good = bytes.len() as u64 - dropped_bytes;
        let chain = reader.chain;
        let failed = |source| StoreError::Write { path: path.clone(), source };
        file.set_len(good).and_then(|()| file.seek(SeekFrom::Start(good))).map_err(failed)?;
        Ok(Reopened { journal: Journal { file, path, chain, durable }, header, records, dropped_bytes })
    }

    /// Files of journals of which nothing can be used, and whose studies do not run.
    #[must_use]
    pub fn useless(&self) -> Vec<PathBuf> {
        let is_useless = |path: &PathBuf| {
            let Ok(file) = File::open(path) else { return false };
            let mut bytes = Vec::new();
            if file.try_lock().is_err() || file.take(MOST_BYTES).read_to_end(&mut bytes).is_err() {
                return false;
            }
            let mut reader = Lines { rest: &bytes, chain: Chain::default() };
            match reader.next::<Form>() {
                // What a newer release wrote is that release's.
                Some(form) => form.form <= FORM && reader.next::<serde_json::Value>().is_none(),
                None => true,
            }
        };
        self.ids().unwrap_or_default().iter().map(|id| self.path(id)).filter(is_useless).collect()
    }

    /// Drops the oldest, but for those whose studies run.
    fn prune(&self) {
        for id in names::ids_in(&self.folder, ENDING).unwrap_or_default().iter().skip(MOST_LEFT - 1) {
            let path = self.path(id);
            if files::open(&path).is_ok_and(|file| file.try_lock().is_ok()) {
                let _ = fs::remove_file(path);
            }
        }
    }

    fn path(&self, id: &StudyId) -> PathBuf {
        self.folder.join(format!("{id}.{ENDING}"))
    }
}

impl Journal {
    /// Appends a record. When this returns, it is there.
    ///
    /// # Errors
    /// When it cannot be written. What was written before stays good.
    pub fn append<R: Serialize>(&mut self, record: &R) -> Result<(), StoreError> {
        let json = serde_json::to_string(record).map_err(StoreError::Unsayable)?;
        let next = self.chain.with(json.as_bytes());
        let line = format!("{} {json}\n", next.0);
        let written = self.file.write_all(line.as_bytes());
        let written = if self.durable { written.and_then(|()| self.file.sync_data()) } else { written };
        written.map_err(|source| StoreError::Write { path: self.path.clone(), source })?;
        self.chain = next;
        Ok(())
    }

    /// The study has ended: its journal is not needed any more.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn remove(self) -> Result<(), StoreError> {
        let path = self.path;
        fs::remove_file(&path).map_err(|source| StoreError::Write { path, source })
    }
}

/// A checksum over all lines so far: the SHA-256 of the one before and the line. Against accidents, not against people: whoever can write
/// here can write anything.
#[derive(Debug, Clone, Default)]
struct Chain(String);

impl Chain {
    /// Digits of a checksum.
    const DIGITS: usize = 64;

    fn with(&self, line: &[u8]) -> Self {
        Self(Digest::of(&[self.0.as_bytes(), line].concat()).hex().to_owned())
    }
}

/// The lines that can be believed, one after the other.
struct Lines<'a> {
    rest: &'a [u8],
    chain: Chain,
}

impl Lines<'_> {
    /// The next record; `None` at the end, and at the first line that cannot be believed.
    fn next<R: DeserializeOwned>(&mut self) -> Option<R> {
        let end = self.rest.iter().position(|byte| *byte == b'\n')?;
        let (line, rest) = self.rest.split_at_checked(end + 1)?;
        let (sum, json) = line.get(..end)?.split_at_checked(Chain::DIGITS)?;
        let json = json.strip_prefix(b" ")?;
        let next = self.chain.with(json);
        let record = (next.0.as_bytes() == sum).then(|| serde_json::from_slice(json).ok()).flatten()?;
        (self.rest, self.chain) = (rest, next);
        Some(record)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "20261127-150405-2a7f";

    fn written() -> (tempfile::TempDir, Journals, Vec<u8>) {
        let data = tempfile::tempdir().unwrap();
        let journals = Journals::new(data.path());
        let mut journal = journals.begin(&StudyId::parse(ID).unwrap(), &"header", false).unwrap();
        for number in 0..6 {
            journal.append(&(number, "ä\n\"")).unwrap();
        }
        drop(journal);
        let bytes = fs::read(journals.path(&StudyId::parse(ID).unwrap())).unwrap();
        (data, journals, bytes)
    }

    fn read(journals: &Journals) -> Result<Reopened<String, (u32, String)>, StoreError> {
        // A program that another test starts has a copy of every open file until it runs, and so of locks that are given back.
        for _ in 0..10_000 {
            match journals.open(&StudyId::parse(ID).unwrap(), false) {
                Err(StoreError::Running { .. }) => std::thread::yield_now(),
                end => return end,
            }
        }
        journals.open(&StudyId::parse(ID).unwrap(), false)
    }

    fn is_beginning(records: &[(u32, String)]) -> bool {
        records.iter().enumerate().all(|(index, record)| *record == (u32::try_from(index).unwrap(), "ä\n\"".to_owned()))
    }

    #[test]
    fn a_journal_that_is_cut_or_changed_at_any_byte_keeps_what_stands_before() {
        let (_data, journals, whole) = written();
        let path = journals.path(&StudyId::parse(ID).unwrap());
        let ends: Vec<usize> = whole.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at).collect();
        for at in 0..whole.len() {
            for bits in [None, Some(0x01), Some(0x80), Some(0xff)] {
                let mut bytes = whole.clone();
                match bits {
                    None => bytes.truncate(at),
                    Some(bits) => bytes[at] ^= bits,
                }
                fs::write(&path, &bytes).unwrap();
                // Lines that end before it; the first two are the form and the header.
                let good = ends.iter().filter(|end| **end < at).count();
                match read(&journals) {
                    Ok(found) => {
                        assert_eq!(found.records.len() + 2, good, "at {at}");
                        assert!(is_beginning(&found.records));
                    }
                    Err(StoreError::NoBeginning { .. }) => assert!(good < 2, "at {at}"),
                    Err(other) => panic!("at {at}: {other}"),
                }
            }
        }
    }

    #[test]
    fn a_line_that_is_gone_or_stands_elsewhere_is_noticed() {
        let (_data, journals, whole) = written();
        let path = journals.path(&StudyId::parse(ID).unwrap());
        let lines: Vec<&[u8]> = whole.split_inclusive(|byte| *byte == b'\n').collect();
        let mut without = lines.clone();
        without.remove(4);
        fs::write(&path, without.concat()).unwrap();
        assert_eq!(read(&journals).unwrap().records.len(), 2);
        let mut swapped = lines;
        swapped.swap(4, 5);
        fs::write(&path, swapped.concat()).unwrap();
        assert_eq!(read(&journals).unwrap().records.len(), 2);
    }

    #[test]
    fn what_was_dropped_is_written_over() {
        let (_data, journals, mut whole) = written();
        let path = journals.path(&StudyId::parse(ID).unwrap());
        whole.extend(b"torn");
        fs::write(&path, &whole).unwrap();
        let mut found = read(&journals).unwrap();
        assert_eq!((found.records.len(), found.dropped_bytes), (6, 4));
        assert!(matches!(read(&journals), Err(StoreError::Running { .. })), "its study runs");
        found.journal.append(&(6, "ä\n\"")).unwrap();
        drop(found);
        let found = read(&journals).unwrap();
        assert_eq!((found.records.len(), found.dropped_bytes), (7, 0));
        assert!(is_beginning(&found.records));
        found.journal.remove().unwrap();
        assert!(matches!(journals.find("last"), Err(StoreError::NoneUnfinished)));
    }

    #[test]
    fn the_oldest_are_dropped_but_for_those_whose_study_runs() {
        let data = tempfile::tempdir().unwrap();
        let journals = Journals::new(data.path());
        let id = |second: usize| StudyId::parse(&format!("20261127-1504{second:02}-2a7f")).unwrap();
        let running = journals.begin(&id(0), &"runs", false).unwrap();
        for second in 1..=MOST_LEFT + 3 {
            drop(journals.begin(&id(second), &"left", false).unwrap());
        }
        let there = |second| journals.path(&id(second)).exists();
        assert!(there(0), "it runs");
        assert!(!there(1) && !there(3), "the oldest are gone");
        assert!((5..=MOST_LEFT + 3).all(there), "the others are left");
        drop(running);
    }
}
