//! Percentiles, with limits that hold whatever the distribution is.

use statrs::distribution::{Binomial, DiscreteCDF};

use super::{interval::LEVEL, summary::quantile};
use crate::model::clocks::Percentile;

/// The percentile `share` (0 to 1) of values in ascending order. The estimate is type 7 of Hyndman and Fan (1996).
///
/// The limits are order statistics (Hahn and Meeker, *Statistical Intervals*, 1991, section 5.2): the number of values below the true
/// percentile is binomial, so that the `l`-th smallest value lies above it with a probability that depends on nothing else. Each limit
/// fails in at most 2.5 %; where no value of the sample can be one, it is `None`. `None` without values.
#[must_use]
pub fn percentile(sorted: &[f64], share: f64) -> Option<Percentile> {
    let count = sorted.len();
    if count == 0 {
        return None;
    }
    let share = share.clamp(0.0, 1.0);
    let tail = (1.0 - LEVEL) / 2.0;
    let below = Binomial::new(share, count as u64).ok()?;
    let at_most = |number: usize| below.cdf(number as u64);
    // The greatest rank that is surely low enough, and the least that is surely high enough.
    let low = (1..=count).rev().find(|rank| at_most(rank - 1) <= tail);
    let high = (1..=count).find(|rank| at_most(rank - 1) >= 1.0 - tail);
    let value_at = |rank: Option<usize>| rank.and_then(|rank| sorted.get(rank - 1)).copied();
    Some(Percentile { share, value: quantile(sorted, share), low: value_at(low), high: value_at(high) })
}

#[cfg(test)]
mod tests {
    use statrs::distribution::{ContinuousCDF, Normal};

    use super::{
        super::{luck::Luck, summary::sorted},
        *,
    };

    #[test]
    fn limits_are_those_of_the_tables() {
        // Of 20 values the 6th and the 15th enclose the median with 95.9 %.
        let values: Vec<f64> = (1..=20).map(f64::from).collect();
        let median = percentile(&values, 0.5).unwrap();
        assert_eq!((median.low, median.high), (Some(6.0), Some(15.0)));
        assert!((median.value - 10.5).abs() < 1e-12);
        // The 99th of a dozen has no upper limit; the least sample that has one is ln 0.025 / ln 0.99 = 368.
        let ninety_ninth = |count: u32| percentile(&(1..=count).map(f64::from).collect::<Vec<_>>(), 0.99).unwrap();
        assert_eq!((ninety_ninth(12).low, ninety_ninth(12).high), (Some(11.0), None));
        assert_eq!((ninety_ninth(367).high, ninety_ninth(368).high), (None, Some(368.0)));
        assert!(percentile(&[], 0.5).is_none());
    }

    /// Shares of samples whose limits hold, each for itself; a missing limit holds.
    fn coverage(draw: impl Fn(f64) -> f64, count: usize, share: f64) -> (f64, f64) {
        let truth = draw(share);
        let mut luck = Luck::new(7);
        let (mut low, mut high) = (0, 0);
        for _ in 0..2_000 {
            let values: Vec<f64> = (0..count).map(|_| draw(luck.unit())).collect();
            let found = percentile(&sorted(&values), share).unwrap();
            low += u32::from(found.low.is_none_or(|low| low <= truth));
            high += u32::from(found.high.is_none_or(|high| high >= truth));
        }
        (f64::from(low) / 2_000.0, f64::from(high) / 2_000.0)
    }

    #[test]
    fn limits_hold_for_heavy_tails() {
        let lognormal = |unit: f64| Normal::new(0.0, 0.5).unwrap().inverse_cdf(unit).exp();
        let pareto = |unit: f64| (1.0 - unit).powf(-1.0 / 1.5);
        for count in [5, 12, 40, 400] {
            for share in [0.5, 0.95, 0.99] {
                for (low, high) in [coverage(lognormal, count, share), coverage(pareto, count, share)] {
                    // 2 000 samples: three standard errors are 1 %.
                    assert!(low > 0.964 && high > 0.964, "{share} of {count}: {low} {high}");
                }
            }
        }
        // And they are not idle: of many values the median is known closely.
        let (low, high) = coverage(pareto, 400, 0.5);
        assert!(low < 0.99 && high < 0.99, "{low} {high}");
    }
}
