//! What a look at server, model, settings and machine found, before anything is measured.

use serde::Serialize;

/// How grave it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Gravity {
    Good,
    /// Worth knowing.
    Note,
    /// Costs speed, quality or files.
    Warning,
    /// Nothing works until it is mended.
    Bad,
}

impl Gravity {
    /// The word on the page.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Note => "note",
            Self::Warning => "warn",
            Self::Bad => "bad",
        }
    }
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Found {
    /// What was looked at: `server`, `context` …
    pub subject: &'static str,
    pub gravity: Gravity,
    /// What was seen.
    pub evidence: String,
    /// The command, or the change, that mends it.
    pub mend: Option<String>,
}

impl Found {
    /// Nothing to mend.
    #[must_use]
    pub fn good(subject: &'static str, evidence: impl Into<String>) -> Self {
        Self { subject, gravity: Gravity::Good, evidence: evidence.into(), mend: None }
    }

    /// Something to know or to mend.
    #[must_use]
    pub fn at(
        gravity: Gravity,
        subject: &'static str,
        evidence: impl Into<String>,
        mend: impl Into<Option<String>>,
    ) -> Self {
        Self { subject, gravity, evidence: evidence.into(), mend: mend.into() }
    }
}
