//! Which quality is good enough.

use ralf_tune_sdk::selector::prelude::*;

use crate::{fact, quality, source_share};

/// Where no quality is at least this, the scores say nothing of the settings.
const SIGNAL: f64 = 0.05;
/// Fewer notes than this set no bar for others.
const LEAST_NOTES: f64 = 3.0;
/// Source shares that differ by less are the same.
const SAME_SOURCE: f64 = 1e-6;

/// The bar, and what it was made from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Floor {
    /// Best attainable quality; `None` where the scores carry no signal.
    pub best: Option<f64>,
    /// Share of it that must be reached.
    pub share: f64,
    /// Share of the source below which quality must be proven.
    pub source: f64,
    /// The present settings read more than any candidate that may be chosen.
    pub lowered: bool,
}

/// What the bar says of a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Allowed,
    /// Its quality lies under the floor, or was not measured where that of others was.
    NotGoodEnough,
    /// It reads less source, and its quality is not sure enough for that.
    ReadsLess,
}

impl Floor {
    pub fn new(eligible: &[&Candidate], baseline: Option<&Candidate>, share: f64) -> Self {
        let most_read = eligible.iter().map(|candidate| source_share(candidate)).fold(0.0, f64::max);
        let source = match baseline {
            // What present settings promise that do not work (a prompt that the server cuts) no other can be held to.
            Some(baseline) if !baseline.violations.is_empty() => source_share(baseline).min(most_read),
            Some(baseline) => source_share(baseline),
            None => most_read,
        };
        let lowered = baseline.is_some_and(|baseline| source < source_share(baseline) - SAME_SOURCE);
        let floor = Self { best: None, share: share.clamp(0.0, 1.0), source, lowered };
        Self { best: floor.best_attainable(eligible), ..floor }
    }

    /// The greatest quality, shrunk; `None` without a signal. Whoever sets it is good enough itself.
    fn best_attainable(&self, eligible: &[&Candidate]) -> Option<f64> {
        let greatest = |counts: &dyn Fn(&Candidate) -> bool| {
            let counted = eligible.iter().filter(|candidate| counts(candidate));
            counted.filter_map(|candidate| self.shrunk(candidate)).fold(0.0, f64::max)
        };
        let firm =
            greatest(&|candidate| fact(&candidate.facts, "scored_notes").is_none_or(|notes| notes >= LEAST_NOTES));
        // Where nobody has enough notes, those that there are must do.
        let best = if firm > 0.0 { firm } else { greatest(&|_| true) };
        (best >= SIGNAL).then_some(best)
    }

    /// What a candidate's quality counts for others: half-way to its lower bound, or all the way where it reads less.
    fn shrunk(&self, candidate: &Candidate) -> Option<f64> {
        let quality = quality(candidate)?;
        Some(if self.reads_less(candidate) { quality.low } else { f64::midpoint(quality.value, quality.low) })
    }

    /// The least quality that is good enough.
    pub fn bar(&self) -> f64 {
        self.best.unwrap_or(0.0) * self.share
    }

    /// Whether a candidate reads less than it must unless its quality is proven.
    pub fn reads_less(&self, candidate: &Candidate) -> bool {
        source_share(candidate) < self.source - SAME_SOURCE
    }

    pub fn verdict(&self, candidate: &Candidate) -> Verdict {
        let less = self.reads_less(candidate);
        if self.best.is_none() {
            return if less { Verdict::ReadsLess } else { Verdict::Allowed };
        }
        match quality(candidate) {
            Some(quality) if quality.value < self.bar() - 1e-12 => Verdict::NotGoodEnough,
            Some(quality) if less && quality.low < self.bar() - 1e-12 => Verdict::ReadsLess,
            Some(_) => Verdict::Allowed,
            None => Verdict::NotGoodEnough,
        }
    }
}
