//! One tuning of one model on one machine, and what happens in it.

use serde::{Deserialize, Serialize};

use super::{
    budget::Budget,
    candidate::Candidate,
    clocks::Clocks,
    disturbance::Disturbances,
    experiment::Experiment,
    forecast::Forecasts,
    learned::Learned,
    machine::{MachineProfile, ModelProfile, ServerProfile},
    metric::Metric,
    noise::NoiseFloor,
    obedience::Obedience,
    outlook::BatchOutlook,
    parting::Parting,
    profile::StudyProfile,
    proof::Proof,
    selection::{MeasuredCandidate, Selection, TunedConfig},
    server_failure::{ServerFailure, server_failure},
    steps::GainStep,
    trial::{Trial, TrialState},
};

/// Version of the JSON form of [`Study`]. It grows when a field changes its meaning or goes away.
pub const SCHEMA_VERSION: u32 = 1;

/// Everything that is known at the end of a study.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Study {
    pub schema_version: u32,
    pub tool_version: String,
    /// RFC 3339.
    pub started_at: String,
    pub seed: u64,
    pub intensity: String,
    pub budget: Budget,
    pub elapsed_seconds: f64,
    pub machine: MachineProfile,
    pub server: ServerProfile,
    pub model: ModelProfile,
    pub workload: WorkloadSummary,
    pub plan: Plan,
    pub baseline: Candidate,
    pub trials: Vec<Trial>,
    pub stages: Vec<StageOutcome>,
    pub candidates: Vec<MeasuredCandidate>,
    pub selection: Option<Selection>,
    pub comparison: Option<Comparison>,
    pub tuned: Option<TunedConfig>,
    pub outcome: Outcome,
    /// Looked for and not found.
    pub not_found: Vec<String>,
    /// Stages that were given up because the machine is too slow for them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_asked: Vec<NotAsked>,
    pub warnings: Vec<Warning>,
    /// What will become of the prompts of the whole batch; absent in records of earlier releases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forecasts: Option<Forecasts>,
    /// Whether the server did what each setting asks of it; empty in records of earlier releases.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub obedience: Vec<Obedience>,
    /// What scorers failed with, each kind once; those of strategies stand in the stages.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scorer_failures: Vec<String>,
    /// Where the time of a note goes with the settings that were chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clocks: Option<Clocks>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noise: Option<NoiseFloor>,
    #[serde(default)]
    pub disturbances: Disturbances,
    /// What to expect of the whole batch with the settings that it ends with; absent in records of earlier releases.
    #[serde(default)]
    pub outlook: Option<BatchOutlook>,
    /// The way from the present settings to the recommended ones; empty where none are recommended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<GainStep>,
    /// What other selectors pick among the same candidates; empty in records of earlier releases.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub profiles: Vec<StudyProfile>,
    /// What the server said in the end; absent where nothing was asked of it, and in records of earlier releases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parting: Option<Parting>,
}

impl Study {
    /// How many requests the server was seen to work on at the same time: by the widest probe of it. `None` where it was not asked.
    #[must_use]
    pub fn slots_seen(&self) -> Option<f64> {
        let asked = self.trials.iter().filter_map(|trial| match trial.experiment {
            Experiment::Probe { parallel, .. } if parallel > 1 => Some((parallel, trial.mean(Metric::EffectiveSlots)?)),
            _ => None,
        });
        asked.max_by_key(|(parallel, _)| *parallel).map(|(_, slots)| slots)
    }

    /// How the server failed, where it did before anything could be compared. That says nothing of the settings.
    #[must_use]
    pub fn lost_its_server(&self) -> Option<ServerFailure> {
        let undecided = matches!(self.outcome, Outcome::KeepBaseline | Outcome::NothingFeasible);
        server_failure(&self.trials, self.parting.as_ref()).filter(|_| undecided && self.comparison.is_none())
    }
}

/// How a study ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// A winner that differs from the present settings.
    Improved,
    /// The present settings are as good as anything measured.
    KeepBaseline,
    /// No candidate meets the constraints.
    NothingFeasible,
    /// Stopped by the user.
    Interrupted,
}

/// What the report needs of the workload; the texts stay out of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct WorkloadSummary {
    pub origin: String,
    pub files_in_batch: usize,
    pub files_picked: usize,
    pub total_chars: usize,
    pub median_chars: usize,
    pub largest_chars: usize,
    pub chars_per_token: Option<f64>,
    pub prompt_origin: String,
    /// "0 of 812 files would be truncated (largest 3871, at most 3990, of 4096 tokens; …)".
    pub truncation: Option<String>,
    /// Characters of each picked file, sorted; empty in records of earlier releases.
    #[serde(default)]
    pub file_chars: Vec<usize>,
    /// Characters of each file of the batch, sorted; empty in records of earlier releases.
    #[serde(default)]
    pub batch_chars: Vec<usize>,
    /// Characters of a request but for the source; absent in records of earlier releases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub around_chars: Option<usize>,
    /// The requests that the files are as large as; absent where they are those of the batch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub learned: Option<Learned>,
}

/// The ordered list of stages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Plan {
    pub stages: Vec<PlannedStage>,
    pub scorers: Vec<PlannedScorer>,
    pub selector: String,
    /// Strategies that are left out, and why.
    pub left_out: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PlannedStage {
    /// The strategy's name, or `"baseline"`, `"confirm"`.
    pub name: String,
    pub summary: String,
    pub decides: Vec<String>,
    /// Share of the budget that it may use, in seconds.
    pub seconds: f64,
    pub why_here: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PlannedScorer {
    pub name: String,
    pub weight: f64,
}

/// What a stage ended with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct StageOutcome {
    pub name: String,
    pub trials: u32,
    pub seconds: f64,
    pub settings: Vec<(String, f64)>,
    pub reasons: Vec<String>,
    /// The plugin's failure, when it ended the stage.
    pub failure: Option<String>,
    /// Questions that the budget did not allow.
    pub cut_short: bool,
}

/// A stage that was given up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct NotAsked {
    pub stage: String,
    /// What it would have taken at least.
    pub needs_seconds: f64,
    /// What was left for it and all that came after it.
    pub seconds_left: f64,
}

/// The winner against the baseline, interleaved on the same files. The speeds and their ratio are about the whole batch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Comparison {
    /// What was compared with the present settings; `None` in records of earlier releases.
    #[serde(default)]
    pub challenger: Option<Candidate>,
    pub baseline_notes_per_minute: f64,
    pub tuned_notes_per_minute: f64,
    /// Tuned / baseline.
    pub speed_ratio: super::metric::Estimate,
    pub baseline_quality: Option<f64>,
    pub tuned_quality: Option<f64>,
    pub pairs: usize,
    /// Share of the source that reaches the model, before and after.
    pub baseline_source_share: f64,
    pub tuned_source_share: f64,
    /// What it proves, and how it was made; empty in records of earlier releases.
    #[serde(default)]
    pub proof: Proof,
}

impl Comparison {
    /// Whether it says something of these settings: other timeouts change nothing of it.
    #[must_use]
    pub fn is_about(&self, settings: &Candidate) -> bool {
        self.challenger.as_ref().is_some_and(|challenger| challenger.works_like(settings))
    }
}

/// Something that the user should know, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Warning {
    pub what: String,
    pub advice: Option<String>,
}

/// What happens in a study, as it happens. Progress and journal listen; nothing reads it back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum StudyEvent {
    Started { budget_seconds: f64, stages: Vec<String> },
    StageStarted { name: String, index: usize, of: usize },
    TrialStarted { number: u32, stage: String, what: String, of: Option<u32> },
    TrialFinished { number: u32, stage: String, what: String, state: TrialState, seconds: f64, headline: String },
    StageFinished { name: String, decided: Vec<(String, f64)> },
    Incumbent { notes_per_minute: f64, quality: Option<f64> },
    Warned { warning: Warning },
    Finished { outcome: Outcome, elapsed_seconds: f64 },
}
