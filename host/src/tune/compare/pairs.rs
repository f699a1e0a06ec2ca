//! Pairs of notes -> how much faster one of two candidates is over the whole batch. Pure.
//!
//! A few files stand for all of them, and a small file gains another share than a large one. So each pair is compared with what was
//! predicted for *its* file before the comparison began; what remains is noise, and what the prediction got wrong everywhere. The ratio of the
//! batch is the predicted one, corrected by the mean of that: the difference estimator of survey sampling (Särndal, Swensson and Wretman 1992,
//! *Model Assisted Survey Sampling*, 6.3), on logarithms.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    model::{
        candidate::Candidate,
        experiment::Experiment,
        observation::{FailureCause, Observation},
        trial::Trial,
        workload::{Workload, cut},
    },
    stats::sequential::KnownNoise,
    tune::{
        answer_length::{Answer, are_alike},
        candidates::{CostLine, ENOUGH_UNDISTURBED, file_noise},
        noise::shared_spread,
        residuals::{Request, requests},
    },
};

/// Requests that a line must rest on to say how the cost depends on the size of a file.
const LEAST_REQUESTS: usize = 3;

/// Requests that the lines of both must rest on to say how the *gain* depends on it: with fewer, the error of two slopes is greater than what
/// it explains, and all pairs of a round have it alike.
const LEAST_OF_BOTH: usize = 8;

/// Fewest requests that say how well the machine repeats itself.
const LEAST_REPEATED: usize = 4;

/// What was known of noise before counts as at most so many pairs: the comparison itself shall soon say more.
const MOST_KNOWN: f64 = 6.0;

/// What was predicted before a round of the comparison began.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    ours: Option<CostLine>,
    theirs: Option<CostLine>,
    /// Logarithm of how many times faster the whole batch is predicted to be.
    batch: f64,
}

impl Prediction {
    /// From the trials so far.
    #[must_use]
    pub fn of(history: &[Trial], workload: &Workload, tuned: &Candidate, baseline: &Candidate) -> Self {
        let line = |candidate: &Candidate| {
            CostLine::of(history, workload, candidate).filter(|line| line.requests >= LEAST_REQUESTS)
        };
        let lines = match (line(tuned), line(baseline)) {
            (Some(ours), Some(theirs)) if ours.requests.min(theirs.requests) >= LEAST_OF_BOTH => Some((ours, theirs)),
            // One line for both: then only what is cut off differs.
            (ours, theirs) => ours.into_iter().chain(theirs).max_by_key(|line| line.requests).map(|line| (line, line)),
        };
        let (ours, theirs) = lines.unzip();
        let batch = match (&ours, &theirs) {
            (Some(ours), Some(theirs)) => {
                let chars = &workload.batch_chars;
                (theirs.batch_ms(chars, baseline) / ours.batch_ms(chars, tuned)).ln()
            }
            _ => 0.0,
        };
        Self { ours, theirs, batch: if batch.is_finite() { batch } else { 0.0 } }
    }

    /// The logarithm of the batch's ratio that a file's own ratio speaks for.
    fn carried_over(&self, log_ratio: f64, chars: usize, tuned: &Candidate, baseline: &Candidate) -> f64 {
        match (&self.ours, &self.theirs) {
            (Some(ours), Some(theirs)) => {
                let predicted = (theirs.file_ms(chars, baseline) / ours.file_ms(chars, tuned)).ln();
                if predicted.is_finite() { log_ratio - predicted + self.batch } else { log_ratio }
            }
            _ => log_ratio,
        }
    }
}

/// The noise of a pair by what was measured before: both notes of it have that of a file.
///
/// Where both sides write the same answers, luck aside, their files cancel, and what is left is how well the machine repeats itself. By
/// the server's own timers that is known after a few requests, of whichever files. Else what files differ by beyond their length counts too.
#[must_use]
pub fn noise(history: &[Trial], workload: &Workload, (tuned, baseline): (&Candidate, &Candidate)) -> KnownNoise {
    let by_luck = are_alike(tuned, baseline);
    let (squares, freedom) =
        repeated_noise(history).filter(|_| by_luck).unwrap_or_else(|| file_noise(history, workload, !by_luck));
    if freedom < 1.0 {
        return KnownNoise::default();
    }
    let counted = freedom.min(MOST_KNOWN);
    KnownNoise { squares: 2.0 * squares * counted / freedom, freedom: counted }
}

/// Sum of squared deviations of the logarithm of a request's time, size taken away, and the degrees of freedom behind it.
#[expect(clippy::cast_precision_loss, reason = "a few dozen requests")]
fn repeated_noise(history: &[Trial]) -> Option<(f64, f64)> {
    let all: Vec<Request> = history.iter().flat_map(requests).collect();
    let spread = shared_spread(&all).filter(|spread| spread.count >= LEAST_REPEATED)?;
    let freedom = (spread.count - 1) as f64;
    Some((spread.sigma.powi(2) * freedom, freedom))
}

/// A file that both candidates made into a note.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    /// Milliseconds of the whole machine.
    pub our_ms: f64,
    pub their_ms: f64,
    /// What it says of the whole batch: logarithm of how many times faster.
    pub log_ratio: f64,
    /// Another client slowed one of the two down.
    pub disturbed: bool,
}

/// Those that nobody disturbed, where that leaves enough.
#[must_use]
pub fn undisturbed(pairs: Vec<Pair>) -> Vec<Pair> {
    let well = pairs.iter().filter(|pair| !pair.disturbed).count();
    if well >= ENOUGH_UNDISTURBED { pairs.into_iter().filter(|pair| !pair.disturbed).collect() } else { pairs }
}

fn is_disturbed(trial: &Trial, file: usize) -> bool {
    of_file(trial, file).any(|observation| observation.disturbed.is_some())
}

/// The pairs in two trials that made notes of the same files.
#[must_use]
pub fn pairs(
    (ours, theirs): (&Trial, &Trial),
    (tuned, baseline): (&Candidate, &Candidate),
    workload: &Workload,
    prediction: &Prediction,
) -> Vec<Pair> {
    let others: BTreeMap<usize, Cost> = costs(theirs, workload).into_iter().collect();
    // Answers that differ by luck alone are brought to the same length; those that settings make longer or shorter are not.
    let by_luck = are_alike(tuned, baseline);
    costs(ours, workload)
        .into_iter()
        .filter_map(|(file, our)| {
            let their = others.get(&file)?;
            let answers = our.answer.zip(their.answer).filter(|_| by_luck);
            let usual = workload.answer_tokens(tuned.num_predict).map(|tokens| tokens * our.requests);
            let tokens = answers.map(|(our, their)| usual.unwrap_or(f64::midpoint(our.tokens, their.tokens)));
            let (our_ms, their_ms) = (our.with(tokens), their.with(tokens));
            let chars = workload.files.get(file)?.chars;
            let log_ratio = prediction.carried_over((their_ms / our_ms).ln(), chars, tuned, baseline);
            let disturbed = is_disturbed(ours, file) || is_disturbed(theirs, file);
            Some(Pair { our_ms, their_ms, log_ratio, disturbed }).filter(|pair| pair.log_ratio.is_finite())
        })
        .collect()
}

/// What a file cost.
#[derive(Debug, Clone, Copy)]
struct Cost {
    /// Milliseconds of a worker, and by how many workers they are shared.
    busy_ms: f64,
    by: f64,
    /// Pieces that it was cut into.
    requests: f64,
    /// All that was written for it, where the server says how long that took.
    answer: Option<Answer>,
}

impl Cost {
    /// Milliseconds of the whole machine, with so many tokens in its answers.
    fn with(&self, tokens: Option<f64>) -> f64 {
        let longer = tokens.zip(self.answer).map_or(0.0, |(tokens, answer)| answer.longer_ms(tokens));
        (self.busy_ms + longer) / self.by
    }
}

/// What each file cost; files that were lost are missing.
fn costs(trial: &Trial, workload: &Workload) -> Vec<(usize, Cost)> {
    let fact = |name| trial.fact(name).unwrap_or(1.0);
    let by = fact("workers") * fact("steadiness");
    files(trial)
        .iter()
        .filter(|file| is_made(trial, **file, workload))
        .map(|file| {
            // A worker rests once after a request, however often it was tried.
            let requests = of_file(trial, *file).map(|observation| observation.piece).collect::<BTreeSet<_>>().len();
            #[expect(clippy::cast_precision_loss, reason = "a file has a few pieces")]
            let requests = requests as f64;
            let rests = requests * trial.candidate.request_delay_seconds * 1000.0;
            let busy_ms = of_file(trial, *file).map(|observation| observation.latency_ms).sum::<f64>() + rests;
            let answers = of_file(trial, *file).filter(|observation| observation.failure.is_none()).map(Answer::of);
            let answer = answers.reduce(|all, one| Some(all?.and(one?))).flatten();
            (*file, Cost { busy_ms, by, requests, answer })
        })
        .collect()
}

fn files(trial: &Trial) -> &[usize] {
    match &trial.experiment {
        Experiment::Notes { files } => files,
        _ => &[],
    }
}

fn of_file(trial: &Trial, file: usize) -> impl Iterator<Item = &Observation> {
    trial.observations.iter().filter(move |observation| observation.file == Some(file))
}

/// Whether every piece of a file was answered in the end.
fn is_made(trial: &Trial, file: usize, workload: &Workload) -> bool {
    let answered: BTreeSet<usize> = of_file(trial, file)
        .filter(|observation| observation.failure.is_none())
        .map(|observation| observation.piece)
        .collect();
    workload.files.get(file).is_some_and(|source| cut(source, &trial.candidate).len() == answered.len())
}

/// Files that no try made into a note, of the trials' own failures alone: what the deadline cut off is not lost.
#[must_use]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a handful of files")]
pub fn lost(trials: &[&Trial]) -> usize {
    let lost = |trial: &&Trial| trial.fact("files_lost").unwrap_or(0.0);
    trials.iter().map(lost).sum::<f64>() as usize
}

/// Prompts that the server cut.
#[must_use]
pub fn prompts_cut(trials: &[&Trial]) -> usize {
    let all = trials.iter().flat_map(|trial| &trial.observations);
    all.filter(|observation| observation.failure == Some(FailureCause::Truncated)).count()
}

/// Scores of each file, in the order in which they were made.
pub fn scores<'t>(trials: impl IntoIterator<Item = &'t Trial>) -> BTreeMap<usize, Vec<f64>> {
    let mut scores: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    for score in trials.into_iter().flat_map(|trial| &trial.scores) {
        scores.entry(score.file).or_default().push(score.value);
    }
    scores
}

/// Qualities of notes of the same files: ours and theirs.
#[must_use]
pub fn qualities(ours: &[&Trial], theirs: &[&Trial]) -> Vec<(f64, f64)> {
    let theirs = scores(theirs.iter().copied());
    scores(ours.iter().copied())
        .into_iter()
        .filter_map(|(file, ours)| Some((ours, theirs.get(&file)?)))
        .flat_map(|(ours, theirs)| ours.into_iter().zip(theirs.clone()).collect::<Vec<_>>())
        .collect()
}
