//! What to expect of the user's whole batch with the settings that a study ends with. Pure.

use batch_outlook::{Batch, Evidence, File, Policy, Requests, Timed, expect};

use super::{
    answer_length::AnswerLengths,
    residuals::{Request, requests, writing_residuals},
    tries::Tries,
};
use crate::{
    model::{
        candidate::Candidate,
        experiment::Experiment,
        metric::{ConfidenceInterval, Metric},
        observation::{FailureCause, Observation, Repetition},
        outlook::BatchOutlook,
        trial::{Trial, TrialState},
        workload::{Workload, cut},
    },
    stats::{interval::LEVEL, summary::median, trend::slow_variance},
};

/// So many requests that all workers were busy for are enough; with fewer of them those of shorter runs help.
const ENOUGH: usize = 5;

/// Half-width of a 95 % interval of a normal distribution, in standard deviations.
const NORMAL_95: f64 = 1.96;

/// What to expect of the whole batch; `None` when not one note was made as it makes them.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a study has some hundred requests; none is negative"
)]
pub fn outlook(trials: &[Trial], settings: &Candidate, workload: &Workload) -> Option<BatchOutlook> {
    let evidence = evidence(trials, settings, workload);
    let requests = Requests::of(&evidence)?;
    let look = expect(&requests, &batch(settings, &workload.batch_chars), &policy(settings));
    let reach = (look.seconds_interval.1 / look.seconds).ln().hypot(NORMAL_95 * swing(trials));
    let seconds_interval = (look.seconds / reach.exp(), look.seconds * reach.exp());
    let interval =
        |(low, high): (f64, f64), unit: f64| ConfidenceInterval { level: LEVEL, low: low / unit, high: high / unit };
    Some(BatchOutlook {
        files: workload.batch_chars.len(),
        expected_lost_files: look.lost,
        lost_interval: interval(look.lost_interval, 1.0),
        unattended_probability: look.nothing_lost.clamp(0.0, 1.0),
        expected_minutes: look.seconds / 60.0,
        interval: interval(seconds_interval, 60.0),
        requests: evidence.requests as usize,
        failed_requests: evidence.failed as usize,
        stalled_requests: requests.stalls.stalled as usize,
    })
}

/// How far off the machine may have been while the settings were measured: the standard deviation, on the logarithmic scale, of what changes slowly in the
/// time of writing a token, over the whole study. A batch meets the machine as it is on average, or as it is by then.
fn swing(trials: &[Trial]) -> f64 {
    let all: Vec<Request> = trials.iter().flat_map(requests).collect();
    slow_variance(&writing_residuals(&all)).unwrap_or(0.0).sqrt()
}

/// When these settings give a request up, and what then.
fn policy(settings: &Candidate) -> Policy {
    Policy {
        timeout_seconds: f64::from(settings.request_timeout_seconds.max(1)),
        tries: settings.retry_attempts.clamp(1, 100),
        backoff_seconds: settings.initial_backoff_seconds,
        multiplier: settings.backoff_multiplier,
    }
}

/// The user's batch as these settings make it; sizes are characters of a piece.
#[expect(clippy::cast_precision_loss, reason = "files are far shorter than 2^52 characters")]
fn batch(settings: &Candidate, batch_chars: &[usize]) -> Batch {
    let file = |chars: &usize| {
        let read = (*chars).min(settings.max_content_length as usize);
        let pieces = read.div_ceil((settings.chunk_size as usize).max(1)).max(1) as f64;
        File { pieces, size: read as f64 / pieces }
    };
    Batch {
        files: batch_chars.iter().map(file).collect(),
        workers: f64::from(settings.max_concurrent_requests.max(1)),
        delay_seconds: settings.request_delay_seconds,
        batch_size: f64::from(settings.batch_size.max(1)),
        pause_seconds: settings.batch_delay_seconds,
    }
}

/// What the study knows of requests that are made as the batch makes them. How often the server fails or stalls does not depend on the file
/// nor on most settings, so that all requests count, but those with settings that do not fit the memory.
fn evidence(trials: &[Trial], settings: &Candidate, workload: &Workload) -> Evidence {
    let mut evidence = Evidence { load_seconds: load_seconds(trials), ..Evidence::default() };
    let mut partial: Vec<Timed> = Vec::new();
    for trial in trials.iter().filter(|trial| fits_memory(trial, trials)) {
        let tries = Tries::of(&trial.observations);
        evidence.requests += tries.sent;
        evidence.failed += tries.failed;
        evidence.failed_seconds += tries.failed_seconds;
        evidence.timed_out += tries.given_up;
        evidence.timed_out_seconds += tries.given_up_seconds;
        evidence.retries += tries.retries;
        evidence.retries_failed += tries.retries_failed;
        let good: Vec<Timed> =
            trial.observations.iter().filter_map(|observation| timed(observation, trial, workload)).collect();
        let notes = matches!(trial.experiment, Experiment::Notes { .. } | Experiment::Compare { .. });
        let alike = trial.candidate.load_key() == settings.load_key()
            && trial.candidate.max_concurrent_requests == settings.max_concurrent_requests
            && trial.candidate.num_predict == settings.num_predict;
        if !notes || !alike {
            evidence.others.push(good);
        } else if trial.fact("workers").unwrap_or(1.0) + 0.5 > f64::from(settings.max_concurrent_requests) {
            evidence.good.extend(good);
        } else {
            partial.extend(good);
        }
    }
    if evidence.good.len() < ENOUGH {
        let longer = crowding(trials, settings);
        evidence.good.extend(partial.drain(..).map(|one| Timed { seconds: one.seconds * longer, ..one }));
    } else {
        evidence.others.push(partial);
    }
    evidence
}

/// How many times longer a request takes when all workers are busy than when it is alone: those that share the server slow each other down, as
/// the rates of probes say, and those beyond its slots wait.
fn crowding(trials: &[Trial], settings: &Candidate) -> f64 {
    let workers = f64::from(settings.max_concurrent_requests.max(1));
    let own = || trials.iter().filter(|trial| trial.candidate.load_key() == settings.load_key());
    let slots = own().filter_map(|trial| trial.mean(Metric::EffectiveSlots)).fold(1.0, f64::max).min(workers);
    let rate = |is_shared: bool| {
        let alike = own().filter(|trial| (trial.fact("workers").unwrap_or(1.0) > 1.5) == is_shared);
        let rates: Vec<f64> = alike.filter_map(|trial| trial.mean(Metric::DecodeTokensPerSecond)).collect();
        (!rates.is_empty()).then(|| median(&rates))
    };
    // Without rates of both, half-way between slots that cost nothing and slots that gain nothing.
    let slower = rate(false).zip(rate(true)).map_or(slots.sqrt(), |(alone, shared)| alone / shared);
    slower.clamp(1.0, slots) * workers / slots
}

/// Whether no trial with the same load spilled or ran out of memory: such settings fail for a reason of their own.
fn fits_memory(trial: &Trial, trials: &[Trial]) -> bool {
    let out_of_memory = TrialState::Failed(FailureCause::OutOfMemory);
    !trials
        .iter()
        .filter(|other| other.candidate.load_key() == trial.candidate.load_key())
        .any(|other| other.state == out_of_memory || other.fact("spilled").is_some_and(|spilled| spilled > 0.5))
}

/// Characters and seconds of a request that ended well; those of a probe are all of one length.
#[expect(clippy::cast_precision_loss, reason = "pieces are far shorter than 2^52 characters")]
fn timed(observation: &Observation, trial: &Trial, workload: &Workload) -> Option<Timed> {
    if observation.failure.is_some() || observation.repetition != Repetition::Measured {
        return None;
    }
    let size = match observation.file {
        None => 0.0,
        Some(file) => cut(workload.files.get(file)?, &trial.candidate).get(observation.piece).copied()?.chars() as f64,
    };
    // Answers are as long as those of the requests that clients make, where that was learned.
    let (candidate, lengths) = (&trial.candidate, AnswerLengths::learned(workload));
    let surplus_ms =
        observation.file.map_or(0.0, |_| lengths.surplus_ms(candidate, candidate.temperature, observation));
    Some(Timed { size, seconds: (observation.latency_ms + surplus_ms).max(0.0) / 1000.0 })
}

/// Seconds of a load of the model, the median of all; 0 when there was none.
fn load_seconds(trials: &[Trial]) -> f64 {
    let loads: Vec<f64> = trials
        .iter()
        .filter(|trial| trial.reloads > 0)
        .filter_map(|trial| trial.mean(Metric::LoadDurationMs))
        .map(|milliseconds| milliseconds / 1000.0)
        .collect();
    if loads.is_empty() { 0.0 } else { median(&loads) }
}
