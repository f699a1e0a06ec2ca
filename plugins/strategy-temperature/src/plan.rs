//! What to measure, and what follows.

use ralf_tune_sdk::{
    strategy::prelude::*,
    study::{Cost, Fit, REPETITION, count, notes_by_file, notes_repeat_themselves, parts_by_file, whole},
};

use crate::judge::{Compared, Scores, better, compare};

/// Share of the remaining seconds that an estimate may use up.
const SPEND: f64 = 0.9;

/// A temperature at which models seldom repeat themselves and still keep to a format.
const MIDDLE: f64 = 0.5;

/// Share of the files, the smaller ones, that are looked at where there is no time for others.
const SMALLER: f64 = 0.6;

/// Notes of several requests at once take at least that share of the time: one trial may have had luck.
const LEAST_PACE: f64 = 0.25;

/// Share of a note that another temperature must seem to free of repetition, so that more files are worth their time.
const PROMISE: f64 = 0.05;

/// With fewer pairs no difference of a plausible size is ever certain.
const LEAST_FILES: usize = 3;

/// The next measurements, or the decision.
pub fn next(study: &Study, arguments: &Arguments) -> Answer {
    let present = study.incumbent("temperature");
    let own = || study.trials_of("temperature");
    let looks = looks(study);
    let wanted = has_a_reason(study, arguments) && !is_mute(study, arguments);
    let mut proposals = match looks {
        0 if wanted => comparisons(study, arguments, &values(study, arguments), 0),
        1 if wanted && arguments.text("when") != "always" => match between(study, arguments) {
            proposals if proposals.is_empty() => promising(study, arguments),
            proposals => proposals,
        },
        _ => Vec::new(),
    };
    if arguments.text("when") != "always" && judged(study, arguments, present).len() < LEAST_FILES {
        // Few notes are a suspicion: more of the same first, which are never made for nothing.
        proposals.truncate(usize::from(own().next().is_none()));
    }
    if proposals.is_empty() { Answer::Done(decide(study, arguments)) } else { Answer::Measure(proposals) }
}

/// How often another temperature was compared with the present one: each time it has one trial.
fn looks(study: &Study) -> usize {
    let present = study.incumbent("temperature");
    let tried = |value: f64| {
        study.trials_of("temperature").filter(|trial| (trial.setting("temperature") - value).abs() < 1e-9).count()
    };
    let others = study.trials_of("temperature").map(|trial| trial.setting("temperature"));
    others.filter(|value| (value - present).abs() > 1e-9).map(tried).max().unwrap_or(0)
}

/// More of the same files at the present temperature and at the best other one, where that seems to mend repetition and too few files say so: once.
fn promising(study: &Study, arguments: &Arguments) -> Vec<Proposal> {
    let compared = compared(study, arguments, arguments.number("level"));
    let no_worse = compared.iter().filter(|other| gain(study, other) > 0.0);
    let best = no_worse.max_by(|left, right| left.difference.mean.total_cmp(&right.difference.mean));
    let open = best.filter(|best| best.difference.mean > PROMISE && better(&compared).is_none());
    open.map_or_else(Vec::new, |best| comparisons(study, arguments, &[best.temperature], best.difference.pairs))
}

/// A temperature between the present one and the lowest that mends repetition: one that is higher than it must be invents names, and breaks formats.
fn between(study: &Study, arguments: &Arguments) -> Vec<Proposal> {
    let compared = compared(study, arguments, arguments.number("level"));
    let mends = compared.iter().filter(|other| other.difference.mean > PROMISE).map(|other| other.temperature);
    let Some(lowest) = mends.min_by(f64::total_cmp) else { return Vec::new() };
    let is_tried = |value: f64| !judged(study, arguments, value).is_empty();
    let lower = values(study, arguments).into_iter().filter(|value| *value < lowest - 1e-9 && !is_tried(*value));
    comparisons(study, arguments, &lower.take(1).collect::<Vec<f64>>(), 0)
}

/// The temperatures that were compared with the present one, each by what the decision rests on.
fn compared(study: &Study, arguments: &Arguments, level: f64) -> Vec<Compared> {
    let base = judged(study, arguments, study.incumbent("temperature"));
    let is_shared = |(file, _): &&(u32, f64)| base.iter().any(|(other, _)| other == file);
    let others = values(study, arguments).into_iter().map(|value| (value, judged(study, arguments, value)));
    let others: Vec<(f64, Scores)> = others.filter(|(_, scores)| scores.iter().filter(is_shared).count() > 1).collect();
    compare(&base, &others, level)
}

/// How much better notes at another temperature are as a whole, on the files that both have.
fn gain(study: &Study, other: &Compared) -> f64 {
    let of = |value: f64| scores(study, value);
    let whole = compare(&of(study.incumbent("temperature")), &[(other.temperature, of(other.temperature))], 0.95);
    whole.first().map_or(0.0, |whole| whole.difference.mean)
}

/// Whether comparing is wanted without a reason, or notes repeat themselves, which a low temperature makes models do.
fn has_a_reason(study: &Study, arguments: &Arguments) -> bool {
    arguments.text("when") == "always" || notes_repeat_themselves(study)
}

/// The values to compare with the present one, as many as may be: the nearest first; where notes repeat themselves, those above it, from
/// the middle.
fn values(study: &Study, arguments: &Arguments) -> Vec<f64> {
    let present = study.incumbent("temperature");
    let mut values: Vec<f64> = arguments.numbers("values");
    values
        .retain(|value| (value - present).abs() > 1e-9 && (study.allowed("temperature", *value) - value).abs() < 1e-9);
    values.sort_by(|left, right| (left - present).abs().total_cmp(&(right - present).abs()));
    values.dedup();
    if arguments.text("when") != "always" {
        values.retain(|value| *value > present);
        // Of two that are as far from it the lower one: what is too high is worse than what is too low.
        let distance = |value: &f64| whole((value - MIDDLE).abs() * 1e6);
        values.sort_by(|left, right| distance(left).cmp(&distance(right)).then(left.total_cmp(right)));
    }
    values.truncate((whole(arguments.number("most")) as usize).saturating_sub(1));
    values
}

/// Scores at a temperature of notes made as the incumbent makes them.
fn scores(study: &Study, temperature: f64) -> Scores {
    notes_by_file(&study.history, |trial, _| is_alike(study, trial, temperature))
}

fn is_alike(study: &Study, trial: &Trial, temperature: f64) -> bool {
    let same = |name: &&str| (trial.setting(name) - study.incumbent(name)).abs() < 1e-9;
    (trial.setting("temperature") - temperature).abs() < 1e-9
        && ["chunk_size", "max_content_length", "num_predict"].iter().all(same)
}

/// What the decision rests on: scores, or where notes repeat themselves, what they say besides. That is the ill to be mended, and what
/// differs from note to note for other reasons is no part of it.
fn judged(study: &Study, arguments: &Arguments, temperature: f64) -> Scores {
    if arguments.text("when") == "always" {
        return scores(study, temperature);
    }
    parts_by_file(&study.history, REPETITION, |trial, _| is_alike(study, trial, temperature))
}

/// Whether the model's notes are known to score so near 0 that no difference can show.
fn is_mute(study: &Study, arguments: &Arguments) -> bool {
    let known = scores(study, study.incumbent("temperature"));
    known.len() >= LEAST_FILES && known.iter().all(|(_, score)| *score < arguments.number("signal"))
}

/// The same files with every value: more than those that were compared before, as many as the time allows, and if need be fewer values.
fn comparisons(study: &Study, arguments: &Arguments, others: &[f64], before: usize) -> Vec<Proposal> {
    let present = study.incumbent("temperature");
    let (cost, fit) = (Cost::of(study), Fit::of(study));
    let cut = (study.incumbent("max_content_length"), study.incumbent("chunk_size"));
    let chars = |file: u32| study.workload.file_chars.get(file as usize).map_or(0.0, |chars| f64::from(*chars));
    let loads = study.like_incumbent().next().is_none();
    let at_once = pace(study, &cost, &fit);
    let most = (whole(arguments.number("files")) as usize).max(LEAST_FILES);
    let known = scores(study, present);
    for number in (1..=others.len()).rev() {
        let spread = |files| spread_with(study, files, 1.0, &known);
        // Where time is short, the smaller ones tell as well: what is wanted is a difference on the same files.
        let smaller = std::iter::once_with(|| spread_with(study, LEAST_FILES, SMALLER, &known)).flatten();
        for files in
            (LEAST_FILES.max(before + 1)..=most).rev().filter_map(spread).chain(smaller.filter(|_| before == 0))
        {
            let mut seconds = if loads { cost.load_seconds } else { 0.0 };
            let mut proposals = Vec::new();
            for value in std::iter::once(&present).chain(others.iter().take(number)) {
                let known = if (value - present).abs() < 1e-9 { known.clone() } else { scores(study, *value) };
                let missing: Vec<u32> =
                    files.iter().copied().filter(|file| !known.iter().any(|(other, _)| other == file)).collect();
                if missing.is_empty() {
                    continue;
                }
                seconds += at_once
                    * missing.iter().map(|file| cost.note_seconds(&fit, chars(*file), cut.0, cut.1)).sum::<f64>();
                let why = format!("how good notes are at temperature {value}");
                proposals.push(Proposal::new(Experiment::Notes(missing), why).set("temperature", *value));
            }
            if seconds <= study.seconds_left * SPEND {
                return proposals;
            }
        }
    }
    Vec::new()
}

/// Seconds that notes take which are made as the incumbent makes them, by those that their requests take one after the other: several at once are faster.
pub fn pace(study: &Study, cost: &Cost, fit: &Fit) -> f64 {
    let taken = |trial: &Trial| {
        let Experiment::Notes(files) = &trial.experiment else { return None };
        let several = trial.parallel() > 1.5 && files.len() > 1;
        let alike = several && (trial.parallel() - study.incumbent("max_concurrent_requests")).abs() < 0.5;
        let chars = files.iter().filter_map(|file| study.workload.file_chars.get(*file as usize));
        let cut = (trial.setting("max_content_length"), trial.setting("chunk_size"));
        let alone: f64 = chars.map(|chars| cost.note_seconds(fit, f64::from(*chars), cut.0, cut.1)).sum();
        let loading = if trial.reloads > 0 { cost.load_seconds } else { 0.0 };
        (alike && alone > 0.0).then(|| (trial.seconds - loading).max(0.0) / alone)
    };
    study.like_incumbent().rev().find_map(taken).map_or(1.0, |pace| pace.clamp(LEAST_PACE, 1.0))
}

/// The same number of files, those whose score at the present temperature is known in the places of others: they need one note, and not two.
fn with_known(mut files: Vec<u32>, known: &[(u32, f64)]) -> Vec<u32> {
    let mut spare = known.iter().map(|(file, _)| *file).filter(|file| !files.contains(file)).collect::<Vec<u32>>();
    for place in files.iter_mut().filter(|file| !known.iter().any(|(other, _)| other == *file)) {
        let Some(other) = spare.pop() else { break };
        *place = other;
    }
    files
}

fn spread_with(study: &Study, number: usize, share: f64, known: &[(u32, f64)]) -> Option<Vec<u32>> {
    spread(study, number, share).map(|files| with_known(files, known))
}

/// That many files, spread over the sizes of the smallest such share; `None` when there are not so many.
fn spread(study: &Study, number: usize, share: f64) -> Option<Vec<u32>> {
    let mut files: Vec<(u32, u32)> = study.workload.file_chars.iter().copied().zip(0..).collect();
    files.sort_unstable();
    files.truncate(whole(count(files.len()) * share) as usize);
    let step = |index: usize| index * (files.len() - 1) / (number - 1).max(1);
    (number <= files.len() && number > 0)
        .then(|| (0..number).filter_map(|index| files.get(step(index)).map(|(_, file)| *file)).collect())
}

/// The decision from what there is.
pub fn decide(study: &Study, arguments: &Arguments) -> Decision {
    let present = study.incumbent("temperature");
    let base = judged(study, arguments, present);
    // Who looks twice may be fooled twice.
    let level = arguments.number("level");
    let level = if looks(study) > 1 { 1.0 - (1.0 - level) / 2.0 } else { level };
    let compared = compared(study, arguments, level);
    let kept = Decision::new().set("temperature", study.allowed("temperature", present));
    if compared.is_empty() && !has_a_reason(study, arguments) {
        return kept.reason(format!("notes do not repeat themselves: temperature {present} is left alone"));
    }
    let keep = |why: String| kept.clone().not_found(why);
    let scores = |value: f64| scores(study, value);
    let highest = compared
        .iter()
        .flat_map(|other| scores(other.temperature))
        .chain(scores(present))
        .map(|(_, score)| score)
        .fold(0.0, f64::max);
    let measured = !base.is_empty() && (!compared.is_empty() || is_mute(study, arguments));
    if measured && highest < arguments.number("signal") {
        return keep(format!(
            "quality could not be judged: no note scored above {highest:.2}; kept temperature {present}"
        ));
    }
    if compared.is_empty() {
        return keep(format!("too few notes were measured to compare temperatures; kept {present}"));
    }
    let what = if arguments.text("when") == "always" { "quality" } else { "share without repetition" };
    let no_worse: Vec<Compared> = compared.iter().filter(|other| gain(study, other) > 0.0).cloned().collect();
    let taken = if arguments.text("when") == "always" {
        better(&no_worse)
    } else {
        // Of those that surely mend repetition, the one whose notes are best as a whole.
        let sure = no_worse.iter().filter(|other| other.difference.low > 0.0);
        sure.max_by(|left, right| gain(study, left).total_cmp(&gain(study, right)))
    };
    let Some(taken) = taken else {
        let tried: Vec<String> = compared
            .iter()
            .map(|other| {
                let difference = &other.difference;
                format!(
                    "{}: {:+.2} ({:+.2} to {:+.2})",
                    other.temperature, difference.mean, difference.low, difference.high
                )
            })
            .collect();
        return keep(format!("temperature made no measurable difference; kept {present}")).reason(format!(
            "{what} against {present} on {} files: {}",
            compared.first().map_or(0, |other| other.difference.pairs),
            tried.join(", ")
        ));
    };
    let difference = &taken.difference;
    Decision::new().set("temperature", taken.temperature).reason(format!(
        "temperature {} instead of {present}: {what} {:+.2} ({:+.2} to {:+.2}) on the same {} files",
        taken.temperature, difference.mean, difference.low, difference.high, difference.pairs
    ))
}
