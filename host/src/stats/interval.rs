//! Intervals from small samples.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::summary::{mean, standard_deviation};
use crate::model::metric::{ConfidenceInterval, Estimate};

/// The confidence level of every interval that is reported.
pub const LEVEL: f64 = 0.95;

/// The mean with Student's t interval (Student 1908). `None` for fewer than two values: one value has no interval.
#[must_use]
pub fn mean_interval(values: &[f64]) -> Option<Estimate> {
    mean_interval_at(values, LEVEL)
}

/// The same at another level, a probability.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "samples are far shorter than 2^52")]
pub fn mean_interval_at(values: &[f64], level: f64) -> Option<Estimate> {
    let (count, centre) = (values.len() as f64, mean(values));
    let margin = t_quantile(values.len(), level)? * standard_deviation(values) / count.sqrt();
    Some(Estimate {
        value: centre,
        interval: ConfidenceInterval { level, low: centre - margin, high: centre + margin },
    })
}

/// The geometric mean of ratios with the interval of the mean of their logarithms: latencies are close to lognormal.
/// `None` for fewer than two positive ratios.
#[must_use]
pub fn ratio_interval(ratios: &[f64]) -> Option<Estimate> {
    let logs: Vec<f64> =
        ratios.iter().filter(|ratio| **ratio > 0.0 && ratio.is_finite()).map(|ratio| ratio.ln()).collect();
    let estimate = mean_interval(&logs)?;
    Some(Estimate {
        value: estimate.value.exp(),
        interval: ConfidenceInterval {
            level: LEVEL,
            low: estimate.interval.low.exp(),
            high: estimate.interval.high.exp(),
        },
    })
}

#[expect(clippy::cast_precision_loss, reason = "samples are far shorter than 2^52")]
fn t_quantile(count: usize, level: f64) -> Option<f64> {
    if count < 2 {
        return None;
    }
    let student = StudentsT::new(0.0, 1.0, (count - 1) as f64).ok()?;
    Some(student.inverse_cdf(0.5 + level / 2.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_table_of_student() {
        // t(0.975; 4) = 2.776; mean 3, sd 1.5811, n 5: margin 1.963.
        let estimate = mean_interval(&[1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
        assert!((estimate.interval.high - 4.963).abs() < 1e-3, "{estimate:?}");
        // t(0.995; 4) = 4.604.
        let surer = mean_interval_at(&[1.0, 2.0, 3.0, 4.0, 5.0], 0.99).unwrap();
        assert!((surer.interval.high - 6.256).abs() < 1e-3, "{surer:?}");
        assert!(mean_interval(&[1.0]).is_none());
    }

    #[test]
    fn ratios_are_symmetric_under_exchange() {
        let ratios = [1.2, 1.4, 1.1, 1.3];
        let inverse: Vec<f64> = ratios.iter().map(|ratio| 1.0 / ratio).collect();
        let (a, b) = (ratio_interval(&ratios).unwrap(), ratio_interval(&inverse).unwrap());
        assert!((a.value * b.value - 1.0).abs() < 1e-9);
        assert!((a.interval.low * b.interval.high - 1.0).abs() < 1e-9);
    }
}
