//! What a look at server, model, settings and machine found, before anything is measured.

use std::path::PathBuf;

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
    /// What the program itself can do about it, which it does when it is asked to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repair: Option<Repair>,
}

/// What the program can do about its own things.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum Repair {
    RemoveFiles {
        paths: Vec<PathBuf>,
    },
    RemoveFolders {
        paths: Vec<PathBuf>,
    },
    /// Nobody but the owner may write there any more.
    MakePrivate {
        folder: PathBuf,
    },
}

impl Repair {
    /// What would be done, a line each.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        match self {
            Self::RemoveFiles { paths } => paths.iter().map(|path| format!("remove {}", path.display())).collect(),
            Self::RemoveFolders { paths } => {
                paths.iter().map(|path| format!("remove {} and what is in it", path.display())).collect()
            }
            Self::MakePrivate { folder } => vec![format!("chmod go-w {}", folder.display())],
        }
    }
}

impl Found {
    /// Nothing to mend.
    #[must_use]
    pub fn good(subject: &'static str, evidence: impl Into<String>) -> Self {
        Self { subject, gravity: Gravity::Good, evidence: evidence.into(), mend: None, repair: None }
    }

    /// Something to know or to mend.
    #[must_use]
    pub fn at(
        gravity: Gravity,
        subject: &'static str,
        evidence: impl Into<String>,
        mend: impl Into<Option<String>>,
    ) -> Self {
        Self { subject, gravity, evidence: evidence.into(), mend: mend.into(), repair: None }
    }

    /// The same, with what the program itself can do about it.
    #[must_use]
    pub fn with(self, repair: Repair) -> Self {
        Self { repair: Some(repair), ..self }
    }
}
