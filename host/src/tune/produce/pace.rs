//! How many requests at once: one more while all goes well, half as many when the server has too much.
//!
//! Additive increase, multiplicative decrease (Chiu and Jain 1989), as TCP does it: a round of good answers allows one more, a sign of
//! overload halves, and one overload counts once, however many requests were under way in it.

use crate::model::observation::FailureCause;

/// The number that is allowed, between one and what was proven.
#[derive(Debug, Clone, PartialEq)]
pub struct Pace {
    allowed: f64,
    ceiling: f64,
    /// When it was lowered last, in milliseconds: what was sent before says nothing of what is allowed now.
    lowered_ms: Option<f64>,
    least: f64,
    most: f64,
    lowered: usize,
}

impl Pace {
    /// Begins with what was proven, and never goes above it.
    #[must_use]
    pub fn new(proven: u32) -> Self {
        let ceiling = f64::from(proven.max(1));
        Self { allowed: ceiling, ceiling, lowered_ms: None, least: ceiling, most: ceiling, lowered: 0 }
    }

    /// Requests at once.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and a number of requests")]
    pub fn at_once(&self) -> usize {
        // A round of thirds must add up to a whole one.
        (self.allowed + 1e-9).floor() as usize
    }

    /// A good answer: a round of them makes one more.
    pub fn grow(&mut self) {
        self.allowed = (self.allowed + 1.0 / self.allowed.floor()).min(self.ceiling);
    }

    /// A sign of overload in a request that was sent at `sent_ms`; true when it lowers the number.
    pub fn shrink(&mut self, sent_ms: f64, now_ms: f64) -> bool {
        if self.lowered_ms.is_some_and(|lowered| sent_ms < lowered) || self.at_once() == 1 {
            return false;
        }
        self.allowed = (self.allowed / 2.0).floor().max(1.0);
        self.least = self.least.min(self.allowed);
        self.lowered_ms = Some(now_ms);
        self.lowered += 1;
        true
    }

    /// After an outage: one at a time, until answers come again.
    pub fn feel_the_way(&mut self) {
        self.allowed = 1.0;
        self.least = 1.0;
    }

    /// Fewest and most that were allowed, and how often it was lowered.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and a number of requests")]
    pub const fn record(&self) -> (u32, u32, usize) {
        (self.least as u32, self.most as u32, self.lowered)
    }
}

/// Whether a failed try says that the server has too much to do.
#[must_use]
pub const fn is_overload(failure: FailureCause) -> bool {
    matches!(failure, FailureCause::Busy | FailureCause::TimedOut | FailureCause::OutOfMemory)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_round_makes_one_more_and_an_overload_halves_once() {
        let mut pace = Pace::new(6);
        assert_eq!(pace.at_once(), 6);
        assert!(pace.shrink(100.0, 200.0));
        // The others that were under way then.
        assert!(!pace.shrink(120.0, 210.0) && !pace.shrink(199.0, 220.0));
        assert_eq!(pace.at_once(), 3);
        for _ in 0..2 {
            pace.grow();
        }
        assert_eq!(pace.at_once(), 3);
        pace.grow();
        assert_eq!(pace.at_once(), 4);
        assert!(pace.shrink(300.0, 400.0) && pace.shrink(500.0, 600.0));
        assert!(!pace.shrink(700.0, 800.0), "one is the least");
        assert_eq!((pace.at_once(), pace.record()), (1, (1, 6, 3)));
    }

    proptest! {
        #[test]
        fn it_stays_within_what_was_proven(proven in 0_u32..20, signs in prop::collection::vec(any::<bool>(), 0..200)) {
            let mut pace = Pace::new(proven);
            for (at, good) in signs.into_iter().enumerate() {
                let now = f64::from(u32::try_from(at).unwrap());
                if good { pace.grow() } else { pace.shrink(now, now); }
                prop_assert!((1..=proven.max(1) as usize).contains(&pace.at_once()));
            }
        }
    }
}
