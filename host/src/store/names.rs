//! Files of a folder that are named after studies, and which of them somebody means.

use std::{cmp::Reverse, fs, io, path::Path};

use super::error::StoreError;
use crate::model::kept::StudyId;

/// The word for the newest.
pub(super) const LAST: &str = "last";

/// The studies that files with this ending are named after, the newest first. A folder that does not exist has none.
pub(super) fn ids_in(folder: &Path, ending: &str) -> Result<Vec<StudyId>, StoreError> {
    let failed = |source| StoreError::Read { path: folder.to_owned(), source };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let named = format!(".{ending}");
    let mut ids = Vec::new();
    for entry in entries {
        let name = entry.map_err(failed)?.file_name();
        ids.extend(name.to_str().and_then(|name| name.strip_suffix(&named)).and_then(StudyId::parse));
    }
    ids.sort_unstable_by(|a, b| b.cmp(a));
    // Of those that began in the same second, the one that was written last is the newer one. Only they are asked for it: of thousands, that
    // takes as long as all the rest.
    for same in ids.chunk_by_mut(|a, b| a.second() == b.second()).filter(|same| same.len() > 1) {
        let written =
            |id: &StudyId| fs::metadata(folder.join(format!("{id}{named}"))).and_then(|file| file.modified()).ok();
        same.sort_by_cached_key(|id| Reverse(written(id)));
    }
    Ok(ids)
}

/// The study that somebody means by `last`, a name, the beginning of one, or its last four digits. `ids` has the newest first.
pub(super) fn meant(ids: Vec<StudyId>, meant: &str) -> Result<StudyId, StoreError> {
    let Some(newest) = ids.first() else { return Err(StoreError::Empty) };
    if meant == LAST {
        return Ok(newest.clone());
    }
    let mut fitting: Vec<StudyId> = ids
        .into_iter()
        .filter(|id| !meant.is_empty() && (id.as_str().starts_with(meant) || id.mark() == meant))
        .collect();
    match fitting.len() {
        0 => Err(StoreError::Unknown { meant: meant.to_owned() }),
        1 => Ok(fitting.remove(0)),
        _ => Err(StoreError::Several { meant: meant.to_owned(), fitting }),
    }
}

#[cfg(test)]
mod tests {
    use std::{
        fs::File,
        time::{Duration, UNIX_EPOCH},
    };

    use super::*;

    #[test]
    fn the_newest_is_first_and_of_one_second_the_one_that_was_written_last() {
        let folder = tempfile::tempdir().unwrap();
        for (name, written) in [
            ("20260101-000000-ffff", 1),
            ("20260101-000001-0001", 4),
            ("20260101-000001-0003", 2),
            ("20260101-000001-0002", 3),
            ("20251231-235959-0000", 9),
        ] {
            let file = File::create(folder.path().join(format!("{name}.study"))).unwrap();
            file.set_modified(UNIX_EPOCH + Duration::from_secs(written)).unwrap();
        }
        for other in ["20260101-000001-0002.journal", "notes.study", "20260101-000001-0009.studyx"] {
            File::create(folder.path().join(other)).unwrap();
        }
        let names: Vec<String> = ids_in(folder.path(), "study").unwrap().iter().map(StudyId::to_string).collect();
        let expected = [
            "20260101-000001-0001",
            "20260101-000001-0002",
            "20260101-000001-0003",
            "20260101-000000-ffff",
            "20251231-235959-0000",
        ];
        assert_eq!(names, expected);
        assert_eq!(ids_in(&folder.path().join("none"), "study").unwrap(), []);
    }
}
