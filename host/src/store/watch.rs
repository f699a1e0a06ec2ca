//! What is kept of watching: one file for each profile on a server, replaced whole, and the audit log, to which lines are only ever added.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Seek as _, Write as _},
    path::{Path, PathBuf},
};

use serde::{Serialize, de::DeserializeOwned};
use tempfile::NamedTempFile;

use super::StoreError;
use crate::{install::private, model::digest::Digest};

/// The folder in the program's own one, and the log in it.
const FOLDER: &str = "watch";
const LOG: &str = "audit.jsonl";
const OLDER_LOG: &str = "audit.jsonl.1";

/// Bytes of a state at most: some 200 probes are kept one by one.
const MOST_BYTES: u64 = 4 << 20;

/// Bytes after which a new log is begun; one older one stays. Some ten thousand lines each.
const MOST_LOG_BYTES: u64 = 4 << 20;

/// Where watching is kept.
#[derive(Debug, Clone)]
pub struct WatchStore {
    folder: PathBuf,
}

/// What there was.
#[derive(Debug)]
pub enum KeptWatch<T> {
    Nothing,
    State(T),
    /// It was damaged, or is of another release, and lies under this name now.
    Unusable(PathBuf),
}

impl WatchStore {
    /// The store in the program's data folder, which need not exist.
    #[must_use]
    pub fn new(data: &Path) -> Self {
        Self { folder: data.join(FOLDER) }
    }

    /// The state of that name. What cannot be used is put aside: its digest stands before it, so that half of one is none.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    pub fn load<T: DeserializeOwned>(&self, name: &str) -> Result<KeptWatch<T>, StoreError> {
        let path = self.path(name);
        let mut text = String::new();
        match File::open(&path).and_then(|file| file.take(MOST_BYTES).read_to_string(&mut text)) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(KeptWatch::Nothing),
            // Bytes that are no text are as damaged as any.
            Err(error) if error.kind() == io::ErrorKind::InvalidData => text.clear(),
            Err(source) => return Err(StoreError::Read { path, source }),
        }
        let whole = text.split_once('\n').map(|(digest, state)| (digest, state.trim_end_matches('\n')));
        let state = whole.filter(|(digest, state)| Digest::of(state.as_bytes()).hex() == *digest);
        if let Some(state) = state.and_then(|(_, state)| serde_json::from_str(state).ok()) {
            return Ok(KeptWatch::State(state));
        }
        let aside = path.with_extension("damaged");
        fs::rename(&path, &aside).map_err(|source| StoreError::Write { path: aside.clone(), source })?;
        Ok(KeptWatch::Unusable(aside))
    }

    /// Keeps a state in place of the one before.
    ///
    /// # Errors
    /// When it cannot be written; the one before stays then.
    pub fn save(&self, name: &str, state: &impl Serialize) -> Result<(), StoreError> {
        let path = self.path(name);
        let text = serde_json::to_string(state).map_err(StoreError::Unsayable)?;
        let failed = |source| StoreError::Write { path: path.clone(), source };
        private::make(&self.folder).map_err(failed)?;
        let mut file = NamedTempFile::new_in(&self.folder).map_err(failed)?;
        writeln!(file, "{}\n{text}", Digest::of(text.as_bytes()).hex()).map_err(failed)?;
        file.as_file().sync_all().map_err(failed)?;
        file.persist(&path).map_err(|error| failed(error.error))?;
        let _ = File::open(&self.folder).and_then(|folder| folder.sync_all());
        Ok(())
    }

    /// Adds a line to the audit log.
    ///
    /// # Errors
    /// When it cannot be written; those before it are there.
    pub fn log(&self, entry: &impl Serialize) -> Result<(), StoreError> {
        let path = self.folder.join(LOG);
        let mut line = serde_json::to_vec(entry).map_err(StoreError::Unsayable)?;
        line.push(b'\n');
        // After half a line, a line of its own.
        if ends_in_the_middle(&path) {
            line.insert(0, b'\n');
        }
        let failed = |source| StoreError::Write { path: path.clone(), source };
        private::make(&self.folder).map_err(failed)?;
        if fs::metadata(&path).is_ok_and(|file| file.len() + line.len() as u64 > MOST_LOG_BYTES) {
            fs::rename(&path, self.folder.join(OLDER_LOG)).map_err(failed)?;
        }
        let mut file = OpenOptions::new().append(true).create(true).open(&path).map_err(failed)?;
        private::make_own(&file).map_err(failed)?;
        file.write_all(&line).and_then(|()| file.sync_all()).map_err(failed)
    }

    /// The lines of the audit log, the oldest first. Those that are none are left out: the last one may be half.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    pub fn logged<T: DeserializeOwned>(&self) -> Result<Vec<T>, StoreError> {
        let mut entries = Vec::new();
        for name in [OLDER_LOG, LOG] {
            let path = self.folder.join(name);
            let bytes = match fs::read(&path) {
                Ok(bytes) => bytes,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(source) => return Err(StoreError::Read { path, source }),
            };
            entries.extend(bytes.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()));
        }
        Ok(entries)
    }

    /// Names have signs that names of files cannot have, so that a digest stands for them.
    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{}.state", Digest::of(name.as_bytes()).hex().get(..16).unwrap_or_default()))
    }
}

/// Whether the last line of a file is not ended.
fn ends_in_the_middle(path: &Path) -> bool {
    let last = |mut file: File| {
        let mut byte = [0];
        file.seek(io::SeekFrom::End(-1))?;
        file.read_exact(&mut byte)?;
        Ok::<_, io::Error>(byte)
    };
    File::open(path).and_then(last).is_ok_and(|byte| byte != *b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_state_is_none_and_lies_aside() {
        let data = tempfile::tempdir().unwrap();
        let store = WatchStore::new(data.path());
        assert!(matches!(store.load::<Vec<u32>>("a").unwrap(), KeptWatch::Nothing));
        store.save("a", &vec![1, 2, 3]).unwrap();
        assert!(matches!(store.load::<Vec<u32>>("a").unwrap(), KeptWatch::State(state) if state == [1, 2, 3]));
        let path = store.path("a");
        let text = fs::read_to_string(&path).unwrap();
        for damaged in [text[..text.len() - 3].to_owned(), text.replace('2', "7"), String::new()] {
            fs::write(&path, damaged).unwrap();
            assert!(matches!(store.load::<Vec<u32>>("a").unwrap(), KeptWatch::Unusable(aside) if aside.exists()));
            assert!(matches!(store.load::<Vec<u32>>("a").unwrap(), KeptWatch::Nothing));
        }
    }

    #[test]
    fn the_log_grows_and_half_a_line_costs_no_other() {
        let data = tempfile::tempdir().unwrap();
        let store = WatchStore::new(data.path());
        store.log(&"first").unwrap();
        let path = store.folder.join(LOG);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text + "\"half").unwrap();
        store.log(&"last").unwrap();
        assert_eq!(store.logged::<String>().unwrap(), ["first", "last"]);
    }
}
