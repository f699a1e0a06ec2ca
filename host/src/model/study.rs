//! One tuning of one model on one machine, and what happens in it.

use serde::{Deserialize, Serialize};

use super::{
    budget::Budget,
    candidate::Candidate,
    clocks::Clocks,
    disturbance::Disturbances,
    experiment::Experiment,
    fleet::FleetReport,
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
    /// Version of this form: [`SCHEMA_VERSION`] when it was written.
    pub schema_version: u32,
    /// Release of `ralf-tune` that made it.
    pub tool_version: String,
    /// RFC 3339.
    pub started_at: String,
    /// Of everything random: the pick of files, the order of pairs, the draws of intervals.
    pub seed: u64,
    /// Name of the intensity: `quick`, `normal`, `full`, or one of the user's.
    pub intensity: String,
    /// What it was allowed to take.
    pub budget: Budget,
    /// What it took, in seconds, from the first question to the last.
    pub elapsed_seconds: f64,
    /// The machine that `ralf-tune` ran on.
    pub machine: MachineProfile,
    /// The server as it was found.
    pub server: ServerProfile,
    /// The model that was tuned.
    pub model: ModelProfile,
    /// The batch that it was tuned for.
    pub workload: WorkloadSummary,
    /// The stages as they were planned.
    pub plan: Plan,
    /// The user's present settings.
    pub baseline: Candidate,
    /// Everything that was measured, in its order.
    pub trials: Vec<Trial>,
    /// What each stage ended with.
    pub stages: Vec<StageOutcome>,
    /// Settings that were measured or derived, each with what is expected of the whole batch.
    pub candidates: Vec<MeasuredCandidate>,
    /// What the selector decided; absent where it had nothing to choose from, or failed.
    pub selection: Option<Selection>,
    /// The winner against the present settings on the same files; absent where they were not compared.
    pub comparison: Option<Comparison>,
    /// The settings that it recommends; absent where there is no result.
    pub tuned: Option<TunedConfig>,
    /// How it ended.
    pub outcome: Outcome,
    /// Looked for and not found.
    pub not_found: Vec<String>,
    /// Stages that were given up because the machine is too slow for them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_asked: Vec<NotAsked>,
    /// What the user should know.
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
    /// How well the machine repeats itself; absent where too little was repeated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noise: Option<NoiseFloor>,
    /// What others did on the server meanwhile, and whether the machine changed.
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
    /// The machines that shared its trials; absent where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fleet: Option<FleetReport>,
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
    /// The folder of the files, or that they were generated.
    pub origin: String,
    /// Files that the batch has.
    pub files_in_batch: usize,
    /// Of them, files that trials worked on.
    pub files_picked: usize,
    /// Characters of all files of the batch.
    pub total_chars: usize,
    /// Characters of the middle one.
    pub median_chars: usize,
    /// Characters of the largest one.
    pub largest_chars: usize,
    /// Characters that a token of this model stands for, measured on these files; absent where no prompt was counted.
    pub chars_per_token: Option<f64>,
    /// The file of the prompt, or that it is built in.
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
    pub learned: Option<Box<Learned>>,
}

/// The ordered list of stages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Plan {
    /// In the order in which they run.
    pub stages: Vec<PlannedStage>,
    /// Who judges notes.
    pub scorers: Vec<PlannedScorer>,
    /// Who picks the winner.
    pub selector: String,
    /// Strategies that are left out, and why.
    pub left_out: Vec<String>,
}

/// A stage before it runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PlannedStage {
    /// The strategy's name, or `"baseline"`, `"confirm"`.
    pub name: String,
    /// What the strategy says of itself.
    pub summary: String,
    /// Names of the settings that it decides.
    pub decides: Vec<String>,
    /// Share of the budget that it may use, in seconds.
    pub seconds: f64,
    /// Why it stands at this place.
    pub why_here: String,
}

/// A scorer that takes part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PlannedScorer {
    /// Its name.
    pub name: String,
    /// What its score counts for; only the proportions matter.
    pub weight: f64,
}

/// What a stage ended with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct StageOutcome {
    /// The strategy's name, or `baseline`, `confirm`.
    pub name: String,
    /// Trials that it made.
    pub trials: u32,
    /// Time that it took.
    pub seconds: f64,
    /// Time that it was given at its beginning, where it was a strategy's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds_given: Option<f64>,
    /// Settings that it decided: name and value.
    pub settings: Vec<(String, f64)>,
    /// Why, in the strategy's words.
    pub reasons: Vec<String>,
    /// The plugin's failure, when it ended the stage.
    pub failure: Option<String>,
    /// Questions that the budget did not allow.
    pub cut_short: bool,
    /// What it ended with at first, where it was asked once more: all else is of both turns together, or of the second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_turn: Option<FirstTurn>,
}

/// What a stage ended with at first that was asked once more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct FirstTurn {
    /// Trials that it made.
    pub trials: u32,
    /// Time that it took.
    pub seconds: f64,
    /// Time that it was given at its beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds_given: Option<f64>,
    /// Settings that it decided: name and value.
    pub settings: Vec<(String, f64)>,
}

impl StageOutcome {
    /// What it ended with when it was asked for the first time.
    #[must_use]
    pub fn at_first(&self) -> FirstTurn {
        self.first_turn.clone().unwrap_or_else(|| FirstTurn {
            trials: self.trials,
            seconds: self.seconds,
            seconds_given: self.seconds_given,
            settings: self.settings.clone(),
        })
    }
}

/// A stage that was given up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct NotAsked {
    /// Its name.
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
    /// Notes a minute of the batch with the present settings.
    pub baseline_notes_per_minute: f64,
    /// The same with the compared ones.
    pub tuned_notes_per_minute: f64,
    /// Tuned / baseline.
    pub speed_ratio: super::metric::Estimate,
    /// Mean score of its notes, 0 to 1; absent where none was scored.
    pub baseline_quality: Option<f64>,
    /// The same with the compared settings.
    pub tuned_quality: Option<f64>,
    /// Files that both made notes of.
    pub pairs: usize,
    /// Share of the source that reaches the model, before and after.
    pub baseline_source_share: f64,
    /// The same with the compared settings, 0 to 1.
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
    /// What it is, in a sentence.
    pub what: String,
    /// What can be done; absent where nothing can.
    pub advice: Option<String>,
}

/// What happens in a study, as it happens. Progress and journal listen; nothing reads it back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum StudyEvent {
    /// It begins.
    Started {
        /// What it may take.
        budget_seconds: f64,
        /// Names of the stages, in their order.
        stages: Vec<String>,
    },
    /// A stage begins.
    StageStarted {
        /// Its name.
        name: String,
        /// Its place, from 0.
        index: usize,
        /// Stages of the study.
        of: usize,
    },
    /// A trial begins.
    TrialStarted {
        /// Its number in the study, from 1.
        number: u32,
        /// The stage that it is of.
        stage: String,
        /// What is measured, in a phrase.
        what: String,
        /// Trials that the strategy has asked for so far, where that is known.
        of: Option<u32>,
    },
    /// A trial ended.
    TrialFinished {
        /// Its number in the study, from 1.
        number: u32,
        /// The stage that it was of.
        stage: String,
        /// What was measured, in a phrase.
        what: String,
        /// How it ended.
        state: TrialState,
        /// What it took.
        seconds: f64,
        /// What came out, in a phrase.
        headline: String,
    },
    /// A stage ended.
    StageFinished {
        /// Its name.
        name: String,
        /// Settings that it decided: name and value.
        decided: Vec<(String, f64)>,
    },
    /// The best settings so far are others now.
    Incumbent {
        /// What is expected of them.
        notes_per_minute: f64,
        /// Mean score of their notes, 0 to 1; absent where none was scored.
        quality: Option<f64>,
    },
    /// Something that the user should know.
    Warned {
        /// What it is.
        warning: Warning,
    },
    /// It is over, and the server is as it was found.
    Finished {
        /// How it ended.
        outcome: Outcome,
        /// What it took.
        elapsed_seconds: f64,
    },
}
