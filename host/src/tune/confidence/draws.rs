//! The probability of a good selection, by drawing what the evidence leaves open many times. Pure; the same seed draws the same.

use std::collections::BTreeMap;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use super::{
    reading::Loss,
    rivals::{Quality, Rival},
};

/// Worlds that are drawn: a probability is known to within about 2 points.
const WORLDS: u32 = 2_000;

/// Share of the best speed that a good selection may miss.
pub(super) const GOOD: f64 = 0.05;

/// What a doubt takes away when it is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Doubts {
    /// Speeds are known to within their intervals only.
    pub speed: bool,
    /// Scores are known to within their intervals only.
    pub quality: bool,
    /// What was not measured may be better.
    pub imagined: bool,
}

/// What is believed of quality besides the scores.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Beliefs {
    /// What reading less costs.
    pub loss: Loss,
    /// Share of the best quality that suffices.
    pub floor: f64,
}

/// The share of worlds in which the winner is within [`GOOD`] of the fastest whose quality reaches the floor, and reaches it
/// itself (the probability of good selection: Chick and Inoue 2001). Each world draws the logarithm of each speed and each mean score
/// from a normal distribution; what rivals share is drawn once.
pub(super) fn good_selection(winner: &Rival, rivals: &[Rival], beliefs: &Beliefs, doubts: Doubts, seed: u64) -> f64 {
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    let good = (0..WORLDS).filter(|_| is_good(winner, rivals, beliefs, doubts, &mut dice)).count();
    #[expect(clippy::cast_precision_loss, reason = "two thousand")]
    let share = good as f64 / f64::from(WORLDS);
    share
}

fn is_good(winner: &Rival, rivals: &[Rival], beliefs: &Beliefs, doubts: Doubts, dice: &mut ChaCha8Rng) -> bool {
    let mut world = World { speeds: BTreeMap::new(), qualities: BTreeMap::new(), doubts };
    // Reading less never makes a note better.
    let drawn: f64 = dice.sample(StandardNormal);
    let loss = (beliefs.loss.mean + if doubts.quality { beliefs.loss.deviation * drawn } else { 0.0 }).max(0.0);
    let own_speed = world.speed(winner, dice);
    let own_quality = match winner.quality {
        Quality::Scored { mean, deviation, kin } => world.quality(mean, deviation, kin, dice),
        Quality::LikeWinner { .. } => 1.0,
    };
    let all: Vec<(f64, f64)> = rivals
        .iter()
        .filter(|rival| doubts.imagined || !rival.is_imagined)
        .map(|rival| {
            let quality = match rival.quality {
                Quality::Scored { mean, deviation, kin } => world.quality(mean, deviation, kin, dice),
                Quality::LikeWinner { unread } => (own_quality - loss * unread).clamp(0.0, 1.0),
            };
            (world.speed(rival, dice), quality)
        })
        .collect();
    let best_quality = all.iter().map(|(_, quality)| *quality).fold(own_quality, f64::max);
    let enough = beliefs.floor * best_quality;
    let fastest =
        all.iter().filter(|(_, quality)| *quality >= enough).map(|(speed, _)| *speed).fold(f64::NEG_INFINITY, f64::max);
    own_quality >= enough && own_speed >= fastest + (1.0 - GOOD).ln()
}

/// One world: what is drawn for each kin.
struct World {
    speeds: BTreeMap<usize, f64>,
    qualities: BTreeMap<usize, f64>,
    doubts: Doubts,
}

impl World {
    fn speed(&mut self, rival: &Rival, dice: &mut ChaCha8Rng) -> f64 {
        let (mean, deviation) = rival.speed;
        let error = *self.speeds.entry(rival.speed_kin).or_insert_with(|| dice.sample(StandardNormal));
        if self.doubts.speed || rival.is_imagined { mean + deviation * error } else { mean }
    }

    fn quality(&mut self, mean: f64, deviation: f64, kin: usize, dice: &mut ChaCha8Rng) -> f64 {
        let error = *self.qualities.entry(kin).or_insert_with(|| dice.sample(StandardNormal));
        let value = if self.doubts.quality { mean + deviation * error } else { mean };
        value.clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Doubts = Doubts { speed: true, quality: true, imagined: true };

    const fn floor(floor: f64) -> Beliefs {
        Beliefs { loss: Loss { mean: 0.2, deviation: 0.1 }, floor }
    }

    fn rival(speed: f64, deviation: f64, kin: usize, quality: f64) -> Rival {
        Rival {
            speed: (speed.ln(), deviation),
            speed_kin: kin,
            quality: Quality::Scored { mean: quality, deviation: 0.0, kin },
            is_imagined: false,
        }
    }

    #[test]
    fn a_clear_winner_is_good_and_a_clear_loser_is_not() {
        let (fast, slow) = (rival(10.0, 0.01, 0, 0.9), rival(5.0, 0.01, 1, 0.9));
        assert!(good_selection(&fast, std::slice::from_ref(&slow), &floor(0.95), ALL, 1) > 0.99);
        assert!(good_selection(&slow, std::slice::from_ref(&fast), &floor(0.95), ALL, 1) < 0.01);
        // The faster one does not reach the floor.
        let poor = rival(20.0, 0.01, 2, 0.5);
        assert!(good_selection(&fast, &[slow, poor.clone()], &floor(0.95), ALL, 1) > 0.99);
        assert!(good_selection(&poor, &[fast], &floor(0.95), ALL, 1) < 0.01);
    }

    #[test]
    fn two_that_cannot_be_told_apart_are_as_good_as_the_normal_distribution_says() {
        // ln(a/b) has mean 0 and deviation 0.1 * sqrt 2; good above ln 0.95: phi(0.0513 / 0.1414) = 0.642.
        let (a, b) = (rival(10.0, 0.1, 0, 0.9), rival(10.0, 0.1, 1, 0.9));
        let found = good_selection(&a, std::slice::from_ref(&b), &floor(0.9), ALL, 3);
        assert!((found - 0.642).abs() < 0.04, "{found}");
        // What both share is no doubt.
        let kin = Rival { speed_kin: 0, ..b };
        assert!(good_selection(&a, &[kin], &floor(0.9), ALL, 3) > 0.999);
        let sure = Doubts { speed: false, ..ALL };
        assert!(good_selection(&a, &[rival(10.0, 0.1, 1, 0.9)], &floor(0.9), sure, 3) > 0.999);
    }

    #[test]
    fn what_was_not_measured_lowers_it() {
        let winner = rival(10.0, 0.01, 0, 0.9);
        let imagined = Rival {
            speed: (11.0_f64.ln(), 0.01),
            speed_kin: 0,
            quality: Quality::LikeWinner { unread: 0.2 },
            is_imagined: true,
        };
        let with = good_selection(&winner, std::slice::from_ref(&imagined), &floor(0.95), ALL, 5);
        // Good unless 0.9 - 0.2 l >= 0.95 * 0.9, so for a loss above 0.225: a quarter of a deviation above its mean.
        assert!((with - 0.40).abs() < 0.04, "{with}");
        assert!(good_selection(&winner, &[imagined], &floor(0.95), Doubts { imagined: false, ..ALL }, 5) > 0.999);
    }
}
