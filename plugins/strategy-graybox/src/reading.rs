//! How much of a file is read, and what reading less, or more, does to the notes.

use ralf_tune_sdk::{
    strategy::prelude::*,
    study::{Fit, PairedDifference, count, notes_by_file, paired_difference},
};

use crate::{
    belief::{Belief, Regression, normal_below},
    design::{Design, Target},
    notes::{chars_of, telling},
};

/// The lower content length that is looked at, as a share of the present one. What it would save falls faster than what it costs.
const LESS: f64 = 0.75;

/// Files on which ways of reading are compared: at first, and at most.
const PAIRS: (usize, usize) = (4, 8);

/// Probability that the present share of the source is too little above which more is tried.
const DOUBT: f64 = 0.25;

/// Another content length, in question.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Other {
    pub content: f64,
    pub chunk: f64,
    pub less: bool,
}

/// What the paired scores say of another content length.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Verdict {
    /// On the files that are cut differently.
    pub difference: PairedDifference,
    /// The same over the batch, where other files do not change.
    pub share: f64,
    pub passes: bool,
    pub hopeless: bool,
}

/// Less than at present.
#[must_use]
pub fn less(study: &Study, target: &Target) -> Option<Other> {
    let longest = study.largest_chars().min(target.content);
    let content = ((longest * LESS) / 100.0).floor() * 100.0;
    let chunk = target.chunk;
    (content >= 500.0 && !telling(study, target.content, content).is_empty()).then_some(Other {
        content,
        chunk,
        less: true,
    })
}

/// Whole files, in pieces that fit the load.
#[must_use]
pub fn more(study: &Study, target: &Target) -> Option<Other> {
    let content = study.largest_chars().min(study.highest("max_content_length"));
    let room = (Fit::of(study).with_context(target.load.context).chars() / 100.0).floor() * 100.0;
    let chunk = room.max(target.content.min(study.largest_chars())).min(target.chunk);
    let differs = content > target.content && room >= 500.0 && !telling(study, target.content, content).is_empty();
    differs.then_some(Other { content, chunk, less: false })
}

/// Score of a note as a line over the share of the file that is not read.
#[must_use]
pub fn quality_model(study: &Study) -> Regression<2> {
    let prior = [Belief { mean: 0.8, sd: 0.3 }, Belief { mean: -0.4, sd: 0.4 }];
    let mut model = Regression::prior(prior, 0.05, 4.0);
    for trial in study.history.iter().filter(|trial| alike(study, trial)) {
        for score in &trial.scores {
            let chars = chars_of(study, score.file).max(1.0);
            let read = chars.min(trial.setting("max_content_length"));
            model = model.after([1.0, 1.0 - read / chars], score.value, 1.0);
        }
    }
    model
}

/// Same settings that decide what the model answers.
fn alike(study: &Study, trial: &Trial) -> bool {
    ["temperature", "num_predict"].iter().all(|name| (trial.setting(name) - study.incumbent(name)).abs() < 1e-9)
}

/// Share of the batch's files that are cut differently, and the mean share of such a file that one reads more than the other.
fn differing(study: &Study, content: f64, other: f64) -> (f64, f64) {
    let shares = study.workload.batch_chars.iter().map(|chars| {
        let chars = f64::from(*chars).max(1.0);
        (chars.min(content) - chars.min(other)).abs() / chars
    });
    let shares: Vec<f64> = shares.filter(|share| *share > 0.0).collect();
    let number = count(shares.len());
    (number / count(study.workload.batch_chars.len().max(1)), shares.iter().sum::<f64>() / number.max(1.0))
}

/// Probability, by what is known before pairs are measured, that reading less would pass the test of its quality.
#[must_use]
pub fn chance(study: &Study, target: &Target, option: Other, arguments: &Arguments) -> f64 {
    let model = quality_model(study);
    let (of_batch, deeper) = differing(study, target.content, option.content);
    let loss = model.at([0.0, -deeper]);
    let scale = if arguments.text("loss_over") == "batch" { of_batch } else { 1.0 };
    normal_below((arguments.number("loss") - loss.mean * scale) / (loss.sd * scale).max(1e-6))
}

/// Whether the present share of the source may be too little: below the floor of what whole files would score.
#[must_use]
pub fn may_be_too_little(study: &Study) -> bool {
    let model = quality_model(study);
    let content = study.incumbent("max_content_length");
    let (of_batch, deeper) = differing(study, content, f64::INFINITY);
    let (loss, best) = (model.at([0.0, -deeper * of_batch]), model.at([1.0, 0.0]));
    let allowed = best.mean * (1.0 - study.constraints.quality_floor);
    best.mean > 0.05 && normal_below((loss.mean - allowed) / loss.sd.max(1e-6)) > DOUBT
}

/// Scores by file of notes that were cut like that.
fn scores(study: &Study, content: f64, chunk: f64) -> Vec<(u32, f64)> {
    notes_by_file(&study.history, |trial, file| {
        let chars = chars_of(study, file);
        let own = Fit::cut(chars, trial.setting("max_content_length"), trial.setting("chunk_size"));
        alike(study, trial) && own == Fit::cut(chars, content, chunk)
    })
}

/// What the pairs say; `None` while there are fewer than two.
#[must_use]
pub fn verdict(study: &Study, target: &Target, option: Other, arguments: &Arguments) -> Option<Verdict> {
    let present = scores(study, target.content, target.chunk);
    let files = telling(study, target.content, option.content);
    let other = scores(study, option.content, option.chunk);
    let pairs: Vec<(f64, f64)> = other
        .iter()
        .filter(|(file, _)| files.contains(file))
        .filter_map(|(file, score)| Some((*score, present.iter().find(|own| own.0 == *file)?.1)))
        .collect();
    let differences: Vec<f64> = pairs.iter().map(|(other, own)| other - own).collect();
    let signal = pairs.iter().any(|(other, own)| other.max(*own) >= arguments.number("signal"));
    if pairs.len() < 2 {
        return None;
    }
    let difference = paired_difference(&differences, 0.95);
    let (of_batch, _) = differing(study, target.content, option.content);
    let scale = if arguments.text("loss_over") == "batch" { of_batch } else { 1.0 };
    let margin = arguments.number("loss");
    let enough = pairs.len() >= PAIRS.0;
    let passes = if option.less {
        signal && enough && difference.low * scale >= -margin
    } else {
        let own = mean_of(&present);
        let gain = difference.mean * of_batch;
        signal && difference.low > 0.0 && own < study.constraints.quality_floor * (own + gain)
    };
    let hopeless = passes
        || !signal
        || pairs.len() >= PAIRS.1
        || (option.less && enough && difference.mean * scale < -margin)
        || (!option.less && enough && difference.mean <= 0.0);
    Some(Verdict { difference, share: of_batch, passes, hopeless })
}

fn mean_of(scores: &[(u32, f64)]) -> f64 {
    scores.iter().map(|(_, score)| *score).sum::<f64>() / count(scores.len().max(1))
}

/// Files that pairs are missing of, for the other length and for the present one: those that one of them has already come first.
#[must_use]
pub fn missing(study: &Study, target: &Target, option: Other) -> (Vec<u32>, Vec<u32>) {
    let files = telling(study, target.content, option.content);
    let (present, other) = (scores(study, target.content, target.chunk), scores(study, option.content, option.chunk));
    let has = |list: &[(u32, f64)], file: u32| list.iter().any(|(known, _)| *known == file);
    let complete = files.iter().filter(|file| has(&present, **file) && has(&other, **file)).count();
    let wanted = if complete >= PAIRS.0 { PAIRS.1 } else { PAIRS.0 } - complete.min(PAIRS.1);
    let mut open: Vec<u32> =
        files.iter().copied().filter(|file| !(has(&present, *file) && has(&other, *file))).collect();
    // Spread over the sizes, then those that are half known already.
    let half = |file: &u32| has(&present, *file) || has(&other, *file);
    let pool = open.len();
    let step = pool.div_ceil(wanted.max(1)).max(1);
    let mut places: Vec<(bool, usize, u32)> =
        open.drain(..).enumerate().map(|(place, file)| (!half(&file), place % step, file)).collect();
    places.sort_unstable();
    let chosen: Vec<u32> = places.into_iter().take(wanted).map(|(_, _, file)| file).collect();
    let without = |list: &[(u32, f64)]| chosen.iter().copied().filter(|file| !has(list, *file)).collect();
    (without(&other), without(&present))
}

/// The way of making notes with that length.
#[must_use]
pub fn design(option: Other, parallel: f64) -> Design {
    Design { parallel, content: option.content, chunk: option.chunk }
}
