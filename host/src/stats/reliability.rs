//! Whether stated probabilities come true.

use statrs::distribution::{ContinuousCDF, Normal};

use super::interval::LEVEL;
use crate::model::{calibration::ReliabilityBin, metric::ConfidenceInterval};

/// The interval of a share (Wilson 1927): it stays within 0 and 1, and holds for few and for extreme ones.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts are far smaller than 2^52")]
pub fn share_interval(hits: usize, all: usize) -> ConfidenceInterval {
    if all == 0 {
        return ConfidenceInterval { level: LEVEL, low: 0.0, high: 1.0 };
    }
    let z = Normal::standard().inverse_cdf(0.5 + LEVEL / 2.0);
    let (count, share) = (all as f64, hits as f64 / all as f64);
    let scale = 1.0 + z * z / count;
    let centre = (share + z * z / (2.0 * count)) / scale;
    let margin = z / scale * (share * (1.0 - share) / count + z * z / (4.0 * count * count)).sqrt();
    ConfidenceInterval { level: LEVEL, low: (centre - margin).max(0.0), high: (centre + margin).min(1.0) }
}

/// Statements of a probability, and whether they came true, by equal parts of the range from 0 to 1 (`DeGroot` and Fienberg 1983). Empty
/// parts are left out.
#[must_use]
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "some hundred statements, ten parts"
)]
pub fn reliability(statements: &[(f64, bool)], parts: usize) -> Vec<ReliabilityBin> {
    let part_of = |probability: f64| ((probability * parts as f64) as usize).min(parts.saturating_sub(1));
    (0..parts)
        .filter_map(|part| {
            let own: Vec<&(f64, bool)> =
                statements.iter().filter(|(probability, _)| part_of(*probability) == part).collect();
            let hits = own.iter().filter(|(_, came_true)| *came_true).count();
            (!own.is_empty()).then(|| ReliabilityBin {
                low: part as f64 / parts as f64,
                high: (part + 1) as f64 / parts as f64,
                count: own.len(),
                stated: own.iter().map(|(probability, _)| probability).sum::<f64>() / own.len() as f64,
                came_true: hits as f64 / own.len() as f64,
                interval: share_interval(hits, own.len()),
            })
        })
        .collect()
}

/// The expected calibration error (Naeini, Cooper and Hauskrecht 2015): mean distance of what was stated from what came true, each part
/// weighted by its statements.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "some hundred statements")]
pub fn expected_calibration_error(bins: &[ReliabilityBin]) -> f64 {
    let all: usize = bins.iter().map(|bin| bin.count).sum();
    bins.iter().map(|bin| bin.count as f64 * (bin.stated - bin.came_true).abs()).sum::<f64>() / all.max(1) as f64
}

/// The two numbers `(a, b)` that make `1 / (1 + exp(-(a + b * logit(p))))` the most likely probability of statements `p` (Platt 1999), by
/// Newton's method, drawn a little to `(0, 1)`, which changes nothing.
#[must_use]
pub fn recalibration(statements: &[(f64, bool)]) -> (f64, f64) {
    /// Weight of "they are right as they are", in statements.
    const PRIOR: f64 = 1.0;
    let (mut a, mut b) = (0.0, 1.0);
    for _ in 0..50 {
        let (mut gradient, mut hessian) = ([-PRIOR * a, -PRIOR * (b - 1.0)], [PRIOR, 0.0, PRIOR]);
        for (probability, came_true) in statements {
            let x = logit(*probability);
            let now = logistic(a + b * x);
            let error = f64::from(u8::from(*came_true)) - now;
            let weight = now * (1.0 - now);
            gradient = [gradient[0] + error, gradient[1] + error * x];
            hessian = [hessian[0] + weight, hessian[1] + weight * x, hessian[2] + weight * x * x];
        }
        let determinant = hessian[0] * hessian[2] - hessian[1] * hessian[1];
        if determinant.abs() < 1e-12 {
            break;
        }
        let step = [
            (hessian[2] * gradient[0] - hessian[1] * gradient[1]) / determinant,
            (hessian[0] * gradient[1] - hessian[1] * gradient[0]) / determinant,
        ];
        a += step[0];
        b += step[1];
        if step[0].abs() + step[1].abs() < 1e-9 {
            break;
        }
    }
    (a, b)
}

/// Logarithm of the odds, kept finite.
#[must_use]
pub fn logit(probability: f64) -> f64 {
    let inside = probability.clamp(0.001, 0.999);
    (inside / (1.0 - inside)).ln()
}

/// The probability of odds by their logarithm.
#[must_use]
pub fn logistic(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilsons_interval_is_that_of_the_textbook() {
        // 15 of 50: 0.191 to 0.438.
        let interval = share_interval(15, 50);
        assert!((interval.low - 0.191).abs() < 1e-3 && (interval.high - 0.438).abs() < 1e-3, "{interval:?}");
        assert!(share_interval(0, 20).low < 1e-12 && share_interval(0, 20).high < 0.17);
    }

    #[test]
    fn statements_are_compared_with_what_came_true() {
        // Of ten that said 0.8, eight came true; of ten that said 0.35, none did.
        let statements: Vec<(f64, bool)> =
            (0..10).map(|n| (0.85, n < 8)).chain((0..10).map(|_| (0.35, false))).collect();
        let bins = reliability(&statements, 10);
        assert_eq!(bins.iter().map(|bin| bin.count).collect::<Vec<_>>(), [10, 10]);
        let error = expected_calibration_error(&bins);
        assert!((error - (0.5 * 0.05 + 0.5 * 0.35)).abs() < 1e-9, "{error}");
    }

    #[test]
    fn recalibration_finds_what_was_bent() {
        // Stated 0.9 and true 0.6; stated 0.5 and true 0.3.
        let statements: Vec<(f64, bool)> =
            (0..1000).map(|n| (0.9, n % 10 < 6)).chain((0..1000).map(|n| (0.5, n % 10 < 3))).collect();
        let (a, b) = recalibration(&statements);
        let near = |stated: f64, expected: f64| {
            let found = logistic(a + b * logit(stated));
            assert!((found - expected).abs() < 0.01, "{stated}: {found}");
        };
        near(0.9, 0.6);
        near(0.5, 0.3);
    }
}
