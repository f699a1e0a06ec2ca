//! The hosts that carry out the trials of a study: one, or several that are alike.
//!
//! A trial is carried out by one host from beginning to end, or in parts of which each host carries out one; nothing is asked of a host beside its
//! trial. What is known of the model is shared, what is known of a server is each host's own. With one host, all is as if there were no fleet.

mod alike;
mod board;
mod merge;
mod split;

use std::{
    cell::RefCell,
    collections::VecDeque,
    ops::{Deref, DerefMut},
    sync::Arc,
};

use futures_util::future::join_all;
use tokio::time::Instant;

pub use alike::{STAGE, TOLERANCE, compare_hosts};
pub use board::{Board, Shared, clock_of};
use serde::{Deserialize, Serialize};

use super::{execute::Executor, stage::finished, watch::Watch};
use crate::model::{
    experiment::{Experiment, Proposal},
    fleet::{FleetReport, HostReport, Likeness},
    observation::Repetition,
    study::{StudyEvent, Warning},
    trial::Trial,
};

/// One trial to be carried out.
#[derive(Clone, Serialize, Deserialize)]
pub struct Step {
    pub number: u32,
    pub proposal: Proposal,
    /// Notes are made as in the middle of a long batch.
    pub busy: bool,
    /// What is measured, in a phrase; `None` where whoever gave the errand says so.
    pub what: Option<String>,
    /// Trials that were asked for so far, where that is known.
    pub of: Option<u32>,
}

/// Trials that one host carries out one after the other.
pub type Errand = Vec<Step>;

/// The hosts of a study. It stands for the one that leads: whoever asks for anything but trials asks that one.
pub struct Fleet<'a> {
    lead: Executor<'a>,
    others: Vec<Executor<'a>>,
    /// Hosts that take no part any more: they are still to be left as they were found.
    away: Vec<Executor<'a>>,
    /// Every host that was named; empty where there is one.
    hosts: Vec<HostReport>,
    warnings: Vec<Warning>,
    /// Where others help with the study.
    shared: Option<Shared>,
}

impl<'a> Deref for Fleet<'a> {
    type Target = Executor<'a>;

    fn deref(&self) -> &Executor<'a> {
        &self.lead
    }
}

impl DerefMut for Fleet<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.lead
    }
}

impl<'a> Fleet<'a> {
    /// A study of one host.
    #[must_use]
    pub const fn alone(lead: Executor<'a>) -> Self {
        Self { lead, others: Vec::new(), away: Vec::new(), hosts: Vec::new(), warnings: Vec::new(), shared: None }
    }

    /// A study of several: those that answer, and a word on every one that was named.
    #[must_use]
    pub fn of(lead: Executor<'a>, others: Vec<Executor<'a>>, hosts: Vec<HostReport>) -> Self {
        let left_out = hosts.iter().filter(|host| !host.likeness.takes_part()).map(|host| Warning {
            what: format!("{}: {}", host.name, host.verdict),
            advice: Some("the other hosts make the study without it".into()),
        });
        let warnings = left_out.collect();
        let mut fleet = Self { lead, others, away: Vec::new(), hosts, warnings, shared: None };
        for host in std::iter::once(&fleet.lead).chain(&fleet.others) {
            let place = host.server.host().unwrap_or(0) as usize;
            if let Some(report) = fleet.hosts.get_mut(place) {
                report.server_version.clone_from(&host.profile.version.value);
            }
        }
        fleet
    }

    /// Hosts that take part now.
    #[must_use]
    pub fn size(&self) -> usize {
        1 + self.others.len()
    }

    /// The same, with those of others that help.
    #[must_use]
    pub fn hands(&self) -> usize {
        self.size() + self.shared.as_ref().map_or(0, |shared| self.helpers(shared))
    }

    /// From now on others may help.
    pub fn share(&mut self, board: Arc<dyn Board>) {
        self.shared = Some(Shared::new(board));
    }

    /// Whether others may help.
    #[must_use]
    pub const fn is_shared(&self) -> bool {
        self.shared.is_some()
    }

    /// Every host that something was asked of.
    pub fn everybody(&self) -> impl Iterator<Item = &Executor<'a>> {
        std::iter::once(&self.lead).chain(&self.others).chain(&self.away)
    }

    /// What all of them saw of other clients.
    #[must_use]
    pub fn seen(&self) -> Watch {
        Watch::of_all(self.everybody().map(|host| &host.watch))
    }

    /// How the user named a host; `None` where there is one.
    #[must_use]
    pub fn name_of(&self, host: &Executor<'_>) -> Option<&str> {
        name_in(&self.hosts, host)
    }

    /// What the user should know of hosts that were lost or left out.
    pub fn take_warnings(&mut self) -> Vec<Warning> {
        std::mem::take(&mut self.warnings)
    }

    /// What became of the hosts; `None` where there is one.
    #[must_use]
    pub fn report(&mut self, history: &[Trial]) -> Option<FleetReport> {
        if let Some(board) = self.shared.as_ref().map(|shared| Arc::clone(&shared.board)) {
            self.hear_of_others(&*board);
        }
        if self.hosts.is_empty() {
            return None;
        }
        let mut hosts = self.hosts.clone();
        for (place, host) in (0..).zip(&mut hosts) {
            let own =
                history.iter().flat_map(|trial| &trial.observations).filter(|request| request.host == Some(place));
            let measured = own.filter(|request| request.repetition == Repetition::Measured).count();
            host.requests = u32::try_from(measured).unwrap_or(u32::MAX);
        }
        Some(FleetReport { hosts, tolerance: TOLERANCE })
    }

    /// Hosts that parts of a proposal can be dealt to. Who takes a piece from a board cannot be chosen, and one host could take two loads.
    fn hands_for(&self, proposal: &Proposal) -> usize {
        if matches!(proposal.experiment, Experiment::Load) && self.is_shared() { 1 } else { self.hands() }
    }

    /// Carries out proposals that do not wait for each other: side by side as far as there are hosts, and one that is alone in parts, where each
    /// part keeps its host as busy as the settings want. `of` is how many trials were asked for so far. In the order of the proposals.
    pub async fn run_all(
        &mut self,
        stage: &str,
        proposals: Vec<(Proposal, String)>,
        busy: bool,
        of: Option<u32>,
        deadline: Instant,
        emit: &mut dyn FnMut(StudyEvent),
    ) -> Vec<Trial> {
        if let [(proposal, what)] = proposals.as_slice()
            && let Some(parts) = split::parts(proposal, self.hands_for(proposal))
        {
            return self
                .run_parts(stage, (proposal, what), parts, busy, of, deadline, emit)
                .await
                .into_iter()
                .collect();
        }
        let errands = proposals
            .into_iter()
            .map(|(proposal, what)| {
                vec![Step { number: self.lead.take_number(), proposal, busy, what: Some(what), of }]
            })
            .collect();
        self.carry_out(stage, errands, deadline, emit).await.into_iter().flatten().collect()
    }

    #[expect(clippy::too_many_arguments, reason = "who measures what in which parts until when")]
    async fn run_parts(
        &mut self,
        stage: &str,
        (whole, what): (&Proposal, &str),
        parts: Vec<Proposal>,
        busy: bool,
        of: Option<u32>,
        deadline: Instant,
        emit: &mut dyn FnMut(StudyEvent),
    ) -> Option<Trial> {
        let number = self.lead.take_number();
        let what = format!("{what} on {} hosts", parts.len());
        emit(StudyEvent::TrialStarted { number, stage: stage.to_owned(), what: what.clone(), of });
        // A part may have but one round of requests: with company, it is one of the middle of a batch.
        let busy = busy || whole.candidate.max_concurrent_requests > 1;
        let step = |proposal| vec![Step { number, proposal, busy, what: None, of }];
        let made = self.carry_out(stage, parts.into_iter().map(step).collect(), deadline, emit).await;
        let trial = merge::merged(whole, made.into_iter().flatten().collect())?;
        emit(finished(&trial, what));
        Some(trial)
    }

    /// Carries out errands: each host takes the next one when it is done with its last. What a host does not finish because it is lost is taken
    /// by another. The last host is nobody's to replace: what becomes of it is in its trials. In the order of the errands.
    pub async fn carry_out(
        &mut self,
        stage: &str,
        errands: Vec<Errand>,
        deadline: Instant,
        emit: &mut dyn FnMut(StudyEvent),
    ) -> Vec<Vec<Trial>> {
        if let Some(mut shared) = self.shared.take() {
            match self.carry_out_shared(&mut shared, stage, &errands, deadline, emit).await {
                Ok(made) => {
                    self.shared = Some(shared);
                    return made;
                }
                Err(why) => {
                    let warning = board::alone(&why);
                    emit(StudyEvent::Warned { warning: warning.clone() });
                    self.warnings.push(warning);
                }
            }
        }
        let results: RefCell<Vec<Vec<Trial>>> = RefCell::new(vec![Vec::new(); errands.len()]);
        let queue: RefCell<VecDeque<(usize, Errand)>> = RefCell::new(errands.into_iter().enumerate().collect());
        let emit = RefCell::new(emit);
        while !queue.borrow().is_empty() {
            let can_be_replaced = self.size() > 1;
            let (hosts, queue, results, emit) = (&self.hosts, &queue, &results, &emit);
            let work = std::iter::once(&mut self.lead).chain(&mut self.others).map(|host| async move {
                loop {
                    // Not in the `let`, whose borrow would last as long as the errand.
                    let next = queue.borrow_mut().pop_front();
                    let Some((place, errand)) = next else { return false };
                    let name = name_in(hosts, host);
                    let made = run_errand(host, name, stage, &errand, can_be_replaced, deadline, emit).await;
                    let Some(trials) = made else {
                        queue.borrow_mut().push_front((place, errand));
                        return true;
                    };
                    if let Some(result) = results.borrow_mut().get_mut(place) {
                        *result = trials;
                    }
                }
            });
            let lost = join_all(work).await;
            self.lose(&lost, *emit.borrow_mut());
        }
        results.into_inner()
    }

    /// The same errand on every host. With what each made of it, by its place among the hosts; nothing of those that were lost.
    async fn on_each(
        &mut self,
        stage: &str,
        errand: &Errand,
        deadline: Instant,
        emit: &mut dyn FnMut(StudyEvent),
    ) -> Vec<(u32, Vec<Trial>)> {
        let emit = RefCell::new(emit);
        let hosts = &self.hosts;
        let sink = &emit;
        let work = std::iter::once(&mut self.lead).chain(&mut self.others).map(|host| async move {
            let place = host.server.host().unwrap_or(0);
            (place, run_errand(host, name_in(hosts, host), stage, errand, true, deadline, sink).await)
        });
        let made = join_all(work).await;
        let lost: Vec<bool> = made.iter().map(|(_, trials)| trials.is_none()).collect();
        // Where none answers, there is nothing that could be replaced.
        if lost.iter().any(|lost| !lost) {
            self.lose(&lost, *emit.borrow_mut());
        }
        made.into_iter().filter_map(|(place, trials)| Some((place, trials?))).collect()
    }

    /// Takes lost hosts out, the lead first; of all, the last one stays.
    fn lose(&mut self, lost: &[bool], emit: &mut dyn FnMut(StudyEvent)) {
        let places: Vec<u32> = std::iter::once(&self.lead)
            .chain(&self.others)
            .zip(lost)
            .filter(|(_, lost)| **lost)
            .map(|(host, _)| host.server.host().unwrap_or(0))
            .collect();
        for place in places {
            if !self.send_away(place) {
                return;
            }
            let seconds = self.lead.clock.elapsed().as_secs_f64();
            let Some(host) = self.hosts.get_mut(place as usize) else { continue };
            host.lost_after_seconds = Some(seconds);
            let warning = Warning {
                what: format!(
                    "{} did not answer any more {seconds:.0} s after the beginning: the other hosts made what it had begun",
                    host.name
                ),
                advice: Some("see whether its server still runs; the result does not rest on it".into()),
            };
            emit(StudyEvent::Warned { warning: warning.clone() });
            self.warnings.push(warning);
        }
    }

    /// Takes a host out of the study; not the last one.
    fn send_away(&mut self, place: u32) -> bool {
        if self.others.is_empty() {
            return false;
        }
        let is_it = |host: &Executor<'_>| host.server.host().unwrap_or(0) == place;
        let gone = if is_it(&self.lead) {
            let mut next = self.others.remove(0);
            next.number_from(self.lead.next_number());
            next.last_load_seconds = next.last_load_seconds.max(self.lead.last_load_seconds);
            std::mem::replace(&mut self.lead, next)
        } else {
            match self.others.iter().position(is_it) {
                Some(index) => self.others.remove(index),
                None => return false,
            }
        };
        self.away.push(gone);
        true
    }

    /// A verdict on a host.
    fn judge_host(&mut self, place: u32, change: impl FnOnce(&mut HostReport)) {
        if let Some(host) = self.hosts.get_mut(place as usize) {
            change(host);
        }
    }
}

fn name_in<'h>(hosts: &'h [HostReport], host: &Executor<'_>) -> Option<&'h str> {
    hosts.get(host.server.host()? as usize).map(|host| host.name.as_str())
}

/// The trials of an errand; `None` where the host was lost on the way and another one can take it.
async fn run_errand(
    host: &mut Executor<'_>,
    name: Option<&str>,
    stage: &str,
    errand: &Errand,
    can_be_replaced: bool,
    deadline: Instant,
    emit: &RefCell<&mut dyn FnMut(StudyEvent)>,
) -> Option<Vec<Trial>> {
    let mut trials = Vec::with_capacity(errand.len());
    for step in errand {
        let what = step.what.as_ref().map(|what| name.map_or_else(|| what.clone(), |name| format!("{what} on {name}")));
        if let Some(what) = &what {
            let (number, stage) = (step.number, stage.to_owned());
            emit.borrow_mut()(StudyEvent::TrialStarted { number, stage, what: what.clone(), of: step.of });
        }
        host.keep_busy = step.busy;
        let trial = host.carry_out(step.number, stage, &step.proposal, deadline).await;
        host.keep_busy = false;
        if can_be_replaced && host.is_lost(&trial).await {
            return None;
        }
        if let Some(what) = what {
            emit.borrow_mut()(finished(&trial, what));
        }
        trials.push(trial);
    }
    Some(trials)
}

/// A host before anything was measured.
#[must_use]
pub fn unmeasured(name: &str, left_out: Option<&(Likeness, String)>) -> HostReport {
    let (likeness, verdict) = left_out.cloned().unwrap_or((Likeness::NotShown, "it was not compared".into()));
    HostReport {
        name: name.to_owned(),
        server_version: None,
        likeness,
        time_ratio: None,
        pairs: 0,
        at_once: None,
        verdict,
        requests: 0,
        lost_after_seconds: None,
    }
}
