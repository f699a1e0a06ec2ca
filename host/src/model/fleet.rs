//! Several machines that are alike and share the trials of a study.

use serde::{Deserialize, Serialize};

use super::{machine::ServerProfile, metric::Estimate};

/// Another host of a study, as it was found before the first trial.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mate {
    /// How the user named it.
    pub name: String,
    /// What it is, and what was loaded then: so it is left in the end. `None` where it takes no part.
    pub server: Option<ServerProfile>,
    /// Why it takes no part, where that was clear before anything was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_out: Option<(Likeness, String)>,
}

/// The hosts of a study that has several.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hosts {
    /// The one that was named first.
    pub first: String,
    /// The others, in the order in which they were named.
    pub mates: Vec<Mate>,
}

impl Hosts {
    /// All names, the first host's first.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.first.as_str()).chain(self.mates.iter().map(|mate| mate.name.as_str()))
    }
}

/// Whether a host is like the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Likeness {
    /// The one that the others are compared with.
    Reference,
    /// The whole interval of its time lies within what alike machines may differ by.
    Alike,
    /// What was measured does not show whether it is alike: it takes part, and the user is told.
    NotShown,
    /// It is faster or slower, works on another number of requests at once, or runs another version of the server and was not shown to be alike:
    /// left out.
    Unlike,
    /// The model's digest is another one, or it does not have the model: left out.
    OtherModel,
    /// It did not answer: left out.
    Silent,
}

impl Likeness {
    /// Whether such a host takes part in the study.
    #[must_use]
    pub const fn takes_part(self) -> bool {
        matches!(self, Self::Reference | Self::Alike | Self::NotShown)
    }
}

/// What became of one host in a study.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct HostReport {
    /// How the user named it.
    pub name: String,
    /// The version of its server, as it says; absent where it was not asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_version: Option<String>,
    /// Whether it is like the others.
    pub likeness: Likeness,
    /// How many times as long as the reference it takes for the same request; absent where that was not measured.
    pub time_ratio: Option<Estimate>,
    /// Pairs of requests that this rests on.
    pub pairs: u32,
    /// Requests that it worked on at the same time, of four; absent where that was not measured.
    pub at_once: Option<f64>,
    /// The verdict in a sentence.
    pub verdict: String,
    /// Measured requests of the study that it answered.
    pub requests: u32,
    /// Seconds after the beginning at which it was lost; absent where it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost_after_seconds: Option<f64>,
}

/// The hosts of a study, in the order in which they were named: an observation's `host` is a place in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct FleetReport {
    /// Every one that was named.
    pub hosts: Vec<HostReport>,
    /// Most that alike machines may differ by, as a share of the time of a request.
    pub tolerance: f64,
}

impl FleetReport {
    /// Hosts that took part.
    #[must_use]
    pub fn taking_part(&self) -> usize {
        self.hosts.iter().filter(|host| host.likeness.takes_part()).count()
    }
}
