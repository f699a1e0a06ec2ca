//! What a server said when a study was over.

use serde::{Deserialize, Serialize};

/// How a server took a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Reply {
    /// An answer, whole and in time.
    Answered,
    /// No answer: no connection, or an error.
    Failed,
    /// Not one byte in time.
    Silent,
    /// An answer that began, and did not end in time.
    Endless,
}

/// What a server said when a study was over: it is asked for its version, and to leave the model as it was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Parting {
    /// When its version was asked for.
    pub to_version: Reply,
    /// The version, where it said one.
    pub version: Option<String>,
    /// When it was put back to what it was.
    pub to_restore: Reply,
}
