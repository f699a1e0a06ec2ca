//! Collects what the checks of a suite found.

use crate::{
    model::finding::{Finding, FindingState, Section},
    plugin::PluginError,
};

use super::mend;

/// Findings of one suite, in the order of the checks.
#[derive(Default)]
pub struct Suite {
    pub findings: Vec<Finding>,
}

impl Suite {
    /// The check holds.
    pub fn passed(&mut self, check: &str, seen: impl Into<String>) {
        self.add(check, FindingState::Passed, seen.into(), None);
    }

    /// It does not apply, or cannot be tried.
    pub fn skipped(&mut self, check: &str, why: impl Into<String>) {
        self.add(check, FindingState::Skipped, why.into(), None);
    }

    /// Nothing is wrong, and something could be better.
    pub fn warned(&mut self, check: &str, seen: impl Into<String>, mend: &str) {
        self.add(check, FindingState::Warning, seen.into(), Some(mend.to_owned()));
    }

    /// The check does not hold.
    pub fn failed(&mut self, check: &str, seen: impl Into<String>, mend: &str) {
        self.add(check, FindingState::Failed, seen.into(), Some(mend.to_owned()));
    }

    /// A call failed in a situation.
    pub fn call_failed(&mut self, check: &str, with: &str, error: &PluginError) {
        self.add(check, FindingState::Failed, format!("with {with}: {}", mend::said(error)), Some(mend::of(error)));
    }

    /// Fails with the first of several problems, or passes.
    pub fn first_of(&mut self, check: &str, problem: Option<Problem>, seen: impl Into<String>) {
        match problem {
            None => self.passed(check, seen),
            Some(Problem::Call(with, error)) => self.call_failed(check, &with, &error),
            Some(Problem::Answer(what, mend)) => self.failed(check, what, mend),
        }
    }

    fn add(&mut self, check: &str, state: FindingState, seen: String, mend: Option<String>) {
        self.findings.push(Finding { section: Section::Conformance, check: check.to_owned(), state, seen, mend });
    }
}

/// What can be wrong.
pub enum Problem {
    /// A call failed: in which situation, and how.
    Call(String, PluginError),
    /// An answer is not what it must be: what, and the mend.
    Answer(String, &'static str),
}
