//! How many files go into the next block of each of the two, and which. Pure.

use crate::model::{experiment::Experiment, trial::Trial};

/// How many places in the order of sizes a file may be away before one is taken that was measured already.
const USED_PENALTY: usize = 2;

/// Loads may take this share of the time that the notes between them take.
const RELOAD_SHARE: f64 = 0.5;

/// A tenth in hand: files differ, and a block that is cut off is worth half.
const IN_HAND: f64 = 0.9;

/// Most files in a block, so that there is something to look at soon.
const MOST_IN_BLOCK: usize = 8;

/// What a round of two blocks costs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Costs {
    /// Seconds of the machine that a file takes, ours and theirs.
    pub file_seconds: (f64, f64),
    /// Requests at the same time, ours and theirs.
    pub workers: (u32, u32),
    pub load_seconds: f64,
    /// Both can be measured without a load between them.
    pub together: bool,
}

impl Costs {
    /// Seconds that both blocks of so many files take, loads apart. Workers that find no file keep the others company until the last one ends.
    #[expect(clippy::cast_precision_loss, reason = "a handful of files")]
    fn round_seconds(&self, files: usize) -> f64 {
        let block = |seconds: f64, workers: u32| {
            let workers = f64::from(workers.max(1));
            seconds * (files as f64 + (workers - 1.0) / 2.0).max(workers)
        };
        block(self.file_seconds.0, self.workers.0) + block(self.file_seconds.1, self.workers.1)
    }

    /// The most requests at the same time of the two.
    #[must_use]
    pub fn width(&self) -> usize {
        self.workers.0.max(self.workers.1).max(1) as usize
    }

    /// Files that a block should have: as few as possible where a change costs nothing, and so many that loads take a third of the time
    /// where it does. Several workers need some files each, or they only show how a batch begins.
    fn wanted(&self) -> usize {
        let width = self.width();
        let least = if width > 1 { 2 * width } else { 1 };
        if self.together {
            return least;
        }
        let pays = |files: &usize| self.load_seconds <= RELOAD_SHARE * self.round_seconds(*files);
        (least.max(2)..MOST_IN_BLOCK).find(pays).unwrap_or(MOST_IN_BLOCK).max(least)
    }

    /// The most files for which so many rounds fit; 0 when none do.
    fn fits(&self, seconds: f64, loads: f64, rounds: u32) -> usize {
        let left = seconds * IN_HAND - loads * self.load_seconds;
        let fits = |files: &usize| f64::from(rounds) * self.round_seconds(*files) <= left;
        (1..=3 * MOST_IN_BLOCK).rev().find(fits).unwrap_or(0)
    }

    /// Files of each block of a first round that may prove enough by itself: no fewer than make a comparison, and 0 when there is no time for those.
    /// Nothing is kept in hand: what is left of the time has no other use.
    #[must_use]
    pub fn shortest(&self, seconds: f64, is_loaded: bool, least: usize) -> usize {
        let loads = f64::from(u8::from(!is_loaded)) + f64::from(u8::from(!self.together));
        let needed = loads * self.load_seconds + self.round_seconds(least);
        if needed <= seconds { least } else { 0 }
    }

    /// Files of each host's block, where the hosts make so many together: no fewer than one for each request at the same time.
    #[must_use]
    pub fn each(&self, block: usize, hosts: usize) -> usize {
        let width = self.width();
        block.div_ceil(hosts.max(1)).max(width).min(block)
    }

    /// Files of each block of the next round, for the time that is left; 0 when there is no time for one. `is_loaded` says whether the
    /// round can begin without a load, `is_first` whether nothing was compared yet.
    #[must_use]
    pub fn block(&self, seconds: f64, is_loaded: bool, is_first: bool) -> usize {
        let first = if is_loaded { 0.0 } else { 1.0 };
        let change = if self.together { 0.0 } else { 1.0 };
        let wanted = self.wanted();
        let one = self.fits(seconds, first + change, 1);
        if !is_first || one < 2 {
            return one.min(wanted);
        }
        // Two rounds, and each is early once and late once: A B, B A.
        let two = self.fits(seconds, first + 2.0 * change, 2);
        let loads = (first + 2.0 * change) * self.load_seconds;
        let pays = two >= 1 && (self.together || loads <= RELOAD_SHARE * 2.0 * self.round_seconds(two));
        if pays { two.min(wanted) } else { one.min(2 * wanted) }
    }
}

/// Files in an order of which every beginning is spread over the sizes like the batch: pairs that lie as far below the middle as above
/// it, at quantiles of van der Corput's sequence (1935). Near each quantile rather one that decided nothing yet.
#[must_use]
pub fn order(history: &[Trial], count: usize) -> Vec<usize> {
    let used = |file: usize| {
        history.iter().any(|trial| match &trial.experiment {
            Experiment::Notes { files } | Experiment::Compare { files, .. } => files.contains(&file),
            _ => false,
        })
    };
    let mut order: Vec<usize> = Vec::with_capacity(count);
    for index in 0..count {
        let place = quantile_place(index, count);
        let distance = |file: &usize| file.abs_diff(place) + if used(*file) { USED_PENALTY } else { 0 };
        order.extend((0..count).filter(|file| !order.contains(file)).min_by_key(distance));
    }
    order
}

/// The place among `count` sorted files of the `index`th quantile.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a list of some files"
)]
fn quantile_place(index: usize, count: usize) -> usize {
    // 1/2, 1/4, 3/4, 1/8 …, halved: 1/4, 1/8, 3/8 …; each with its mirror image.
    let (mut rest, mut share, mut value) = (index / 2 + 1, 0.5, 0.0);
    while rest > 0 {
        value += share * (rest % 2) as f64;
        rest /= 2;
        share /= 2.0;
    }
    let quantile = if index.is_multiple_of(2) { value / 2.0 } else { 1.0 - value / 2.0 };
    ((quantile * count as f64) as usize).min(count.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const APART: Costs = Costs { file_seconds: (5.0, 8.0), workers: (1, 1), load_seconds: 6.0, together: false };

    #[test]
    fn without_loads_turns_are_short() {
        let together = Costs { together: true, ..APART };
        assert_eq!(together.block(120.0, true, true), 1);
        assert_eq!(Costs { workers: (2, 1), ..together }.block(200.0, true, true), 4, "two files a worker");
        assert_eq!(together.block(10.0, true, true), 0, "not one pair fits");
    }

    #[test]
    fn loads_make_blocks_longer_and_two_rounds_are_preferred() {
        let block = APART.block(120.0, false, true);
        assert!(block >= 2 && APART.load_seconds <= RELOAD_SHARE * APART.round_seconds(block));
        // A B B A with three loads does not fit, A B with two does.
        let tight = APART.block(60.0, false, true);
        assert!(tight >= 2, "{tight}");
        assert_eq!(APART.block(60.0 - 26.0 - 12.0, true, false), 1);
    }

    #[test]
    fn hosts_share_a_block_and_none_is_idle() {
        let costs = Costs { workers: (2, 1), ..APART };
        assert_eq!([costs.each(8, 1), costs.each(8, 2), costs.each(8, 4), costs.each(8, 8)], [8, 4, 2, 2]);
        assert_eq!([costs.each(1, 4), APART.each(3, 2), APART.each(3, 4)], [1, 2, 1]);
    }

    #[test]
    fn every_beginning_is_spread_over_the_sizes() {
        let order = order(&[], 24);
        for length in (2..=24).step_by(2) {
            let mean: usize = order.iter().take(length).sum::<usize>() / length;
            assert!((10..=13).contains(&mean), "{length}: {mean} {order:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_planned_fits(seconds in 1.0..2000.0_f64, ours in 0.1..60.0_f64, theirs in 0.1..60.0_f64,
            load in 0.0..60.0_f64, workers in (1..9_u32, 1..9_u32), together: bool, loaded: bool, first: bool) {
            let costs = Costs { file_seconds: (ours, theirs), workers, load_seconds: load, together };
            let files = costs.block(seconds, loaded, first);
            let loads = f64::from(u8::from(!loaded) + u8::from(!together));
            prop_assert!(files == 0 || loads * load + costs.round_seconds(files) <= seconds);
        }
    }
}
