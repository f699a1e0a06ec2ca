//! Summaries of a sample.

use crate::model::metric::{Metric, Sample, Summary};

/// The standard deviation of a normal distribution is that many times the median of absolute deviations.
pub const MAD_TO_DEVIATION: f64 = 1.4826;

/// The quantile `q` (0 to 1) of values in ascending order, linearly interpolated: type 7 of Hyndman and Fan (1996), the
/// default of R and `NumPy`. 0 for no values.
#[must_use]
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "samples are far shorter than 2^52, and the position is never negative"
)]
pub fn quantile(sorted: &[f64], q: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return 0.0 };
    let position = last as f64 * q.clamp(0.0, 1.0);
    let low = position.floor() as usize;
    let at = |index: usize| sorted.get(index.min(last)).copied().unwrap_or(0.0);
    (at(low + 1) - at(low)).mul_add(position - position.floor(), at(low))
}

/// Arithmetic mean; 0 for no values.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "samples are far shorter than 2^52")]
pub fn mean(values: &[f64]) -> f64 {
    if values.is_empty() { 0.0 } else { values.iter().sum::<f64>() / values.len() as f64 }
}

/// Median; 0 for no values.
#[must_use]
pub fn median(values: &[f64]) -> f64 {
    quantile(&sorted(values), 0.5)
}

/// Standard deviation with the divisor n - 1; 0 for fewer than two values.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "samples are far shorter than 2^52")]
pub fn standard_deviation(values: &[f64]) -> f64 {
    if values.len() < 2 {
        return 0.0;
    }
    let centre = mean(values);
    let squares: f64 = values.iter().map(|value| (value - centre).powi(2)).sum();
    (squares / (values.len() - 1) as f64).sqrt()
}

/// The finite values in ascending order.
#[must_use]
pub fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    sorted
}

/// The sample of a metric with its summary; `None` without a finite value.
#[must_use]
pub fn sample(metric: Metric, values: Vec<f64>) -> Option<Sample> {
    let values: Vec<f64> = values.into_iter().filter(|value| value.is_finite()).collect();
    let ordered = sorted(&values);
    let (min, max) = (*ordered.first()?, *ordered.last()?);
    let summary = Summary {
        count: values.len(),
        mean: mean(&values),
        median: quantile(&ordered, 0.5),
        min,
        max,
        standard_deviation: standard_deviation(&values),
    };
    Some(Sample { metric, values, summary })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn quantiles_agree_with_numpy() {
        let values = [1.0, 2.0, 4.0, 8.0];
        assert!((quantile(&values, 0.5) - 3.0).abs() < 1e-12);
        assert!((quantile(&values, 0.95) - 7.4).abs() < 1e-12);
        assert!((quantile(&values, 1.0) - 8.0).abs() < 1e-12);
        assert!(quantile(&[], 0.5).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn quantiles_are_monotone_and_inside(values in proptest::collection::vec(-1e6..1e6_f64, 1..40), a in 0.0..1.0_f64, b in 0.0..1.0_f64) {
            let ordered = sorted(&values);
            let (low, high) = if a < b { (a, b) } else { (b, a) };
            prop_assert!(quantile(&ordered, low) <= quantile(&ordered, high) + 1e-9);
            prop_assert!(quantile(&ordered, low) >= ordered[0] - 1e-9);
            prop_assert!(quantile(&ordered, high) <= ordered[ordered.len() - 1] + 1e-9);
        }

        #[test]
        fn deviation_follows_the_scale(values in proptest::collection::vec(-1e3..1e3_f64, 2..40), factor in 0.1..10.0_f64) {
            let scaled: Vec<f64> = values.iter().map(|value| value * factor).collect();
            prop_assert!((standard_deviation(&scaled) - factor * standard_deviation(&values)).abs() < 1e-6 * (1.0 + factor));
        }
    }
}
