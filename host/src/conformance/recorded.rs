//! A study that was recorded on the simulated server: what strategies and selectors are told.
//!
//! `tests/conformance.rs` writes it again when the model's types change: `cargo test -- --ignored record`.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::{
    model::{
        candidate::Candidate,
        machine::{MachineProfile, ModelProfile, ServerProfile},
        selection::{Constraints, MeasuredCandidate},
        space::{Parameter, SearchSpace},
        study::Study,
        trial::Trial,
    },
    plugin::strategy::{StudyView, WorkloadView},
};

/// What of a study plugins see.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordedStudy {
    pub machine: MachineProfile,
    pub server: ServerProfile,
    pub model: ModelProfile,
    pub file_chars: Vec<usize>,
    pub batch_chars: Vec<usize>,
    pub chars_per_token: f64,
    pub overhead_tokens: u32,
    pub space: SearchSpace,
    pub constraints: Constraints,
    pub present: Candidate,
    pub trials: Vec<Trial>,
    pub candidates: Vec<MeasuredCandidate>,
}

/// The recorded study; none when it cannot be read, which a test excludes.
#[must_use]
pub fn study() -> Option<&'static RecordedStudy> {
    static STUDY: LazyLock<Option<RecordedStudy>> =
        LazyLock::new(|| serde_json::from_str(include_str!("recorded/study.json")).ok());
    STUDY.as_ref()
}

impl RecordedStudy {
    /// What is kept of a study: what plugins are told, rounded so that it stays small. `workload` is what they saw of the files.
    #[must_use]
    pub fn of(study: &Study, workload: &WorkloadView, space: SearchSpace, constraints: Constraints) -> Self {
        let mut trials = study.trials.clone();
        for trial in &mut trials {
            trial.observations.clear();
            trial.notices.clear();
            trial.scores.iter_mut().flat_map(|score| &mut score.by_scorer).for_each(|part| {
                part.score.parts.clear();
                part.score.reasons.clear();
            });
        }
        Self {
            machine: study.machine.clone(),
            server: study.server.clone(),
            model: study.model.clone(),
            file_chars: workload.file_chars.clone(),
            batch_chars: workload.batch_chars.clone(),
            chars_per_token: workload.chars_per_token,
            overhead_tokens: workload.overhead_tokens,
            space,
            constraints,
            present: study.baseline.clone(),
            trials,
            candidates: study.candidates.clone(),
        }
    }

    /// The workload as plugins see it.
    #[must_use]
    pub fn workload(&self) -> WorkloadView {
        WorkloadView {
            file_chars: self.file_chars.clone(),
            batch_chars: self.batch_chars.clone(),
            chars_per_token: self.chars_per_token,
            overhead_tokens: self.overhead_tokens,
        }
    }

    /// The trials of the present settings, with which every study begins.
    #[must_use]
    pub fn baseline(&self) -> Vec<Trial> {
        self.trials.iter().filter(|trial| trial.stage == "baseline").cloned().collect()
    }

    /// What a plugin is told when that much has happened.
    #[must_use]
    pub fn view<'a>(&'a self, workload: &'a WorkloadView, history: &'a [Trial], seconds_left: f64) -> StudyView<'a> {
        StudyView {
            machine: &self.machine,
            server: &self.server,
            model: &self.model,
            workload,
            space: &self.space,
            constraints: &self.constraints,
            baseline: &self.present,
            incumbent: &self.present,
            seconds_left,
            history,
            seed: 1,
        }
    }

    /// The present settings by name.
    #[must_use]
    pub fn settings(&self) -> Vec<(String, f64)> {
        Parameter::ALL.into_iter().map(|name| (name.name().to_owned(), self.present.get(name))).collect()
    }
}
