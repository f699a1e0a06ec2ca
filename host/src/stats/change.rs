//! Whether a sequence has changed its level, asked after every value and for ever.
//!
//! Values are normal with an unknown mean and variance. For every moment at which the level may have changed, the likelihood of a change there is
//! weighed against that of none: the change is `N(0, g σ²)`, the mean gets a flat prior and the variance the right Haar prior on both sides, so that
//! both cancel (the two-sample Bayes factor of Gönen, Johnson, Lu and Westfall 2005). The ratio is that of the maximal invariants of all values so
//! far, hence a martingale of mean 1 while nothing changes, and the sum over all moments grows by 1 a value on average: the procedure of Shiryaev and
//! Roberts for an unknown initial mean (Pollak and Siegmund 1991), an e-detector in the words of Shin, Ramdas and Rinaldo (2024). Who is alarmed
//! when the sum reaches `A` waits for a false alarm at least `A` values on average, whatever mean and variance are.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, StudentsT};

use super::interval::LEVEL;
use crate::model::metric::{ConfidenceInterval, Estimate};

/// Values between two false alarms on average, at least: the bound that the sum has to reach.
pub const RUN_LENGTH: f64 = 10_000.0;

/// The variance of an expected change in units of the variance of one value: changes that matter are larger than noise.
const EFFECT_VARIANCE: f64 = 4.0;

/// Values before a change, so that there is a level to leave.
const FEWEST_BEFORE: f64 = 2.0;

/// Number, mean and squared deviations of values: all that is kept of those that are too many to keep.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Moments {
    pub count: f64,
    pub mean: f64,
    pub squares: f64,
}

impl Moments {
    /// Those of some values.
    #[must_use]
    pub fn of(values: &[f64]) -> Self {
        values.iter().fold(Self::default(), |all, value| all.with(*value))
    }

    /// With one value more.
    #[must_use]
    pub fn with(self, value: f64) -> Self {
        self.and(Self { count: 1.0, mean: value, squares: 0.0 })
    }

    /// With others (Chan, Golub and `LeVeque` 1983).
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let count = self.count + other.count;
        if count <= 0.0 {
            return Self::default();
        }
        let apart = other.mean - self.mean;
        Self {
            count,
            mean: self.mean + apart * other.count / count,
            squares: self.squares + other.squares + apart * apart * self.count * other.count / count,
        }
    }

    /// Standard deviation of one value; `None` without a degree of freedom.
    #[must_use]
    pub fn deviation(&self) -> Option<f64> {
        (self.count >= 2.0).then(|| (self.squares / (self.count - 1.0)).sqrt())
    }
}

/// The later level less the earlier one, with Student's interval of two samples of one variance. `None` without a degree of freedom.
#[must_use]
pub fn difference(before: &Moments, after: &Moments) -> Option<Estimate> {
    let freedom = before.count + after.count - 2.0;
    if before.count < 1.0 || after.count < 1.0 || freedom < 1.0 {
        return None;
    }
    let student = StudentsT::new(0.0, 1.0, freedom).ok()?;
    let variance = (before.squares + after.squares) / freedom;
    let margin = student.inverse_cdf(0.5 + LEVEL / 2.0) * (variance * (1.0 / before.count + 1.0 / after.count)).sqrt();
    let value = after.mean - before.mean;
    Some(Estimate { value, interval: ConfidenceInterval { level: LEVEL, low: value - margin, high: value + margin } })
}

/// The likelihood of two levels against that of one. It may be looked at after every value: where there is one level, it ever exceeds `1 / α` with a
/// probability of at most `α` (Ville 1939).
#[must_use]
pub fn apart(before: &Moments, after: &Moments) -> f64 {
    if before.count < 1.0 || after.count < 1.0 { 1.0 } else { log_ratio(before, after).min(600.0).exp() }
}

/// What there is to say for a change.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evidence {
    /// The sum over all moments. [`RUN_LENGTH`] is an alarm.
    pub sum: f64,
    /// Index of the first value after the most probable change.
    pub at: usize,
}

/// Looks for a change within `recent`, which came after `older`. `None` while there are too few values.
#[must_use]
pub fn change(older: Moments, recent: &[f64]) -> Option<Evidence> {
    let mut after = vec![Moments::default(); recent.len()];
    let mut sum = Moments::default();
    for (kept, value) in after.iter_mut().zip(recent).rev() {
        sum = sum.with(*value);
        *kept = sum;
    }
    let (mut before, mut total) = (older, 0.0);
    let mut best: Option<(usize, f64)> = None;
    for (at, (value, after)) in recent.iter().zip(&after).enumerate() {
        if before.count >= FEWEST_BEFORE {
            let logarithm = log_ratio(&before, after);
            total += logarithm.min(600.0).exp();
            if best.is_none_or(|(_, most)| logarithm > most) {
                best = Some((at, logarithm));
            }
        }
        before = before.with(*value);
    }
    best.map(|(at, _)| Evidence { sum: total, at })
}

/// Logarithm of the likelihood ratio: two levels against one.
fn log_ratio(before: &Moments, after: &Moments) -> f64 {
    let all = before.count + after.count;
    let pairs = before.count * after.count / all;
    let within = before.squares + after.squares;
    let between = pairs * (after.mean - before.mean).powi(2);
    let spread = pairs.mul_add(EFFECT_VARIANCE, 1.0);
    let explained = within + between / spread;
    if explained <= f64::MIN_POSITIVE {
        // All values are exactly equal.
        return -0.5 * spread.ln();
    }
    0.5 * (all - 1.0) * ((within + between) / explained).ln() - 0.5 * spread.ln()
}

#[cfg(test)]
mod tests {
    use super::{super::luck::Luck, *};

    /// Values until an alarm, at most so many. A change by `shift` comes after `clean` values.
    fn alarm(luck: &mut Luck, sigma: f64, (clean, shift): (usize, f64), most: usize) -> Option<usize> {
        let mut recent = Vec::new();
        let mut older = Moments::default();
        (0..most).find(|number| {
            recent.push(3.0 + sigma * luck.normal() + if *number >= clean { shift } else { 0.0 });
            if recent.len() > 100 {
                older = older.with(recent.remove(0));
            }
            change(older, &recent).is_some_and(|found| found.sum >= RUN_LENGTH)
        })
    }

    #[test]
    fn the_sum_grows_by_one_a_value_whatever_the_unit() {
        // The mean of the sum after n values is the number of moments: the martingale that the bound rests on.
        let mut luck = Luck::new(5);
        let (runs, values) = (40_000, 6);
        let mut mean = 0.0;
        for _ in 0..runs {
            let recent: Vec<f64> = (0..values).map(|_| 7.0 + 0.3 * luck.normal()).collect();
            mean += change(Moments::default(), &recent).unwrap().sum / f64::from(runs);
        }
        assert!((mean - 4.0).abs() < 0.35, "{mean}");
        let values = [0.1, 0.3, 0.2, 0.25, 0.9, 0.8];
        let scaled = values.map(|value| 50.0 - 12.0 * value);
        let found = |values: &[f64]| change(Moments::default(), values).unwrap();
        assert!((found(&values).sum / found(&scaled).sum - 1.0).abs() < 1e-9);
        assert_eq!((found(&values).at, found(&scaled).at), (4, 4));
    }

    #[test]
    fn what_is_older_may_be_summed_up() {
        let values = [1.0, 1.2, 0.9, 1.1, 1.05, 1.4, 1.5];
        let whole = change(Moments::default(), &values).unwrap();
        let part = change(Moments::of(&values[..3]), &values[3..]).unwrap();
        assert_eq!(part.at + 3, whole.at);
        assert!(part.sum <= whole.sum, "moments that are gone cannot be blamed, and only make it slower");
    }

    #[test]
    fn false_alarms_are_rare_and_changes_are_found() {
        let mut luck = Luck::new(9);
        let false_alarms = (0..8).filter(|_| alarm(&mut luck, 0.1, (usize::MAX, 0.0), 600).is_some()).count();
        assert_eq!(false_alarms, 0, "in 4800 values");
        for _ in 0..40 {
            let at = alarm(&mut luck, 0.1, (60, 0.2), 90).expect("a change of twice the noise is found");
            assert!(at >= 60, "{at}");
        }
    }

    #[test]
    fn equal_values_are_no_change() {
        assert!(change(Moments::default(), &[1.0; 20]).unwrap().sum < 20.0);
        assert_eq!(change(Moments::default(), &[1.0, 1.0]), None);
    }
}
