//! Two independent samples.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::{
    interval::LEVEL,
    summary::{mean, standard_deviation},
};
use crate::model::metric::{ConfidenceInterval, Estimate};

/// The ratio of the geometric mean of `a` to that of `b`, with Welch's interval on the logarithms (Welch 1947): rates are close to lognormal.
/// `None` with fewer than two positive values on a side.
///
/// `least_deviation` is the relative deviation that a side has at least: a few values may agree by chance.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "samples are far shorter than 2^52")]
pub fn ratio_of_means(a: &[f64], b: &[f64], least_deviation: f64) -> Option<Estimate> {
    let side = |values: &[f64]| {
        let logs: Vec<f64> =
            values.iter().filter(|value| **value > 0.0 && value.is_finite()).map(|value| value.ln()).collect();
        let deviation = standard_deviation(&logs).max(least_deviation);
        (logs.len() >= 2).then(|| (mean(&logs), deviation * deviation / logs.len() as f64, logs.len() as f64 - 1.0))
    };
    let ((mean_a, variance_a, free_a), (mean_b, variance_b, free_b)) = (side(a)?, side(b)?);
    let variance = variance_a + variance_b;
    let free = variance * variance / (variance_a * variance_a / free_a + variance_b * variance_b / free_b);
    let margin = StudentsT::new(0.0, 1.0, free).ok()?.inverse_cdf(0.5 + LEVEL / 2.0) * variance.sqrt();
    let difference = mean_a - mean_b;
    Some(Estimate {
        value: difference.exp(),
        interval: ConfidenceInterval {
            level: LEVEL,
            low: (difference - margin).exp(),
            high: (difference + margin).exp(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_welch_by_hand() {
        // Logarithms 0, 1, 2 and 1, 2, 3, 4: difference -1.5, variances 1/3 and 5/12, t(0.975; 4.96) = 2.577.
        let exp = |values: &[f64]| values.iter().map(|value| value.exp()).collect::<Vec<_>>();
        let ratio = ratio_of_means(&exp(&[0.0, 1.0, 2.0]), &exp(&[1.0, 2.0, 3.0, 4.0]), 0.0).unwrap();
        assert!((ratio.value.ln() + 1.5).abs() < 1e-9);
        assert!((ratio.interval.high.ln() - (-1.5 + 2.577 * 0.75_f64.sqrt())).abs() < 0.01, "{ratio:?}");
        assert!(ratio_of_means(&[1.0], &[1.0, 2.0], 0.0).is_none());
        // Values that agree by chance are not endlessly sure.
        let equal = ratio_of_means(&[5.0; 3], &[5.0; 3], 0.01).unwrap();
        assert!(equal.interval.high > 1.01);
    }
}
