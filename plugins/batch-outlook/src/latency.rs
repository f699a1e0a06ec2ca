//! How long good requests take.

use std::f64::consts::FRAC_2_PI;

use crate::{Timed, count, median};

/// What is taken for granted of the spread before anything is measured: its standard deviation on the logarithmic scale, and
/// the number of measurements that this belief is worth. Answers differ in length by about that much from file to file.
const USUAL_SPREAD: f64 = 0.2;
const BELIEF: usize = 3;

/// Least spread that is believed: below it clocks and rounding say more than the server does.
const LEAST_SPREAD: f64 = 0.03;

/// A request that lies further above the line than so many spreads is not slow but was stalled.
const STALL_SPREADS: f64 = 4.0;

/// The standard deviation of a normal distribution is that many times its median absolute deviation.
const MAD_TO_DEVIATION: f64 = 1.4826;

/// Most points that a line is put through: the slopes between all pairs are looked at.
const MOST_POINTS: usize = 150;

/// A line over the size, and how requests scatter around it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Latency {
    pub intercept: f64,
    pub slope: f64,
    /// Mean of observed / line.
    pub factor: f64,
    /// Mean of the logarithm of observed / line.
    pub centre: f64,
    /// Standard deviation of the logarithm, prior belief included.
    pub spread: f64,
    /// Degrees of freedom of `spread`.
    pub degrees: usize,
    /// Good requests that were not stalled.
    pub requests: usize,
    /// The median of the good requests.
    pub typical_seconds: f64,
    /// The slowest good request that was not stalled.
    pub slowest_seconds: f64,
}

impl Latency {
    /// The model, and the seconds by which stalled requests were late.
    ///
    /// The line is that of Theil and Sen (Sen 1968, "Estimates of the regression coefficient based on Kendall's tau"): the median
    /// of the slopes between all pairs, which up to 29 % of stalled requests do not move.
    #[must_use]
    pub fn of(good: &[Timed]) -> Option<(Self, Vec<f64>)> {
        let good: Vec<Timed> = good
            .iter()
            .copied()
            .filter(|one| one.seconds > 0.0 && one.seconds.is_finite() && one.size.is_finite())
            .collect();
        if good.is_empty() {
            return None;
        }
        let typical_seconds = median(&mut good.iter().map(|one| one.seconds).collect::<Vec<_>>());
        let (intercept, slope) = line(&good, typical_seconds);
        let at = |one: &Timed| slope.mul_add(one.size, intercept);
        let log = |one: &Timed| (one.seconds / at(one)).ln();
        let mut logs: Vec<f64> = good.iter().map(log).collect();
        let middle = median(&mut logs);
        let deviation = MAD_TO_DEVIATION * median(&mut logs.iter().map(|log| (log - middle).abs()).collect::<Vec<_>>());
        // With a handful of requests their own deviation says next to nothing.
        let few = count(BELIEF) / count(BELIEF + good.len());
        let deviation = few.mul_add(USUAL_SPREAD, (1.0 - few) * deviation).max(LEAST_SPREAD);
        let (stalled, steady): (Vec<Timed>, Vec<Timed>) =
            good.iter().partition(|one| log(one) > STALL_SPREADS.mul_add(deviation, middle));
        let waits = stalled.iter().map(|one| one.seconds - at(one)).collect();

        let requests = steady.len().max(1);
        let mean = |value: &dyn Fn(&Timed) -> f64| steady.iter().map(value).sum::<f64>() / count(requests);
        let centre = mean(&log);
        let squares = mean(&|one| (log(one) - centre).powi(2)) * count(requests);
        // Two coefficients and the belief: scaled inverse chi-squared (Gelman et al., Bayesian Data Analysis, 3rd ed., 2.6 and 3.2).
        let degrees = BELIEF + requests.saturating_sub(2);
        let variance = (count(BELIEF) * USUAL_SPREAD.powi(2) + squares) / count(degrees);
        let factor = mean(&|one| one.seconds / at(one));
        let spread = variance.sqrt().max(LEAST_SPREAD);
        let slowest_seconds = steady.iter().map(|one| one.seconds).fold(0.0, f64::max);
        let latency =
            Self { intercept, slope, factor, centre, spread, degrees, requests, typical_seconds, slowest_seconds };
        Some((latency, waits))
    }

    /// Mean seconds of a good request of that size.
    #[must_use]
    pub fn mean_seconds(&self, size: f64) -> f64 {
        self.slope.mul_add(size, self.intercept) * self.factor
    }

    /// Probability that a good request of that size takes longer: the posterior predictive distribution, Student's t with a scale of
    /// `spread * sqrt(1 + 1 / n)` around the mean of the logarithms.
    #[must_use]
    pub fn slower_than(&self, seconds: f64, size: f64) -> f64 {
        let line = self.slope.mul_add(size, self.intercept);
        if seconds <= 0.0 || line <= 0.0 {
            return 1.0;
        }
        let scale = self.spread * (1.0 + 1.0 / count(self.requests)).sqrt();
        student_above(((seconds / line).ln() - self.centre) / scale, self.degrees)
    }

    /// Standard error of the line as a share of it.
    #[must_use]
    pub fn error(&self) -> f64 {
        self.spread / count(self.requests).sqrt()
    }
}

/// Intercept and slope, neither negative.
fn line(good: &[Timed], typical_seconds: f64) -> (f64, f64) {
    let step = good.len().div_ceil(MOST_POINTS).max(1);
    let points: Vec<&Timed> = good.iter().step_by(step).collect();
    let largest = points.iter().map(|one| one.size.abs()).fold(0.0, f64::max);
    let mut slopes = Vec::new();
    for (index, one) in points.iter().enumerate() {
        for other in points.iter().skip(index + 1) {
            if (other.size - one.size).abs() > 1e-9 * largest {
                slopes.push((other.seconds - one.seconds) / (other.size - one.size));
            }
        }
    }
    let slope = median(&mut slopes).max(0.0);
    let intercept = median(&mut points.iter().map(|one| one.seconds - slope * one.size).collect::<Vec<_>>());
    if intercept > 0.0 {
        return (intercept, slope);
    }
    let through_zero =
        median(&mut points.iter().filter(|one| one.size > 0.0).map(|one| one.seconds / one.size).collect::<Vec<_>>());
    if through_zero > 0.0 { (0.0, through_zero) } else { (typical_seconds, 0.0) }
}

/// Probability that Student's t lies above `bound`, for whole degrees of freedom: the closed form of Abramowitz and Stegun,
/// Handbook of Mathematical Functions, 26.7.3 and 26.7.4.
#[must_use]
pub fn student_above(bound: f64, degrees: usize) -> f64 {
    let degrees = degrees.max(1);
    let angle = (bound.abs() / count(degrees).sqrt()).atan();
    let (sine, cosine) = angle.sin_cos();
    let odd = degrees % 2 == 1;
    let mut term = if odd { cosine } else { 1.0 };
    let mut sum = if degrees == 1 { 0.0 } else { term };
    for power in (if odd { 3 } else { 2 }..=degrees.saturating_sub(2)).step_by(2) {
        term *= cosine * cosine * (count(power) - 1.0) / count(power);
        sum += term;
    }
    let within = if odd { FRAC_2_PI * (angle + sine * sum) } else { sine * sum };
    let above = ((1.0 - within) / 2.0).clamp(0.0, 0.5);
    if bound < 0.0 { 1.0 - above } else { above }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `seconds = 2 + size / 100`, times factors that repeat.
    fn requests(number: u32, factors: &[f64]) -> Vec<Timed> {
        (0..number)
            .zip(factors.iter().cycle())
            .map(|(index, factor)| {
                let size = 100.0 * f64::from(1 + index % 7);
                Timed { size, seconds: (2.0 + size / 100.0) * factor }
            })
            .collect()
    }

    #[test]
    fn stalled_requests_neither_move_the_line_nor_widen_it() {
        let mut good = requests(42, &[0.95, 1.0, 1.05]);
        for place in [3, 17, 30, 41] {
            good[place].seconds += 25.0;
        }
        let (latency, waits) = Latency::of(&good).expect("requests");
        assert_eq!(waits.len(), 4, "{waits:?}");
        assert!(waits.iter().all(|wait| (24.0..26.0).contains(wait)), "{waits:?}");
        assert!((latency.mean_seconds(700.0) - 9.0).abs() < 0.4, "{latency:?}");
        assert!(latency.spread < 0.09, "{latency:?}");
    }

    #[test]
    fn few_requests_leave_more_room() {
        let beyond =
            |number| Latency::of(&requests(number, &[0.95, 1.0, 1.05])).expect("requests").0.slower_than(20.0, 700.0);
        assert!(beyond(4) > 10.0 * beyond(40) && beyond(40) < 1e-6, "{} {}", beyond(4), beyond(40));
        assert!(beyond(1) > 0.001 && beyond(1) < 0.5);
        assert_eq!(Latency::of(&[]), None);
    }

    #[test]
    fn tails_agree_with_the_printed_table() {
        for (bound, degrees, above) in [(6.314, 1, 0.05), (2.920, 2, 0.05), (2.571, 5, 0.025), (3.169, 10, 0.005)] {
            assert!((student_above(bound, degrees) - above).abs() < 2e-5, "{bound} {degrees}");
            assert!((student_above(-bound, degrees) - 1.0 + above).abs() < 2e-5);
        }
    }
}
