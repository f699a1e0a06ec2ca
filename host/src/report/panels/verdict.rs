//! The verdict of a study: one line to act on, and the sentences that carry it.

use crate::{
    model::{metric::Estimate, proof::ProofVerdict, server_failure::ServerFailure, study::Outcome},
    report::{
        style::Style,
        units::{count, duration, fixed, percent},
        view::{Pair, View},
    },
};

/// Pairs of notes that say something of quality.
const ENOUGH_NOTES: usize = 4;

/// Quality moves by less than this from run to run; a smaller difference is not worth a word.
const NOTABLE_QUALITY: f64 = 0.01;
/// A hundredth of the source more or less read is worth saying.
const NOTABLE_SHARE: f64 = 0.01;

/// Estimates that were made one by one and differ by less say nothing of the difference.
const SAME_SPEED: f64 = 0.05;

/// What to do, and why.
pub(super) struct Verdict {
    pub style: Style,
    pub headline: String,
    pub sentences: Vec<String>,
}

pub(super) fn of(view: &View) -> Verdict {
    if let Some(lost) = view.study.lost_its_server() {
        return no_verdict(&lost);
    }
    match view.study.outcome {
        Outcome::Improved => improved(view),
        Outcome::KeepBaseline => keep(view),
        Outcome::NothingFeasible => nothing_feasible(view),
        Outcome::Interrupted => interrupted(view),
    }
}

fn improved(view: &View) -> Verdict {
    let mut sentences = Vec::new();
    let headline = if let Some(comparison) = &view.study.comparison {
        sentences.push(interval(&comparison.speed_ratio, comparison.pairs));
        let times = ratio(comparison.speed_ratio.value);
        match speed(&comparison.speed_ratio) {
            Speed::Faster => format!("{times} times the notes per minute"),
            Speed::Same => "no measurable difference in speed".to_owned(),
            Speed::Slower => format!("{times} times the notes per minute, so slower"),
        }
    } else {
        sentences.push("The two were not measured side by side; the figures are estimates made one by one.".to_owned());
        match view.notes_per_minute() {
            Pair { before: Some(before), after: Some(after) } if (after / before - 1.0).abs() < SAME_SPEED => {
                "about as fast, and without what is wrong with your present ones".to_owned()
            }
            Pair { before: Some(before), after: Some(after) } if before > 0.0 => {
                format!("about {} times the notes per minute", ratio(after / before))
            }
            _ => "the best that was measured".to_owned(),
        }
    };
    let headline = format!("Use the tuned settings: {}.", [vec![headline], side_gains(view)].concat().join(", "));
    sentences.extend(baseline_faults(view));
    sentences.extend(unjudged(view));
    Verdict { style: Style::Good, headline, sentences }
}

fn keep(view: &View) -> Verdict {
    let mut sentences = Vec::new();
    if let Some(comparison) = &view.study.comparison {
        let best = ratio(comparison.speed_ratio.value);
        let gain = match speed(&comparison.speed_ratio) {
            Speed::Faster if comparison.proof.verdict == ProofVerdict::Undecided => "too few pairs to prove it",
            Speed::Faster => "faster, but not better in all that counts",
            Speed::Same => "no measurable gain",
            Speed::Slower => "slower",
        };
        sentences.push(format!("The best other candidate made {best} times the notes per minute: {gain}."));
        sentences.push(interval(&comparison.speed_ratio, comparison.pairs));
    }
    sentences.extend(unjudged(view));
    Verdict {
        style: Style::Good,
        headline: "Keep your present settings: nothing that was measured is better.".to_owned(),
        sentences,
    }
}

fn no_verdict(lost: &ServerFailure) -> Verdict {
    let said = lost.said.as_ref().map(|said| format!("The last that was heard of it: {said}."));
    let keep = "What was measured before is below. Keep your present settings until it works.";
    Verdict {
        style: Style::Bad,
        headline: "No verdict: the server failed before anything could be compared.".to_owned(),
        sentences: said.into_iter().chain([keep.to_owned()]).collect(),
    }
}

fn nothing_feasible(view: &View) -> Verdict {
    let measured = count(view.study.candidates.len(), "candidate");
    Verdict {
        style: Style::Bad,
        headline: "Nothing to recommend: no candidate meets the constraints.".to_owned(),
        sentences: vec![format!("{measured} measured; why each was refused is below. Nothing should be saved.")],
    }
}

fn interrupted(view: &View) -> Verdict {
    let study = view.study;
    let after = duration(study.elapsed_seconds);
    let mut sentences = vec![format!(
        "It ran for {after} of its {}; {} and {} were finished.",
        duration(study.budget.total_seconds),
        count(study.stages.iter().filter(|stage| !stage.cut_short).count(), "stage"),
        count(study.trials.len(), "trial"),
    )];
    let headline = if study.tuned.is_some() {
        if study.comparison.is_none() {
            sentences.push(
                "What follows is the best so far; it was not confirmed against your present settings.".to_owned(),
            );
        }
        "Stopped before the end: a partial result."
    } else {
        sentences.push("That is too little for a recommendation. Keep your present settings.".to_owned());
        "Stopped before the end: no result yet."
    };
    Verdict { style: Style::Warning, headline: headline.to_owned(), sentences }
}

/// What else the tuned settings bring or cost, for the headline.
fn side_gains(view: &View) -> Vec<String> {
    let mut gains = Vec::new();
    // Qualities are only comparable where both made notes of the same files, and a few notes differ by luck.
    let comparison = view.study.comparison.as_ref().filter(|comparison| comparison.pairs >= ENOUGH_NOTES);
    let difference = comparison.and_then(|comparison| comparison.proof.quality_difference);
    match difference {
        Some(found) if found.interval.low > 0.0 && found.value >= NOTABLE_QUALITY => gains.push("better notes".into()),
        Some(found) if found.interval.high < 0.0 && found.value <= -NOTABLE_QUALITY => {
            gains.push("slightly worse notes".into());
        }
        _ => {}
    }
    match view.source_share().difference() {
        Some(difference) if difference >= NOTABLE_SHARE => gains.push("more of the source read".to_owned()),
        Some(difference) if difference <= -NOTABLE_SHARE => gains.push("less of the source read".to_owned()),
        _ => {}
    }
    gains
}

fn baseline_faults(view: &View) -> Option<String> {
    let faults = &view.baseline?.violations;
    (!faults.is_empty()).then(|| format!("Your present settings do not meet the constraints: {}.", faults.join("; ")))
}

/// Without scores nothing may be given up for speed; where some of the source was, the reader must know.
fn unjudged(view: &View) -> Option<String> {
    if !view.quality().is_empty() {
        return None;
    }
    let advice = match view.source_share().difference() {
        Some(difference) if difference <= -NOTABLE_SHARE => {
            "but less of the source is read: look at some notes yourself"
        }
        _ => "so nothing was traded for it",
    };
    Some(format!("The quality of the notes could not be judged, {advice}."))
}

enum Speed {
    Faster,
    Same,
    Slower,
}

fn speed(ratio: &Estimate) -> Speed {
    if ratio.interval.low > 1.0 {
        Speed::Faster
    } else if ratio.interval.high < 1.0 {
        Speed::Slower
    } else {
        Speed::Same
    }
}

fn interval(ratio: &Estimate, pairs: usize) -> String {
    let interval = ratio.interval;
    format!(
        "{} interval of that ratio: {} to {}, from {} made into notes with both in turn.",
        percent(interval.level),
        fixed(interval.low, 2),
        fixed(interval.high, 2),
        count(pairs, "file"),
    )
}

fn ratio(value: f64) -> String {
    fixed(value, 2)
}
