//! Free space where a folder is, or would be made.

use std::path::Path;

use sysinfo::Disks;

/// Bytes that the user may still write there; `None` where the system does not say.
#[must_use]
pub fn free_bytes(folder: &Path) -> Option<u64> {
    let real = folder.ancestors().find_map(|folder| std::fs::canonicalize(folder).ok())?;
    let disks = Disks::new_with_refreshed_list().ok()?;
    let around = disks.iter().filter(|disk| real.starts_with(disk.mount_point()));
    // Of those that are mounted one in the other, the innermost has it.
    let disk = around.max_by_key(|disk| disk.mount_point().components().count())?;
    // Some systems of files say nothing.
    (disk.total_space() > 0).then(|| disk.available_space())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_not_there_yet_is_where_it_would_be_made() {
        let folder = tempfile::tempdir().unwrap();
        let (here, there) = (free_bytes(folder.path()), free_bytes(&folder.path().join("a/b")));
        assert_eq!(here.is_some(), there.is_some());
        assert!(here.is_none_or(|bytes| bytes > 0));
    }
}
