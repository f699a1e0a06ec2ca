//! Settings out of what others ended with, for one machine and its files.

use super::{Asked, Files, Vote, robust};
use crate::model::{
    candidate::Candidate,
    pack::{CurveKind, Pack},
    space::Parameter,
};

/// Characters of one token that a context is reckoned with before one was counted: low, so that every prompt fits.
pub const LOW_CHARS_PER_TOKEN: f64 = 2.7;

/// What a context is larger than what is reckoned.
const RESERVE: f64 = 1.02;

/// Contexts are multiples of this.
const CONTEXT_STEP: u32 = 64;

/// What a loaded model takes besides its weights and its cache, as a share of the weights.
const BESIDES: f64 = 0.06;

/// How far (as a logarithm) a number may be from the one that it is told as.
const THREE_DIGITS: f64 = 0.006;

/// The least context that is worth a try.
const LEAST_CONTEXT: u32 = 1024;

/// The settings of these votes, made to fit. Each setting is the weighted median of the votes', with these exceptions. Requests at once and bounds of time, where too few cost
/// more than too many, are the upper quartile. Threads are the median share of the threads that there are, or the server's choice where
/// most leave it to the server. The prefill batch is the one that most have. The context is reckoned anew for the files, where they are known, and no more than memory allows.
pub(super) fn of(asked: &Asked, votes: &[Vote<'_>]) -> Option<Candidate> {
    let mut settings = Candidate::default();
    let values = |parameter: Parameter| -> Vec<(f64, f64)> {
        votes.iter().map(|vote| (vote.settings.get(parameter), vote.weight)).collect()
    };
    for parameter in Parameter::ALL {
        let value = match parameter {
            Parameter::NumThread => threads(asked, votes)?,
            Parameter::NumBatch => most(&values(parameter))?,
            Parameter::MaxConcurrentRequests
            | Parameter::RequestTimeoutSeconds
            | Parameter::RetryAttempts
            | Parameter::NumPredict
            | Parameter::NumCtx => robust::quantile(&values(parameter), 0.75)?,
            _ => robust::quantile(&values(parameter), 0.5)?,
        };
        settings.set(parameter, value);
    }
    if let Some(present) = &asked.here.present {
        as_at_present(asked, &mut settings, present);
    }
    if let Some(files) = &asked.here.files {
        settings.num_ctx = context(&settings, files);
        within_memory(asked, files, slots(votes, &settings), &mut settings);
    }
    if let Some(trained) = asked.here.trained_context.or(asked.model.trained_context) {
        settings.num_ctx = settings.num_ctx.min(trained);
    }
    Some(settings)
}

/// What packs cannot know stays as it is: what is read of a file, how long and how free its note may be, which are matters of quality; and numbers of which three digits are
/// told.
fn as_at_present(asked: &Asked, settings: &mut Candidate, present: &Candidate) {
    for parameter in Parameter::ALL {
        let own = present.get(parameter);
        if own > 0.0 && (settings.get(parameter) / own).ln().abs() < THREE_DIGITS {
            settings.set(parameter, own);
        }
    }
    // Files are cut where memory is short, and that is known here, or they are not.
    if asked.here.memory_bytes.is_some() || settings.chunk_size >= settings.max_content_length {
        settings.chunk_size = present.chunk_size.max(present.max_content_length);
    }
    settings.max_content_length = present.max_content_length;
    settings.num_predict = present.num_predict;
    settings.temperature = present.temperature;
}

/// The value that has most of the weight.
fn most(values: &[(f64, f64)]) -> Option<f64> {
    let weight = |value: f64| -> f64 {
        values.iter().filter(|(other, _)| other.total_cmp(&value).is_eq()).map(|(_, weight)| weight).sum()
    };
    values.iter().map(|(value, _)| *value).max_by(|one, other| weight(*one).total_cmp(&weight(*other)))
}

fn threads(asked: &Asked, votes: &[Vote<'_>]) -> Option<f64> {
    let shares: Vec<(f64, f64)> = votes
        .iter()
        .filter(|vote| vote.settings.num_thread > 0)
        .filter_map(|vote| {
            let of_class = vote.pack.hardware.threads?;
            Some((f64::from(vote.settings.num_thread) / f64::from(of_class), vote.weight))
        })
        .collect();
    let total: f64 = votes.iter().map(|vote| vote.weight).sum();
    let set: f64 = shares.iter().map(|(_, weight)| weight).sum();
    let own = asked.here.threads.or(asked.hardware.threads);
    match own.filter(|_| 2.0 * set > total) {
        Some(own) => Some((robust::quantile(&shares, 0.5)? * f64::from(own)).round().clamp(1.0, f64::from(own))),
        None => Some(0.0),
    }
}

/// Requests that the server is likely to work on at a time.
fn slots(votes: &[Vote<'_>], settings: &Candidate) -> f64 {
    let seen = |pack: &Pack| {
        let curve = pack.curves.iter().find(|curve| curve.kind == CurveKind::SlotsByRequests)?;
        curve.points.iter().map(|point| point.estimate.value).reduce(f64::max)
    };
    let seen: Vec<(f64, f64)> = votes.iter().filter_map(|vote| Some((seen(vote.pack)?, vote.weight))).collect();
    robust::quantile(&seen, 0.5).unwrap_or_else(|| f64::from(settings.max_concurrent_requests))
}

/// The context that the largest prompt and its answer need.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a saturating cast of what is positive")]
fn context(settings: &Candidate, files: &Files) -> u32 {
    let piece = files.largest_chars.min(settings.max_content_length.min(settings.chunk_size) as usize);
    #[expect(clippy::cast_precision_loss, reason = "characters of a prompt")]
    let chars = (files.around_chars + piece) as f64;
    let tokens = RESERVE * (chars / files.chars_per_token.max(1.0) + f64::from(settings.num_predict));
    (tokens.ceil() as u32).div_ceil(CONTEXT_STEP) * CONTEXT_STEP
}

/// Makes pieces shorter until the model fits with the cache of all its slots.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "bytes of memory, characters of a prompt"
)]
fn within_memory(asked: &Asked, files: &Files, slots: f64, settings: &mut Candidate) {
    let here = &asked.here;
    let (Some(memory), Some(weights), Some(per_token)) =
        (here.memory_bytes, asked.model.size_bytes, here.kv_bytes_per_token)
    else {
        return;
    };
    let left = memory as f64 - (1.0 + BESIDES) * weights as f64;
    let fits = left / (per_token.max(1) as f64 * slots.max(1.0));
    if fits >= f64::from(settings.num_ctx) || left <= 0.0 {
        return;
    }
    let fits = (fits as u32 / CONTEXT_STEP * CONTEXT_STEP).max(LEAST_CONTEXT);
    if fits >= settings.num_ctx {
        return;
    }
    settings.num_ctx = fits;
    settings.num_predict = settings.num_predict.min(fits / 2);
    let room = f64::from(fits - settings.num_predict) / RESERVE * files.chars_per_token - files.around_chars as f64;
    let room = (room.max(500.0)) as u32;
    // As much is read as before, in more pieces.
    settings.chunk_size = settings.chunk_size.min(room);
}
