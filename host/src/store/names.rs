//! Files of a folder that are named after studies, and which of them somebody means.

use std::{fs, io, path::Path};

use super::error::StoreError;
use crate::model::kept::StudyId;

/// The word for the newest.
const LAST: &str = "last";

/// The studies that files with this ending are named after, the newest first. A folder that does not exist has none.
pub(super) fn ids_in(folder: &Path, ending: &str) -> Result<Vec<StudyId>, StoreError> {
    let failed = |source| StoreError::Read { path: folder.to_owned(), source };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut ids = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        let stem = name.to_str().and_then(|name| name.strip_suffix(&format!(".{ending}")));
        // Of two that began in the same second, the one that was written last is the newer one.
        let written = entry.metadata().and_then(|metadata| metadata.modified()).ok();
        ids.extend(stem.and_then(StudyId::parse).map(|id| (id.second().to_owned(), written, id)));
    }
    ids.sort_unstable_by(|a, b| b.cmp(a));
    Ok(ids.into_iter().map(|(.., id)| id).collect())
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
