use ralf_tune::{model::finding::Examination, report::check};

/// What an examination found.
#[derive(Debug, Clone, PartialEq)]
pub struct Report(pub Examination);

impl Report {
    /// Ends the test with the page of `ralf-tune plugin check` when something failed; warnings are no failures.
    ///
    /// # Panics
    /// When something failed: that is what it is for.
    pub fn assert_ok(&self) {
        assert!(self.0.is_ok(), "{}", check::render(&self.0, 100, false));
    }
}
