//! What disturbed the measurements: other clients of the server, and a machine that does not stay the same.

use serde::{Deserialize, Serialize};

/// Why the time of a request is not that of its settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Disturbance {
    /// The model had to be loaded although it was: another client wanted it otherwise, or needed its memory.
    ForeignLoad,
    /// It waited although nothing of ours was before it.
    ForeignWait,
    /// Another client had a request under way when it ended.
    Shared,
    /// The model had to be loaded again after it had failed.
    AfterFailure,
}

impl Disturbance {
    /// Whether another client did it.
    #[must_use]
    pub const fn is_foreign(self) -> bool {
        !matches!(self, Self::AfterFailure)
    }
}

/// Everything that disturbed a study, as far as it shows.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Disturbances {
    /// Requests of each kind.
    pub foreign_loads: usize,
    /// Requests that waited although nothing of ours was before them.
    pub foreign_waits: usize,
    /// Requests that shared the server with another client.
    pub shared: usize,
    /// Requests for which the model had to be loaded again after it had failed.
    pub after_failure: usize,
    /// Times that `/api/ps` showed the model gone, or with a context that we had not asked for.
    pub replaced: usize,
    /// Other models that came or were used during the study.
    pub other_models: Vec<String>,
    /// How the machine changed; absent where no change was seen.
    pub drift: Option<Drift>,
}

impl Disturbances {
    /// How often another client was noticed.
    #[must_use]
    pub const fn foreign(&self) -> usize {
        self.foreign_loads + self.foreign_waits + self.shared + self.replaced + self.other_models.len()
    }
}

/// A machine that became slower or faster under the same settings.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Drift {
    /// Which way it went.
    pub kind: DriftKind,
    /// Time of a request at the end less that at the start, as a share of that at the start; the greatest swing where it went to and fro.
    pub share: f64,
    /// The chance of so much in a machine that stays the same.
    pub p_value: f64,
    /// Requests that it was seen in.
    pub requests: usize,
}

/// Which way a machine changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DriftKind {
    /// It became slower all the time, as a machine that heats up.
    Throttling,
    /// It became faster all the time.
    Quickening,
    /// It went to and fro, more slowly than from request to request.
    Swinging,
}
