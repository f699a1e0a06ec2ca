//! Beliefs that measurements change: Bayesian linear regression with a conjugate prior, and what another measurement is worth.
//! The formulas and their sources are in the README.

/// A number that is not known exactly: the mean and the standard deviation of what it may be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Belief {
    pub mean: f64,
    pub sd: f64,
}

/// A linear model `y = x · beta + noise`, where both `beta` and the size of the noise are learned.
///
/// `beta` is normal around `mean` with the precision `precision / noise²`; `noise²` is inverse gamma with `shape` and `scale`.
#[derive(Debug, Clone, PartialEq)]
pub struct Regression<const N: usize> {
    mean: [f64; N],
    precision: [[f64; N]; N],
    shape: f64,
    scale: f64,
}

impl<const N: usize> Regression<N> {
    /// What is thought before anything is measured: the coefficients, how far they may be off, and the noise of one measurement
    /// with the number of measurements that this guess of the noise counts for.
    #[must_use]
    pub fn prior(coefficients: [Belief; N], noise: f64, weight: f64) -> Self {
        let mut precision = [[0.0; N]; N];
        for (index, (row, belief)) in precision.iter_mut().zip(coefficients).enumerate() {
            if let Some(cell) = row.get_mut(index) {
                *cell = (noise / belief.sd).powi(2);
            }
        }
        let shape = weight / 2.0;
        Self { mean: coefficients.map(|belief| belief.mean), precision, shape, scale: shape * noise * noise }
    }

    /// Learns from a measurement that counts for `weight` single ones.
    #[must_use]
    pub fn after(&self, x: [f64; N], y: f64, weight: f64) -> Self {
        let mut next = self.clone();
        for (row, left) in next.precision.iter_mut().zip(x) {
            for (cell, right) in row.iter_mut().zip(x) {
                *cell += weight * left * right;
            }
        }
        // precision' mean' = precision mean + w x y, written as a step from the old mean.
        let error = y - dot(&x, &self.mean);
        let step = solve(next.precision, x.map(|value| value * weight * error));
        for (mean, step) in next.mean.iter_mut().zip(step) {
            *mean += step;
        }
        next.shape += weight / 2.0;
        // The part of the error that the prior did not expect.
        next.scale += weight * error * (y - dot(&x, &next.mean)) / 2.0;
        next
    }

    /// The value of the line at `x`, without the noise of a single measurement.
    #[must_use]
    pub fn at(&self, x: [f64; N]) -> Belief {
        let spread = dot(&x, &solve(self.precision, x)).max(0.0);
        Belief { mean: dot(&x, &self.mean), sd: (self.variance() * spread).sqrt() }
    }

    /// Standard deviation of a single measurement around the line.
    #[cfg(test)]
    fn noise(&self) -> f64 {
        self.variance().sqrt()
    }

    fn variance(&self) -> f64 {
        // The mean of an inverse gamma needs a shape above 1; below, its mode stands for it.
        if self.shape > 1.5 { self.scale / (self.shape - 1.0) } else { self.scale / self.shape.max(1e-9) }
    }
}

fn dot<const N: usize>(left: &[f64; N], right: &[f64; N]) -> f64 {
    left.iter().zip(right).map(|(left, right)| left * right).sum()
}

/// Solves `matrix · result = right` for a positive definite matrix, by elimination; such a matrix needs no pivoting.
fn solve<const N: usize>(mut matrix: [[f64; N]; N], mut right: [f64; N]) -> [f64; N] {
    for column in 0..N {
        let Some((pivot, at_pivot)) = matrix.get(column).copied().zip(right.get(column).copied()) else { continue };
        let head = pivot.get(column).copied().unwrap_or(1.0).max(1e-300);
        for (row, value) in matrix.iter_mut().zip(&mut right).skip(column + 1) {
            let factor = row.get(column).copied().unwrap_or(0.0) / head;
            for (cell, above) in row.iter_mut().zip(pivot) {
                *cell -= factor * above;
            }
            *value -= factor * at_pivot;
        }
    }
    let mut result = [0.0; N];
    for column in (0..N).rev() {
        let Some((row, value)) = matrix.get(column).zip(right.get(column)) else { continue };
        let known: f64 = row.iter().zip(result).skip(column + 1).map(|(cell, value)| cell * value).sum();
        let head = row.get(column).copied().unwrap_or(1.0).max(1e-300);
        if let Some(cell) = result.get_mut(column) {
            *cell = (value - known) / head;
        }
    }
    result
}

/// The probability that a standard normal value is at most `z`: Abramowitz and Stegun, 26.2.17; the error is below 1e-7.
#[must_use]
pub fn normal_below(z: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * z.abs());
    let series = [0.319_381_530, -0.356_563_782, 1.781_477_937, -1.821_255_978, 1.330_274_429];
    let tail = density(z) * series.iter().rev().fold(0.0, |sum, factor| (sum + factor) * t);
    if z > 0.0 { 1.0 - tail } else { tail }
}

fn density(z: f64) -> f64 {
    (-z * z / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt()
}

/// What it is worth to learn by how much an option is better than the one that would be taken now: the mean of `max(0, gain)` above
/// what is had without learning. `learned` is how far the measurement can move the belief (a standard deviation).
#[must_use]
pub fn value_of_learning(gain: f64, learned: f64) -> f64 {
    if learned <= 0.0 {
        return 0.0;
    }
    let z = -gain.abs() / learned;
    learned * (density(z) + z * normal_below(z))
}

/// How far one more measurement with that noise can move a belief.
#[must_use]
pub fn learned(belief: Belief, noise: f64) -> f64 {
    belief.sd * belief.sd / belief.sd.hypot(noise).max(1e-12)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enough_measurements_overrule_the_prior() {
        let prior = Regression::prior([Belief { mean: 0.0, sd: 1.0 }, Belief { mean: 5.0, sd: 3.0 }], 0.1, 2.0);
        let mut model = prior;
        for index in 0..40 {
            let x = f64::from(index) / 10.0;
            let noise = if index % 2 == 0 { 0.05 } else { -0.05 };
            model = model.after([1.0, x], 2.0 - 0.5 * x + noise, 1.0);
        }
        let found = model.at([1.0, 2.0]);
        assert!((found.mean - 1.0).abs() < 0.02, "{found:?}");
        assert!(found.sd < 0.02 && (0.03..0.08).contains(&model.noise()), "{found:?} {}", model.noise());
        assert!(model.at([1.0, 40.0]).sd > 3.0 * found.sd, "far from all data it is less sure");
    }

    #[test]
    fn one_measurement_is_weighed_by_its_noise() {
        // Prior variance 4, noise variance 1: 4 / (4 + 1) of the way.
        let model = Regression::prior([Belief { mean: 0.0, sd: 2.0 }], 1.0, 1e9).after([1.0], 10.0, 1.0);
        let found = model.at([1.0]);
        assert!((found.mean - 8.0).abs() < 1e-6 && (found.sd - 0.8_f64.sqrt()).abs() < 1e-3, "{found:?}");
    }

    #[test]
    fn normal_and_value_of_learning_agree_with_tables() {
        for (z, expected) in [(0.0, 0.5), (1.0, 0.841_344_7), (-1.96, 0.024_997_9), (3.0, 0.998_650_1)] {
            assert!((normal_below(z) - expected).abs() < 1e-6, "{z}");
        }
        // A tie: the mean of the positive part of a normal value, 0.3989 standard deviations.
        assert!((value_of_learning(0.0, 0.1) - 0.039_894).abs() < 1e-5);
        assert!(value_of_learning(0.3, 0.1) < 1e-4, "three standard deviations ahead: nothing to learn");
        assert_eq!(value_of_learning(0.0, 0.0), 0.0);
    }
}
