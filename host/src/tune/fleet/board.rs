//! Errands that go over a board which several processes read: each takes what nobody else is at work on.
//!
//! The one that leads asks the strategies and puts their errands on the board; it works on them itself, as do all that help. An errand has a name
//! that says what is measured, so that one who takes over a study finds what was measured already.

use std::{cell::RefCell, collections::BTreeMap, sync::Arc, time::Duration};

use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::{Errand, Fleet, Step, alike, name_in, run_errand};
use crate::{
    model::{
        budget::Budget,
        candidate::Candidate,
        digest::Digest,
        fleet::HostReport,
        study::{StudyEvent, Warning},
        trial::Trial,
    },
    tune::{clock::StudyClock, execute::Executor, stage::finished},
};

/// Between two words that somebody is there. A lease lasts several times as long.
const WORD: Duration = Duration::from_secs(8);

/// Between two looks at the board.
const LOOK: Duration = Duration::from_millis(300);

/// Reads and writes the board. Calls block: see [`Board::real_clock`].
pub trait Board: Send + Sync {
    /// Whether time passes while a call waits: then it must not wait where something is measured.
    fn real_clock(&self) -> bool;
    /// # Errors
    /// Why the board cannot be used, for people; so everywhere.
    fn offer(&self, piece: &str, number: u32, work: &str) -> Result<(), String>;
    /// A piece that nobody works on, with its work.
    fn claim(&self) -> Result<Option<(String, String)>, String>;
    /// Whether it is still ours.
    fn renew(&self, piece: &str) -> Result<bool, String>;
    fn give_back(&self, piece: &str) -> Result<(), String>;
    fn finish(&self, piece: &str, result: &str) -> Result<bool, String>;
    fn result(&self, piece: &str) -> Result<Option<String>, String>;
    /// The word of the one that leads.
    fn beat(&self) -> Result<(), String>;
    /// What other hosts are compared with.
    fn reference(&self) -> Result<Option<String>, String>;
    fn publish_reference(&self, reference: &str) -> Result<(), String>;
    /// Every host: its place, what is said of it, and whether it is there.
    fn hosts(&self) -> Result<Vec<(u32, String, bool)>, String>;
    fn report(&self, place: u32, report: &str, is_there: bool) -> Result<(), String>;
    /// `None` while the study is made; else whether it was ended.
    fn is_over(&self) -> Result<Option<bool>, String>;
    /// Waits on the real clock.
    fn pause(&self, duration: Duration) -> Result<(), String>;
}

/// An errand as it stands on the board.
#[derive(Serialize, Deserialize)]
struct Work {
    stage: String,
    errand: Errand,
    /// Seconds of the study.
    deadline: f64,
}

/// A board, and what was put on it.
pub struct Shared {
    pub board: Arc<dyn Board>,
    /// How often each errand was given.
    given: BTreeMap<String, u32>,
}

impl Shared {
    #[must_use]
    pub fn new(board: Arc<dyn Board>) -> Self {
        Self { board, given: BTreeMap::new() }
    }

    /// The errand's name: what is measured, and which time that is.
    fn name(&mut self, stage: &str, errand: &Errand) -> String {
        let what: Vec<_> = errand.iter().map(|step| (&step.proposal, step.busy)).collect();
        let text = serde_json::to_string(&(stage, what)).unwrap_or_default();
        let digest = Digest::of(text.as_bytes()).hex().to_string();
        let time = self.given.entry(digest.clone()).or_default();
        *time += 1;
        format!("{digest}-{time}")
    }
}

/// Asks the board where nothing is measured meanwhile on this thread.
async fn ask<T: Send + 'static>(
    board: &Arc<dyn Board>,
    question: impl FnOnce(&dyn Board) -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    if !board.real_clock() {
        return question(&**board);
    }
    let board = Arc::clone(board);
    tokio::task::spawn_blocking(move || question(&*board)).await.unwrap_or_else(|error| Err(error.to_string()))
}

/// Who gives the word that a process is there.
#[derive(Clone)]
enum Word {
    /// The one that leads.
    Leads,
    /// A host at a place, with what is said of it.
    Helps(u32, String),
}

impl Word {
    fn give(&self, board: &dyn Board) -> Result<(), String> {
        match self {
            Self::Leads => board.beat(),
            Self::Helps(place, report) => board.report(*place, report, true),
        }
    }
}

/// Waits for work, and gives a word every so often meanwhile. A word that does not arrive is given again: whoever finds the board broken is who needs it.
async fn with_word<T>(
    board: &Arc<dyn Board>,
    word: impl Fn(&dyn Board) -> Result<(), String> + Clone + Send + 'static,
    task: impl Future<Output = T>,
) -> T {
    tokio::pin!(task);
    loop {
        tokio::select! {
            biased;
            done = &mut task => return done,
            () = tokio::time::sleep(WORD) => {
                let word = word.clone();
                let _ = ask(board, move |board| word(board)).await;
            }
        }
    }
}

/// What became of a piece that a host took.
enum Taken {
    Made(Vec<Trial>),
    /// The host was lost on the way.
    Lost,
}

impl Fleet<'_> {
    /// Carries out errands with everybody who reads the board.
    ///
    /// # Errors
    /// Why the board cannot be used any more.
    pub(super) async fn carry_out_shared(
        &mut self,
        shared: &mut Shared,
        stage: &str,
        errands: &[Errand],
        deadline: Instant,
        emit: &mut dyn FnMut(StudyEvent),
    ) -> Result<Vec<Vec<Trial>>, String> {
        let names: Vec<String> = errands.iter().map(|errand| shared.name(stage, errand)).collect();
        let seconds = self.lead.clock.elapsed() + deadline.saturating_duration_since(Instant::now());
        for (name, errand) in names.iter().zip(errands) {
            let work = Work { stage: stage.to_owned(), errand: errand.clone(), deadline: seconds.as_secs_f64() };
            let work = serde_json::to_string(&work).map_err(|error| error.to_string())?;
            let (name, number) = (name.clone(), errand.first().map_or(0, |step| step.number));
            ask(&shared.board, move |board| board.offer(&name, number, &work)).await?;
        }
        let results: RefCell<Vec<Option<Vec<Trial>>>> = RefCell::new(vec![None; errands.len()]);
        let emit = RefCell::new(emit);
        while results.borrow().iter().any(Option::is_none) {
            let can_be_replaced = self.size() > 1;
            let (hosts, board, results, emit, names) = (&self.hosts, &shared.board, &results, &emit, &names);
            let work = std::iter::once(&mut self.lead).chain(&mut self.others).map(|host| async move {
                loop {
                    collect(board, names, errands, results, emit).await?;
                    if results.borrow().iter().all(Option::is_some) {
                        return Ok(false);
                    }
                    match take(board, host, name_in(hosts, host), can_be_replaced, Word::Leads, emit).await? {
                        None => ask(board, |board| board.beat().and_then(|()| board.pause(LOOK))).await?,
                        Some((piece, Taken::Made(trials))) => {
                            if let Some(place) = names.iter().position(|name| *name == piece)
                                && let Some(result) = results.borrow_mut().get_mut(place)
                            {
                                *result = Some(trials);
                            }
                        }
                        Some((_, Taken::Lost)) => return Ok(true),
                    }
                }
            });
            let lost: Vec<Result<bool, String>> = join_all(work).await;
            let lost: Vec<bool> = lost.into_iter().collect::<Result<_, _>>()?;
            self.lose(&lost, *emit.borrow_mut());
        }
        let made = results.into_inner().into_iter().zip(errands);
        Ok(made.map(|(trials, errand)| numbered(trials.unwrap_or_default(), errand)).collect())
    }

    /// The same errand on each of our own hosts, while the others wait and know that we are there.
    pub(super) async fn on_each_with_word(
        &mut self,
        board: &Arc<dyn Board>,
        stage: &str,
        errand: &Errand,
        deadline: Instant,
        emit: &mut dyn FnMut(StudyEvent),
    ) -> Vec<(u32, Vec<Trial>)> {
        with_word(board, |board: &dyn Board| board.beat(), self.on_each(stage, errand, deadline, emit)).await
    }

    /// Hosts of others that help now.
    pub(super) fn helpers(&self, shared: &Shared) -> usize {
        let own: Vec<u32> = self.everybody().filter_map(|host| host.server.host()).collect();
        let helps = |(place, _, is_there): &(u32, String, bool)| *is_there && !own.contains(place);
        // A look between two trials: nothing is measured.
        shared.board.hosts().map_or(0, |hosts| hosts.iter().filter(|host| helps(host)).count())
    }

    /// What is said of the hosts of others.
    pub fn hear_of_others(&mut self, board: &dyn Board) {
        let own: Vec<u32> = self.everybody().filter_map(|host| host.server.host()).collect();
        for (place, report, _) in board.hosts().unwrap_or_default() {
            let Ok(report) = serde_json::from_str::<HostReport>(&report) else { continue };
            if !own.contains(&place) {
                self.know(place, report);
            }
        }
    }

    /// Knows a host at a place.
    pub(super) fn know(&mut self, place: u32, report: HostReport) {
        let place = place as usize;
        while self.hosts.len() <= place {
            self.hosts.push(super::unmeasured("another host", None));
        }
        if let Some(known) = self.hosts.get_mut(place) {
            *known = report;
        }
    }

    /// Tells the others what the hosts showed.
    pub(super) async fn tell(&self, board: &Arc<dyn Board>) -> Result<(), String> {
        for host in self.everybody() {
            let Some(place) = host.server.host() else { continue };
            let Some(report) = self.hosts.get(place as usize) else { continue };
            let is_there = report.likeness.takes_part();
            let report = serde_json::to_string(report).map_err(|error| error.to_string())?;
            ask(board, move |board| board.report(place, &report, is_there)).await?;
        }
        Ok(())
    }

    /// Helps another process with its study until that is over: the hosts are compared with its own first. Whether it was ended by the one that
    /// leads; `Ok(None)` where no host of ours is like theirs.
    ///
    /// # Errors
    /// Why the board cannot be used any more.
    pub async fn help(
        &mut self,
        board: &Arc<dyn Board>,
        settings: &Candidate,
        emit: &mut dyn FnMut(StudyEvent),
    ) -> Result<Option<bool>, String> {
        let theirs = loop {
            if let Some(theirs) = ask(board, |board| board.reference()).await? {
                break theirs;
            }
            if let Some(ended) = ask(board, |board| board.is_over()).await? {
                return Ok(Some(ended));
            }
            ask(board, |board| board.pause(LOOK)).await?;
        };
        let deadline = Instant::now() + Duration::from_mins(10);
        alike::compare_with(self, settings, &theirs, deadline, emit).await;
        self.tell(board).await?;
        if !self.hosts.iter().enumerate().any(|(place, host)| host.likeness.takes_part() && self.is_ours(place)) {
            return Ok(None);
        }
        let emit = RefCell::new(emit);
        let (hosts, sink) = (&self.hosts, &emit);
        let work = std::iter::once(&mut self.lead).chain(&mut self.others).map(|host| async move {
            let place = host.server.host().unwrap_or(0);
            let report =
                hosts.get(place as usize).and_then(|report| serde_json::to_string(report).ok()).unwrap_or_default();
            if hosts.get(place as usize).is_some_and(|host| !host.likeness.takes_part()) {
                return Ok(true);
            }
            loop {
                if let Some(ended) = ask(board, |board| board.is_over()).await? {
                    return Ok::<bool, String>(ended);
                }
                let said = report.clone();
                ask(board, move |board| board.report(place, &said, true)).await?;
                match take(board, host, name_in(hosts, host), true, Word::Helps(place, report.clone()), sink).await? {
                    None => ask(board, |board| board.pause(LOOK)).await?,
                    Some((_, Taken::Made(_))) => {}
                    Some((_, Taken::Lost)) => {
                        ask(board, move |board| board.report(place, &report, false)).await?;
                        return Ok(true);
                    }
                }
            }
        });
        let ended: Vec<bool> = join_all(work).await.into_iter().collect::<Result<_, _>>()?;
        Ok(Some(ended.into_iter().all(|ended| ended)))
    }

    fn is_ours(&self, place: usize) -> bool {
        std::iter::once(&self.lead)
            .chain(&self.others)
            .any(|host| host.server.host().is_some_and(|own| own as usize == place))
    }
}

/// Takes a piece and makes it, with the word every so often that it is worked on. What was taken away meanwhile is made all the same, and its
/// result is nobody's.
async fn take(
    board: &Arc<dyn Board>,
    host: &mut Executor<'_>,
    name: Option<&str>,
    can_be_replaced: bool,
    says: Word,
    emit: &RefCell<&mut dyn FnMut(StudyEvent)>,
) -> Result<Option<(String, Taken)>, String> {
    let Some((piece, work)) = ask(board, |board| board.claim()).await? else { return Ok(None) };
    let Work { stage, errand, deadline } = serde_json::from_str(&work).map_err(|error| error.to_string())?;
    let until = host.clock.at(deadline);
    let held = piece.clone();
    let giving = move |board: &dyn Board| says.give(board).and_then(|()| board.renew(&held).map(drop));
    let made = with_word(board, giving, run_errand(host, name, &stage, &errand, can_be_replaced, until, emit)).await;
    let held = piece.clone();
    let Some(trials) = made else {
        ask(board, move |board| board.give_back(&held)).await?;
        return Ok(Some((piece, Taken::Lost)));
    };
    let text = serde_json::to_string(&trials).map_err(|error| error.to_string())?;
    ask(board, move |board| board.finish(&held, &text)).await?;
    Ok(Some((piece, Taken::Made(trials))))
}

/// Fetches what others made.
async fn collect(
    board: &Arc<dyn Board>,
    names: &[String],
    errands: &[Errand],
    results: &RefCell<Vec<Option<Vec<Trial>>>>,
    emit: &RefCell<&mut dyn FnMut(StudyEvent)>,
) -> Result<(), String> {
    for (place, (name, errand)) in names.iter().zip(errands).enumerate() {
        if results.borrow().get(place).is_some_and(Option::is_some) {
            continue;
        }
        let piece = name.clone();
        let Some(text) = ask(board, move |board| board.result(&piece)).await? else { continue };
        let trials: Vec<Trial> = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        match results.borrow_mut().get_mut(place) {
            // Another of our hosts fetched it, or made it, meanwhile.
            None | Some(Some(_)) => continue,
            Some(result) => *result = Some(trials.clone()),
        }
        for (step, trial) in errand.iter().zip(numbered(trials, errand)) {
            if let Some(what) = &step.what {
                let what = format!("{what} by another ralf-tune");
                let (number, stage) = (step.number, trial.stage.clone());
                emit.borrow_mut()(StudyEvent::TrialStarted { number, stage, what: what.clone(), of: step.of });
                emit.borrow_mut()(finished(&trial, what));
            }
        }
    }
    Ok(())
}

/// Trials with the numbers that they have in this study.
fn numbered(mut trials: Vec<Trial>, errand: &[Step]) -> Vec<Trial> {
    for (trial, step) in trials.iter_mut().zip(errand) {
        trial.number = step.number;
    }
    trials
}

/// The clock of a study that began so many seconds ago.
#[must_use]
pub fn clock_of(budget: Budget, age_seconds: f64) -> StudyClock {
    StudyClock::started_before(budget, Duration::from_secs_f64(age_seconds.max(0.0)))
}

/// What the user should know where the board cannot be used any more.
pub(super) fn alone(why: &str) -> Warning {
    Warning {
        what: format!("the shared store failed ({why}): from then on this ralf-tune made the study alone"),
        advice: Some("others that helped wait for the store; their work on the study is lost".into()),
    }
}
