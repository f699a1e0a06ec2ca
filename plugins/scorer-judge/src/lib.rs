//! Asks a model how faithful, complete and useful a note is. Off by default: it costs the study time, and a small model is a mild judge.

mod question;
mod reading;

use ralf_tune_sdk::{judge, scorer::prelude::*};

use question::Excerpt;

/// How often a question is asked again with half of the material, when all of it does not fit.
const HALVINGS: u32 = 3;

/// What is asked: the name in the answer, the parameter of its weight, and what it means.
pub(crate) const CRITERIA: [(&str, &str); 3] = [
    ("faithful", "everything in the note is in the source; no invented names, no false claims"),
    ("complete", "the important functions, types and purposes of the source are in the note"),
    ("useful", "the note is clear, well ordered and free of repetition; a developer can work with it"),
];

/// The scorer.
pub struct Judge;

impl Scorer for Judge {
    fn manifest() -> Manifest {
        let weight =
            |name: &str, default| Parameter::number(name, default, "weight of this criterion").bounds(0.0, 10.0);
        Manifest::new(
            "judge",
            env!("CARGO_PKG_VERSION"),
            "Asks the model how faithful, complete and useful the note is",
        )
        .off_by_default()
        .parameter(weight("faithful", 2.0))
        .parameter(weight("complete", 1.0))
        .parameter(weight("useful", 1.0))
        .parameter(Parameter::integer("max_tokens", 48, "most tokens of a judgement").bounds(8.0, 512.0))
        .parameter(Parameter::integer("source_chars", 6000, "most characters of source shown").bounds(200.0, 60000.0))
        .parameter(Parameter::integer("pieces", 2, "most requests of one note that are judged").bounds(1.0, 4.0))
    }

    fn evaluate(note: &Note, arguments: &Arguments) -> Result<Score, String> {
        let weights = CRITERIA.map(|(name, _)| arguments.number(name).max(0.0));
        let all: f64 = weights.iter().sum();
        if all <= 0.0 {
            return Err("every criterion has a weight of 0".to_owned());
        }
        if note.requests.iter().all(|request| request.answer.trim().is_empty()) {
            return Ok(Score::new(0.0).reason("there is no note"));
        }
        let mut judged: Vec<[f64; 3]> = Vec::new();
        let mut why_not = "there was nothing to judge".to_owned();
        for request in spread(&note.requests, whole(arguments.number("pieces"))) {
            match judgement(note, request, arguments) {
                Ok(grades) => judged.push(grades),
                Err(why) => why_not = why,
            }
        }
        if judged.is_empty() {
            return Ok(Score::not_judged(why_not));
        }
        let count = f64::from(u32::try_from(judged.len()).unwrap_or(u32::MAX));
        let mut means = [0.0; 3];
        for grades in &judged {
            for (mean, grade) in means.iter_mut().zip(grades) {
                *mean += grade / count;
            }
        }
        let value = means.iter().zip(&weights).map(|(mean, weight)| mean * weight).sum::<f64>() / all;
        Ok(CRITERIA.iter().zip(means).fold(Score::new(value), |score, ((name, _), mean)| {
            let score = score.part(name, mean);
            if mean < 0.5 { score.reason(format!("{name}: {:.0} of 10", mean * 10.0)) } else { score }
        }))
    }
}

/// One request of the note, judged: each criterion from 0 to 1.
fn judgement(note: &Note, request: &Request, arguments: &Arguments) -> Result<[f64; 3], String> {
    if request.answer.trim().is_empty() {
        return Ok([0.0; 3]);
    }
    let most_tokens = u32::try_from(whole(arguments.number("max_tokens"))).unwrap_or(u32::MAX);
    let mut source_chars = whole(arguments.number("source_chars"));
    let mut failure = String::new();
    for _ in 0..=HALVINGS {
        let excerpt = Excerpt::of(note.piece(request), source_chars);
        match judge::ask(&question::about(note, &excerpt, &request.answer, most_tokens)) {
            Ok(answer) => {
                return reading::grades(&answer.text).ok_or_else(|| "the judgement cannot be read".to_owned());
            }
            Err(why) if why.starts_with("too long") => failure = why,
            Err(why) => return Err(why),
        }
        source_chars = excerpt.chars.min(source_chars) / 2;
    }
    Err(failure)
}

/// Some of the requests, evenly spread.
fn spread(requests: &[Request], most: usize) -> impl Iterator<Item = &Request> {
    let wanted = most.clamp(1, requests.len().max(1));
    (0..wanted).filter_map(move |index| requests.get((2 * index + 1) * requests.len() / (2 * wanted)))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within the bounds of the manifest")]
fn whole(value: f64) -> usize {
    value.max(0.0) as usize
}

ralf_tune_sdk::export_scorer!(Judge);

#[cfg(test)]
mod tests;
