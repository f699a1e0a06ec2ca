//! What went through the proxy: one line of JSON a request, in a few files of bounded size.

use std::{
    fs::{self, File, OpenOptions},
    io::{BufRead as _, BufReader, Read as _, Write as _},
    path::{Path, PathBuf},
};

use super::error::StoreError;
use crate::{files::ReadError, install::private, model::exchange::ExchangeRecord};

/// The folder in the program's own one, and the newest file in it.
const FOLDER: &str = "requests";
const NAME: &str = "requests.jsonl";

/// Bytes after which a new file is begun, and how many older ones are kept: 32 MiB at most, some hundred thousand requests.
const MOST_BYTES: u64 = 8 << 20;
const OLDER: u32 = 3;

/// Bytes of a file that are read: what somebody else made of it is not read to its end.
const MOST_READ: u64 = 64 << 20;

/// What was recorded, the oldest first, and how many lines cannot be read.
#[derive(Debug, Default)]
pub struct Requests {
    pub records: Vec<ExchangeRecord>,
    pub unreadable: usize,
}

impl Requests {
    /// Those in the program's data folder; none where nothing was recorded.
    ///
    /// # Errors
    /// When a file is there and cannot be read.
    pub fn read(data: &Path) -> Result<Self, StoreError> {
        let folder = data.join(FOLDER);
        let mut requests = Self::default();
        let names = (1..=OLDER).rev().map(|number| format!("{NAME}.{number}")).chain([NAME.to_owned()]);
        for path in names.map(|name| folder.join(name)) {
            let file = match File::open(&path) {
                Ok(file) => file,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(source) => return Err(StoreError::Read { path, source }),
            };
            let mut lines = BufReader::new(file.take(MOST_READ));
            let mut line = Vec::new();
            loop {
                line.clear();
                match lines.read_until(b'\n', &mut line) {
                    Ok(0) => break,
                    Ok(_) => match serde_json::from_slice(&line) {
                        Ok(record) => requests.records.push(record),
                        Err(_) => requests.unreadable += 1,
                    },
                    Err(source) => return Err(StoreError::Read { path, source }),
                }
            }
        }
        Ok(requests)
    }
}

/// The log, open at its end.
#[derive(Debug)]
pub struct RequestLog {
    folder: PathBuf,
    file: File,
    bytes: u64,
    most_bytes: u64,
}

impl RequestLog {
    /// The log in the program's data folder.
    ///
    /// # Errors
    /// When it cannot be written there.
    pub fn open(data: &Path) -> Result<Self, StoreError> {
        Self::open_with(data, MOST_BYTES)
    }

    fn open_with(data: &Path, most_bytes: u64) -> Result<Self, StoreError> {
        let folder = data.join(FOLDER);
        private::make(&folder).map_err(|source| StoreError::Write { path: folder.clone(), source })?;
        let (file, bytes) = newest(&folder)?;
        Ok(Self { folder, file, bytes, most_bytes })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.folder.join(NAME)
    }

    /// Adds requests, in one go as far as a file has room.
    ///
    /// # Errors
    /// When they cannot be written; those of earlier calls are there.
    pub fn add(&mut self, records: &[ExchangeRecord]) -> Result<(), StoreError> {
        let mut lines = Vec::new();
        for record in records {
            let begin = lines.len();
            serde_json::to_writer(&mut lines, record).map_err(StoreError::Unsayable)?;
            lines.push(b'\n');
            if self.bytes + begin as u64 > 0 && self.bytes + lines.len() as u64 > self.most_bytes {
                let line = lines.split_off(begin);
                self.write(&lines)?;
                self.begin_another()?;
                lines = line;
            }
        }
        self.write(&lines)
    }

    fn write(&mut self, lines: &[u8]) -> Result<(), StoreError> {
        self.file.write_all(lines).map_err(|source| StoreError::Write { path: self.path(), source })?;
        self.bytes += lines.len() as u64;
        Ok(())
    }

    /// The newest becomes an older one, and the oldest goes.
    fn begin_another(&mut self) -> Result<(), StoreError> {
        let older = |number: u32| self.folder.join(format!("{NAME}.{number}"));
        for number in (1..OLDER).rev() {
            if older(number).exists() {
                let path = older(number);
                fs::rename(&path, older(number + 1)).map_err(|source| StoreError::Write { path, source })?;
            }
        }
        fs::rename(self.path(), older(1)).map_err(|source| StoreError::Write { path: self.path(), source })?;
        (self.file, self.bytes) = newest(&self.folder)?;
        Ok(())
    }
}

fn newest(folder: &Path) -> Result<(File, u64), StoreError> {
    let path = folder.join(NAME);
    let failed = |source| StoreError::Write { path: path.clone(), source };
    // A pipe would wait for its other end.
    if fs::metadata(&path).is_ok_and(|found| !found.is_file()) {
        return Err(failed(ReadError::NotAFile.into()));
    }
    let file = OpenOptions::new().append(true).create(true).open(&path).map_err(failed)?;
    private::make_own(&file).map_err(failed)?;
    let bytes = file.metadata().map_err(failed)?.len();
    Ok((file, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_grows_to_its_bound_and_no_further() {
        let data = tempfile::tempdir().unwrap();
        let record = |number: usize| ExchangeRecord { at_once: number, ..ExchangeRecord::default() };
        let mut log = RequestLog::open_with(data.path(), 2000).unwrap();
        for number in (0..100).step_by(4) {
            log.add(&[record(number), record(number + 1)]).unwrap();
            log.add(&[record(number + 2)]).unwrap();
            log.add(&[record(number + 3)]).unwrap();
        }
        // Whoever comes later goes on at its end.
        let mut log = RequestLog::open_with(data.path(), 2000).unwrap();
        log.add(&[record(100)]).unwrap();
        let files: Vec<_> =
            fs::read_dir(data.path().join(FOLDER)).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(files.len(), 1 + OLDER as usize, "{files:?}");
        assert!(files.iter().all(|file| fs::metadata(file).unwrap().len() <= 2000));
        let text = fs::read_to_string(log.path()).unwrap();
        let last: ExchangeRecord = serde_json::from_str(text.lines().last().unwrap()).unwrap();
        assert_eq!(last, record(100));
        // Read again, the oldest comes first, and what is no record is counted.
        log.file.write_all(b"torn {\n").unwrap();
        let read = Requests::read(data.path()).unwrap();
        assert_eq!((read.records.last(), read.unreadable), (Some(&record(100)), 1));
        assert!(
            read.records.len() > 20 && read.records.is_sorted_by_key(|record| record.at_once),
            "{}",
            read.records.len()
        );
        assert_eq!(Requests::read(&data.path().join("elsewhere")).unwrap().records, []);
    }
}
