//! How far to trust the result: the probability that it is good, with what raised and lowered it. Pure.
//!
//! [`rivals`] says who else might be the best, [`draws`] how probable it is that none of them is. That probability knows nothing of what
//! a simulation of noise cannot know; held against the truth of many machines it was found to be wrong in a steady way, which is set
//! right here.

mod draws;
mod reading;
mod rivals;

use crate::{
    model::{
        selection::{Confidence, ConfidencePart, MeasuredCandidate},
        trial::Trial,
        workload::Workload,
    },
    stats::reliability::{logistic, logit},
};
use draws::{Beliefs, Doubts, good_selection};
use reading::Loss;

/// What the number says; printed with it.
const MEANING: &str = "the probability, in percent, that these settings are within 5 % of the fastest in the search space whose quality \
suffices";

/// What the probability of the draws is to be corrected by: the two numbers of `stats::reliability::recalibration`, from studies of the
/// machines that `arena --calibration` makes. The page of accuracy says how well it holds on others.
const CORRECTION: (f64, f64) = (0.02, 0.62);

/// Share of studies that are good, whatever they measured: where the sum begins.
const USUAL: f64 = 0.42;

/// What is known at the end of a study.
pub struct Evidence<'a> {
    pub candidates: &'a [MeasuredCandidate],
    pub trials: &'a [Trial],
    pub workload: &'a Workload,
    /// Share of the best attainable quality that suffices.
    pub quality_floor: f64,
    pub seed: u64,
}

/// Confidence in a winner.
#[must_use]
pub fn confidence(winner: &MeasuredCandidate, evidence: &Evidence<'_>) -> Confidence {
    let percent = |probability: f64| (1000.0 * probability).round() / 10.0;
    let Some((own, others)) = rivals::rivals(evidence.candidates, winner, evidence.trials, evidence.workload) else {
        let part = ConfidencePart {
            name: "speed".into(),
            points: percent(UNKNOWN - USUAL),
            reason: "no note was made with these settings".into(),
        };
        return Confidence { percent: percent(UNKNOWN), meaning: MEANING.to_owned(), parts: vec![start(), part] };
    };
    let loss = Loss::of(evidence.trials, evidence.workload, &winner.candidate);
    let beliefs = Beliefs { loss, floor: evidence.quality_floor };
    let probability = |doubts| {
        let drawn = good_selection(&own, &others, &beliefs, doubts, evidence.seed);
        logistic(CORRECTION.0 + CORRECTION.1 * logit(drawn))
    };
    let none = Doubts { speed: false, quality: false, imagined: false };
    let steps = [
        none,
        Doubts { speed: true, ..none },
        Doubts { speed: true, quality: true, ..none },
        Doubts { speed: true, quality: true, imagined: true },
    ]
    .map(probability);
    let [best, speed, quality, all] = steps;
    let measured = others.iter().filter(|rival| !rival.is_imagined).count();
    let part = |name: &str, change: f64, reason: String| ConfidencePart {
        name: name.to_owned(),
        points: percent(change),
        reason,
    };
    let parts = vec![
        start(),
        part(
            "measured",
            best - USUAL,
            match measured {
                0 => "nothing else was measured".into(),
                1 => "by the figures, it is good beside the one other that was measured".into(),
                more => format!("by the figures, it is good beside the {more} others that were measured"),
            },
        ),
        part("speed", speed - best, speed_reason(winner)),
        part("quality", quality - speed, quality_reason(winner)),
        part("not measured", all - quality, "reading other parts of the files, or other loads, might be better".into()),
    ];
    Confidence { percent: percent(all), meaning: MEANING.to_owned(), parts }
}

/// The probability without a speed.
const UNKNOWN: f64 = 0.3;

fn start() -> ConfidencePart {
    ConfidencePart {
        name: "start".into(),
        points: 100.0 * USUAL,
        reason: "as often are studies of simulated machines right".into(),
    }
}

fn speed_reason(winner: &MeasuredCandidate) -> String {
    winner.notes_per_minute.map_or_else(
        || "no note was made".into(),
        |speed| {
            let half_width = (speed.interval.high / speed.interval.low.max(1e-9)).sqrt() - 1.0;
            format!("known to within {:.0} %", half_width * 100.0)
        },
    )
}

fn quality_reason(winner: &MeasuredCandidate) -> String {
    match winner.quality {
        None => "not measured".into(),
        Some(quality) => format!(
            "mean score {:.2}, {:.2} to {:.2}, of {} notes",
            quality.value, quality.interval.low, quality.interval.high, winner.scored_notes
        ),
    }
}
