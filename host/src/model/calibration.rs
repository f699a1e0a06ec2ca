//! What a calibration gives: claims of studies beside the truth of simulated machines.

use serde::{Deserialize, Serialize};

use super::{
    candidate::Candidate, metric::ConfidenceInterval, observation::FailureCause, outlook::BatchOutlook, study::Outcome,
};

/// Version of the JSON form of [`CalibrationReport`].
pub const CALIBRATION_SCHEMA_VERSION: u32 = 1;

/// Everything that is known at the end of a calibration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CalibrationReport {
    pub schema_version: u32,
    pub tool_version: String,
    /// Intensity whose studies the claims are about; budgets are looked at for all.
    pub intensity: String,
    pub machines: usize,
    pub seeds: usize,
    pub figures: Vec<Figure>,
    /// Stated confidence beside what came true.
    pub reliability: Vec<ReliabilityBin>,
    /// The same for the fixed rules.
    pub rules_reliability: Vec<ReliabilityBin>,
    /// The two numbers by which the confidence of studies should be corrected further, from every other machine; `(0, 1)` is not at all.
    /// Reliability and its error are about the machines between those.
    pub correction: (f64, f64),
    pub studies: Vec<CalibrationStudy>,
    /// Of every machine, outside of studies.
    pub examinations: Vec<Examination>,
    /// Stopped before all studies were done.
    pub interrupted: bool,
}

/// One figure, with what it should be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    pub what: String,
    pub unit: FigureUnit,
    /// `None`: only to know.
    pub aim: Option<Aim>,
    pub ours: Option<Measured>,
    /// Of the rules that repeat the same prompt three times; `None` where they claim nothing of the kind.
    pub rules: Option<Measured>,
}

/// What a figure counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FigureUnit {
    /// 0 to 1.
    Share,
    Seconds,
    /// A plain number.
    Number,
}

/// Where a figure should lie.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Aim {
    AtMost(f64),
    AtLeast(f64),
    Between(f64, f64),
}

impl Aim {
    /// Whether a value is there.
    #[must_use]
    pub fn is_met_by(&self, value: f64) -> bool {
        match self {
            Self::AtMost(most) => value <= *most,
            Self::AtLeast(least) => value >= *least,
            Self::Between(low, high) => (*low..=*high).contains(&value),
        }
    }
}

/// A figure as it was found.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    pub value: f64,
    /// Of a share: Wilson's.
    pub interval: Option<ConfidenceInterval>,
    /// Studies, pairs of studies or requests behind it.
    pub count: usize,
}

/// Studies that stated about the same probability, and how many of them were right.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ReliabilityBin {
    pub low: f64,
    pub high: f64,
    pub count: usize,
    /// Mean of what was stated.
    pub stated: f64,
    /// Share that came true.
    pub came_true: f64,
    pub interval: ConfidenceInterval,
}

/// What a study starts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Start {
    /// Settings that a user might have.
    Usual,
    /// The best settings of the machine: nothing can be gained.
    Best,
}

/// Who tuned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tuner {
    Study,
    /// Fixed rules, three repeats of one prompt, no comparison.
    Rules,
}

/// One study beside the truth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CalibrationStudy {
    pub machine: usize,
    pub scenario: String,
    /// Deviation of the logarithm of a request's duration.
    pub noise: f64,
    /// What the machine suffers from besides.
    pub condition: Option<String>,
    /// The study warned of another client, of a machine that becomes slower or faster.
    pub saw_client: bool,
    pub saw_drift: bool,
    pub seed: u64,
    pub tuner: Tuner,
    pub intensity: String,
    pub start: Start,
    pub outcome: Outcome,
    pub seconds: f64,
    pub budget_seconds: f64,
    pub requests: usize,
    /// Requests that were said to be cut; none of them was.
    pub false_truncations: usize,
    /// Largest difference between the client's and the server's clock beyond 5 ms, as a share of the request.
    pub clock_difference: f64,
    /// What was stated, 0 to 1.
    pub confidence: Option<f64>,
    /// It said that the winner is faster than the present settings.
    pub claims_gain: bool,
    pub gain: Option<ClaimedGain>,
    /// What it said of the whole batch, and what became of one.
    pub batch: Option<PlayedBatch>,
    /// Why the pick was picked, as the study said it.
    pub reasons: Vec<String>,
    /// `None` where only the budget is looked at.
    pub truth: Option<StudyTruth>,
}

/// What was measured of a machine outside of studies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Examination {
    pub machine: usize,
    pub slots: u32,
    /// Whether eight short requests found them.
    pub slots_found: bool,
    /// Prompts that the server cut without a word, and how many of them were noticed.
    pub cut_prompts: usize,
    pub cut_prompts_noticed: usize,
    /// Prompts that had room with their answers, and how many of them were called cut.
    pub whole_prompts: usize,
    pub whole_prompts_called_cut: usize,
}

/// A whole batch with the settings of a pick, played with the faults and the noise of its machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlayedBatch {
    /// What was said of it before; the rules say nothing.
    pub said: Option<BatchOutlook>,
    pub files: usize,
    pub lost: usize,
    pub minutes: f64,
}

/// A stated gain and the true one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ClaimedGain {
    pub value: f64,
    pub interval: ConfidenceInterval,
    pub pairs: usize,
    /// True notes a minute of the challenger by those of the present settings.
    pub truth: f64,
}

/// What the pick of a study is worth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StudyTruth {
    pub pick: Candidate,
    pub notes_per_minute: f64,
    /// By those of the settings it started from; `None` where these must not be used.
    pub gain: Option<f64>,
    /// See the arena.
    pub regret: f64,
    /// Why it must not be used.
    pub infeasible: Option<FailureCause>,
    pub is_below_floor: bool,
    /// Within 5 % of the best at the quality floor.
    pub is_good: bool,
}
