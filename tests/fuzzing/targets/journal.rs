//! The journal of a study that was killed: whatever is on the disk, what is believed is a beginning of what was written.
//!
//! The input is lines of JSON, which get their checksums here, because no fuzzer finds those. Then the file is damaged as the first five bytes
//! say: where, how, and with what.

use std::{
    fs,
    path::{Path, PathBuf},
};

use ralf_tune::{
    model::kept::StudyId,
    store::{Journals, Reopened, StoreError},
    tune::Remembered,
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{is_fit_to_show, reader::Reader};

const NAME: &str = "20261127-150405-2a7f";

pub fn check(input: &[u8]) {
    let folder = super::folder();
    let disk = Disk::new(folder.path());
    let mut reader = Reader(input);
    let (how, at, with) = (reader.byte(), reader.number(), reader.number());
    let lines: Vec<&[u8]> = reader.0.split(|byte| *byte == b'\n').collect();
    let whole = written(&lines);

    // Nothing has happened to it: all that can be read is read, in order.
    let before = disk.read::<Value>(&whole);
    let count = before.as_ref().map_or(0, |found| found.records.len());
    for (record, line) in before.iter().flat_map(|found| &found.records).zip(lines.iter().skip(2)) {
        assert_eq!(*record, serde_json::from_slice::<Value>(line).unwrap());
    }

    let mut damaged = whole.clone();
    let at = usize::from(at) % (damaged.len() + 1);
    match how % 4 {
        0 => damaged.truncate(at),
        1 => damaged.insert(at, with.to_le_bytes()[0]),
        2 => damaged.rotate_left(at),
        _ => damaged.iter_mut().skip(at).take(2).zip(with.to_le_bytes()).for_each(|(byte, mask)| *byte ^= mask),
    }
    // Lines that end before the damage are as they were.
    let same = whole.iter().zip(&damaged).take_while(|(a, b)| a == b).count();
    let whole_lines = damaged[..same].split(|byte| *byte == b'\n').count() - 1;
    let after = disk.read::<Value>(&damaged);
    let kept = after.as_ref().map_or(0, |found| found.records.len());
    assert!(kept <= count, "records out of nothing");
    assert!(
        kept >= count.min(whole_lines.saturating_sub(2)),
        "{kept} of {count} are left, {whole_lines} lines are whole"
    );
    if let (Some(before), Some(after)) = (&before, &after) {
        assert_eq!(before.records[..kept], after.records[..], "not a beginning of what was written");
        assert_eq!(before.header, after.header);
    }

    // The same of the records that are really kept, and the raw bytes without help.
    disk.read::<Remembered>(&damaged);
    disk.read::<Value>(reader.0);
}

/// The file that a study would have written.
fn written(lines: &[&[u8]]) -> Vec<u8> {
    let mut sum = String::new();
    let mut bytes = Vec::new();
    for line in lines {
        sum = Sha256::digest([sum.as_bytes(), line].concat())
            .iter()
            .fold(String::new(), |sum, byte| sum + &format!("{byte:02x}"));
        bytes.extend([sum.as_bytes(), b" ", line, b"\n"].concat());
    }
    bytes
}

struct Disk {
    journals: Journals,
    path: PathBuf,
    id: StudyId,
}

impl Disk {
    fn new(data: &Path) -> Self {
        fs::create_dir_all(data.join("journals")).unwrap();
        let path = data.join("journals").join(NAME).with_extension("journal");
        Self { journals: Journals::new(data), path, id: StudyId::parse(NAME).unwrap() }
    }

    /// Puts the bytes there and reads them. What could not be believed is gone afterwards, and nothing else: a second time finds the same.
    fn read<R: DeserializeOwned + PartialEq + std::fmt::Debug>(&self, bytes: &[u8]) -> Option<Found<R>> {
        fs::write(&self.path, bytes).unwrap();
        // Another test that starts a process at this moment may hold the lock of the one before until the process has begun.
        let open = || {
            let tries = std::iter::repeat_with(|| self.journals.open::<Value, R>(&self.id, false)).take(1_000_000);
            let mut done = tries.skip_while(|opened| {
                let is_held = matches!(opened, Err(StoreError::Running { .. }));
                if is_held {
                    std::thread::yield_now();
                }
                is_held
            });
            done.next().unwrap_or_else(|| panic!("{} stays locked", self.path.display()))
        };
        let found = match open() {
            Ok(found) => found,
            Err(error) => {
                assert!(matches!(error, StoreError::NoBeginning { .. } | StoreError::Newer { .. }), "{error:?}");
                is_fit_to_show(&error.to_string());
                assert_eq!(fs::read(&self.path).unwrap(), bytes, "what was not understood was changed");
                return None;
            }
        };
        let good = fs::read(&self.path).unwrap();
        assert!(bytes.starts_with(&good) && (bytes.len() - good.len()) as u64 == found.dropped_bytes);
        let Reopened { journal, header, records, .. } = found;
        drop(journal);
        let again = open().unwrap();
        assert_eq!((&again.header, &again.records, again.dropped_bytes), (&header, &records, 0));
        Some(Found { header, records })
    }
}

struct Found<R> {
    header: Value,
    records: Vec<R>,
}
