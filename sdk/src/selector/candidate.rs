use super::{Candidate, Estimate, Selection, SelectionInput};
use crate::{settings::setting, types::Setting};

/// Builds a candidate, for tests.
pub trait CandidateExt: Sized {
    /// A candidate of which nothing is known but that it reads every file whole and loses none.
    fn new(id: u32) -> Self;
    /// Sets a setting.
    #[must_use]
    fn set(self, name: &str, value: f64) -> Self;
    /// It is the user's present settings.
    #[must_use]
    fn baseline(self) -> Self;
    /// Notes a minute, known exactly.
    #[must_use]
    fn speed(self, notes_per_minute: f64) -> Self;
    /// Mean score, 0 to 1, known exactly.
    #[must_use]
    fn quality(self, mean_score: f64) -> Self;
    /// Peak memory.
    #[must_use]
    fn memory(self, bytes: f64) -> Self;
    /// A reason why it must not be chosen.
    #[must_use]
    fn violation(self, why: &str) -> Self;
}

const fn exactly(value: f64) -> Estimate {
    Estimate { value, low: value, high: value }
}

impl CandidateExt for Candidate {
    fn new(id: u32) -> Self {
        Self {
            id,
            settings: Vec::new(),
            is_baseline: false,
            notes_per_minute: None,
            quality: None,
            source_share: 1.0,
            lost_share: 0.0,
            peak_memory_bytes: None,
            spilled: false,
            violations: Vec::new(),
            facts: Vec::new(),
        }
    }

    fn set(mut self, name: &str, value: f64) -> Self {
        self.settings.retain(|own: &Setting| own.name != name);
        self.settings.push(setting(name, value));
        self
    }

    fn baseline(mut self) -> Self {
        self.is_baseline = true;
        self
    }

    fn speed(mut self, notes_per_minute: f64) -> Self {
        self.notes_per_minute = Some(exactly(notes_per_minute));
        self
    }

    fn quality(mut self, mean_score: f64) -> Self {
        self.quality = Some(exactly(mean_score));
        self
    }

    fn memory(mut self, bytes: f64) -> Self {
        self.peak_memory_bytes = Some(bytes);
        self
    }

    fn violation(mut self, why: &str) -> Self {
        self.violations.push(why.to_owned());
        self
    }
}

/// Reads what a selector gets.
pub trait SelectionInputExt {
    /// The candidates that may be chosen: those without a violation.
    fn eligible(&self) -> impl Iterator<Item = &Candidate>;
}

impl SelectionInputExt for SelectionInput {
    fn eligible(&self) -> impl Iterator<Item = &Candidate> {
        self.candidates.iter().filter(|candidate| candidate.violations.is_empty())
    }
}

/// Builds a selection.
pub trait SelectionExt: Sized {
    /// A winner, by id.
    fn new(winner: u32) -> Self;
    /// Adds the next best, by id.
    #[must_use]
    fn runner_up(self, id: u32) -> Self;
    /// Adds a reason.
    #[must_use]
    fn reason(self, reason: impl Into<String>) -> Self;
    /// Sets a setting of the winner that a rule of the selector gives: a timeout, for example.
    #[must_use]
    fn set(self, name: &str, value: f64) -> Self;
}

impl SelectionExt for Selection {
    fn new(winner: u32) -> Self {
        Self { winner, runners_up: Vec::new(), reasons: Vec::new(), settings: Vec::new() }
    }

    fn runner_up(mut self, id: u32) -> Self {
        self.runners_up.push(id);
        self
    }

    fn reason(mut self, reason: impl Into<String>) -> Self {
        self.reasons.push(reason.into());
        self
    }

    fn set(mut self, name: &str, value: f64) -> Self {
        self.settings.retain(|own: &Setting| own.name != name);
        self.settings.push(setting(name, value));
        self
    }
}
