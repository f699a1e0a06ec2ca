//! A test that may be looked at after every pair, and stopped whenever it says enough.
//!
//! The differences of pairs are normal with unknown mean and variance. The null hypothesis is weighed against a mean of `N(0, g σ²)`, and the
//! variance gets the right Haar prior on both sides, so that it cancels: Jeffreys' t-test with a normal prior of the effect. The ratio of the
//! two is an e-process: under the null hypothesis it exceeds `1 / α` at *any* time with a probability of at most `α` (Ville 1939;
//! Hendriksen, de Heide and Grünwald 2021, *Optional stopping with Bayes factors*; Lai 1976 and Wang and Ramdas 2024 for the interval).
//! What was known of the variance before the first pair is a sample of its own, which belongs to both hypotheses and cancels likewise.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::{
    interval::LEVEL,
    summary::{mean, standard_deviation},
};
use crate::model::metric::{ConfidenceInterval, Estimate};

/// The share of comparisons without a difference that may claim one.
pub const ALPHA: f64 = 0.05;

/// The variance of an expected difference, in units of the variance of one pair: twice its noise. Changes worth saving are larger than
/// noise; a greater value waits longer for small ones.
pub const EFFECT_VARIANCE: f64 = 4.0;

/// What is known of the noise of a pair before the first one: as if so many squared deviations had been seen.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct KnownNoise {
    /// Sum of squared deviations of differences of pairs.
    pub squares: f64,
    /// Degrees of freedom behind it; 0 when nothing is known.
    pub freedom: f64,
}

/// Differences of pairs, and what they say of their mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pairs {
    count: f64,
    mean: f64,
    /// Squared deviations from the mean, with those that were known before.
    squares: f64,
    freedom: f64,
}

impl Pairs {
    /// Sums up independent differences.
    #[cfg(test)]
    fn new(differences: &[f64], known: KnownNoise) -> Self {
        Self::alike(differences, known, 1.0)
    }

    /// Sums up differences of which `alike` say together as much as one that is independent (1 or more): the design effect of samples in
    /// clusters (Kish 1965, *Survey Sampling*, 5.4).
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "samples are far shorter than 2^52")]
    pub fn alike(differences: &[f64], known: KnownNoise, alike: f64) -> Self {
        let all = differences.len() as f64;
        let within = standard_deviation(differences).powi(2) * (all - 1.0).max(0.0);
        let count = all / alike.max(1.0);
        let squares = within / alike.max(1.0) + known.squares;
        Self { count, mean: mean(differences), squares, freedom: known.freedom }
    }

    /// How many independent differences they are worth.
    #[must_use]
    pub const fn count(&self) -> f64 {
        self.count
    }

    /// The mean difference.
    #[must_use]
    pub const fn mean(&self) -> f64 {
        self.mean
    }

    /// The evidence that the mean is above 0, against any mean of at most 0: 1 is none, `1 / α` suffices at level `α`.
    ///
    /// The half of the prior above 0 counts alone; as the ratio grows with t, a mean below 0 makes it smaller still.
    #[must_use]
    pub fn evidence_above(&self) -> f64 {
        let (n, g) = (self.count, EFFECT_VARIANCE);
        let freedom = n + self.freedom;
        if n < 1.0 || freedom < 2.0 {
            return 1.0;
        }
        let around_zero = self.squares + n * self.mean.powi(2);
        let explained = self.squares + n * self.mean.powi(2) / n.mul_add(g, 1.0);
        if explained <= f64::MIN_POSITIVE {
            // All differences are exactly equal: no noise at all.
            return if self.mean > 0.0 { f64::MAX } else { 1.0 };
        }
        let logarithm = 0.5 * freedom * (around_zero / explained).ln() - 0.5 * n.mul_add(g, 1.0).ln();
        let centre = n * g / n.mul_add(g, 1.0) * self.mean;
        let scale = (g / n.mul_add(g, 1.0) * explained / freedom).sqrt();
        let above = StudentsT::new(0.0, 1.0, freedom).map_or(0.5, |student| student.cdf(centre / scale));
        (2.0 * above * logarithm.min(700.0).exp()).min(f64::MAX)
    }

    /// The evidence that the mean is below 0.
    #[must_use]
    pub fn evidence_below(&self) -> f64 {
        Self { mean: -self.mean, ..*self }.evidence_above()
    }

    /// What so many differences in all would say that go on as those so far began, only luckier: by one standard error of their mean.
    #[must_use]
    pub fn prolonged(&self, count: f64) -> Self {
        let of_one = self.squares / (self.count - 1.0 + self.freedom).max(1.0);
        let more = (count - self.count).max(0.0);
        let luck = (of_one / self.count.max(1.0)).sqrt();
        Self {
            count: self.count + more,
            mean: self.mean + luck,
            squares: self.squares + of_one * more,
            freedom: self.freedom,
        }
    }

    /// An interval that holds the mean at every time at once with a probability of at least 95 %: the means that the two-sided
    /// test does not reject. `None` while it rejects none.
    #[must_use]
    pub fn anytime_interval(&self) -> Option<ConfidenceInterval> {
        let (n, freedom) = (self.count, self.count + self.freedom);
        if n < 1.0 || freedom < 2.0 {
            return None;
        }
        let spread = n.mul_add(EFFECT_VARIANCE, 1.0);
        let bound = ((spread.sqrt() / (1.0 - LEVEL)).ln() * 2.0 / freedom).exp();
        let rest = 1.0 - bound / spread;
        (rest > 0.0).then(|| {
            let margin = (self.squares * (bound - 1.0) / rest / n).sqrt();
            ConfidenceInterval { level: LEVEL, low: self.mean - margin, high: self.mean + margin }
        })
    }

    /// The mean with Student's t interval, at the time that was fixed for it. `None` without a degree of freedom.
    #[must_use]
    pub fn estimate(&self) -> Option<Estimate> {
        let freedom = self.count - 1.0 + self.freedom;
        if self.count < 1.0 || freedom < 1.0 {
            return None;
        }
        let student = StudentsT::new(0.0, 1.0, freedom).ok()?;
        let margin = student.inverse_cdf(0.5 + LEVEL / 2.0) * (self.squares / freedom / self.count).sqrt();
        let interval = ConfidenceInterval { level: LEVEL, low: self.mean - margin, high: self.mean + margin };
        Some(Estimate { value: self.mean, interval })
    }
}

#[cfg(test)]
mod tests {
    use super::{super::luck::Luck, *};
    use proptest::prelude::*;

    /// The share of sequences of `most` pairs about which something is true after one of them.
    fn ever(mean: f64, known: usize, most: usize, is_true: impl Fn(&Pairs) -> bool) -> f64 {
        const SEQUENCES: u32 = 4_000;
        let mut random = Luck::new(1);
        let mut hits = 0;
        for _ in 0..SEQUENCES {
            let squares: f64 = (0..known).map(|_| (0.1 * random.normal()).powi(2)).sum();
            #[expect(clippy::cast_precision_loss, reason = "a handful")]
            let known = KnownNoise { squares, freedom: known as f64 };
            let mut differences = Vec::new();
            hits += u32::from((0..most).any(|_| {
                differences.push(mean + 0.1 * random.normal());
                is_true(&Pairs::new(&differences, known))
            }));
        }
        f64::from(hits) / f64::from(SEQUENCES)
    }

    #[test]
    fn looking_after_every_pair_raises_few_false_alarms() {
        let alarm = |pairs: &Pairs| pairs.evidence_above() >= 1.0 / ALPHA;
        for known in [0, 8] {
            for mean in [0.0, -0.02] {
                let share = ever(mean, known, 50, alarm);
                assert!(share <= ALPHA, "mean {mean}, {known} known: {share}");
            }
            // Student's own test, looked at as often, is no test.
            let careless = ever(0.0, known, 50, |pairs| pairs.estimate().is_some_and(|mean| mean.interval.low > 0.0));
            assert!(careless > 2.0 * ALPHA, "{careless}");
            let found = ever(0.1, known, 30, alarm);
            assert!(found > 0.95, "a difference as large as the noise is found in thirty pairs: {found}");
        }
    }

    #[test]
    fn the_anytime_interval_holds_at_every_time() {
        let misses = |pairs: &Pairs| {
            pairs.anytime_interval().is_some_and(|interval| interval.low > 0.03 || interval.high < 0.03)
        };
        for known in [0, 8] {
            let share = ever(0.03, known, 50, misses);
            assert!(share <= 1.0 - LEVEL && share > 0.002, "{known} known: {share}");
        }
    }

    #[test]
    fn who_gives_up_what_luck_would_not_prove_loses_little() {
        // After twelve pairs, where sixty as they were, and luckier, would prove nothing.
        let given_up = |mean: f64| {
            ever(mean, 8, 12, |pairs| pairs.count > 11.5 && pairs.prolonged(60.0).evidence_above() < 1.0 / ALPHA)
        };
        let (nothing, gain) = (given_up(0.0), given_up(0.1));
        assert!(
            nothing > 0.6 && gain < 0.01,
            "{nothing} where there is nothing, {gain} of gains as large as the noise"
        );
        let found = ever(0.05, 8, 60, |pairs| pairs.evidence_above() >= 1.0 / ALPHA);
        let lost = given_up(0.05);
        assert!(lost < 0.15 && found > 0.7, "half as large: {lost} given up, {found} found without it");
    }

    #[test]
    fn is_the_published_formula() {
        // E = (1 + n g)^(-1/2) ((1 + t²/(n-1)) / (1 + t²/((n-1)(1 + n g))))^(n/2), its two sides together.
        let differences = [0.2, 0.1, 0.4, 0.3, 0.15];
        let pairs = Pairs::new(&differences, KnownNoise::default());
        let (n, g) = (5.0, EFFECT_VARIANCE);
        let t = mean(&differences) / standard_deviation(&differences) * f64::sqrt(n);
        let part = t * t / (n - 1.0);
        let published = (1.0_f64 + n * g).powf(-0.5) * ((1.0 + part) / (1.0 + part / (1.0 + n * g))).powf(n / 2.0);
        let both = f64::midpoint(pairs.evidence_above(), pairs.evidence_below());
        assert!((both / published - 1.0).abs() < 1e-9, "{both} {published}");
    }

    proptest! {
        #[test]
        fn does_not_depend_on_the_unit_and_mirrors(
            differences in prop::collection::vec(-1.0..1.0_f64, 3..20), unit in 0.01..100.0_f64,
        ) {
            let pairs = Pairs::new(&differences, KnownNoise::default());
            let scaled: Vec<f64> = differences.iter().map(|value| -value * unit).collect();
            let mirrored = Pairs::new(&scaled, KnownNoise::default());
            prop_assert!((pairs.evidence_above() / mirrored.evidence_below() - 1.0).abs() < 1e-6);
            prop_assert!(pairs.evidence_above() >= 0.0);
            if let (Some(any), Some(once)) = (pairs.anytime_interval(), pairs.estimate()) {
                prop_assert!(any.low <= once.interval.low && any.high >= once.interval.high, "{any:?} {once:?}");
            }
        }
    }

    #[test]
    fn little_and_degenerate_evidence_is_none() {
        let one = Pairs::new(&[0.5], KnownNoise::default());
        assert!((one.evidence_above() - 1.0).abs() < 1e-12 && one.estimate().is_none());
        let equal = Pairs::new(&[0.0, 0.0, 0.0], KnownNoise::default());
        assert!(equal.evidence_above() <= 1.0);
        let known = KnownNoise { squares: 8.0 * 0.01, freedom: 8.0 };
        let two = Pairs::new(&[0.8, 0.75], known);
        assert!(two.evidence_above() > 1.0 / ALPHA && two.estimate().is_some());
    }
}
