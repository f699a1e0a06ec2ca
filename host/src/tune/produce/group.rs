//! One group of files, between two barriers of the batch.

use std::{
    collections::{BTreeMap, VecDeque},
    pin::Pin,
};

use futures_util::{StreamExt as _, stream::FuturesUnordered};
use tokio::{sync::watch, time::Instant};

use super::{
    FinishedNote, Keep, KeepError, ProductionEvent, Read, Workshop,
    outage::{Waited, is_the_servers},
    pace::is_overload,
    stopped,
};
use crate::{
    model::{observation::FailureCause, production::ProductionEnd},
    tune::{
        batch::{Job, JobDone, jobs_of, note, request},
        measure::Bench,
    },
};

/// How often a request may be lost for the server's sake while others are answered: a file that brings the server down must not do so for ever.
const MOST_LOSSES: u32 = 3;

/// Notes in a row that cannot be written: it is not the notes.
const MOST_UNWRITTEN: u32 = 3;

/// The files of a group, read, and the way to the server.
pub(super) struct Group<'g> {
    pub bench: &'g Bench<'g>,
    pub sources: &'g [Read<'g>],
}

pub(super) enum GroupEnd {
    Made,
    Ended(ProductionEnd),
}

/// What became of the requests of a group so far.
#[derive(Default)]
struct State {
    queue: VecDeque<Job>,
    /// Requests of files that are not whole yet.
    open: BTreeMap<usize, Vec<JobDone>>,
    /// Lost for the server's sake, while nobody knows whether it is the server or the file.
    doubtful: Vec<JobDone>,
    /// How often each was, and how many answers there were then.
    losses: BTreeMap<(usize, usize), (u32, usize)>,
    /// Files of which a request is under way, and how many.
    under_way: BTreeMap<usize, usize>,
    /// The end, when it is known while requests are under way.
    end: Option<ProductionEnd>,
}

type Waiting<'w> = Pin<Box<dyn Future<Output = Waited> + 'w>>;

impl Group<'_> {
    /// Makes the notes of the group.
    pub async fn make(
        &self,
        workshop: &mut Workshop<'_>,
        stop: &mut watch::Receiver<bool>,
        keep: &mut Keep<'_>,
        emit: &mut dyn FnMut(ProductionEvent),
    ) -> GroupEnd {
        let (bench, settings, client) = (self.bench, workshop.setup.settings, workshop.setup.client);
        let queue = (0..self.sources.len()).flat_map(|file| jobs_of(bench, settings, file)).collect();
        let mut state = State { queue, ..State::default() };
        let mut at_work = FuturesUnordered::new();
        let mut waiting: Option<(Waiting<'_>, Instant)> = None;
        let mut stopping = *stop.borrow();
        loop {
            stopping |= *stop.borrow();
            while waiting.is_none() && !stopping && state.end.is_none() && at_work.len() < workshop.pace.at_once() {
                let Some(job) = state.queue.pop_front() else { break };
                *state.under_way.entry(job.file).or_default() += 1;
                at_work.push(request(bench, settings, job));
            }
            if at_work.is_empty() && !stopping && waiting.is_none() && state.only_doubts_are_left() {
                state.put_back(|_| true);
                emit(ProductionEvent::Waiting { why: workshop.outage.last_words().to_owned() });
                waiting = Some((Box::pin(workshop.outage.wait(client)), Instant::now()));
            }
            let nothing_left = state.queue.is_empty() && waiting.is_none();
            if at_work.is_empty() && (stopping || state.end.is_some() || nothing_left) {
                break;
            }
            tokio::select! {
                biased;
                Some(done) = at_work.next(), if !at_work.is_empty() => {
                    if self.take(done, workshop, &mut state, keep, emit).await {
                        state.put_back(|_| true);
                        if waiting.is_none() && state.end.is_none() {
                            emit(ProductionEvent::Waiting { why: workshop.outage.last_words().to_owned() });
                            waiting = Some((Box::pin(workshop.outage.wait(client)), Instant::now()));
                        }
                    }
                }
                waited = until(&mut waiting), if waiting.is_some() => {
                    let since = waiting.take().map_or_else(Instant::now, |(_, since)| since);
                    let seconds = since.elapsed().as_secs_f64();
                    workshop.made.waited_seconds += seconds;
                    match waited {
                        Waited::GaveUp { why } => {
                            // What is under way waits for nobody.
                            return GroupEnd::Ended(ProductionEnd::ServerLost { why });
                        }
                        Waited::Back { looks, was_gone } => {
                            workshop.outage.is_back(looks);
                            workshop.pace.feel_the_way();
                            if was_gone {
                                state.losses.clear();
                            }
                            emit(ProductionEvent::Back { seconds });
                        }
                    }
                }
                () = stopped(stop), if !stopping => stopping = true,
            }
        }
        if let Some(end) = state.end {
            return GroupEnd::Ended(end);
        }
        if stopping {
            let whole = state.queue.is_empty() && state.doubtful.is_empty();
            return if whole { GroupEnd::Made } else { GroupEnd::Ended(ProductionEnd::Interrupted) };
        }
        GroupEnd::Made
    }

    /// Takes a request that has ended; true when the server should be waited for.
    async fn take(
        &self,
        done: JobDone,
        workshop: &mut Workshop<'_>,
        state: &mut State,
        keep: &mut Keep<'_>,
        emit: &mut dyn FnMut(ProductionEvent),
    ) -> bool {
        state.end_one(done.job.file);
        let now_ms = workshop.clock.elapsed_ms();
        for observation in &done.observations {
            workshop.made.requests += 1;
            workshop.made.answer_tokens += u64::from(observation.answer_tokens);
            let Some(failure) = observation.failure else { continue };
            workshop.made.failed_requests += 1;
            if is_overload(failure) && workshop.pace.shrink(observation.started_ms, now_ms) {
                let why = observation.message.clone().unwrap_or_else(|| failure.name().to_owned());
                emit(ProductionEvent::Slower { at_once: workshop.pace.at_once(), why });
            }
        }
        let words = words_of(&done);
        match done.failure.filter(|failure| is_the_servers(*failure)) {
            Some(FailureCause::ModelMissing) => {
                state.end = Some(ProductionEnd::ServerLost { why: words });
                false
            }
            Some(failure) => {
                let open = workshop.outage.failed(failure, &words);
                if state.lose(&done, workshop.outage.answers()) < MOST_LOSSES {
                    state.doubtful.push(done);
                } else {
                    self.settle(done, workshop, state, keep, emit).await;
                }
                open
            }
            None => {
                if done.failure.is_none() {
                    workshop.pace.grow();
                }
                workshop.outage.answered();
                // A queue that was full has room again, now that less is asked for.
                state.put_back(|doubtful| doubtful.failure == Some(FailureCause::Busy));
                // Whoever was sent before says nothing of what came after.
                let (settled, doubtful): (Vec<_>, Vec<_>) = std::mem::take(&mut state.doubtful)
                    .into_iter()
                    .partition(|doubtful| doubtful.start_ms + doubtful.busy_ms <= done.start_ms);
                state.doubtful = doubtful;
                for doubtful in settled {
                    self.settle(doubtful, workshop, state, keep, emit).await;
                }
                self.settle(done, workshop, state, keep, emit).await;
                false
            }
        }
    }

    /// Counts a request for good; with the last one of a file, that is a note or it is lost.
    async fn settle(
        &self,
        done: JobDone,
        workshop: &mut Workshop<'_>,
        state: &mut State,
        keep: &mut Keep<'_>,
        emit: &mut dyn FnMut(ProductionEvent),
    ) {
        let (file, pieces) = (done.job.file, done.job.pieces);
        let own = state.open.entry(file).or_default();
        own.push(done);
        if own.len() < pieces {
            return;
        }
        let mut own = state.open.remove(&file).unwrap_or_default();
        own.sort_by_key(|done| done.job.index);
        let (Some(text), Some(read)) = (self.bench.workload.files.get(file), self.sources.get(file)) else { return };
        let detail = own.iter().find(|done| done.failure.is_some()).map(words_of);
        let made = note(text, file, workshop.setup.settings, own);
        workshop.remaining.finish(read.weight, made.busy_ms / 1000.0);
        if let Some(cause) = made.lost {
            workshop.lose(read.source, cause.name(), detail, emit);
        } else {
            let scored = workshop.setup.panel.score([(file, &made.evidence)], None).await;
            let score = scored.first().map(|score| score.value);
            let cut = made.is_cut();
            let requests = made.evidence.requests;
            let finished = FinishedNote {
                source: read.source,
                text: &text.text,
                answer_tokens: requests.iter().map(|request| u64::from(request.answer_tokens)).sum(),
                answers: requests.into_iter().map(|request| request.answer).collect(),
                score,
                cut,
            };
            match keep(finished) {
                Ok(true) => workshop.count(score, cut),
                Ok(false) => {
                    let why = "something appeared in the place of its note meanwhile, and stays".to_owned();
                    workshop.lose(read.source, UNWRITABLE, Some(why), emit);
                }
                Err(KeepError::All(why)) => state.end = Some(ProductionEnd::CannotWrite { why }),
                Err(KeepError::Note(why)) => {
                    workshop.unwritten += 1;
                    if workshop.unwritten >= MOST_UNWRITTEN {
                        state.end = Some(ProductionEnd::CannotWrite { why: why.clone() });
                    }
                    workshop.lose(read.source, UNWRITABLE, Some(why), emit);
                }
            }
        }
        workshop.report(self.weight_under_way(state), emit);
    }

    /// The weight of the files that requests are under way for.
    fn weight_under_way(&self, state: &State) -> f64 {
        state.under_way.keys().filter_map(|file| self.sources.get(*file)).map(|read| read.weight).sum()
    }
}

/// The cause of a file whose note cannot be written.
const UNWRITABLE: &str = "unwritable";

impl Workshop<'_> {
    /// A note is in its place.
    fn count(&mut self, score: Option<f64>, cut: bool) {
        self.unwritten = 0;
        self.made.notes += 1;
        self.made.cut += usize::from(cut);
        self.made.not_scored += usize::from(score.is_none());
        self.scores.extend(score);
    }
}

impl State {
    /// Whether nobody is left who could say whether it is the server or the file.
    fn only_doubts_are_left(&self) -> bool {
        self.end.is_none() && self.queue.is_empty() && !self.doubtful.is_empty()
    }

    /// Counts that a request was lost for the server's sake, and says how often it was. It counts when another request was answered since it was
    /// lost last, or when no other is there to tell.
    fn lose(&mut self, done: &JobDone, answers: usize) -> u32 {
        let alone = self.queue.is_empty() && self.under_way.is_empty();
        let (times, before) = self.losses.entry((done.job.file, done.job.index)).or_default();
        if *times == 0 || alone || answers > *before {
            *times += 1;
        }
        *before = answers;
        *times
    }

    /// Puts doubtful requests behind all others, so that another file says whether the server is to blame.
    fn put_back(&mut self, which: impl Fn(&JobDone) -> bool) {
        let (back, doubtful): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.doubtful).into_iter().partition(|done| which(done));
        self.doubtful = doubtful;
        self.queue.extend(back.into_iter().map(|done| done.job));
    }

    fn end_one(&mut self, file: usize) {
        if let Some(requests) = self.under_way.get_mut(&file) {
            *requests -= 1;
            if *requests == 0 {
                self.under_way.remove(&file);
            }
        }
    }
}

/// What was said when a request was lost.
fn words_of(done: &JobDone) -> String {
    let said = done.observations.last().and_then(|observation| observation.message.clone());
    said.or_else(|| done.failure.map(|failure| failure.name().to_owned())).unwrap_or_default()
}

/// Waits on; for ever where nobody waits.
async fn until(waiting: &mut Option<(Waiting<'_>, Instant)>) -> Waited {
    match waiting {
        Some((waiting, _)) => waiting.await,
        None => std::future::pending().await,
    }
}
