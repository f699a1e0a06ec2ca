//! What an arena gives: line-ups, their studies, how they stand, and who is better than whom.

use serde::{Deserialize, Serialize};

use super::{
    candidate::Candidate,
    metric::{ConfidenceInterval, Estimate},
    observation::FailureCause,
    study::Outcome,
};

/// Version of the JSON form of [`ArenaReport`].
pub const ARENA_SCHEMA_VERSION: u32 = 1;

/// Everything that is known at the end of an arena.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ArenaReport {
    pub schema_version: u32,
    pub tool_version: String,
    pub intensity: String,
    pub budget_seconds: f64,
    /// Share of the best attainable quality below which a pick's speed counts only in part.
    pub quality_floor: f64,
    pub seeds: Vec<u64>,
    pub scenarios: Vec<ScenarioBest>,
    /// Others name a line-up by its place in this list.
    pub line_ups: Vec<LineUpSummary>,
    /// Every line-up over all scenarios.
    pub standings: Vec<Standing>,
    /// Every line-up on each scenario.
    pub by_scenario: Vec<Standing>,
    /// Parts of the scenarios with a name, where they have one.
    #[serde(default)]
    pub parts: Vec<Part>,
    pub comparisons: Vec<LineUpComparison>,
    pub studies: Vec<ArenaStudy>,
    /// Stopped before all studies were done.
    pub interrupted: bool,
}

/// The best that a scenario allows, from a batch without noise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScenarioBest {
    pub name: String,
    pub notes_per_minute: f64,
    pub quality: f64,
    /// Mean score of the best attainable notes, however slow.
    pub best_quality: f64,
    pub candidate: Candidate,
}

/// Some of the scenarios, and how the line-ups stand on those.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Part {
    pub name: String,
    pub scenarios: Vec<String>,
    pub standings: Vec<Standing>,
}

/// What takes part in the studies of a line-up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineUpSummary {
    pub name: String,
    /// In the order of their stages.
    pub strategies: Vec<String>,
    pub selector: String,
}

/// One study, and what its pick is worth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ArenaStudy {
    pub line_up: usize,
    pub scenario: String,
    pub seed: u64,
    pub outcome: Outcome,
    /// What the study would save; the present settings where it would save nothing.
    pub pick: Candidate,
    /// Of the pick, without noise.
    pub notes_per_minute: f64,
    /// Of the pick, without noise.
    pub quality: f64,
    /// Share of the best that the pick does not reach: 0 is the best, 1 is nothing; a little below 0 beats the grid of the oracle.
    pub regret: f64,
    /// Why the pick must not be used.
    pub infeasible: Option<FailureCause>,
    /// The study itself chose settings that must not be used.
    pub infeasible_pick: bool,
    /// The pick's quality lies below the floor.
    pub below_floor: bool,
    pub trials: usize,
    /// Warm-ups included.
    pub requests: usize,
    pub reloads: u32,
    /// Where the pick is within 5 % of the best: what it took until something ran with its settings for the first time.
    #[serde(default)]
    pub near: Option<Effort>,
    /// Virtual clock.
    pub seconds: f64,
    /// It took longer than its budget and the time that ending needs.
    pub overrun: bool,
    /// What plugins failed with.
    pub plugin_failures: Vec<String>,
}

/// What a study had asked of the server by some time, warm-ups included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effort {
    pub requests: usize,
    pub reloads: u32,
}

/// How a line-up stands, on one scenario or on all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    pub line_up: usize,
    /// `None`: all, each of the same weight.
    pub scenario: Option<String>,
    pub studies: usize,
    pub regret: Spread,
    pub quality: Spread,
    pub trials: Spread,
    pub requests: Spread,
    pub reloads: Spread,
    /// Studies whose pick is within 5 % of the best, and what it took to get there, of those.
    #[serde(default)]
    pub near: usize,
    #[serde(default)]
    pub requests_to_near: Option<Spread>,
    #[serde(default)]
    pub reloads_to_near: Option<Spread>,
    pub seconds: Spread,
    /// Mean share of the budget that was used.
    pub budget_share: f64,
    pub overruns: usize,
    pub infeasible_picks: usize,
    pub below_floor: usize,
    /// Studies in which a plugin failed.
    pub plugin_failures: usize,
}

/// Many values of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    pub mean: f64,
    /// Of the mean; `None` where one seed has no interval.
    pub interval: Option<ConfidenceInterval>,
    pub median: f64,
    /// The 95th percentile.
    #[serde(default)]
    pub high: f64,
    pub most: f64,
}

/// Two line-ups, compared on the same scenarios and seeds: values of `first` minus values of `second`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LineUpComparison {
    pub first: usize,
    pub second: usize,
    pub pairs: usize,
    /// Pairs with the same pick.
    pub same_picks: usize,
    /// `None` where one seed has no interval.
    pub regret: Option<Estimate>,
    pub requests: Option<Estimate>,
    pub reloads: Option<Estimate>,
    pub seconds: Option<Estimate>,
    pub verdict: Verdict,
}

/// What the studies say of two line-ups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    FirstIsBetter,
    SecondIsBetter,
    /// The interval has 0 in it.
    NoDifference,
    /// Every pick is the same.
    SamePicks,
    /// Too few pairs to say anything.
    TooFew,
}
