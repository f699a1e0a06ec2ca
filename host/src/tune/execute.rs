//! Carries out a proposal: loads, warms up, measures, scores. The outcome is a trial, whatever happens.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc, time::Duration};

use tokio::time::Instant;

use super::{
    batch::{BatchRun, COMPANY_TOKENS, make_notes, make_notes_busy},
    calibrate::{Calibration, Sized},
    clock::StudyClock,
    compare::in_turn,
    first_request::FirstRequest,
    judge::{Judge, Sitting, Spent},
    measure::{Bench, Contexts, keep_alive},
    notes::MadeNotes,
    prompts::Nonces,
    residuals::Request,
    score::Panel,
    server::Server,
    summarise,
    tries::Tries,
    watch::Watch,
};
use crate::{
    model::{
        candidate::{Candidate, LoadKey},
        experiment::{Experiment, Proposal},
        machine::{Era, LoadedModel, ModelProfile, ServerProfile, same_model},
        metric::{Metric, Sample},
        observation::{FailureCause, Observation, Repetition},
        score::NoteScore,
        trial::{Trial, TrialState},
        workload::Workload,
    },
    ollama::{
        error::OllamaError,
        request::{LoadRequest, Timeouts},
    },
    stats::summary::sample,
};

/// Longest time that one load may take; the server's own patience is the same.
pub(super) const LOAD_LIMIT: Duration = Duration::from_mins(5);

/// Fact of a trial: the tokens of one slot's context, as `/api/ps` has them after the load.
pub const LOADED_CONTEXT: &str = "loaded_context_tokens";

/// Everything that trials need, and the state of the server as far as it is ours.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Executor<'a> {
    pub server: Server<'a>,
    pub model: &'a ModelProfile,
    pub workload: &'a Workload,
    pub clock: StudyClock,
    pub nonces: Nonces,
    /// As the server was found.
    pub profile: &'a ServerProfile,
    pub calibration: Rc<RefCell<Calibration>>,
    pub panel: &'a Panel,
    /// Where the user allowed scorers to ask the model.
    pub judge: Option<Judge<'a>>,
    /// The load-time settings that our last load left the server with.
    pub(super) loaded: Option<LoadKey>,
    /// Where whole notes are kept.
    pub notes: Option<&'a MadeNotes>,
    /// Notes are made as in the middle of a long batch, where no worker is ever idle.
    pub keep_busy: bool,
    /// Requests at the same time that were seen with each load.
    slots: Rc<RefCell<BTreeMap<LoadKey, f64>>>,
    touched: bool,
    /// What `/api/ps` said after it.
    pub(super) memory: Option<LoadedModel>,
    /// What it says of other clients.
    pub watch: Watch,
    /// Undisturbed requests so far: they tell how well the machine repeats itself.
    pub(super) requests: Rc<RefCell<Vec<Request>>>,
    /// Load-time settings whose first requests were sent before, with the fastest of them that ended.
    pub(super) felt: BTreeMap<LoadKey, Option<FirstRequest>>,
    /// The first request after the last load, until one was measured.
    pub(super) first: Option<FirstRequest>,
    /// It did not end in the time that there was.
    pub(super) first_was_cut_off: bool,
    /// Nothing of ours can still be at work on the server.
    pub(super) settled: bool,
    /// Whether the server counts only the tokens that were not cached, as it did before 0.4.
    leaves_out_cached: bool,
    /// How long the last load took, in seconds: what the next one will cost.
    pub last_load_seconds: f64,
    next_number: u32,
}

/// Loads the model as settings say, for as long as measurements keep it.
pub(super) fn load_request(model: &ModelProfile, settings: &Candidate) -> LoadRequest {
    LoadRequest {
        keep_alive: Some(keep_alive()),
        timeouts: Some(Timeouts { first_byte: LOAD_LIMIT, idle: LOAD_LIMIT, ..Timeouts::default() }),
        ..LoadRequest::new(&model.name, settings.load_key())
    }
}

/// What one experiment gave.
#[derive(Default)]
pub(super) struct Measured {
    pub(super) observations: Vec<Observation>,
    pub(super) samples: Vec<Sample>,
    pub(super) scores: Vec<NoteScore>,
    pub(super) facts: Vec<(String, f64)>,
    pub(super) notices: Vec<String>,
    pub(super) failure: Option<FailureCause>,
}

impl<'a> Executor<'a> {
    /// An executor that has loaded nothing yet.
    pub fn new(
        server: Server<'a>,
        profile: &'a ServerProfile,
        model: &'a ModelProfile,
        workload: &'a Workload,
        clock: StudyClock,
        nonces: Nonces,
        panel: &'a Panel,
    ) -> Self {
        Self {
            server,
            model,
            workload,
            clock,
            nonces,
            profile,
            calibration: Rc::default(),
            panel,
            judge: None,
            notes: None,
            loaded: None,
            keep_busy: false,
            slots: Rc::default(),
            touched: false,
            memory: None,
            watch: Watch::new(&profile.loaded_models, &model.name),
            requests: Rc::default(),
            felt: BTreeMap::new(),
            first: None,
            first_was_cut_off: false,
            settled: true,
            leaves_out_cached: leaves_out_cached(profile),
            last_load_seconds: 0.0,
            next_number: 0,
        }
    }

    /// The same for another host of the study: what one learns of the model, both know.
    #[must_use]
    pub fn beside(&self, server: Server<'a>, profile: &'a ServerProfile, nonces: Nonces) -> Self {
        Self {
            calibration: Rc::clone(&self.calibration),
            slots: Rc::clone(&self.slots),
            requests: Rc::clone(&self.requests),
            notes: self.notes,
            ..Self::new(server, profile, self.model, self.workload, self.clock, nonces, self.panel)
        }
    }

    /// Whether we asked the server to load anything.
    pub const fn has_touched(&self) -> bool {
        self.touched
    }

    /// Whether the server is loaded with what the candidate needs.
    pub fn has_loaded(&self, candidate: &Candidate) -> bool {
        self.loaded == Some(candidate.load_key())
    }

    /// Number that the next trial will have.
    pub const fn next_number(&self) -> u32 {
        self.next_number
    }

    /// The number of the next trial, which is then taken.
    pub const fn take_number(&mut self) -> u32 {
        let number = self.next_number;
        self.next_number += 1;
        number
    }

    /// Numbers its trials from there on.
    pub const fn number_from(&mut self, number: u32) {
        self.next_number = number;
    }

    /// Carries out a proposal before the deadline, or as much of it as there is time for.
    pub async fn run(&mut self, stage: &str, proposal: &Proposal, deadline: Instant) -> Trial {
        let number = self.take_number();
        self.carry_out(number, stage, proposal, deadline).await
    }

    /// The same, as a trial whose number is given.
    pub async fn carry_out(&mut self, number: u32, stage: &str, proposal: &Proposal, deadline: Instant) -> Trial {
        let started = self.clock.elapsed();
        let candidate = &proposal.candidate;
        let mut measured = Measured::default();
        let mut reloads = 0;
        match self.prepare(candidate, deadline, &mut measured).await {
            Err(cause) => measured.failure = Some(cause),
            Ok(reloaded) => {
                reloads += u32::from(reloaded);
                self.measure(candidate, &proposal.experiment, deadline, &mut measured, &mut reloads).await;
            }
        }
        if measured.observations.iter().any(|request| request.repetition == Repetition::Measured) {
            self.first = None;
            self.first_was_cut_off = false;
        }
        measured.facts.extend(Tries::of(&measured.observations).facts());
        if let Some(slots) = summarise::effective_slots(&measured.observations) {
            let mut seen = self.slots.borrow_mut();
            let most = seen.entry(candidate.load_key()).or_insert(slots);
            *most = most.max(slots);
        }
        let mut trial = Trial {
            number,
            stage: stage.to_owned(),
            why: proposal.why.clone(),
            candidate: candidate.clone(),
            experiment: proposal.experiment.clone(),
            state: measured.failure.map_or(TrialState::Complete, TrialState::Failed),
            seconds: self.clock.seconds_since(started),
            reloads,
            samples: measured.samples,
            facts: measured.facts,
            scores: measured.scores,
            observations: measured.observations,
            notices: measured.notices,
        };
        self.follow_up(&mut trial, deadline).await;
        trial
    }

    pub(super) fn bench(&self) -> Bench<'_> {
        Bench {
            server: self.server,
            model: self.model,
            workload: self.workload,
            clock: self.clock,
            nonces: &self.nonces,
            calibration: &self.calibration,
            contexts: self.contexts(),
            keep_alive: Some(keep_alive()),
        }
    }

    /// What limits prompts as the model is loaded now.
    fn contexts(&self) -> Contexts {
        let loaded = self.memory.as_ref().and_then(|memory| memory.context_length);
        // Before 0.10 the server does not say, and clamps all the same.
        let loaded = loaded.or(self.model.trained_context.value);
        Contexts { loaded, leaves_out_cached: self.leaves_out_cached }
    }

    /// Loads the model with the candidate's load-time settings unless it is loaded so, and warms it up. True when it was loaded.
    async fn prepare(
        &mut self,
        candidate: &Candidate,
        deadline: Instant,
        measured: &mut Measured,
    ) -> Result<bool, FailureCause> {
        let key = candidate.load_key();
        if self.loaded == Some(key) {
            self.describe_memory(measured);
            return Ok(false);
        }
        self.loaded = None;
        self.memory = None;
        self.first = None;
        self.touched = true;
        let seconds = self.load(candidate, deadline, measured).await?;
        self.loaded = Some(key);
        self.last_load_seconds = seconds;
        measured.samples.extend(sample(Metric::LoadDurationMs, vec![seconds * 1000.0]));
        let models = self.server.loaded_models(deadline).await.unwrap_or_default();
        self.memory = models.into_iter().find(|model| same_model(&model.name, &self.model.name));
        self.describe_memory(measured);
        self.warm_up(candidate, deadline, measured).await;
        Ok(true)
    }

    async fn load(
        &self,
        candidate: &Candidate,
        deadline: Instant,
        measured: &mut Measured,
    ) -> Result<f64, FailureCause> {
        let request = load_request(self.model, candidate);
        let mut outcome = self.server.load(&request, deadline).await.outcome;
        if let Some(Err(error)) = &outcome
            && error.may_retry()
        {
            tokio::time::sleep_until(deadline.min(Instant::now() + Duration::from_secs(1))).await;
            let again = self.server.load(&request, deadline).await.outcome;
            // Without time for a second answer, the first one stands.
            outcome = again.or(outcome);
        }
        match outcome {
            Some(Ok(seconds)) => Ok(seconds),
            Some(Err(error)) => {
                measured.notices.push(format!("loading with a context of {} failed: {error}", candidate.num_ctx));
                Err(OllamaError::cause(&error))
            }
            None => Err(FailureCause::OutOfTime),
        }
    }

    fn describe_memory(&self, measured: &mut Measured) {
        let Some(memory) = &self.memory else { return };
        measured.samples.extend(summarise::memory(Some(memory)));
        measured.facts.push(("spilled".into(), f64::from(u8::from(memory.is_spilled()))));
        if let Some(context) = memory.context_length {
            measured.facts.push((LOADED_CONTEXT.into(), f64::from(context)));
        }
    }

    async fn measure(
        &mut self,
        candidate: &Candidate,
        experiment: &Experiment,
        deadline: Instant,
        measured: &mut Measured,
        reloads: &mut u32,
    ) {
        match experiment {
            Experiment::Load => {}
            Experiment::Probe { prompt_tokens, output_tokens, parallel, requests } => {
                self.probe(candidate, (*prompt_tokens, *output_tokens), *parallel, *requests, deadline, measured).await;
            }
            Experiment::Notes { files } => {
                if let Some(least) = self.hopeless(candidate, files, deadline) {
                    measured.failure = Some(FailureCause::OutOfTime);
                    measured.notices.push(format!(
                        "not asked: by the first request after the load a note takes {least:.0} s at least, and there is no time for that"
                    ));
                    return;
                }
                let (bench, slots) = (self.bench(), self.slots.borrow().get(&candidate.load_key()).copied());
                let run = if self.keep_busy {
                    make_notes_busy(&bench, candidate, files, slots, deadline).await
                } else {
                    make_notes(&bench, candidate, files, deadline).await
                };
                self.take_notes(candidate, run, deadline, measured).await;
            }
            Experiment::Needle { content_chars, depths } => {
                self.needle(candidate, *content_chars, depths, deadline, measured).await;
            }
            Experiment::Compare { other, files } => {
                self.compare(candidate, other, files, deadline, measured, reloads).await;
            }
        }
    }

    /// Scores the notes of a batch whose requests have all ended: only then may scorers ask the model.
    async fn score(
        &self,
        candidate: &Candidate,
        run: &BatchRun,
        deadline: Instant,
        measured: &mut Measured,
    ) -> Vec<NoteScore> {
        let chars_per_token = self.calibration.borrow().chars_per_token();
        let expected_tokens = |size: &Sized| self.calibration.borrow().expect(size);
        let expected_tokens = &expected_tokens;
        let before = self.judge.as_ref().map(Judge::spent);
        let sitting =
            self.judge.as_ref().map(|judge| Sitting { judge, candidate, chars_per_token, expected_tokens, deadline });
        let notes = run.notes.iter().filter(|note| note.lost.is_none()).map(|note| (note.file, &note.evidence));
        let scores = self.panel.score(notes, sitting.as_ref()).await;
        if let (Some(judge), Some(before)) = (&self.judge, before) {
            measured.facts.extend(judge.spent().facts_since(&before));
        }
        scores
    }

    /// Scores and summarises notes.
    #[expect(clippy::cast_precision_loss, reason = "a handful of files")]
    async fn take_notes(&self, candidate: &Candidate, mut run: BatchRun, deadline: Instant, measured: &mut Measured) {
        let scores = self.score(candidate, &run, deadline, measured).await;
        if let Some(notes) = self.notes {
            notes.add(candidate, &run.notes, &scores);
        }
        self.mark(&mut run.observations, &measured.observations);
        measured.samples.extend(summarise::requests(&run.observations));
        measured.samples.extend(summarise::notes(&run, &scores, &self.workload.files));
        let busy: f64 = run.notes.iter().map(|note| note.busy_ms).sum();
        if let Some(rate) = run.notes_per_minute.filter(|_| busy > 0.0 && run.complete) {
            // What the end of the run hides: workers that fell idle made the rest faster.
            let by_busy = 60_000.0 * run.workers as f64 * run.notes.len() as f64 / busy;
            measured.facts.push(("steadiness".into(), (rate / by_busy).clamp(0.5, 1.5)));
        }
        measured.facts.push(("workers".into(), run.workers as f64));
        if run.company_tokens >= 1.0 {
            measured.facts.push((COMPANY_TOKENS.into(), run.company_tokens.round()));
        }
        measured.facts.push(("files_lost".into(), run.notes.iter().filter(|note| note.lost.is_some()).count() as f64));
        measured.facts.push(("files_finished".into(), run.notes.len() as f64));
        measured.facts.push(("answers_cut".into(), run.notes.iter().filter(|note| note.is_cut()).count() as f64));
        measured.failure = measured.failure.or(summarise::verdict(&run.observations, run.complete));
        measured.scores.extend(scores);
        measured.observations.extend(run.observations);
    }

    /// The candidate and another one on the same files. Where both fit one load they take turns, file by file and in changing order;
    /// where they do not, each runs once, because a reload between two files would cost more than it tells.
    async fn compare(
        &mut self,
        candidate: &Candidate,
        other: &Candidate,
        files: &[usize],
        deadline: Instant,
        measured: &mut Measured,
        reloads: &mut u32,
    ) {
        let group = if candidate.load_key() == other.load_key() {
            candidate.max_concurrent_requests.max(other.max_concurrent_requests).max(1) as usize
        } else {
            files.len().max(1)
        };
        let mut pairs: Vec<(f64, f64)> = Vec::new();
        for (turn, files) in files.chunks(group).enumerate() {
            let order = if turn % 2 == 0 { [candidate, other] } else { [other, candidate] };
            let mut sides: Vec<(bool, Measured)> = Vec::new();
            for side in order {
                let mut own = Measured::default();
                match self.prepare(side, deadline, &mut own).await {
                    Ok(reloaded) => *reloads += u32::from(reloaded),
                    Err(cause) => own.failure = Some(cause),
                }
                if own.failure.is_none() {
                    let run = make_notes(&self.bench(), side, files, deadline).await;
                    self.take_notes(side, run, deadline, &mut own).await;
                }
                sides.push((std::ptr::eq(side, candidate), own));
            }
            sides.sort_by_key(|(is_candidate, _)| !*is_candidate);
            let [(_, ours), (_, theirs)] = sides.as_slice() else { continue };
            measured.failure = measured.failure.or(ours.failure);
            for side in [ours, theirs] {
                measured
                    .facts
                    .extend(side.facts.iter().filter(|(name, _)| Spent::FACTS.contains(&name.as_str())).cloned());
            }
            for file in files {
                let sides = [(candidate, ours), (other, theirs)];
                pairs.extend(in_turn(*file, sides.map(|(side, own)| (side, &*own.observations, &*own.scores))));
            }
            let (_, ours) = sides.remove(0);
            measured.observations.extend(ours.observations);
            measured.scores.extend(ours.scores);
        }
        measured.samples.extend(sample(Metric::SpeedRatio, pairs.iter().map(|(speed, _)| *speed).collect()));
        measured.samples.extend(sample(Metric::QualityDifference, pairs.iter().map(|(_, quality)| *quality).collect()));
        measured.samples.extend(summarise::requests(&measured.observations));
    }
}

/// Whether the server may leave cached tokens out of its counts: it did before 0.4, and a server of no version is trusted least.
pub(super) const fn leaves_out_cached(server: &ServerProfile) -> bool {
    !matches!(server.era.value, Some(Era::B | Era::C))
}
