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

impl<'a> Facts<'a> {
    /// The same for a search that begins from other settings than the present ones.
    #[must_use]
    pub fn beginning_from<'b>(&'b self, start: &'b Candidate) -> Facts<'b>
    where
        'a: 'b,
    {
        Facts { baseline: start, space: SearchSpace::of(self.machine, self.server, self.model, start), ..*self }
    }

    /// What a plugin is told.
    #[must_use]
    pub fn view<'b>(
        &'b self,
        workload: &'b WorkloadView,
        incumbent: &'b Candidate,
        seconds_left: f64,
        history: &'b [Trial],
    ) -> StudyView<'b> {
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
    /// What a stage looked for and did not find: the stage, and the sentence.
    pub not_found: Vec<(String, String)>,
    pub not_asked: Vec<NotAsked>,
    pub warnings: Vec<Warning>,
    pub incumbent: Candidate,
    pub interrupted: bool,
    /// What an earlier study found was checked, and is so.
    pub prior_holds: bool,
    /// The settings that the search begins from, where they are not the present ones: what others found, and is better here.
    pub start: Option<Candidate>,
    /// Notes of the same files with what others found and with the present settings: places in the history.
    pub tried_beside: Option<(usize, usize)>,
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
            start: None,
            tried_beside: None,
            total_seconds,
        }
    }

    /// Keeps what a stage ended with. What it said before, when it had too little time, is no longer so.
    pub fn keep(&mut self, outcome: StageOutcome, not_found: Vec<String>) {
        let name = outcome.name.clone();
        self.not_asked.retain(|given_up| given_up.stage != name);
        self.not_found.retain(|(stage, _)| *stage != name);
        self.not_found.extend(not_found.into_iter().map(|sentence| (name.clone(), sentence)));
        let Some(before) = self.stages.iter_mut().find(|before| before.name == name) else {
            self.stages.push(outcome);
            return;
        };
        *before = StageOutcome {
            first_turn: Some(before.at_first()),
            trials: before.trials + outcome.trials,
            seconds: before.seconds + outcome.seconds,
            seconds_given: before.seconds_given.zip(outcome.seconds_given).map(|(first, then)| first + then),
            failure: outcome.failure.or_else(|| before.failure.take()),
            ..outcome
        };
    }
}
