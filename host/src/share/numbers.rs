//! Numbers made coarse: enough digits to tune by, too few to recognise a machine by.

use crate::model::metric::{ConfidenceInterval, Estimate};

/// Rounded to so many significant digits.
#[must_use]
pub(super) fn digits(value: f64, digits: usize) -> f64 {
    // Through the decimal form: what is written in a pack is as short as it can be.
    format!("{value:.*e}", digits.saturating_sub(1)).parse().unwrap_or(value)
}

/// Rounded to two significant digits.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "two digits of a count, never negative"
)]
pub(super) fn two(value: u64) -> u64 {
    digits(value as f64, 2) as u64
}

/// The least number of three significant digits that is not less: a bound stays one.
#[must_use]
pub(super) const fn up(value: u32) -> u32 {
    let mut unit = 1_u32;
    while value / unit >= 1000 {
        unit *= 10;
    }
    value.div_ceil(unit).saturating_mul(unit)
}

/// The greatest of some classes that is not greater; the least one for all below. A greater one than all is of the last class, which has no end.
#[must_use]
pub(super) fn class<T: Copy + PartialOrd>(value: T, classes: &[T]) -> Option<T> {
    classes.iter().rev().find(|class| **class <= value).or(classes.first()).copied()
}

/// An estimate of four digits within bounds, its interval around it; `None` where it is none.
#[must_use]
pub(super) fn estimate(found: &Estimate, low: f64, high: f64) -> Option<Estimate> {
    let within = |value: f64| digits(value.clamp(low, high), 4);
    let ConfidenceInterval { level, low: from, high: to } = found.interval;
    let fits = [found.value, from, to].iter().all(|value| value.is_finite()) && (low..=high).contains(&found.value);
    fits.then(|| {
        let value = within(found.value);
        Estimate {
            value,
            interval: ConfidenceInterval { level, low: within(from).min(value), high: within(to).max(value) },
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_digits_are_left() {
        assert_eq!((digits(123_456.0, 2), digits(0.001_234_56, 4), digits(0.0, 2)), (120_000.0, 0.001_235, 0.0));
        assert_eq!((two(0), two(99), two(8_149)), (0, 99, 8_100));
        assert_eq!((up(999), up(4_096), up(100_000), up(u32::MAX)), (999, 4_100, 100_000, u32::MAX));
    }

    #[test]
    fn classes_have_open_ends() {
        let classes = [4, 8, 16];
        assert_eq!([1, 4, 15, 16, 1000].map(|value| class(value, &classes)), [4, 4, 8, 16, 16].map(Some));
    }
}
