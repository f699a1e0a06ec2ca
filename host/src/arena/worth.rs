//! What a pick is worth beside the best of its scenario. Pure.

use crate::{
    model::candidate::Candidate,
    tune::oracle::{SIGNAL, Truth},
};

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
    /// below the floor is worth at most the share of the floor that it reaches, however fast it is; and one that reads less of a file than
    /// the best is no faster than it: reading less is no speed-up.
    #[must_use]
    pub fn regret(&self, pick: &Truth) -> f64 {
        if pick.infeasible.is_some() || self.truth.notes_per_minute <= 0.0 {
            return 1.0;
        }
        let reads_less = pick.candidate.max_content_length < self.truth.candidate.max_content_length;
        let most = if reads_less { 1.0 } else { f64::INFINITY };
        let speed = (pick.notes_per_minute / self.truth.notes_per_minute).min(most);
        if self.is_below_floor(pick) { 1.0 - speed.min(1.0) * self.share_of_floor(pick) } else { 1.0 - speed }
    }

    /// This, or a pick that is better: whoever looked for the best looked at some settings only.
    #[must_use]
    pub fn or(self, pick: &Truth) -> Self {
        let reads_enough = pick.candidate.max_content_length >= self.truth.candidate.max_content_length;
        let is_better = pick.infeasible.is_none() && reads_enough && !self.is_below_floor(pick);
        if is_better && pick.notes_per_minute > self.truth.notes_per_minute {
            return Self { truth: pick.clone(), ..self };
        }
        self
    }

    /// Whether the quality of a pick is too low.
    #[must_use]
    pub fn is_below_floor(&self, pick: &Truth) -> bool {
        self.share_of_floor(pick) < 1.0 - 1e-9
    }

    /// The part of the quality that is asked for which a pick reaches. Where scores say nothing, what is read stands for it: no less than
    /// whoever changed nothing reads.
    fn share_of_floor(&self, pick: &Truth) -> f64 {
        if self.quality < SIGNAL {
            let least = Candidate::default().max_content_length;
            return f64::from(pick.candidate.max_content_length) / f64::from(least);
        }
        pick.quality / (QUALITY_FLOOR * self.quality)
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
        // Where nothing can be judged, nothing may be gained by reading half.
        let blind = Best { truth: truth(10.0, 0.0), quality: 0.0 };
        let reads = |max_content_length| Truth {
            candidate: Candidate { max_content_length, ..Candidate::default() },
            ..truth(20.0, 0.0)
        };
        near(blind.regret(&reads(4_000)), 0.5);
        near(blind.regret(&reads(8_000)), -1.0);
        let reads_well =
            |max_content_length, speed| Truth { quality: 0.96, notes_per_minute: speed, ..reads(max_content_length) };
        near(best.regret(&reads_well(6_000, 12.0)), 0.0);
        near(best.regret(&reads_well(6_000, 9.0)), 0.1);
        // A pick may be better than all that was looked at.
        let worth = |pick: &Truth| best.clone().or(pick).truth.notes_per_minute;
        near(worth(&reads_well(8_000, 12.0)), 12.0);
        near(worth(&reads_well(6_000, 12.0)), 10.0);
        near(worth(&truth(12.0, 0.9)), 10.0);
        near(worth(&Truth { infeasible: Some(FailureCause::Spilled), ..truth(20.0, 1.0) }), 10.0);
        near(best.regret(&Truth { infeasible: Some(FailureCause::Spilled), ..truth(20.0, 1.0) }), 1.0);
    }
}
