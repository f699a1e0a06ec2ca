//! Which files of the batch trials may use.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Picks `count` of `files` files that are sorted by size; gives back their positions, ascending.
///
/// One file out of each of `count` quantiles, so that the pick has the batch's distribution of sizes whatever the seed.
/// The median and the largest file are always among them: the one is typical, the other is what truncation happens to first.
#[must_use]
pub fn stratified(files: usize, count: usize, seed: u64) -> Vec<usize> {
    if files <= count {
        return (0..files).collect();
    }
    let (median, largest) = ((files - 1) / 2, files - 1);
    match count {
        0 => return Vec::new(),
        1 => return vec![median],
        2 => return vec![median, largest],
        _ => {}
    }
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut picked = Vec::with_capacity(count);
    for stratum in 0..count {
        let range = files * stratum / count..files * (stratum + 1) / count;
        // Drawn in any case, so that one stratum's choice does not depend on another's.
        let drawn = random.random_range(range.clone());
        picked.push([largest, median].into_iter().find(|fixed| range.contains(fixed)).unwrap_or(drawn));
    }
    picked
}

/// Files that are sorted by size in an order of which every stretch has about the mean size of the whole: the largest, the smallest,
/// the second largest … A batch meets its files in no order of size, and a short run must not either.
#[must_use]
pub fn mixed(files: &[usize]) -> Vec<usize> {
    let mut rest = files.iter().copied();
    let mut order = Vec::with_capacity(files.len());
    while let Some(large) = rest.next_back() {
        order.push(large);
        order.extend(rest.next());
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_quantile_is_covered_with_median_and_largest() {
        for files in 1..200 {
            for count in 1..40 {
                let picked = stratified(files, count, 7);
                assert_eq!(picked.len(), count.min(files), "{count} of {files}");
                assert!(picked.is_sorted_by(|one, next| one < next), "{count} of {files}: {picked:?}");
                assert!(picked.contains(&((files - 1) / 2)), "{count} of {files}: {picked:?}");
                assert!(count == 1 || picked.contains(&(files - 1)), "{count} of {files}: {picked:?}");
                // Without a gap of more than two strata.
                let widest = picked.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or(0);
                assert!(count < 3 || widest <= 2 * files.div_ceil(count), "{count} of {files}: {picked:?}");
            }
        }
    }

    #[test]
    fn the_seed_decides() {
        assert_eq!(stratified(1000, 24, 1), stratified(1000, 24, 1));
        assert_ne!(stratified(1000, 24, 1), stratified(1000, 24, 2));
        assert_eq!(stratified(0, 24, 1), Vec::<usize>::new());
        assert_eq!(stratified(10, 0, 1), Vec::<usize>::new());
    }

    #[test]
    fn a_mixed_order_has_every_file_and_no_trend() {
        assert_eq!(mixed(&[1, 2, 3, 4, 5]), [5, 1, 4, 2, 3]);
        assert_eq!(mixed(&[]), Vec::<usize>::new());
    }
}
