//! A measured proposal.

use serde::{Deserialize, Serialize};

use super::{
    candidate::Candidate,
    experiment::Experiment,
    metric::{Metric, Sample},
    observation::{FailureCause, Observation, Repetition},
    score::NoteScore,
};

/// How a trial ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TrialState {
    /// It was carried out.
    Complete,
    /// Stopped because its answer no longer mattered.
    Pruned,
    /// Nothing of it can be used, and why.
    Failed(FailureCause),
}

/// One measurement of one candidate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Trial {
    /// 0, 1, 2 … in the order of execution.
    pub number: u32,
    /// The stage, that is the strategy's name, or `"baseline"`, `"confirm"`.
    pub stage: String,
    /// Why it was asked for, in the strategy's words.
    pub why: String,
    /// The settings that it measured.
    pub candidate: Candidate,
    /// How it measured them.
    pub experiment: Experiment,
    /// How it ended.
    pub state: TrialState,
    /// Client clock: how long the trial took, loads and warm-up included.
    pub seconds: f64,
    /// Loads of the model that it needed.
    pub reloads: u32,
    /// What was measured, by metric.
    pub samples: Vec<Sample>,
    /// Named numbers that are no metric: `loaded_context_tokens`, for example.
    pub facts: Vec<(String, f64)>,
    /// What scorers said of its notes.
    pub scores: Vec<NoteScore>,
    /// Every request of it.
    pub observations: Vec<Observation>,
    /// What was noticed on the way, for people.
    pub notices: Vec<String>,
}

impl Trial {
    /// The sample of a metric.
    #[must_use]
    pub fn sample(&self, metric: Metric) -> Option<&Sample> {
        self.samples.iter().find(|sample| sample.metric == metric)
    }

    /// The mean of a metric.
    #[must_use]
    pub fn mean(&self, metric: Metric) -> Option<f64> {
        self.sample(metric).map(|sample| sample.summary.mean)
    }

    /// A named number.
    #[must_use]
    pub fn fact(&self, name: &str) -> Option<f64> {
        self.facts.iter().find(|(known, _)| known == name).map(|(_, value)| *value)
    }

    /// The requests that count: no warm-up.
    pub fn measured(&self) -> impl Iterator<Item = &Observation> {
        self.observations.iter().filter(|request| request.repetition == Repetition::Measured)
    }

    /// Whether it ended well.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.state == TrialState::Complete
    }
}
