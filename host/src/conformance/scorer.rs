//! The suite of scorers.

use super::{
    notes,
    suite::{Problem, Suite},
    variations::{Given, arguments, variations},
};
use crate::{
    model::{
        judge::Answer,
        score::{NoteEvidence, Score},
    },
    plugin::{PluginError, parameters::Arguments, scorer::Scorer},
};

/// A claim in the manifest's `extra`: less of the same answer never scores higher.
pub const MONOTONE: &str = "monotone-under-truncation";

/// How far two scores may lie apart and be called equal: the noise of adding in another order.
const EQUAL: f64 = 1e-9;

const DETERMINISM: &str =
    "use nothing but the arguments: no address, no order of a hash map, no state of an earlier call";

/// Runs every check.
pub fn conform(scorer: &Scorer, given: Given<'_>, suite: &mut Suite) {
    let arguments = arguments(&scorer.manifest, given);
    describes_alike(&scorer.manifest, scorer.describe(), suite);
    let notes = notes::all();
    let results = recorded(scorer, &notes, &arguments, suite);
    bounded(&results, suite);
    deterministic(scorer, &notes, &arguments, suite);
    monotone(scorer, &notes, &arguments, suite);
    odd(scorer, &arguments, suite);
    parameters(scorer, given, &notes, suite);
    judged(scorer, &notes, &arguments, suite);
}

/// `describe` says the same again.
pub fn describes_alike(
    first: &crate::model::plugin::Manifest,
    again: Result<crate::model::plugin::Manifest, PluginError>,
    suite: &mut Suite,
) {
    let check = "describes itself alike twice";
    match again {
        Ok(again) if format!("{again:?}") == format!("{first:?}") => suite.passed(check, "the same manifest"),
        Ok(_) => suite.failed(check, "the second manifest differs from the first", "return constants from `describe`"),
        Err(error) => suite.call_failed(check, "a second `describe`", &error),
    }
}

/// What the judge of this suite says to everything: marks out of ten, first in the form that the bundled `judge` asks for.
const JUDGEMENT: &str = "faithful: 7\ncomplete: 7\nuseful: 7\n";

/// A score. A scorer that may ask a model gets a canned answer.
///
/// # Errors
/// When the call fails or declines.
pub fn evaluate(scorer: &Scorer, note: &NoteEvidence, arguments: &Arguments) -> Result<Score, PluginError> {
    let answer = Answer { text: JUDGEMENT.to_owned(), prompt_tokens: 500, answer_tokens: 6, cut: false };
    scorer.evaluate_with(note, arguments, &mut |_| Ok(answer.clone()))
}

/// A judge may have no time left, and a model may say anything.
fn judged(scorer: &Scorer, notes: &[NoteEvidence], arguments: &Arguments, suite: &mut Suite) {
    if !scorer.asks_a_model() {
        return;
    }
    let said = |text: &str| Ok(Answer { text: text.to_owned(), prompt_tokens: 500, answer_tokens: 6, cut: true });
    let answers: [(&str, Result<Answer, String>); 4] = [
        ("no judgement at all", Err("no more judgements".to_owned())),
        ("an empty judgement", said("")),
        ("a judgement without a mark", said("The note is a note of a file, as an AI language model I cannot say.")),
        ("a judgement out of bounds", said("99999999999999999999 -1 NaN")),
    ];
    let problem = notes.first().and_then(|note| {
        answers.iter().find_map(|(what, answer)| match scorer.evaluate_with(note, arguments, &mut |_| answer.clone()) {
            Err(error) if !error.is_decline() => Some(Problem::Call((*what).to_owned(), error)),
            _ => None,
        })
    });
    suite.first_of("survives whatever the judge says", problem, "no judgement, an empty one, one without a mark");
}

fn recorded(scorer: &Scorer, notes: &[NoteEvidence], arguments: &Arguments, suite: &mut Suite) -> Vec<Score> {
    let check = "scores recorded notes";
    let (mut given, mut declined) = (Vec::new(), None);
    for note in notes {
        match evaluate(scorer, note, arguments) {
            Ok(score) => given.push(score),
            Err(error) if error.is_decline() => declined = Some(error),
            Err(error) => {
                suite.call_failed(check, &format!("the note of {}", note.path), &error);
                return given;
            }
        }
    }
    let values: Vec<String> = given.iter().map(|score| format!("{:.2}", score.value)).collect();
    match declined {
        None => suite.passed(check, format!("{} notes: {}", notes.len(), values.join(", "))),
        Some(error) => suite.warned(
            check,
            format!("{} of {} scored; {}", given.len(), notes.len(), error.kind),
            "score what it can: a declined note leaves the score to the other scorers",
        ),
    }
    given
}

/// The host refuses what is out of 0 to 1; parts are only expected there.
fn bounded(scores: &[Score], suite: &mut Suite) {
    let check = "scores and parts lie within 0 to 1";
    let outside = scores.iter().flat_map(|score| &score.parts).find(|part| !(0.0..=1.0).contains(&part.value));
    match outside {
        _ if scores.is_empty() => suite.skipped(check, "it scored no recorded note"),
        None => suite.passed(check, format!("{} parts", scores.iter().map(|score| score.parts.len()).sum::<usize>())),
        Some(part) => suite.warned(
            check,
            format!("part `{}` is {}", part.name, part.value),
            "give shares of 1 as parts: reports show them beside the score",
        ),
    }
}

fn deterministic(scorer: &Scorer, notes: &[NoteEvidence], arguments: &Arguments, suite: &mut Suite) {
    // Debug shows every bit of a number that counts, and reasons as they are.
    let said = |note| format!("{:?}", evaluate(scorer, note, arguments));
    let differs = notes.iter().find(|note| said(note) != said(note));
    let problem = differs
        .map(|note| Problem::Answer(format!("two scores of the same note of {} differ", note.path), DETERMINISM));
    suite.first_of("the same note gets the same score", problem, "each note twice, bit by bit");
}

fn monotone(scorer: &Scorer, notes: &[NoteEvidence], arguments: &Arguments, suite: &mut Suite) {
    let check = "less of an answer never scores higher";
    if !scorer.manifest.claims(MONOTONE) {
        suite
            .skipped(check, format!("not claimed; an entry `{MONOTONE}` = `true` in the manifest's `extra` claims it"));
        return;
    }
    let mut problem = None;
    'notes: for note in notes {
        let mut last = f64::INFINITY;
        for tenths in (0..=10).rev() {
            let mut cut = note.clone();
            for request in &mut cut.requests {
                let keep = request.answer.chars().count() * tenths / 10;
                request.answer = request.answer.chars().take(keep).collect();
            }
            let value = match evaluate(scorer, &cut, arguments) {
                Ok(score) => score.value,
                // A scorer that declines gives no score, and so no higher one.
                Err(error) if error.is_decline() => continue,
                Err(error) => {
                    problem = Some(Problem::Call(format!("{tenths}0 % of the answer to {}", note.path), error));
                    break 'notes;
                }
            };
            if value > last + EQUAL {
                let text = format!("{}: {last:.3} rises to {value:.3} with only {tenths}0 % of the answer", note.path);
                problem = Some(Problem::Answer(text, "withdraw the claim, or let what is missing count as 0"));
                break 'notes;
            }
            last = value;
        }
    }
    suite.first_of(check, problem, "eleven lengths of each answer");
}

fn odd(scorer: &Scorer, arguments: &Arguments, suite: &mut Suite) {
    let odd = notes::odd();
    let (mut failures, mut declined) = (0, 0);
    for (what, note) in &odd {
        match evaluate(scorer, note, arguments) {
            Ok(_) => {}
            Err(error) if error.is_decline() => declined += 1,
            Err(error) => {
                failures += 1;
                suite.call_failed("survives odd notes", what, &error);
            }
        }
    }
    if failures == 0 {
        suite.passed("survives odd notes", format!("{} notes, {declined} declined", odd.len()));
    }
}

fn parameters(scorer: &Scorer, given: Given<'_>, notes: &[NoteEvidence], suite: &mut Suite) {
    let check = "accepts what its parameters promise";
    let tried = variations(&scorer.manifest, given);
    if tried.is_empty() {
        suite.skipped(check, "no parameter has bounds or choices");
        return;
    }
    let usual = arguments(&scorer.manifest, given);
    let Some(note) = notes.iter().find(|note| evaluate(scorer, note, &usual).is_ok()) else {
        suite.skipped(check, "it scores no recorded note with its defaults");
        return;
    };
    let problem = tried.iter().find_map(|(label, arguments)| match evaluate(scorer, note, arguments) {
        Ok(_) => None,
        Err(error) if error.is_decline() => Some(rejected(label, &error)),
        Err(error) => Some(Problem::Call(label.clone(), error)),
    });
    suite.first_of(check, problem, format!("{} values at bounds and choices", tried.len()));
}

/// A value within the declared bounds was rejected.
pub fn rejected(label: &str, error: &PluginError) -> Problem {
    Problem::Answer(
        format!("it rejects {label}, which its manifest allows: {}", error.kind),
        "declare the bounds that it really accepts, or accept the value",
    )
}
