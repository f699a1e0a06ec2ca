//! What a check of a plugin found.

use serde::{Deserialize, Serialize};

use super::plugin::PluginKind;

/// The parts of a check, in the order of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Section {
    File,
    Component,
    Exports,
    Api,
    Imports,
    Manifest,
    Limits,
    Conformance,
}

impl Section {
    pub const ALL: [Self; 8] = [
        Self::File,
        Self::Component,
        Self::Exports,
        Self::Api,
        Self::Imports,
        Self::Manifest,
        Self::Limits,
        Self::Conformance,
    ];

    /// The name in pages and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Component => "component",
            Self::Exports => "exports",
            Self::Api => "api",
            Self::Imports => "imports",
            Self::Manifest => "manifest",
            Self::Limits => "limits",
            Self::Conformance => "conformance",
        }
    }
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FindingState {
    Passed,
    /// It can be used, and its author should know.
    Warning,
    Failed,
    /// It does not apply, or what it needs failed before.
    Skipped,
}

/// One check and what it found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub section: Section,
    /// What must hold, in few words.
    pub check: String,
    pub state: FindingState,
    /// What was seen; one line.
    pub seen: String,
    /// What to change; only of warnings and failures.
    pub mend: Option<String>,
}

/// All that `ralf-tune plugin check` says of one plugin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Examination {
    /// The file, or `"bundled"`.
    pub origin: String,
    /// The manifest's name; the file's until the manifest is read.
    pub name: String,
    pub kind: Option<PluginKind>,
    pub version: Option<String>,
    /// In the order of [`Section::ALL`].
    pub findings: Vec<Finding>,
}

impl Examination {
    /// How many findings ended so.
    #[must_use]
    pub fn count(&self, state: FindingState) -> usize {
        self.findings.iter().filter(|finding| finding.state == state).count()
    }

    /// Whether nothing failed; warnings are no failures.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.count(FindingState::Failed) == 0
    }
}
