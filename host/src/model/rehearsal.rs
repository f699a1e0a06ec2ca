//! What `plugin test` finds: a plugin's answers beside those of the bundled ones.

use serde::{Deserialize, Serialize};

use super::{
    experiment::{Decision, Experiment},
    score::Score,
    selection::{MeasuredCandidate, Selection},
};

/// Version of the JSON form of what is here.
pub const REHEARSAL_SCHEMA_VERSION: u32 = 1;

/// A scorer over notes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScorerRehearsal {
    pub schema_version: u32,
    pub scorer: String,
    /// Where the notes are from.
    pub cases_origin: String,
    pub cases: Vec<CaseResult>,
    pub summary: ScorerSummary,
}

/// What is said of one note.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CaseResult {
    /// Line of the file, from 1.
    pub line: usize,
    pub path: String,
    pub language: String,
    pub label: Option<String>,
    pub own: Opinion,
    pub bundled: Vec<Opinion>,
    /// Mean of the bundled scorers that could judge.
    pub bundled_mix: Option<f64>,
}

/// What one scorer says of one note.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Opinion {
    pub scorer: String,
    /// `None` when it failed.
    pub score: Option<Score>,
    /// Whether it could judge the note at all.
    pub judged: bool,
    pub failure: Option<String>,
    /// Real clock.
    pub milliseconds: f64,
}

/// A scorer over all notes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScorerSummary {
    pub cases: usize,
    pub judged: usize,
    /// It said that it could not judge.
    pub not_judged: usize,
    pub failed: usize,
    /// Of the scores that it gave; `None` without one.
    pub least: Option<f64>,
    pub mean: Option<f64>,
    pub most: Option<f64>,
    pub standard_deviation: Option<f64>,
    /// Spearman's rank correlation with the mean of the bundled scorers.
    pub agreement: Option<f64>,
    pub labels: Vec<LabelSummary>,
    /// The chance that a note labelled `good` scores above one with another label.
    pub good_above_others: Option<f64>,
    /// The same for the mean of the bundled scorers.
    pub bundled_good_above_others: Option<f64>,
    pub slowest_milliseconds: f64,
    /// Line of the slowest case.
    pub slowest_line: usize,
}

/// Notes of one label.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LabelSummary {
    pub label: String,
    pub cases: usize,
    pub mean: Option<f64>,
    pub bundled_mean: Option<f64>,
}

/// A strategy over a recorded study: what it would have asked, and decided.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StrategyReplay {
    pub schema_version: u32,
    pub strategy: String,
    /// What was recorded: model, intensity, date.
    pub record: String,
    /// The recorded stage whose place it takes.
    pub in_place_of: Option<RecordedStage>,
    /// Trials that had been measured when it is first asked.
    pub trials_before: usize,
    pub steps: Vec<ReplayStep>,
    pub end: ReplayEnd,
    pub decision: Option<Decision>,
    pub failure: Option<String>,
    /// Asked twice, it answered the same.
    pub repeats: bool,
    /// Of its measurements that the record has: seconds and reloads.
    pub seconds: f64,
    pub reloads: u32,
    pub slowest_milliseconds: f64,
    /// What is not as it was in the study.
    pub notices: Vec<String>,
}

/// What the record says of a stage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordedStage {
    pub name: String,
    pub trials: u32,
    pub seconds: f64,
    pub settings: Vec<(String, f64)>,
}

/// One answer of a strategy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReplayStep {
    pub seconds_left: f64,
    pub proposals: Vec<ReplayedProposal>,
}

/// One measurement that it asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReplayedProposal {
    /// Experiment and changes in words.
    pub what: String,
    /// What differs from the settings of the stages before.
    pub changes: Vec<(String, f64)>,
    pub experiment: Experiment,
    pub why: String,
    /// The recorded trial that measured this; `None` when nobody did.
    pub trial: Option<u32>,
}

/// How a replay ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReplayEnd {
    /// It was done.
    Done,
    /// It asked for what the record does not have, and concluded from what there was.
    NotInRecord,
    /// Its time was over, and it concluded from what there was.
    OutOfTime,
    Failed,
}

/// A selector over recorded candidates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SelectorRehearsal {
    pub schema_version: u32,
    pub selector: String,
    pub study: SelectionCase,
}

/// The candidates of one study, and who chooses which.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SelectionCase {
    pub name: String,
    pub candidates: Vec<MeasuredCandidate>,
    /// The tested one first.
    pub choices: Vec<Choice>,
}

/// What one selector chooses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    pub selector: String,
    pub selection: Option<Selection>,
    pub failure: Option<String>,
    /// Real clock.
    pub milliseconds: f64,
}
