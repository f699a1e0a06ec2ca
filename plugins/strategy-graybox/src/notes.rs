//! Which files a trial of notes takes.

use ralf_tune_sdk::{strategy::prelude::*, study::Fit};

/// Length of a file that trials may use.
#[must_use]
pub fn chars_of(study: &Study, file: u32) -> f64 {
    study.workload.file_chars.get(file as usize).map_or(0.0, |chars| f64::from(*chars))
}

/// Lengths of some files.
#[must_use]
pub fn lengths(study: &Study, files: &[u32]) -> Vec<f64> {
    files.iter().map(|file| chars_of(study, *file)).collect()
}

/// How many places in the order of sizes a file may be away before one is taken that is a note already.
const MADE_PENALTY: usize = 2;

/// Files spread over the sizes, so that a line through their times is known at both ends: long ones and short ones in turns,
/// because a batch meets them in no order. Rather such that are no notes yet, which the batch still needs.
#[must_use]
pub fn spread(study: &Study, number: usize) -> Vec<u32> {
    let mut sorted: Vec<(u32, u32)> = study.workload.file_chars.iter().copied().zip(0..).collect();
    sorted.sort_unstable();
    let number = number.min(sorted.len());
    let place = |index: usize| (2 * index + 1) * sorted.len() / (2 * number.max(1));
    let mut chosen: Vec<u32> = Vec::new();
    for wanted in (0..number).map(place) {
        let distance = |(at, (_, file)): &(usize, &(u32, u32))| {
            at.abs_diff(wanted) + if study.is_made(*file) { MADE_PENALTY } else { 0 }
        };
        let open = sorted.iter().enumerate().filter(|(_, (_, file))| !chosen.contains(file));
        let nearest = open.min_by_key(distance).map(|(_, (_, file))| *file);
        chosen.extend(nearest);
    }
    let (short, long) = chosen.split_at(chosen.len() / 2);
    let mut mixed = Vec::new();
    let mut short = short.iter();
    for file in long.iter().rev() {
        mixed.push(*file);
        mixed.extend(short.next());
    }
    mixed
}

/// Files that two lengths of content cut differently, by their length.
#[must_use]
pub fn telling(study: &Study, content: f64, other: f64) -> Vec<u32> {
    let differs = |chars: f64| (Fit::cut(chars, content, 1e9).0 - Fit::cut(chars, other, 1e9).0).abs() > 0.5;
    let mut files: Vec<(u32, u32)> = study.workload.file_chars.iter().copied().zip(0..).collect();
    files.retain(|(chars, _)| differs(f64::from(*chars)));
    files.sort_unstable();
    files.into_iter().map(|(_, file)| file).collect()
}

#[cfg(test)]
mod tests {
    use ralf_tune_sdk::testing::{Host, Server};

    use super::*;

    #[test]
    fn neighbours_of_files_that_are_notes_are_taken_in_their_place() {
        let files: Vec<u32> = (1..=12).map(|size| size * 500).collect();
        let mut host = Host::new(Server::default(), &files);
        let sorted = |host: &Host| {
            let mut files = spread(&host.study, 4);
            files.sort_unstable();
            files
        };
        assert_eq!(sorted(&host), [1, 4, 7, 10]);
        host.baseline(&[4, 10]);
        let files = sorted(&host);
        assert!(!files.contains(&4) && !files.contains(&10), "{files:?}");
        assert!(files[0] <= 2 && files[3] >= 8, "still spread over the sizes: {files:?}");
    }
}
