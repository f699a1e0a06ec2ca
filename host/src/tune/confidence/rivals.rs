//! Who else might be the best: what was measured beside the winner, and what was not. Pure.
//!
//! What two rivals share is uncertain for both alike: rivals whose requests take the same time have one error of speed, rivals whose
//! notes are the same have one error of quality.

use std::collections::BTreeSet;

use super::reading::unread_of_batch;
use crate::{
    model::{candidate::Candidate, metric::Estimate, selection::MeasuredCandidate, trial::Trial, workload::Workload},
    tune::candidates::speed_of,
};

/// Shares of what is read that were not measured and might do.
const SHORTER: [f64; 4] = [0.5, 0.6, 0.75, 0.875];

/// More of a file than the winner reads might be needed for the best quality.
const LONGER: [f64; 3] = [1.5, 2.5, f64::INFINITY];

/// What one more request at a time does where nobody tried: deviation of the logarithm of the speed.
const UNTRIED_PARALLEL: f64 = 0.12;

/// What a setting that nobody tried might do to the speed (threads, context, memory): deviation of the logarithm.
const UNTRIED_LOAD: f64 = 0.06;

/// How much faster a model is that does not lie partly outside the GPU's memory, where one could be made to fit: on the logarithmic scale.
const INSIDE: (f64, f64) = (1.0, 0.7);

/// An interval of 95 % is so many deviations wide to either side, where it comes from a handful of points.
const DEVIATIONS: f64 = 2.2;

/// Deviation of a mean score that nothing is known of.
const UNSCORED: f64 = 0.15;

/// A candidate for the best place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rival {
    /// Logarithm of the notes a minute, and its deviation.
    pub speed: (f64, f64),
    /// Rivals of the same number are wrong alike about speed.
    pub speed_kin: usize,
    pub quality: Quality,
    pub is_imagined: bool,
}

/// How good its notes are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Quality {
    /// Mean score and its deviation; rivals of the same number are wrong alike.
    Scored { mean: f64, deviation: f64, kin: usize },
    /// As the winner's, but for what it does not read: the mean share of a file, beyond the winner's.
    LikeWinner { unread: f64 },
}

/// The winner, and everybody who might be better. `None` without a speed of the winner.
pub(super) fn rivals(
    candidates: &[MeasuredCandidate],
    winner: &MeasuredCandidate,
    trials: &[Trial],
    workload: &Workload,
) -> Option<(Rival, Vec<Rival>)> {
    let mut kin = Kin::default();
    let own = measured(winner, &mut kin)?;
    let mut others: Vec<Rival> = candidates
        .iter()
        .filter(|candidate| candidate.id != winner.id && candidate.violations.is_empty())
        .filter_map(|candidate| measured(candidate, &mut kin))
        .collect();
    others.extend(imagined(candidates, winner, trials, workload, &own));
    Some((own, others))
}

/// Numbers for what rivals share.
#[derive(Default)]
struct Kin {
    speeds: Vec<Candidate>,
    notes: Vec<Candidate>,
}

impl Kin {
    fn speed(&mut self, candidate: &Candidate) -> usize {
        number(&mut self.speeds, candidate, |a, b| {
            a.load_key() == b.load_key() && a.max_concurrent_requests == b.max_concurrent_requests
        })
    }

    fn notes(&mut self, candidate: &Candidate) -> usize {
        number(&mut self.notes, candidate, |a, b| {
            a.max_content_length == b.max_content_length
                && a.chunk_size == b.chunk_size
                && (a.temperature - b.temperature).abs() < 1e-9
        })
    }
}

fn number(known: &mut Vec<Candidate>, candidate: &Candidate, alike: impl Fn(&Candidate, &Candidate) -> bool) -> usize {
    known.iter().position(|other| alike(other, candidate)).unwrap_or_else(|| {
        known.push(candidate.clone());
        known.len() - 1
    })
}

fn measured(candidate: &MeasuredCandidate, kin: &mut Kin) -> Option<Rival> {
    let quality = match candidate.quality {
        Some(quality) => (quality.value, deviation(quality.interval.low, quality.interval.high).min(UNSCORED)),
        None => (0.5, UNSCORED),
    };
    Some(Rival {
        speed: logarithm(candidate.notes_per_minute?),
        speed_kin: kin.speed(&candidate.candidate),
        quality: Quality::Scored { mean: quality.0, deviation: quality.1, kin: kin.notes(&candidate.candidate) },
        is_imagined: false,
    })
}

fn logarithm(speed: Estimate) -> (f64, f64) {
    let low = speed.interval.low.max(1e-9);
    (speed.value.max(1e-9).ln(), deviation(low.ln(), speed.interval.high.max(low).ln()))
}

fn deviation(low: f64, high: f64) -> f64 {
    (high - low) / 2.0 / DEVIATIONS
}

/// Neighbours of the winner that no note was made with.
fn imagined(
    candidates: &[MeasuredCandidate],
    winner: &MeasuredCandidate,
    trials: &[Trial],
    workload: &Workload,
    own: &Rival,
) -> Vec<Rival> {
    let at = &winner.candidate;
    let largest = workload.batch_chars.last().copied().unwrap_or(0);
    let was_read: BTreeSet<u32> = candidates
        .iter()
        .filter(|candidate| candidate.quality.is_some())
        .map(|candidate| candidate.candidate.max_content_length)
        .collect();
    let mut found = Vec::new();
    for share in SHORTER.into_iter().chain(LONGER) {
        let content = scaled(at.max_content_length, share).min(u32::try_from(largest).unwrap_or(u32::MAX));
        let is_near = was_read.iter().any(|known| (f64::from(*known) / f64::from(content)).ln().abs() < 0.08);
        if is_near || (share > 1.0 && largest <= at.max_content_length as usize) {
            continue;
        }
        let other = Candidate { max_content_length: content, ..at.clone() };
        // Pieces and context would follow; what counts is the time that the requests take.
        let Some(speed) = speed_of(trials, workload, &other) else { continue };
        found.push(Rival {
            speed: (speed.value.max(1e-9).ln(), own.speed.1),
            speed_kin: own.speed_kin,
            quality: Quality::LikeWinner {
                unread: unread_of_batch(&workload.batch_chars, content)
                    - unread_of_batch(&workload.batch_chars, at.max_content_length),
            },
            is_imagined: true,
        });
    }
    let mut kin = own.speed_kin + 1000;
    let mut untried = |faster: f64, spread: f64| {
        kin += 1;
        Rival {
            speed: (own.speed.0 + faster, spread),
            speed_kin: kin,
            quality: Quality::LikeWinner { unread: 0.0 },
            is_imagined: true,
        }
    };
    if !trials.iter().any(|trial| parallel_of(trial) > at.max_concurrent_requests) {
        found.push(untried(0.0, UNTRIED_PARALLEL));
    }
    let loads: BTreeSet<u32> = trials.iter().map(|trial| trial.candidate.num_ctx).collect();
    if loads.len() < 2 {
        found.push(untried(0.0, UNTRIED_LOAD));
    }
    if winner.spilled {
        found.push(untried(INSIDE.0, INSIDE.1));
    }
    found
}

fn parallel_of(trial: &Trial) -> u32 {
    match trial.experiment {
        crate::model::experiment::Experiment::Probe { parallel, .. } => parallel,
        _ => trial.candidate.max_concurrent_requests,
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "characters of a file")]
fn scaled(content: u32, share: f64) -> u32 {
    (f64::from(content) * share).round() as u32
}
