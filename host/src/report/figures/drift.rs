//! Whether the machine stayed the same: how fast each request was answered, by what is usual under its settings.

use super::named::undisturbed;
use crate::{
    model::{candidate::LoadKey, experiment::Experiment, study::Study, trial::Trial},
    report::view::number,
    stats::summary::median,
};

/// Fewest tokens of an answer whose speed says something.
const FEWEST_TOKENS: u32 = 16;

/// Requests beside a point that it is smoothed with, to both sides: one alone shows noise.
const BESIDE: usize = 3;

/// Fewest requests of which a course is drawn.
const FEWEST: usize = 8;

/// When a request began, in seconds, and how fast its answer was written by what is usual under the same settings: 1 is usual.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Pace {
    pub trial: u32,
    pub seconds: f64,
    pub ratio: f64,
}

/// An answer as it was written: its trial, when it began in seconds, and tokens a millisecond.
type Written = (u32, f64, f64);

/// Requests that can be compared: an equally loaded model, and as many of them at once.
type Kind = (LoadKey, u32);

fn kind(trial: &Trial) -> Kind {
    let at_once = match trial.experiment {
        Experiment::Probe { parallel, .. } => parallel,
        _ => trial.candidate.max_concurrent_requests,
    };
    (trial.candidate.load_key(), at_once)
}

/// The pace of all requests, in the order in which they began. Settings that were tried in one trial only say nothing of a change.
pub(super) fn paces(study: &Study) -> Vec<Pace> {
    let mut kinds: Vec<(Kind, Vec<Written>)> = Vec::new();
    for trial in &study.trials {
        let requests = undisturbed(trial).filter_map(|request| {
            let decode_ms = request.server?.decode_ms;
            let rate = f64::from(request.answer_tokens) / decode_ms;
            let is_good = request.answer_tokens >= FEWEST_TOKENS && rate.is_finite() && rate > 0.0;
            (is_good && request.started_ms.is_finite()).then_some((trial.number, request.started_ms / 1000.0, rate))
        });
        let own = kind(trial);
        match kinds.iter_mut().find(|(known, _)| *known == own) {
            Some((_, known)) => known.extend(requests),
            None => kinds.push((own, requests.collect())),
        }
    }
    let mut paces = Vec::new();
    for (_, requests) in kinds {
        let is_of_several =
            requests.iter().any(|(trial, ..)| requests.first().is_some_and(|(first, ..)| trial != first));
        let usual = median(&requests.iter().map(|(.., rate)| *rate).collect::<Vec<_>>());
        if is_of_several && usual > 0.0 {
            paces.extend(requests.iter().map(|(trial, seconds, rate)| Pace {
                trial: *trial,
                seconds: *seconds,
                ratio: rate / usual,
            }));
        }
    }
    paces.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
    paces
}

/// The course of the pace, smoothed; empty where there is too little of it.
pub(super) fn course(paces: &[Pace]) -> Vec<(f64, f64)> {
    if paces.len() < FEWEST {
        return Vec::new();
    }
    let around = |index: usize| {
        let near = paces.iter().skip(index.saturating_sub(BESIDE)).take(2 * BESIDE + 1).map(|pace| pace.ratio);
        median(&near.collect::<Vec<_>>())
    };
    paces.iter().enumerate().map(|(index, pace)| (pace.seconds, around(index))).collect()
}

/// The mean pace of a trial.
pub(super) fn of_trial(paces: &[Pace], trial: u32) -> Option<f64> {
    let own: Vec<f64> = paces.iter().filter(|pace| pace.trial == trial).map(|pace| pace.ratio).collect();
    (!own.is_empty()).then(|| own.iter().sum::<f64>() / number(own.len()))
}
