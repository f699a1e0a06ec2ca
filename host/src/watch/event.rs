//! What is told of watching, as JSON lines on standard output and in the audit log.

use serde::{Deserialize, Serialize};

use super::{cause::Cause, state::AlertKind};
use crate::model::metric::Estimate;

/// One line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Entry {
    /// RFC 3339.
    pub at: String,
    pub profile: String,
    pub model: String,
    #[serde(flatten)]
    pub event: Event,
}

/// What happened. Times are against the baseline: 1.2 is a fifth longer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// The baseline begins, or begins anew.
    Begun { why: String },
    /// A probe was made and counts.
    Probe {
        time_ms: f64,
        /// Of the last probes; absent while the baseline is being measured.
        times: Option<f64>,
        read_tokens_per_second: f64,
        write_tokens_per_second: f64,
        tokens: u64,
        /// The sum of the test; 10 000 is a change.
        evidence: f64,
        /// Probes of the baseline so far.
        baseline: u64,
    },
    /// None was made, or none that counts.
    Skipped { why: Skip, said: String, tokens: u64 },
    /// The server failed.
    Failed { said: String },
    /// Something is other than it was; whether it matters shows in the times.
    Noticed { what: String },
    /// The settings are no longer what they were.
    Alert { kind: AlertKind, since: String, times: Option<Estimate>, causes: Vec<Cause> },
    /// A change that is no reason for an alert.
    Changed { since: String, times: Estimate },
    /// An alert is over.
    Recovered { since: String },
    /// Nothing was measured anew, and why.
    NotRetuned { why: String },
    /// The knobs that drifted were measured anew.
    Retuned {
        knobs: Vec<String>,
        requests: u64,
        seconds: f64,
        /// What the study took that the profile comes from, where it is kept.
        seconds_of_the_study: Option<f64>,
        study: Option<String>,
        outcome: String,
        /// Files that were changed.
        applied: Vec<String>,
    },
    /// The probes agree with what was applied.
    Confirmed { probes: u64 },
    /// The probes disagree: what was there before is back.
    RolledBack { times: f64, probes: u64, files: Vec<String> },
}

impl Event {
    /// Whether it belongs into the audit log: changes and decisions do, single probes do not.
    #[must_use]
    pub const fn is_for_the_log(&self) -> bool {
        !matches!(self, Self::Probe { .. } | Self::Skipped { .. } | Self::Failed { .. })
    }

    /// Whether somebody wants to hear of it at once.
    #[must_use]
    pub const fn is_for_people(&self) -> bool {
        self.is_for_the_log() && !matches!(self, Self::Begun { .. } | Self::Noticed { .. } | Self::Changed { .. })
    }

    /// The name in JSON.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Begun { .. } => "begun",
            Self::Probe { .. } => "probe",
            Self::Skipped { .. } => "skipped",
            Self::Failed { .. } => "failed",
            Self::Noticed { .. } => "noticed",
            Self::Alert { .. } => "alert",
            Self::Changed { .. } => "changed",
            Self::Recovered { .. } => "recovered",
            Self::NotRetuned { .. } => "not-retuned",
            Self::Retuned { .. } => "retuned",
            Self::Confirmed { .. } => "confirmed",
            Self::RolledBack { .. } => "rolled-back",
        }
    }
}

/// Why there is no probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Skip {
    /// The model is not loaded, and is not loaded for a probe.
    NotLoaded,
    /// It is loaded with another context: a request with ours would load it again.
    OtherContext,
    /// The server is at work for others.
    Busy,
    /// A study, a batch or another watch uses it.
    Held,
    /// The tokens of the day are spent.
    Budget,
    /// The model had to be loaded although it was there: its load-time options are not those of the profile.
    LoadedOtherwise,
    /// Others came in between.
    Disturbed,
}

impl Skip {
    pub const ALL: [Self; 7] = [
        Self::NotLoaded,
        Self::OtherContext,
        Self::Busy,
        Self::Held,
        Self::Budget,
        Self::LoadedOtherwise,
        Self::Disturbed,
    ];

    /// The name in JSON and in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotLoaded => "not-loaded",
            Self::OtherContext => "other-context",
            Self::Busy => "busy",
            Self::Held => "held",
            Self::Budget => "budget",
            Self::LoadedOtherwise => "loaded-otherwise",
            Self::Disturbed => "disturbed",
        }
    }
}
