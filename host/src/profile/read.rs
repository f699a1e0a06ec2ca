//! Reading the small text files of `/proc` and `/sys` below a root that tests can replace.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

/// More than any of these files holds, and little enough to be read without a thought.
const MAX_BYTES: u64 = 4 << 20;

/// The path of an absolute system file below `root`.
pub(super) fn below(root: &Path, path: &str) -> PathBuf {
    root.join(path.trim_start_matches('/'))
}

/// The text of a system file, trimmed. `None` when it cannot be read.
pub(super) fn text(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(MAX_BYTES).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).trim().to_owned())
}

/// The number that is a system file's whole content.
pub(super) fn number(path: &Path) -> Option<u64> {
    text(path)?.parse().ok()
}

/// A path as the user knows it: without the root that stands before it.
pub(super) fn shown(root: &Path, path: &Path) -> String {
    match path.strip_prefix(root) {
        Ok(rest) => format!("/{}", rest.display()),
        Err(_) => path.display().to_string(),
    }
}

/// The names in a directory, sorted. Empty when it cannot be read.
pub(super) fn names(directory: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(directory) else { return Vec::new() };
    let mut names: Vec<String> = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    names
}

/// How many CPUs a kernel list names: `"0-3,8"` are five.
pub(super) fn count_cpu_list(list: &str) -> Option<u32> {
    let mut count = 0_u32;
    for range in list.trim().split(',') {
        let (from, to) = range.split_once('-').unwrap_or((range, range));
        let (from, to): (u32, u32) = (from.trim().parse().ok()?, to.trim().parse().ok()?);
        count = count.checked_add(to.checked_sub(from)?.checked_add(1)?)?;
    }
    Some(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_lists_are_counted() {
        for (list, expected) in [("0-3,8", Some(5)), ("0", Some(1)), ("0-127\n", Some(128)), ("", None), ("3-1", None)]
        {
            assert_eq!(count_cpu_list(list), expected, "{list:?}");
        }
    }
}
