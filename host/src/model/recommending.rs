//! What recommendations are worth over a fleet of simulated machines.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{candidate::Candidate, metric::Estimate, pack::Pack};

/// Version of the JSON form of [`FleetReport`].
pub const FLEET_SCHEMA_VERSION: u32 = 1;

/// What came out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FleetReport {
    pub schema_version: u32,
    pub tool_version: String,
    pub intensity: String,
    /// Machines on which something is feasible.
    pub machines: usize,
    pub figures: Figures,
    pub surveyed: Vec<Surveyed>,
    pub left_out: Vec<LeftOut>,
    /// Stopped before all was done.
    pub interrupted: bool,
}

/// One way to settings, over all machines.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Way {
    pub what: String,
    pub machines: usize,
    /// Shares of the best notes a minute that are missed.
    pub mean_regret: f64,
    pub median_regret: f64,
    pub ninetieth_regret: f64,
    /// Machines on which the settings must not be used.
    pub unusable: usize,
    /// Machines that end with something slower than what they had, by more than 2 %.
    pub worse_than_present: usize,
    pub mean_requests: f64,
    pub mean_seconds: f64,
}

/// All ways, and whether what was foretold came true.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Figures {
    pub ways: Vec<Way>,
    /// Share of machines whose true speed with the recommended settings lies in the interval that was foretold, of those on which they can be used.
    pub covered: f64,
    /// Share of machines on which the recommendation was found to hold.
    pub held: f64,
    /// Requests of the studies in which it held, as a share of those of the full studies of the same machines.
    pub requests_where_held: f64,
}

/// A way to settings, what they are worth, and what they took.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tried {
    pub settings: Candidate,
    /// Share of the best notes a minute that is missed.
    pub regret: f64,
    pub notes_per_minute: f64,
    /// The settings must not be used.
    pub infeasible: bool,
    pub requests: usize,
    pub seconds: f64,
    /// Its requests by the stage that made them.
    #[serde(default)]
    pub by_stage: BTreeMap<String, usize>,
}

/// What is known of one machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Surveyed {
    pub index: usize,
    pub scenario: String,
    pub best: Candidate,
    pub best_notes_per_minute: f64,
    pub best_quality: f64,
    /// The settings that its user has.
    pub present: Tried,
    /// A study from them.
    pub full: Tried,
    /// What that study says to others.
    pub pack: Option<Pack>,
}

/// What was recommended to one machine, and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeftOut {
    pub index: usize,
    /// What was foretold; `None` where nothing was recommended.
    pub foretold: Option<Estimate>,
    pub distance: f64,
    /// The settings as they were recommended.
    pub bare: Tried,
    /// A study that begins from them.
    pub proven: Tried,
    /// Whether that study found that they hold.
    pub holds: bool,
    /// A study that begins from settings that are bad here and said to be good.
    pub misled: Tried,
}
