//! How much repetitions differ, robustly, and how many of them a difference needs.

use statrs::distribution::{ChiSquared, ContinuousCDF, Normal};

use super::interval::LEVEL;

/// `1 / (sqrt 2 * z(3/4))`: makes the median of absolute differences a standard deviation where values are normal (Shamos 1976).
const SHAMOS: f64 = 1.048_358;

/// The bias of that median in small samples, as a share, times the number of values (Park, Kim and Wang 2020, their limit for many).
const SHAMOS_BIAS: f64 = 0.414;

/// Information in that median, by that in the standard deviation of normal values (Shamos 1976).
const EFFICIENCY: f64 = 0.86;

/// What is thought of a machine before it was seen: quiet ones repeat themselves within 2 to 5 %, busy ones within 15 to 50 %. It counts
/// as much as one repetition, so that two requests that agree by luck do not make a machine silent.
const PRIOR_SIGMA: f64 = 0.06;
const PRIOR_WEIGHT: f64 = 1.0;

/// Power that a difference is asked to be shown with, at the level of [`LEVEL`].
const POWER: f64 = 0.8;

/// A standard deviation and how sure it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    pub sigma: f64,
    pub low: f64,
    pub high: f64,
    /// Values that it was learned from.
    pub count: usize,
}

/// The common standard deviation of groups of values, whatever their means are. `fitted` coefficients were taken out of the values
/// besides one mean a group. `None` where no group repeats anything.
///
/// It is the weighted median of the absolute differences within groups (after Shamos 1976), so that up to a quarter of the values may be
/// as far out as they like; a group of `n` values weighs `n - 1`. Then it is drawn to what machines are like, with the weight of one
/// repetition: a scaled inverse chi-squared prior (Gelman et al., *Bayesian Data Analysis*, section 2.6). The interval (95 %) is that
/// of the posterior.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "samples are far shorter than 2^52")]
pub fn pooled_spread(groups: &[Vec<f64>], fitted: usize) -> Option<Spread> {
    let mut differences: Vec<(f64, f64)> = Vec::new();
    let (mut count, mut freedom) = (0, 0.0);
    for group in groups.iter().filter(|group| group.len() > 1) {
        let weight = 1.0 / group.len() as f64;
        for (index, value) in group.iter().enumerate() {
            let others = group.get(index + 1..).unwrap_or_default();
            differences.extend(others.iter().map(|other| ((value - other).abs(), weight)));
        }
        count += group.len();
        freedom += group.len() as f64 - 1.0;
    }
    let free = freedom - fitted as f64;
    if differences.is_empty() || free < 1.0 {
        return None;
    }
    let values = count as f64;
    let seen = SHAMOS * weighted_median(differences) / (1.0 + SHAMOS_BIAS / values) * (freedom / free).sqrt();
    let information = EFFICIENCY * free;
    let weight = information + PRIOR_WEIGHT;
    let variance = (information * seen * seen + PRIOR_WEIGHT * PRIOR_SIGMA * PRIOR_SIGMA) / weight;
    let chi = ChiSquared::new(weight).ok()?;
    let limit = |probability: f64| (weight * variance / chi.inverse_cdf(probability)).sqrt();
    Some(Spread { sigma: variance.sqrt(), low: limit(0.5 + LEVEL / 2.0), high: limit(0.5 - LEVEL / 2.0), count })
}

/// The value below which half of the weight lies.
fn weighted_median(mut values: Vec<(f64, f64)>) -> f64 {
    values.sort_by(|a, b| a.0.total_cmp(&b.0));
    let half = values.iter().map(|(_, weight)| weight).sum::<f64>() / 2.0;
    let mut below = 0.0;
    for (index, (value, weight)) in values.iter().enumerate() {
        below += weight;
        if (below - half).abs() < 1e-9 {
            return values.get(index + 1).map_or(*value, |(next, _)| f64::midpoint(*value, *next));
        }
        if below > half {
            return *value;
        }
    }
    0.0
}

/// Pairs of notes, one with each of two settings on the same file, that show a difference in speed of that share (0.03 for 3 %) with a
/// power of 80 % at a two-sided level of 5 %, when the time of a request repeats itself within `sigma` (of its logarithm).
///
/// `n = (z(1-a/2) + z(1-b))² s² / d² + z(1-a/2)² / 2` (Guenther 1981), with `d = ln(1 + difference)` and `s² = 2 sigma²`, because both notes
/// of a pair vary. A test that is looked at after every pair needs more. `usize::MAX` for no difference.
#[cfg(test)]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
fn pairs_needed(sigma: f64, difference: f64) -> usize {
    let shift = difference.ln_1p().abs();
    if shift <= 0.0 || !shift.is_finite() {
        return usize::MAX;
    }
    let (level, power) = quantiles();
    let pairs = ((level + power) * std::f64::consts::SQRT_2 * sigma / shift).powi(2) + level * level / 2.0;
    (pairs.ceil() as usize).max(2)
}

/// The smallest difference in speed that so many pairs show with a power of 80 % at a two-sided level of 5 % (Guenther 1981). `None` for fewer than two pairs.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "samples are far shorter than 2^52")]
pub fn resolvable_difference(sigma: f64, pairs: usize) -> Option<f64> {
    let (level, power) = quantiles();
    let free = pairs as f64 - level * level / 2.0;
    (pairs >= 2).then(|| ((level + power) * std::f64::consts::SQRT_2 * sigma / free.sqrt()).exp_m1())
}

/// `z` of the level and of the power.
fn quantiles() -> (f64, f64) {
    let normal = Normal::standard();
    (normal.inverse_cdf(0.5 + LEVEL / 2.0), normal.inverse_cdf(POWER))
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            interval::mean_interval,
            luck::Luck,
            summary::{mean, median},
        },
        *,
    };

    fn groups(luck: &mut Luck, sizes: &[usize], sigma: f64, tail: f64) -> Vec<Vec<f64>> {
        let group = |size: &usize| {
            let centre = 3.0 * luck.normal();
            let value = |luck: &mut Luck| {
                let far = if luck.unit() < tail { 2.0 } else { 0.0 };
                centre + sigma * luck.normal() + far
            };
            (0..*size).map(|_| value(luck)).collect()
        };
        sizes.iter().map(group).collect()
    }

    #[test]
    fn finds_the_noise_and_tails_do_not_move_it() {
        for sigma in [0.03, 0.05, 0.15] {
            for tail in [0.0, 0.05] {
                let mut luck = Luck::new(3);
                let found: Vec<f64> = (0..300)
                    .filter_map(|_| pooled_spread(&groups(&mut luck, &[12, 5, 3, 2, 8], sigma, tail), 0))
                    .map(|spread| spread.sigma)
                    .collect();
                let typical = median(&found);
                assert!((typical / sigma - 1.0).abs() < 0.2, "{sigma} with tails of {tail}: {typical}");
            }
        }
    }

    #[test]
    fn little_evidence_is_drawn_to_what_machines_are_like() {
        let lucky = pooled_spread(&[vec![1.0, 1.0]], 0).unwrap();
        assert!(lucky.sigma > 0.03 && lucky.high > 0.1, "{lucky:?}");
        assert_eq!(pooled_spread(&[vec![1.0], vec![2.0]], 0), None);
        let mut luck = Luck::new(5);
        let inside = (0..300)
            .filter_map(|_| pooled_spread(&groups(&mut luck, &[6, 4], 0.06, 0.0), 0))
            .filter(|spread| (spread.low..=spread.high).contains(&0.06))
            .count();
        assert!(inside > 280, "{inside} of 300");
    }

    #[test]
    fn so_many_pairs_show_the_difference_in_four_of_five_comparisons() {
        for (sigma, difference) in [(0.05, 0.1), (0.05, 0.04), (0.15, 0.25)] {
            let pairs = pairs_needed(sigma, difference);
            let mut luck = Luck::new(11);
            let mut comparison = || {
                let ratios: Vec<f64> =
                    (0..pairs).map(|_| f64::ln_1p(difference) + sigma * (luck.normal() - luck.normal())).collect();
                mean_interval(&ratios).is_some_and(|estimate| estimate.interval.low > 0.0)
            };
            let shown: Vec<f64> = (0..2_000).map(|_| f64::from(u8::from(comparison()))).collect();
            let power = mean(&shown);
            assert!((0.77..0.88).contains(&power), "{pairs} pairs for {difference} at {sigma}: {power}");
            let back = resolvable_difference(sigma, pairs).unwrap();
            assert!(back <= difference + 1e-9 && back > 0.7 * difference, "{back} of {difference}");
        }
        assert_eq!(pairs_needed(0.05, 0.0), usize::MAX);
        assert_eq!(resolvable_difference(0.05, 1), None);
    }
}
