//! What only the order of values says.

use super::summary::mean;

/// Ranks of values, 1 for the least; equal values share the mean of their ranks.
#[must_use]
pub fn ranks(values: &[f64]) -> Vec<f64> {
    #[expect(clippy::cast_precision_loss, reason = "samples are far shorter than 2^52")]
    let rank = |value: &f64| {
        let below = values.iter().filter(|other| other.total_cmp(value).is_lt()).count();
        let equal = values.iter().filter(|other| other.total_cmp(value).is_eq()).count();
        below as f64 + f64::midpoint(1.0, equal as f64)
    };
    values.iter().map(rank).collect()
}

/// Spearman's rank correlation (1904), with mean ranks where values are equal: 1 for the same order, 0 for none in common, -1 for the
/// opposite. `None` for fewer than three pairs, or when all values of a side are equal.
#[must_use]
pub fn rank_correlation(pairs: &[(f64, f64)]) -> Option<f64> {
    if pairs.len() < 3 {
        return None;
    }
    let (first, second): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
    let (first, second) = (ranks(&first), ranks(&second));
    let (centre, other) = (mean(&first), mean(&second));
    let sum = |terms: &dyn Fn(f64, f64) -> f64| -> f64 {
        first.iter().zip(&second).map(|(a, b)| terms(a - centre, b - other)).sum()
    };
    let scale = (sum(&|a, _| a * a) * sum(&|_, b| b * b)).sqrt();
    (scale > 0.0).then(|| (sum(&|a, b| a * b) / scale).clamp(-1.0, 1.0))
}

/// The chance that a value of `high` is above one of `low`, equal ones counted half: the area under the ROC curve (Hanley and `McNeil`
/// 1982). `None` without values on both sides.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "samples are far shorter than 2^52")]
pub fn chance_above(high: &[f64], low: &[f64]) -> Option<f64> {
    if high.is_empty() || low.is_empty() {
        return None;
    }
    let wins: f64 = high
        .iter()
        .flat_map(|value| low.iter().map(move |other| value.total_cmp(other)))
        .map(|order| {
            if order.is_gt() {
                1.0
            } else if order.is_eq() {
                0.5
            } else {
                0.0
            }
        })
        .sum();
    Some(wins / (high.len() * low.len()) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_order_counts() {
        let same = [(1.0, 10.0), (2.0, 11.0), (30.0, 500.0)];
        assert!((rank_correlation(&same).unwrap() - 1.0).abs() < 1e-12);
        assert!((rank_correlation(&same.map(|(a, b)| (a, -b))).unwrap() + 1.0).abs() < 1e-12);
        // 1 - 6 * (1 + 1 + 0 + 0) / (4 * 15)
        let swapped = [(1.0, 2.0), (2.0, 1.0), (3.0, 3.0), (4.0, 4.0)];
        assert!((rank_correlation(&swapped).unwrap() - 0.8).abs() < 1e-12);
        assert_eq!(rank_correlation(&[(1.0, 1.0), (1.0, 2.0), (1.0, 3.0)]), None);
    }

    #[test]
    fn chances_count_ties_half() {
        assert_eq!(chance_above(&[3.0, 4.0], &[1.0, 2.0]), Some(1.0));
        assert_eq!(chance_above(&[2.0, 4.0], &[2.0, 3.0]), Some(0.625));
        assert_eq!(chance_above(&[], &[1.0]), None);
    }
}
