//! The batch: files made into notes exactly as the user's client does it.

use std::time::Duration;

use tokio::time::Instant;

use super::{
    closed_loop::{closed_loop, kept_busy},
    measure::{Ask, Bench, is_worth_retrying},
    summarise::effective_slots,
};
use crate::{
    model::{
        candidate::Candidate,
        observation::{FailureCause, FinishReason, Observation, Repetition},
        score::{NoteEvidence, RequestEvidence},
        space::Parameter,
        workload::{Piece, SourceFile, cut},
    },
    stats::throughput::{Work, steady_rate},
    workload::probe::probe_prompt,
};

/// Files made into notes.
pub struct BatchRun {
    /// In the order of the files asked for; files that were not finished in time are missing.
    pub notes: Vec<NoteRun>,
    pub observations: Vec<Observation>,
    /// Whether every file was finished.
    pub complete: bool,
    /// Requests that were in flight at the same time when the batch was under way.
    pub workers: usize,
    /// Files in a minute of the steady batch.
    pub notes_per_minute: Option<f64>,
    /// When each request ended, in milliseconds since the study began, and which share of a file it is; in order of time.
    pub finished: Vec<(f64, f64)>,
    /// Tokens that requests wrote which only kept the others company, about: most of them were given up when the last file was made.
    pub company_tokens: f64,
}

/// One file made into a note.
pub struct NoteRun {
    pub file: usize,
    /// Why it is lost, if it is.
    pub lost: Option<FailureCause>,
    /// Time that workers were occupied by it, delays and retries included.
    pub busy_ms: f64,
    /// Characters of each of its requests, and the time that a worker was occupied by it.
    pub pieces: Vec<(usize, f64)>,
    pub evidence: NoteEvidence,
}

/// One request of the batch, before it is made.
pub(super) struct Job {
    pub(super) file: usize,
    piece: Piece,
    pub(super) index: usize,
    pub(super) pieces: usize,
}

/// The same with all its tries behind it.
pub(super) struct JobDone {
    pub(super) job: Job,
    pub(super) start_ms: f64,
    pub(super) busy_ms: f64,
    pub(super) observations: Vec<Observation>,
    evidence: Option<RequestEvidence>,
    pub(super) failure: Option<FailureCause>,
}

/// Makes files into notes: `max_concurrent_requests` workers take requests in the order of the files, each sleeps
/// `request_delay_seconds` after a request; after `batch_size` files everybody waits for the last and for `batch_delay_seconds`.
pub async fn make_notes(bench: &Bench<'_>, candidate: &Candidate, files: &[usize], deadline: Instant) -> BatchRun {
    let mut done: Vec<JobDone> = Vec::new();
    let mut complete = true;
    let batches: Vec<&[usize]> = files.chunks(candidate.batch_size.max(1) as usize).collect();
    let mut most_requests = 1;
    for (number, batch) in batches.iter().enumerate() {
        if number > 0 && candidate.batch_delay_seconds > 0.0 {
            let pause = Duration::from_secs_f64(candidate.batch_delay_seconds);
            tokio::time::sleep_until(deadline.min(Instant::now() + pause)).await;
        }
        let jobs: Vec<Job> = batch.iter().flat_map(|file| jobs_of(bench, candidate, *file)).collect();
        most_requests = most_requests.max(jobs.len());
        let run = closed_loop(candidate.max_concurrent_requests as usize, jobs, deadline, |job| {
            request(bench, candidate, job)
        })
        .await;
        done.extend(run.results);
        if !run.complete {
            complete = false;
            break;
        }
    }
    collect(bench, candidate, files, done, complete, most_requests)
}

/// Fact of a trial: tokens of requests that only kept those of notes company, about.
pub const COMPANY_TOKENS: &str = "company_tokens";

/// Most requests that one worker makes only to keep the others company.
const MOST_FILLERS: usize = 8;

/// Tokens of the prompt of such a request. While a prompt is read, every other request stands still; in a long batch each request meets
/// as many prompts as there are other workers, and so it does here when only those of files count. What keeps it company must not add another.
const FILLER_TOKENS: u32 = 24;

/// Makes files into notes as the middle of a long batch does: all workers stay busy until the last of the files is made. Pauses between
/// batches are left out. `slots` is how many requests the server was seen to work on at the same time.
pub async fn make_notes_busy(
    bench: &Bench<'_>,
    candidate: &Candidate,
    files: &[usize],
    slots: Option<f64>,
    deadline: Instant,
) -> BatchRun {
    let workers = candidate.max_concurrent_requests.max(1) as usize;
    let jobs: Vec<Option<Job>> = files.iter().flat_map(|file| jobs_of(bench, candidate, *file)).map(Some).collect();
    let filler = |number: usize| (number < MOST_FILLERS * workers).then_some(None);
    let began_ms = bench.clock.elapsed_ms();
    let run = kept_busy(workers, jobs, filler, deadline, |job: Option<Job>| async move {
        let Some(job) = job else {
            keep_company(bench, candidate).await;
            return None;
        };
        Some(request(bench, candidate, job).await)
    })
    .await;
    let done: Vec<JobDone> = run.results.into_iter().flatten().collect();
    let company_tokens = company_tokens(&done, workers, bench.clock.elapsed_ms() - began_ms);
    let cost_ms = machine_ms(&done, candidate, slots);
    let mut batch = collect(bench, candidate, files, done, run.complete, workers);
    let made: f64 = batch.finished.iter().map(|(_, share)| share).sum();
    batch.notes_per_minute = (cost_ms > 0.0).then(|| 60_000.0 * made / cost_ms);
    batch.company_tokens = company_tokens;
    batch
}

/// What workers wrote in the time in which they were not occupied by files: as fast as with them.
#[expect(clippy::cast_precision_loss, reason = "a handful of workers")]
fn company_tokens(done: &[JobDone], workers: usize, took_ms: f64) -> f64 {
    let busy_ms: f64 = done.iter().map(|job| job.busy_ms).sum();
    let idle_ms = (workers as f64 * took_ms - busy_ms).max(0.0);
    let answers = done.iter().flat_map(|job| &job.observations);
    let written: f64 = answers.map(|one| f64::from(one.answer_tokens)).sum();
    if busy_ms > 0.0 { idle_ms * written / busy_ms } else { 0.0 }
}

/// A request that writes as long as a note does at most, and reads next to nothing.
async fn keep_company(bench: &Bench<'_>, candidate: &Candidate) {
    let chars_per_token = bench.calibration.borrow().chars_per_token();
    let ask = Ask {
        prompt: probe_prompt(&bench.nonces.next(), FILLER_TOKENS, chars_per_token, bench.nonces.next_seed()),
        num_predict: candidate.num_predict,
        repetition: Repetition::Measured,
        file: None,
        piece: 0,
        attempt: 1,
        raw: false,
        timeout: Duration::from_secs(u64::from(candidate.request_timeout_seconds.max(1))),
    };
    bench.ask(candidate, ask).await;
}

/// Time of the whole machine that requests took while all workers were busy: by the bottleneck law (Denning and Buzen 1978) what the server
/// works on, by its slots, or what occupies the workers, by their number, whichever is more. Only the first requests of a run find slots
/// free that are taken in the middle of a batch; with more workers than slots, the time of the workers alone would be too short.
#[expect(clippy::cast_precision_loss, reason = "a handful of requests")]
fn machine_ms(done: &[JobDone], candidate: &Candidate, slots: Option<f64>) -> f64 {
    let observations: Vec<Observation> = done.iter().flat_map(|done| done.observations.clone()).collect();
    let workers = f64::from(candidate.max_concurrent_requests.max(1));
    let busy: f64 = done.iter().map(|done| done.busy_ms).sum();
    let slots = slots.into_iter().chain(effective_slots(&observations)).fold(1.0, f64::max);
    let waits: f64 =
        observations.iter().filter_map(|observation| observation.server).map(|server| server.queue_wait_ms()).sum();
    let delays = done.len() as f64 * candidate.request_delay_seconds * 1000.0;
    if slots < workers { (busy / workers).max((busy - waits - delays) / slots) } else { busy / workers }
}

/// The requests that make a note of a file.
pub(super) fn jobs_of(bench: &Bench<'_>, candidate: &Candidate, file: usize) -> Vec<Job> {
    let Some(source) = bench.workload.files.get(file) else { return Vec::new() };
    let pieces = cut(source, candidate);
    let count = pieces.len();
    pieces.into_iter().enumerate().map(|(index, piece)| Job { file, piece, index, pieces: count }).collect()
}

/// One request of the batch with all its tries.
pub(super) async fn request(bench: &Bench<'_>, candidate: &Candidate, job: Job) -> JobDone {
    let start_ms = bench.clock.elapsed_ms();
    let mut observations = Vec::new();
    let mut evidence = None;
    let mut failure = None;
    for attempt in 1..=candidate.retry_attempts.max(1) {
        if attempt > 1 {
            let exponent = i32::try_from(attempt - 2).unwrap_or(i32::MAX);
            let pause = candidate.initial_backoff_seconds * candidate.backoff_multiplier.powi(exponent);
            tokio::time::sleep(Duration::from_secs_f64(pause.clamp(0.0, 600.0))).await;
        }
        let Some(source) = bench.workload.files.get(job.file) else { break };
        let prompt = bench.workload.prompt.render(&bench.nonces.next(), source, &job.piece, job.pieces);
        let answered = bench
            .ask(
                candidate,
                Ask {
                    prompt: prompt.clone(),
                    num_predict: candidate.num_predict,
                    repetition: Repetition::Measured,
                    file: Some(job.file),
                    piece: job.index,
                    attempt,
                    raw: false,
                    timeout: Duration::from_secs(u64::from(candidate.request_timeout_seconds.max(1))),
                },
            )
            .await;
        let observation = answered.observation;
        failure = observation.failure;
        evidence = Some(RequestEvidence {
            prompt,
            answer: answered.answer,
            finish: observation.finish,
            prompt_tokens: observation.prompt_tokens,
            answer_tokens: observation.answer_tokens,
            truncated: failure == Some(FailureCause::Truncated),
            start_char: job.piece.start_char,
            end_char: job.piece.end_char,
        });
        observations.push(observation);
        if !failure.is_some_and(is_worth_retrying) {
            break;
        }
    }
    if candidate.request_delay_seconds > 0.0 {
        tokio::time::sleep(Duration::from_secs_f64(candidate.request_delay_seconds)).await;
    }
    JobDone { job, start_ms, busy_ms: bench.clock.elapsed_ms() - start_ms, observations, evidence, failure }
}

#[expect(clippy::cast_precision_loss, reason = "a file has far fewer than 2^52 pieces")]
fn collect(
    bench: &Bench<'_>,
    candidate: &Candidate,
    files: &[usize],
    mut done: Vec<JobDone>,
    complete: bool,
    most_requests: usize,
) -> BatchRun {
    let workers = (candidate.max_concurrent_requests as usize).min(most_requests).max(1);
    let work: Vec<Work> = done
        .iter()
        .map(|done| Work {
            start: done.start_ms,
            end: done.start_ms + done.busy_ms,
            amount: 1.0 / done.job.pieces as f64,
        })
        .collect();
    let notes_per_minute = steady_rate(&work, workers).map(|rate| rate * 60_000.0);
    let mut finished: Vec<(f64, f64)> = work.iter().map(|work| (work.end, work.amount)).collect();
    finished.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut observations: Vec<Observation> = done.iter().flat_map(|done| done.observations.clone()).collect();
    observations.sort_by(|a, b| a.started_ms.total_cmp(&b.started_ms));
    let notes = files
        .iter()
        .filter_map(|file| {
            let mut own: Vec<JobDone> = Vec::new();
            let mut index = 0;
            while index < done.len() {
                if done.get(index).is_some_and(|done| done.job.file == *file) {
                    own.push(done.swap_remove(index));
                } else {
                    index += 1;
                }
            }
            own.sort_by_key(|done| done.job.index);
            // A file that was asked for twice is one note.
            own.dedup_by_key(|done| done.job.index);
            let whole = own.first().is_some_and(|first| first.job.pieces == own.len());
            let source = bench.workload.files.get(*file)?;
            whole.then(|| note(source, *file, candidate, own))
        })
        .collect();
    BatchRun { notes, observations, complete, workers, notes_per_minute, finished, company_tokens: 0.0 }
}

/// The note that the requests of a file made, in the order of its pieces.
pub(super) fn note(source: &SourceFile, file: usize, candidate: &Candidate, own: Vec<JobDone>) -> NoteRun {
    NoteRun {
        file,
        lost: own.iter().find_map(|done| done.failure),
        busy_ms: own.iter().map(|done| done.busy_ms).sum(),
        pieces: own.iter().map(|done| (done.job.piece.chars(), done.busy_ms)).collect(),
        evidence: NoteEvidence {
            path: source.path.clone(),
            language: source.language.clone(),
            source: source.text.clone(),
            requests: own.into_iter().filter_map(|done| done.evidence).collect(),
            settings: Parameter::ALL.iter().map(|name| (name.name().to_owned(), candidate.get(*name))).collect(),
        },
    }
}

impl NoteRun {
    /// Whether an answer ended because it had no more room.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.evidence.requests.iter().any(|request| request.finish == FinishReason::Length)
    }
}
