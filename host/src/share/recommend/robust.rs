//! Figures that a few values cannot move far, whatever they are.

/// A median absolute deviation times this is the standard deviation of a normal distribution.
const SIGMA: f64 = 1.482_6;

/// Deviations beyond which a value is set aside: Iglewicz and Hoaglin, *How to detect and handle outliers*, 1993.
const FAR: f64 = 3.5;

/// The least deviation that is counted with, as a logarithm: machines of one class differ by as much without anybody lying.
const LEAST: f64 = 0.05;

/// Fewest values among which one can be said to be unlike the others.
const FEWEST: usize = 5;

/// The least value at or below which a share of the weight lies; `None` where nothing weighs.
#[must_use]
pub fn quantile(values: &[(f64, f64)], share: f64) -> Option<f64> {
    let mut sorted: Vec<(f64, f64)> =
        values.iter().copied().filter(|(value, weight)| value.is_finite() && *weight > 0.0).collect();
    sorted.sort_by(|one, other| one.0.total_cmp(&other.0));
    let wanted = share * sorted.iter().map(|(_, weight)| weight).sum::<f64>();
    let mut below = 0.0;
    let found = sorted.iter().find(|(_, weight)| {
        below += weight;
        // Rounding of sums decides nothing.
        below >= wanted * (1.0 - 1e-9)
    });
    found.or(sorted.last()).map(|(value, _)| *value)
}

/// The middle of the weight: between the two values in the middle where it is between them.
#[must_use]
pub fn median(values: &[(f64, f64)]) -> Option<f64> {
    Some(f64::midpoint(quantile(values, 0.5)?, quantile(values, 0.5 + 1e-6)?))
}

/// The mean of the half of the weight that lies in the middle: the interquartile mean (Tukey 1977, *Exploratory Data Analysis*). No value beyond a quarter moves it any further,
/// and where weights change a little, it changes a little.
#[must_use]
pub fn middle_half(values: &[(f64, f64)]) -> Option<f64> {
    let mut sorted: Vec<(f64, f64)> =
        values.iter().copied().filter(|(value, weight)| value.is_finite() && *weight > 0.0).collect();
    sorted.sort_by(|one, other| one.0.total_cmp(&other.0));
    let total: f64 = sorted.iter().map(|(_, weight)| weight).sum();
    let (low, high) = (0.25 * total, 0.75 * total);
    let (mut below, mut sum) = (0.0, 0.0);
    for (value, weight) in sorted {
        let inside = (below + weight).min(high) - f64::max(below, low);
        sum += value * inside.max(0.0);
        below += weight;
    }
    (total > 0.0).then(|| sum / (high - low))
}

/// The median of values that are of one kind; `None` where they are too few to have one that a single value does not make.
#[must_use]
pub fn centre(values: &[(f64, f64)]) -> Option<f64> {
    median(values).filter(|_| are_enough(values.len()))
}

/// Whether so many values tell what is unlike the others among them.
#[must_use]
pub const fn are_enough(values: usize) -> bool {
    values >= FEWEST
}

/// How far values lie from their middle, as a standard deviation.
#[must_use]
pub fn spread(values: &[(f64, f64)], middle: f64) -> f64 {
    let deviations: Vec<(f64, f64)> = values.iter().map(|(value, weight)| ((value - middle).abs(), *weight)).collect();
    SIGMA * quantile(&deviations, 0.5).unwrap_or(0.0)
}

/// Which values are like the others; all, where there are too few to say.
#[must_use]
pub fn alike(values: &[(f64, f64)]) -> Vec<bool> {
    let Some(middle) = median(values).filter(|_| values.len() >= FEWEST) else { return vec![true; values.len()] };
    let deviation = spread(values, middle).max(LEAST);
    values.iter().map(|(value, _)| (value - middle).abs() <= FAR * deviation).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weight_decides_and_not_number() {
        let values = [(1.0, 1.0), (2.0, 1.0), (9.0, 5.0)];
        assert_eq!((quantile(&values, 0.5), quantile(&values, 0.2)), (Some(9.0), Some(2.0)));
        assert_eq!(median(&[(1.0, 1.0), (2.0, 1.0)]), Some(1.5));
        assert_eq!(quantile(&[(1.0, 0.0)], 0.5), None);
    }

    #[test]
    fn what_is_beyond_a_quarter_moves_the_middle_half_no_further() {
        let near = |values: &[(f64, f64)], expected: f64| {
            let found = middle_half(values).unwrap();
            assert!((found - expected).abs() < 1e-9, "{found} {expected}");
        };
        near(&[(1.0, 1.0), (2.0, 1.0), (3.0, 1.0), (99.0, 1.0)], 2.5);
        near(&[(1.0, 1.0), (2.0, 1.0), (3.0, 1.0), (9.0, 1.0)], 2.5);
        near(&[(7.0, 0.3)], 7.0);
        // Half of the weight is of the second: it is most of the middle, and not all of it.
        near(&[(0.0, 1.0), (1.0, 2.0), (2.0, 1.0)], 1.0);
        near(&[(0.0, 2.0), (1.0, 2.0)], 0.5);
        assert_eq!(middle_half(&[(1.0, 0.0)]), None);
        assert_eq!((centre(&[(1.0, 1.0); 4]), centre(&[(1.0, 1.0); 5])), (None, Some(1.0)));
    }

    #[test]
    fn what_is_unlike_the_others_is_found_unless_there_are_too_few() {
        let mut values: Vec<(f64, f64)> = (0..9).map(|step| (0.1 * f64::from(step), 1.0)).collect();
        values.push((5.0, 1.0));
        let alike = alike(&values);
        assert!(!alike[9] && alike[..9].iter().all(|one| *one));
        assert_eq!(super::alike(&[(0.0, 1.0), (9.0, 1.0)]), [true, true]);
    }
}
