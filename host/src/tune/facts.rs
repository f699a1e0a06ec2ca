//! What does not change during a study, and what grows with it.

use crate::{
    model::{
        candidate::Candidate,
        machine::{MachineProfile, ModelProfile, ServerProfile},
        selection::Constraints,
        space::SearchSpace,
        study::{NotAsked, StageOutcome, Warning},
        trial::Trial,
        workload::Workload,
    },
    plugin::strategy::{StudyView, WorkloadView},
};

/// What does not change during a study.
pub struct Facts<'a> {
    pub machine: &'a MachineProfile,
    pub server: &'a ServerProfile,
    pub model: &'a ModelProfile,
    pub workload: &'a Workload,
    pub space: SearchSpace,
    pub constraints: &'a Constraints,
    pub baseline: &'a Candidate,
    pub seed: u64,
}

impl Facts<'_> {
    /// What a plugin is told.
    #[must_use]
    pub fn view<'a>(
        &'a self,
        workload: &'a WorkloadView,
        incumbent: &'a Candidate,
        seconds_left: f64,
        history: &'a [Trial],
    ) -> StudyView<'a> {
        StudyView {
            machine: self.machine,
            server: self.server,
            model: self.model,
            workload,
            space: &self.space,
            constraints: self.constraints,
            baseline: self.baseline,
            incumbent,
            seconds_left,
            history,
            seed: self.seed,
        }
    }
}

/// What the stages leave behind.
pub struct Progress {
    pub history: Vec<Trial>,
    pub stages: Vec<StageOutcome>,
    pub not_found: Vec<String>,
    pub not_asked: Vec<NotAsked>,
    pub warnings: Vec<Warning>,
    pub incumbent: Candidate,
    pub interrupted: bool,
    /// What an earlier study found was checked, and is so.
    pub prior_holds: bool,
    /// Seconds that the study may take: its budget, or less where the batch is not worth it.
    pub total_seconds: f64,
}

impl Progress {
    /// Before anything was measured.
    #[must_use]
    pub fn new(baseline: &Candidate, total_seconds: f64) -> Self {
        Self {
            history: Vec::new(),
            stages: Vec::new(),
            not_found: Vec::new(),
            not_asked: Vec::new(),
            warnings: Vec::new(),
            incumbent: baseline.clone(),
            interrupted: false,
            prior_holds: false,
            total_seconds,
        }
    }
}
