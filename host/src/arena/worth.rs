//! What a pick is worth beside the best of its scenario. Pure.

use crate::tune::oracle::Truth;

/// Share of the best attainable quality that the best must have, and below which a pick's speed counts only in part: what the default
/// selector aims at.
pub const QUALITY_FLOOR: f64 = 0.95;

/// The best of a scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct Best {
    pub truth: Truth,
    /// Mean score of the best attainable notes, however slow.
    pub quality: f64,
}

impl Best {
    /// Share of the best notes a minute that a pick does not reach. A pick that must not be used is worth nothing. One whose quality lies
    /// below the floor is worth at most the share of the floor that it reaches, however fast it is: reading less is no speed-up.
    #[must_use]
    pub fn regret(&self, pick: &Truth) -> f64 {
        if pick.infeasible.is_some() || self.truth.notes_per_minute <= 0.0 {
            return 1.0;
        }
        let speed = pick.notes_per_minute / self.truth.notes_per_minute;
        if self.is_below_floor(pick) {
            1.0 - speed.min(1.0) * pick.quality / (QUALITY_FLOOR * self.quality)
        } else {
            1.0 - speed
        }
    }

    /// Whether the quality of a pick is too low.
    #[must_use]
    pub fn is_below_floor(&self, pick: &Truth) -> bool {
        pick.quality < QUALITY_FLOOR * self.quality - 1e-9
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{candidate::Candidate, observation::FailureCause};

    fn truth(notes_per_minute: f64, quality: f64) -> Truth {
        Truth { candidate: Candidate::default(), notes_per_minute, quality, infeasible: None }
    }

    #[test]
    fn speed_counts_and_only_at_the_quality_that_is_asked_for() {
        let best = Best { truth: truth(10.0, 0.96), quality: 1.0 };
        let near = |value: f64, expected: f64| assert!((value - expected).abs() < 1e-9, "{value} {expected}");
        near(best.regret(&truth(8.0, 0.97)), 0.2);
        near(best.regret(&truth(11.0, 0.95)), -0.1);
        near(best.regret(&truth(40.0, 0.475)), 0.5);
        near(best.regret(&truth(5.0, 0.475)), 0.75);
        near(best.regret(&Truth { infeasible: Some(FailureCause::Spilled), ..truth(20.0, 1.0) }), 1.0);
    }
}
