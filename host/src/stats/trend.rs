//! Whether values that should stay the same change with time.

use statrs::distribution::{ContinuousCDF, Normal};

use super::{
    ranks::ranks,
    summary::{MAD_TO_DEVIATION, mean, median},
};

/// Shares of the whole time within which two values are neighbours, and from which on they are far apart.
const NEAR: f64 = 0.1;
const FAR: f64 = 0.33;

/// Fewest pairs that say how much values differ.
const FEWEST_PAIRS: usize = 8;

/// Further out than so many standard deviations nothing counts.
const MOST_DEVIATIONS: f64 = 3.0;

/// A value at a time, among others of its group, which share their level and not that of other groups.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    pub group: usize,
    pub time: f64,
    pub value: f64,
}

/// A change in one direction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trend {
    /// In a unit of time.
    pub slope: f64,
    /// Two-sided.
    pub p_value: f64,
}

/// Whether values rise or fall: Kendall's test in each group, added up over groups (Mann 1945; Hirsch, Slack and Smith 1982), and the
/// median of the slopes between any two points of a group (Theil 1950; Sen 1968). Holds for any distribution, and a few values that are
/// far out count no more than others. `None` when no group has two points.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "samples are far shorter than 2^52")]
pub fn trend(points: &[Point]) -> Option<Trend> {
    let (mut score, mut variance) = (0.0, 0.0);
    let mut slopes = Vec::new();
    for group in groups(points) {
        let count = group.len() as f64;
        variance += count * (count - 1.0) * (2.0 * count + 5.0) / 18.0;
        for (index, earlier) in group.iter().enumerate() {
            for later in group.get(index + 1..).unwrap_or_default() {
                let (rise, span) = (later.value - earlier.value, later.time - earlier.time);
                if span > 0.0 {
                    score += if rise > 0.0 {
                        1.0
                    } else if rise < 0.0 {
                        -1.0
                    } else {
                        0.0
                    };
                    slopes.push(rise / span);
                }
            }
        }
    }
    if slopes.is_empty() {
        return None;
    }
    // One less, because the score moves in steps of two.
    let distance = (f64::abs(score) - 1.0).max(0.0) / variance.sqrt();
    Some(Trend { slope: median(&slopes), p_value: 2.0 * (1.0 - Normal::standard().cdf(distance)) })
}

/// The probability that values which do not depend on time follow each other as smoothly: von Neumann's ratio of ranks (Bartels 1982),
/// over all groups in the order of time, each from its median. It sees changes that come and go, too. `None` for fewer than 10 points.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "samples are far shorter than 2^52")]
pub fn smoothness(points: &[Point]) -> Option<f64> {
    let values: Vec<f64> = centred(points).into_iter().map(|(_, value)| value).collect();
    if values.len() < 10 {
        return None;
    }
    let ranks = ranks(&values);
    let count = ranks.len() as f64;
    let centre = f64::midpoint(1.0, count);
    let whole: f64 = ranks.iter().map(|rank| (rank - centre).powi(2)).sum();
    let steps: f64 = ranks.windows(2).filter_map(|pair| Some((pair.last()? - pair.first()?).powi(2))).sum();
    let deviation = (20.0 / (5.0 * count + 7.0)).sqrt();
    (whole > 0.0).then(|| Normal::standard().cdf((steps / whole - 2.0) / deviation))
}

/// The difference between the greatest and the least median of `window` neighbours in time, each group from its median.
#[must_use]
pub fn swing(points: &[Point], window: usize) -> f64 {
    let values: Vec<f64> = centred(points).into_iter().map(|(_, value)| value).collect();
    let medians: Vec<f64> = values.windows(window.max(1)).map(median).collect();
    let greatest = medians.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let least = medians.iter().copied().fold(f64::INFINITY, f64::min);
    (greatest - least).max(0.0)
}

/// Variance of what changes slowly: half the mean square of the differences within groups between values that lie far apart in time, less that between
/// neighbours, which is noise (the variogram of Matheron 1963). Values that are far out are drawn in first. What swings more slowly than all of it lasts
/// shows only as far as it got. `None` with too few pairs of either kind; never negative.
#[must_use]
pub fn slow_variance(points: &[Point]) -> Option<f64> {
    let times = || points.iter().map(|point| point.time);
    let span = times().fold(f64::NEG_INFINITY, f64::max) - times().fold(f64::INFINITY, f64::min);
    let distances: Vec<f64> = centred(points).into_iter().map(|(_, value)| value.abs()).collect();
    if distances.is_empty() {
        return None;
    }
    let most = MOST_DEVIATIONS * MAD_TO_DEVIATION * median(&distances);
    let (mut near, mut far) = (Vec::new(), Vec::new());
    for group in groups(points) {
        let centre = median(&group.iter().map(|point| point.value).collect::<Vec<_>>());
        let drawn_in = |point: &Point| (point.value - centre).clamp(-most, most);
        for (index, earlier) in group.iter().enumerate() {
            for later in group.get(index + 1..).unwrap_or_default() {
                let (apart, square) = (later.time - earlier.time, (drawn_in(later) - drawn_in(earlier)).powi(2));
                if apart <= NEAR * span {
                    near.push(square);
                } else if apart >= FAR * span {
                    far.push(square);
                }
            }
        }
    }
    let enough = near.len() >= FEWEST_PAIRS && far.len() >= FEWEST_PAIRS;
    enough.then(|| ((mean(&far) - mean(&near)) / 2.0).max(0.0))
}

/// Times and values from the median of their group, in the order of time; a point that is alone in its group says nothing.
fn centred(points: &[Point]) -> Vec<(f64, f64)> {
    let mut centred: Vec<(f64, f64)> = groups(points)
        .into_iter()
        .filter(|group| group.len() > 1)
        .flat_map(|group| {
            let centre = median(&group.iter().map(|point| point.value).collect::<Vec<_>>());
            group.into_iter().map(move |point| (point.time, point.value - centre))
        })
        .collect();
    centred.sort_by(|a, b| a.0.total_cmp(&b.0));
    centred
}

/// The points of each group, in the order of time.
fn groups(points: &[Point]) -> Vec<Vec<Point>> {
    let mut names: Vec<usize> = points.iter().map(|point| point.group).collect();
    names.sort_unstable();
    names.dedup();
    let of = |name: usize| {
        let mut group: Vec<Point> = points.iter().copied().filter(|point| point.group == name).collect();
        group.sort_by(|a, b| a.time.total_cmp(&b.time));
        group
    };
    names.into_iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::{super::luck::Luck, *};

    /// Groups of different levels one after the other, with a change over time.
    fn points(luck: &mut Luck, groups: u32, change: impl Fn(f64) -> f64) -> Vec<Point> {
        let point = |index: u32| {
            let (group, time) = (index * groups / 30, f64::from(index) / 30.0);
            // One in twenty is far out.
            let far = if luck.unit() < 0.05 { 1.5 } else { 0.0 };
            let value = f64::from(group) + change(time) + 0.05 * luck.normal() + far;
            Point { group: group as usize, time, value }
        };
        (0..30).map(point).collect()
    }

    /// Of 500 studies, how many a trend is seen in, and how many a slow change.
    fn alarms(groups: u32, change: impl Fn(f64) -> f64) -> (usize, usize) {
        let mut luck = Luck::new(1);
        let mut found = (0, 0);
        for _ in 0..500 {
            let points = points(&mut luck, groups, &change);
            found.0 += usize::from(trend(&points).is_some_and(|trend| trend.p_value < 0.01));
            found.1 += usize::from(smoothness(&points).is_some_and(|p_value| p_value < 0.01));
        }
        found
    }

    #[test]
    fn still_values_raise_few_alarms_and_changing_ones_many() {
        let (rises, waves) = alarms(3, |_| 0.0);
        assert!(rises <= 10 && waves <= 10, "{rises} {waves} of 500");
        let (rises, _) = alarms(3, |time| 0.5 * time);
        assert!(rises > 400, "{rises} of 500");
        let (_, waves) = alarms(1, |time| 0.2 * (9.0 * time).sin());
        assert!(waves > 450, "{waves} of 500");
    }

    #[test]
    fn slopes_and_swings_have_their_size() {
        let mut luck = Luck::new(2);
        let slopes: Vec<f64> =
            (0..50).filter_map(|_| trend(&points(&mut luck, 3, |time| 0.5 * time))).map(|trend| trend.slope).collect();
        assert!((median(&slopes) - 0.5).abs() < 0.1, "{slopes:?}");
        let waving = points(&mut luck, 1, |time| 0.2 * (9.0 * time).sin());
        assert!((0.25..0.5).contains(&swing(&waving, 5)), "{}", swing(&waving, 5));
        assert_eq!(trend(&[Point { group: 0, time: 0.0, value: 1.0 }]), None);
    }

    #[test]
    fn what_is_slow_is_told_from_noise_and_from_what_is_far_out() {
        let found = |groups: u32, change: &dyn Fn(f64) -> f64| {
            let mut luck = Luck::new(3);
            let each: Vec<f64> =
                (0..200).filter_map(|_| slow_variance(&points(&mut luck, groups, change))).map(f64::sqrt).collect();
            assert_eq!(each.len(), 200);
            median(&each)
        };
        // A swing of a tenth has a deviation of 7 %, of which a part is seen in four fifths of a turn.
        let swing = |time: f64| 0.1 * (5.0 * time).sin();
        let (alone, shared, still) = (found(1, &swing), found(2, &swing), found(1, &|_| 0.0));
        assert!((0.05..0.11).contains(&alone) && shared > 0.02 && still < 0.025, "{alone} {shared} {still}");
        assert_eq!(slow_variance(&[Point { group: 0, time: 0.0, value: 1.0 }; 3]), None);
    }
}
