//! The mean of several groups of the same weight, with its interval.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::summary::{mean, standard_deviation};
use crate::model::metric::{ConfidenceInterval, Estimate};

/// The mean of the groups' means. Its variance is that of stratified sampling, the sum of `s² / n` over the groups by the square of
/// their number (Cochran 1977, *Sampling Techniques*, 5.4); what groups differ by does not widen it. Degrees of freedom by Satterthwaite
/// (1946). `None` without a group, or when one has fewer than two values.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "groups are far shorter than 2^52")]
pub fn stratified_mean(groups: &[Vec<f64>], level: f64) -> Option<Estimate> {
    if groups.is_empty() || groups.iter().any(|group| group.len() < 2) {
        return None;
    }
    let count = groups.len() as f64;
    let value = groups.iter().map(|group| mean(group)).sum::<f64>() / count;
    let parts = || groups.iter().map(|group| (standard_deviation(group).powi(2) / group.len() as f64, group.len()));
    let variance: f64 = parts().map(|(part, _)| part).sum();
    let freedom = variance.powi(2) / parts().map(|(part, length)| part.powi(2) / (length - 1) as f64).sum::<f64>();
    let margin = if variance > 0.0 {
        let student = StudentsT::new(0.0, 1.0, freedom.max(1.0)).ok()?;
        student.inverse_cdf(0.5 + level / 2.0) * variance.sqrt() / count
    } else {
        0.0
    };
    Some(Estimate { value, interval: ConfidenceInterval { level, low: value - margin, high: value + margin } })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::interval::mean_interval;

    #[test]
    fn one_group_is_students_interval() {
        let values = vec![1.0, 2.0, 3.0, 4.0, 5.0];
        let (ours, students) =
            (stratified_mean(std::slice::from_ref(&values), 0.95).unwrap(), mean_interval(&values).unwrap());
        assert!((ours.interval.low - students.interval.low).abs() < 1e-9, "{ours:?} {students:?}");
    }

    #[test]
    fn what_groups_differ_by_does_not_widen_the_interval() {
        let near = stratified_mean(&[vec![1.0, 2.0, 3.0], vec![2.0, 3.0, 4.0]], 0.95).unwrap();
        let far = stratified_mean(&[vec![1.0, 2.0, 3.0], vec![102.0, 103.0, 104.0]], 0.95).unwrap();
        let width = |estimate: Estimate| estimate.interval.high - estimate.interval.low;
        assert!((far.value - 52.5).abs() < 1e-9 && (width(near) - width(far)).abs() < 1e-9);
        // Two groups of three of variance 1: t(0.975; 4) * sqrt(2/3) / 2 = 2.776 * 0.4082.
        assert!((width(far) / 2.0 - 1.1334).abs() < 1e-3, "{far:?}");
        assert!(stratified_mean(&[vec![1.0, 2.0], vec![1.0]], 0.95).is_none());
        assert!(width(stratified_mean(&[vec![2.0, 2.0]], 0.95).unwrap()).abs() < 1e-12);
    }
}
