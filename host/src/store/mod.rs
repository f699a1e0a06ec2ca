//! Studies that are kept on disk, one file each.
//!
//! A file has two lines of JSON: what a list says of the study, then the study. So a list of thousands reads a few hundred bytes of each. It is
//! written whole or not at all, readable by its owner only, and never changed afterwards.

mod error;
mod journal;
mod lock;
mod names;
mod profiles;
mod requests;
pub mod shared;
mod unfinished;
mod watch;

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Read, Write as _},
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;

pub use error::StoreError;
pub use journal::{Journal, Journals, Reopened};
pub use lock::ServerLock;
pub use profiles::{ProfileStore, read as read_profile};
pub use requests::{RequestLog, Requests};
pub use unfinished::unfinished;
pub use watch::{KeptWatch, WatchStore};

use crate::{
    files::{self, ReadError},
    install::private,
    model::{
        kept::{StudyId, StudySummary},
        study::{SCHEMA_VERSION, Study},
    },
};

/// The folder in the program's own one.
const FOLDER: &str = "studies";

/// How files of studies end.
const ENDING: &str = "study";

/// Bytes of a summary at most: what is longer is none of ours.
const MOST_SUMMARY_BYTES: u64 = 64 << 10;

/// Bytes of a study at most.
const MOST_STUDY_BYTES: u64 = 512 << 20;

/// What became of a study that was brought here.
#[derive(Debug, Clone, PartialEq)]
pub enum Imported {
    New(StudySummary),
    /// It was here already.
    Known(StudySummary),
}

/// Where studies are kept.
#[derive(Debug, Clone)]
pub struct StudyStore {
    folder: PathBuf,
}

/// What is kept, and what lies among it that cannot be read.
#[derive(Debug, Default)]
pub struct Listing {
    /// The newest first.
    pub studies: Vec<StudySummary>,
    pub unreadable: Vec<StoreError>,
}

impl StudyStore {
    /// The store in the program's data folder, which need not exist.
    #[must_use]
    pub fn new(data: &Path) -> Self {
        Self { folder: data.join(FOLDER) }
    }

    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Keeps a study. The same study has the same name, and is kept once.
    ///
    /// # Errors
    /// When it cannot be written; nothing is there then.
    pub fn save(&self, study: &Study) -> Result<StudySummary, StoreError> {
        let text = serde_json::to_string(study).map_err(StoreError::Unsayable)?;
        self.write(StudySummary::of(name_of(study, &text), study), &text)
    }

    /// Keeps a study that was made elsewhere. One that is here already stays what it is.
    ///
    /// # Errors
    /// When it has no name that a file could have, or cannot be written.
    pub fn import(&self, study: &Study) -> Result<Imported, StoreError> {
        let text = serde_json::to_string(study).map_err(StoreError::Unsayable)?;
        let id = name_of(study, &text);
        if StudyId::parse(id.as_str()).is_none() {
            let what = "it does not say when it was made".to_owned();
            return Err(StoreError::NotAStudy { path: self.folder.clone(), what });
        }
        if let Ok(known) = self.summary(&id) {
            return Ok(Imported::Known(known));
        }
        let summary = StudySummary { imported: true, ..StudySummary::of(id, study) };
        self.write(summary, &text).map(Imported::New)
    }

    fn write(&self, summary: StudySummary, text: &str) -> Result<StudySummary, StoreError> {
        let first = serde_json::to_string(&summary).map_err(StoreError::Unsayable)?;
        let path = self.path(&summary.id);
        let failed = |source| StoreError::Write { path: path.clone(), source };
        private::make(&self.folder).map_err(failed)?;
        let mut file = NamedTempFile::new_in(&self.folder).map_err(failed)?;
        for line in [first.as_str(), text] {
            file.write_all(line.as_bytes()).and_then(|()| file.write_all(b"\n")).map_err(failed)?;
        }
        file.as_file().sync_all().map_err(failed)?;
        file.persist(&path).map_err(|error| failed(error.error))?;
        // The name is durable when the folder is. Some systems cannot sync one, and lose nothing that was there before.
        let _ = File::open(&self.folder).and_then(|folder| folder.sync_all());
        Ok(summary)
    }

    /// All studies.
    ///
    /// # Errors
    /// When the folder is there and cannot be read.
    pub fn list(&self) -> Result<Listing, StoreError> {
        let mut listing = Listing::default();
        for id in self.ids()? {
            match self.summary(&id) {
                Ok(summary) => listing.studies.push(summary),
                Err(error) => listing.unreadable.push(error),
            }
        }
        Ok(listing)
    }

    /// The study that somebody means by `last`, a name, the beginning of one, or its last four digits.
    ///
    /// # Errors
    /// When there is none, or more than one.
    pub fn find(&self, meant: &str) -> Result<StudyId, StoreError> {
        let ids = self.ids()?;
        if meant == names::LAST {
            // One that was brought here is never meant by it, unless there is no other.
            let is_own = |id: &&StudyId| self.summary(id).is_ok_and(|summary| !summary.imported);
            if let Some(own) = ids.iter().find(is_own) {
                return Ok(own.clone());
            }
        }
        names::meant(ids, meant)
    }

    /// A whole study.
    ///
    /// # Errors
    /// When it is not there, not whole, or of a newer release.
    pub fn load(&self, id: &StudyId) -> Result<Study, StoreError> {
        let path = self.path(id);
        let mut file = self.open(id)?;
        let size = file.get_ref().metadata().map_err(|source| StoreError::Read { path: path.clone(), source })?.len();
        if size > MOST_STUDY_BYTES {
            return Err(StoreError::Read { path, source: ReadError::TooLarge { most: MOST_STUDY_BYTES }.into() });
        }
        let mut skipped = Vec::new();
        let mut text = String::new();
        (&mut file)
            .take(MOST_SUMMARY_BYTES)
            .read_until(b'\n', &mut skipped)
            .and_then(|_| (&mut file).take(MOST_STUDY_BYTES).read_to_string(&mut text))
            .map_err(|source| StoreError::Read { path: path.clone(), source })?;
        parse(&path, &text, |source| StoreError::Broken { path: path.clone(), source })
    }

    /// Forgets a study.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn remove(&self, id: &StudyId) -> Result<(), StoreError> {
        let path = self.path(id);
        fs::remove_file(&path).map_err(|source| StoreError::Write { path, source })
    }

    fn path(&self, id: &StudyId) -> PathBuf {
        self.folder.join(format!("{id}.{ENDING}"))
    }

    fn open(&self, id: &StudyId) -> Result<BufReader<File>, StoreError> {
        let path = self.path(id);
        files::open(&path).map(BufReader::new).map_err(|error| StoreError::Read { path, source: error.into() })
    }

    /// What a list says of a study.
    ///
    /// # Errors
    /// When it is not there, or is none.
    pub fn summary(&self, id: &StudyId) -> Result<StudySummary, StoreError> {
        let path = self.path(id);
        let mut line = String::new();
        self.open(id)?
            .take(MOST_SUMMARY_BYTES)
            .read_line(&mut line)
            .map_err(|source| StoreError::Read { path: path.clone(), source })?;
        let summary: StudySummary =
            serde_json::from_str(&line).map_err(|source| StoreError::Broken { path, source })?;
        // A file that was renamed by hand goes by its name.
        Ok(StudySummary { id: id.clone(), ..summary })
    }

    /// The newest first.
    fn ids(&self) -> Result<Vec<StudyId>, StoreError> {
        names::ids_in(&self.folder, ENDING)
    }
}

/// The name of a study: its beginning, and digits of what it says.
fn name_of(study: &Study, text: &str) -> StudyId {
    let digest = Sha256::digest(text.as_bytes());
    StudyId::new(&study.started_at, digest.iter().take(2).fold(0, |mark, byte| (mark << 8) | u64::from(*byte)))
}

/// Reads a study from a file that somebody sent.
///
/// # Errors
/// When it cannot be read, is none, is too large, or of a newer release.
pub fn read_study(path: &Path) -> Result<Study, StoreError> {
    let failed = |source| StoreError::Read { path: path.to_owned(), source };
    let none = |what: String| StoreError::NotAStudy { path: path.to_owned(), what };
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(MOST_STUDY_BYTES + 1).read_to_end(&mut bytes)).map_err(failed)?;
    if bytes.len() as u64 > MOST_STUDY_BYTES {
        return Err(none(format!("it is larger than {} MiB", MOST_STUDY_BYTES >> 20)));
    }
    let text = String::from_utf8(bytes).map_err(|_| none("it is no text".to_owned()))?;
    let study = parse(path, &text, |source| none(source.to_string()))?;
    if StudyId::parse(name_of(&study, &text).as_str()).is_none() {
        return Err(none("it does not say when it was made".to_owned()));
    }
    Ok(study)
}

fn parse(path: &Path, text: &str, broken: impl Fn(serde_json::Error) -> StoreError) -> Result<Study, StoreError> {
    let value: serde_json::Value = serde_json::from_str(text).map_err(&broken)?;
    let version = value.get("schema_version").and_then(serde_json::Value::as_u64).unwrap_or(0);
    if version > u64::from(SCHEMA_VERSION) {
        return Err(StoreError::Newer { path: path.to_owned(), version });
    }
    serde_json::from_value(value).map_err(broken)
}
