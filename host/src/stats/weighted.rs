//! Distributions of values that count differently and come in groups, and the distance of two.

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

use crate::model::learned::{Difference, QUANTILES, Quantity};

/// A value, how much it counts, and the group that it came in: values of one group may be alike for a reason of their own.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weighed {
    pub value: f64,
    pub weight: f64,
    pub group: usize,
}

/// A median or a 90th percentile that changes by less than this asks for no other settings.
const MATTERS: f64 = 1.25;

/// Terms of the series of Kolmogorov's distribution: the next one is below 1e-9 wherever the first is below 1.
const TERMS: i32 = 100;

/// The distribution of values; `None` without any that count.
#[must_use]
pub fn quantity(values: &[Weighed]) -> Option<Quantity> {
    let mut sorted: Vec<Weighed> =
        values.iter().copied().filter(|one| one.weight > 0.0 && one.value.is_finite()).collect();
    sorted.sort_by(|one, other| one.value.total_cmp(&other.value));
    let total: f64 = sorted.iter().map(|one| one.weight).sum();
    let last = sorted.last()?.value;
    let mut quantiles = Vec::with_capacity(QUANTILES);
    let (mut below, mut index) = (0.0, 0);
    for step in 0..QUANTILES {
        #[expect(clippy::cast_precision_loss, reason = "some hundred steps")]
        let wanted = total * step as f64 / (QUANTILES - 1) as f64;
        // The least value that so much of the weight lies at or below.
        while let Some(one) = sorted.get(index).filter(|one| below + one.weight < wanted) {
            below += one.weight;
            index += 1;
        }
        quantiles.push(sorted.get(index).map_or(last, |one| one.value));
    }
    if let Some(greatest) = quantiles.last_mut() {
        *greatest = last;
    }
    let mean = sorted.iter().map(|one| one.weight * one.value).sum::<f64>() / total;
    let (effective, groups) = independent(&sorted, total);
    Some(Quantity { values: sorted.len(), effective, groups, mean, quantiles })
}

/// How many independent values say as much, and the number of groups. Kish (1965) for the weights; for the groups the variance of the mean rank
/// that they show among each other, over the one that it would have if each value were drawn for itself (the design effect of cluster sampling).
#[expect(clippy::cast_precision_loss, reason = "some hundred thousand requests")]
fn independent(sorted: &[Weighed], total: f64) -> (f64, usize) {
    let squares: f64 = sorted.iter().map(|one| one.weight * one.weight).sum();
    let kish = total * total / squares;
    // Ranks from 0 to 1; equal values share theirs.
    let mut ranks = Vec::with_capacity(sorted.len());
    let mut below = 0.0;
    for same in sorted.chunk_by(|one, other| one.value.total_cmp(&other.value).is_eq()) {
        let weight: f64 = same.iter().map(|one| one.weight).sum();
        ranks.extend(same.iter().map(|_| (below + weight / 2.0) / total));
        below += weight;
    }
    let mut groups = std::collections::BTreeMap::<usize, f64>::new();
    let mut variance = 0.0;
    for (one, rank) in sorted.iter().zip(&ranks) {
        // The mean rank is one half.
        let off = rank - 0.5;
        variance += one.weight * off * off / total;
        *groups.entry(one.group).or_default() += one.weight * off;
    }
    let count = groups.len();
    if count < 2 || variance <= 0.0 {
        return (kish, count);
    }
    let between: f64 = groups.values().map(|sum| sum * sum).sum::<f64>() / (total * total);
    let between = between * count as f64 / (count as f64 - 1.0);
    (kish.min(variance / between), count)
}

/// Greatest difference of the two distributions, 0 to 1.
#[must_use]
pub fn distance(one: &Quantity, other: &Quantity) -> f64 {
    let share = |quantity: &Quantity, value: f64| {
        let count = quantity.quantiles.partition_point(|quantile| *quantile <= value);
        #[expect(clippy::cast_precision_loss, reason = "some hundred quantiles")]
        let share = count as f64 / quantity.quantiles.len().max(1) as f64;
        share
    };
    let values = one.quantiles.iter().chain(&other.quantiles);
    values.map(|value| (share(one, *value) - share(other, *value)).abs()).fold(0.0, f64::max)
}

/// How two distributions differ, and whether that is more than chance at `level` and more than a quarter at the median or the 90th percentile.
///
/// The test is that of Kolmogorov and Smirnov with Stephens' (1970) correction for small samples. The numbers of independent values are estimates
/// themselves: from few groups they count for less, by the squared ratio of Student's quantile to the normal one.
#[must_use]
pub fn difference(was: &Quantity, is: &Quantity, level: f64) -> Difference {
    let distance = distance(was, is);
    let (many, others) = (trusted(was, level), trusted(is, level));
    let root = (many * others / (many + others)).sqrt();
    let p_value = kolmogorov((root + 0.12 + 0.11 / root) * distance);
    let far = |was: f64, is: f64| ((is.max(0.5) / was.max(0.5)).ln()).abs() > MATTERS.ln();
    let (before, now) = ((was.median(), was.ninetieth()), (is.median(), is.ninetieth()));
    let matters = p_value < level && (far(before.0, now.0) || far(before.1, now.1));
    Difference { was: before, is: now, distance, p_value, matters }
}

fn trusted(quantity: &Quantity, level: f64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a few thousand groups")]
    let free = quantity.groups.saturating_sub(1).max(1) as f64;
    let tail = 1.0 - level / 2.0;
    let normal = Normal::standard().inverse_cdf(tail);
    let student = StudentsT::new(0.0, 1.0, free).map_or(normal, |student| student.inverse_cdf(tail));
    (quantity.effective * (normal / student).powi(2)).max(f64::MIN_POSITIVE)
}

/// How probable a distance as great is, of samples of one distribution (Kolmogorov 1933).
fn kolmogorov(scaled: f64) -> f64 {
    // Below, the series has not converged, and the probability is 1 to three digits.
    if scaled < 0.3 {
        return 1.0;
    }
    let term = |index: i32| {
        let sign = if index % 2 == 0 { -1.0 } else { 1.0 };
        sign * (-2.0 * f64::from(index * index) * scaled * scaled).exp()
    };
    (2.0 * (1..=TERMS).map(term).sum::<f64>()).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::{super::luck::Luck, *};

    fn all(values: &[f64]) -> Vec<Weighed> {
        (0..).zip(values).map(|(group, value)| Weighed { value: *value, weight: 1.0, group }).collect()
    }

    #[test]
    fn quantiles_are_those_of_the_weights() {
        let found = quantity(&all(&(1..=1000).map(f64::from).collect::<Vec<_>>())).unwrap();
        assert_eq!((found.at(0.0), found.median(), found.ninetieth(), found.at(1.0)), (1.0, 500.0, 900.0, 1000.0));
        assert!((found.mean - 500.5).abs() < 1e-9 && found.effective > 990.0);
        let heavy = [(1.0, 1.0), (2.0, 8.0), (3.0, 1.0)];
        let heavy: Vec<Weighed> =
            (0..).zip(heavy).map(|(group, (value, weight))| Weighed { value, weight, group }).collect();
        let found = quantity(&heavy).unwrap();
        assert_eq!((found.at(0.05), found.at(0.5), found.at(0.89), found.at(0.95)), (1.0, 2.0, 2.0, 3.0));
        // Kish: (1 + 8 + 1)^2 / (1 + 64 + 1).
        assert!((found.effective - 100.0 / 66.0).abs() < 1e-9, "{found:?}");
        assert!(quantity(&[]).is_none());
    }

    #[test]
    fn groups_that_are_alike_count_as_few() {
        // Forty groups of twenty-five equal values say as much as about forty.
        let mut luck = Luck::new(3);
        let values: Vec<Weighed> = (0..40)
            .flat_map(|group| {
                let value = luck.unit();
                (0..25).map(move |_| Weighed { value, weight: 1.0, group })
            })
            .collect();
        let found = quantity(&values).unwrap();
        assert!((25.0..60.0).contains(&found.effective) && found.groups == 40, "{}", found.effective);
    }

    #[test]
    fn the_distribution_is_kolmogorovs() {
        // From tables: 1.2238 is exceeded in 10 %, 1.3581 in 5 %, 1.6276 in 1 %.
        for (scaled, share) in [(1.2238, 0.1), (1.3581, 0.05), (1.6276, 0.01)] {
            assert!((kolmogorov(scaled) - share).abs() < 1e-4, "{scaled}: {}", kolmogorov(scaled));
        }
        let (one, other) = (quantity(&all(&[1.0; 50])).unwrap(), quantity(&all(&[2.0; 50])).unwrap());
        assert!((distance(&one, &other) - 1.0).abs() < 1e-12);
        assert!(difference(&one, &other, 0.01).matters && !difference(&one, &one, 0.01).matters);
    }
}
