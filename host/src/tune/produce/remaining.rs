//! How long it still takes, from what was expected and what was seen. Pure.

use std::f64::consts::SQRT_2;

/// So many notes of evidence is what the study said worth.
const EXPECTATION_COUNTS: f64 = 8.0;

/// Spread of the time of a note, where too few are known to tell.
const USUAL_SPREAD: f64 = 0.4;

/// Notes that tell how much they vary.
const ENOUGH: f64 = 5.0;

/// Half-width of a 95 % interval of a normal distribution, in standard deviations.
const NORMAL_95: f64 = 1.96;

/// What is left to do, each file with its weight: the time that it is expected to take, in any unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Remaining {
    /// Seconds that a unit of weight was expected to take, and how wrong that may be, as a share; none where nobody expected anything.
    expected: Option<(f64, f64)>,
    done: f64,
    left: f64,
    notes: f64,
    notes_left: f64,
    /// Sums of the time of a worker by weight, and of its square.
    sum: f64,
    squares: f64,
}

/// Seconds, with the range in which they should lie.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Left {
    pub seconds: f64,
    pub low: f64,
    pub high: f64,
}

impl Remaining {
    /// All of it. `expected` is the seconds for all weights and the bounds of their interval.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a batch has far fewer than 2^52 files")]
    pub fn new(weights: &[f64], expected: Option<(f64, f64, f64)>) -> Self {
        let left: f64 = weights.iter().sum();
        let expected = expected.filter(|(seconds, ..)| *seconds > 0.0 && left > 0.0);
        Self {
            expected: expected.map(|(seconds, low, high)| (seconds / left, (high - low) / (2.0 * seconds))),
            done: 0.0,
            left,
            notes: 0.0,
            notes_left: weights.len() as f64,
            sum: 0.0,
            squares: 0.0,
        }
    }

    /// A file had its turn, and occupied workers for so many seconds.
    pub fn finish(&mut self, weight: f64, busy_seconds: f64) {
        self.done += weight;
        self.left = (self.left - weight).max(0.0);
        self.notes += 1.0;
        self.notes_left = (self.notes_left - 1.0).max(0.0);
        let each = busy_seconds / weight.max(f64::MIN_POSITIVE);
        self.sum += each;
        self.squares += each * each;
    }

    /// What is left after so many seconds of work, with files of so much weight under way; none before there is anything to go by.
    ///
    /// The pace is the mean of the expected and the seen one, weighted by notes. Its uncertainty is that of the expectation, or what it was
    /// off by, as far as it counts, and the spread of notes over the root of the number that was seen, and of the number that is to come.
    #[must_use]
    pub fn left(&self, seconds: f64, under_way: f64) -> Option<Left> {
        // On average what is under way is half done.
        let halves = under_way.min(self.left) / 2.0;
        let seen = (self.notes > 0.0).then(|| seconds / (self.done + halves));
        let trust = if self.expected.is_some() { EXPECTATION_COUNTS / (EXPECTATION_COUNTS + self.notes) } else { 0.0 };
        let pace = match (self.expected, seen) {
            (Some((expected, _)), Some(seen)) => trust * expected + (1.0 - trust) * seen,
            (Some((expected, _)), None) => expected,
            (None, seen) => seen?,
        };
        let spread = self.spread();
        let of_expectation = self.expected.map_or(0.0, |(expected, share)| {
            let off = seen.map_or(0.0, |seen| (seen - expected).abs());
            trust * off.max(share * expected) / pace
        });
        let known = self.notes.max(1.0);
        let of_notes = NORMAL_95 * spread * ((1.0 - trust).powi(2) / known + 1.0 / self.notes_left.max(1.0)).sqrt();
        let share = of_expectation.hypot(of_notes);
        let seconds = (self.left - halves) * pace;
        Some(Left { seconds, low: seconds / (1.0 + share), high: seconds * (1.0 + share) })
    }

    /// Standard deviation of the time of a note for its weight, as a share of the mean.
    fn spread(&self) -> f64 {
        if self.notes < ENOUGH || self.sum <= 0.0 {
            return USUAL_SPREAD;
        }
        let mean = self.sum / self.notes;
        let variance = (self.squares / self.notes - mean * mean).max(0.0) * self.notes / (self.notes - 1.0);
        (variance.sqrt() / mean).min(SQRT_2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_believes_what_was_expected_until_it_has_seen_otherwise() {
        let mut remaining = Remaining::new(&[1.0; 100], Some((1000.0, 800.0, 1200.0)));
        let first = remaining.left(0.0, 0.0).unwrap();
        assert!((first.seconds - 1000.0).abs() < 1e-6 && first.low < 850.0 && first.high > 1150.0, "{first:?}");
        // Twice as slow as expected.
        for _ in 0..50 {
            remaining.finish(1.0, 20.0);
        }
        let later = remaining.left(1000.0, 0.0).unwrap();
        assert!((900.0..1000.0).contains(&later.seconds) && later.high > 999.9, "{later:?}");
        for _ in 0..50 {
            remaining.finish(1.0, 20.0);
        }
        let end = remaining.left(2000.0, 0.0).unwrap();
        assert!(end.seconds.abs() < 1e-9, "{end:?}");
    }

    #[test]
    fn without_an_expectation_the_first_note_tells() {
        let mut remaining = Remaining::new(&[1.0, 1.0, 2.0], None);
        assert_eq!(remaining.left(5.0, 1.0), None);
        remaining.finish(1.0, 10.0);
        let left = remaining.left(10.0, 0.0).unwrap();
        assert!((left.seconds - 30.0).abs() < 1e-6 && left.low < 25.0 && left.high > 35.0, "{left:?}");
    }
}
