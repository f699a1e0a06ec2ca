//! A straight line through measurements whose coefficients cannot be negative.

/// `y = intercept + slope * x`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    pub intercept: f64,
    pub slope: f64,
}

impl Line {
    /// The value at `x`.
    #[must_use]
    pub fn at(&self, x: f64) -> f64 {
        self.slope.mul_add(x, self.intercept)
    }
}

/// Least squares with both coefficients at least 0 (Lawson and Hanson 1974, for two coefficients: when the free solution has a
/// negative one, the best of the two borders). Points are weighted by `1 / y²`, because the noise of a latency grows with it.
/// `None` without points with positive `y`.
#[must_use]
pub fn non_negative_line(points: &[(f64, f64)]) -> Option<Line> {
    let points: Vec<(f64, f64)> =
        points.iter().copied().filter(|(x, y)| x.is_finite() && y.is_finite() && *y > 0.0).collect();
    if points.is_empty() {
        return None;
    }
    let weighted = |term: &dyn Fn(f64, f64) -> f64| -> f64 { points.iter().map(|(x, y)| term(*x, *y) / (y * y)).sum() };
    let (s, sx, sy) = (weighted(&|_, _| 1.0), weighted(&|x, _| x), weighted(&|_, y| y));
    let (sxx, sxy) = (weighted(&|x, _| x * x), weighted(&|x, y| x * y));
    let determinant = s * sxx - sx * sx;
    let flat = Line { intercept: sy / s, slope: 0.0 };
    if determinant <= 1e-12 * s * sxx.max(1e-300) {
        return Some(flat);
    }
    let slope = (s * sxy - sx * sy) / determinant;
    let intercept = (sy - slope * sx) / s;
    Some(if slope < 0.0 {
        flat
    } else if intercept < 0.0 {
        Line { intercept: 0.0, slope: sxy / sxx }
    } else {
        Line { intercept, slope }
    })
}

/// Observed / predicted for every point.
#[must_use]
pub fn factors(points: &[(f64, f64)], line: &Line) -> Vec<f64> {
    points.iter().filter(|(x, _)| line.at(*x) > 0.0).map(|(x, y)| y / line.at(*x)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_line_and_never_a_negative_one() {
        let line = non_negative_line(&[(0.0, 2.0), (10.0, 7.0), (20.0, 12.0)]).unwrap();
        assert!((line.intercept - 2.0).abs() < 1e-9 && (line.slope - 0.5).abs() < 1e-9);
        let falling = non_negative_line(&[(0.0, 10.0), (10.0, 5.0)]).unwrap();
        assert!(falling.slope.abs() < 1e-12 && falling.intercept > 0.0);
        let through_zero = non_negative_line(&[(10.0, 5.0), (20.0, 15.0)]).unwrap();
        assert!(through_zero.intercept.abs() < 1e-12 && through_zero.slope > 0.0);
        assert!(non_negative_line(&[]).is_none());
        assert!((non_negative_line(&[(5.0, 3.0)]).unwrap().at(100.0) - 3.0).abs() < 1e-9);
    }
}
