//! Good notes score high with every bundled scorer; each way of going wrong is seen by the scorer that it concerns, and
//! by the mean of the three.
#![expect(clippy::expect_used, reason = "a test that cannot score has failed")]

use note_samples::{Mutation, SAMPLES};
use ralf_tune_sdk::scorer::prelude::*;
use scorer_identifier_grounding::IdentifierGrounding;
use scorer_note_structure::NoteStructure;
use scorer_repetition::Repetition;

fn score<S: Scorer>(note: &Note) -> (String, f64) {
    let manifest = S::manifest();
    let score = S::evaluate(note, &Arguments::defaults(&manifest)).expect("bundled scorers judge every note");
    assert!((0.0..=1.0).contains(&score.value), "{}: {}", manifest.name, score.value);
    assert_eq!(
        score,
        S::evaluate(note, &Arguments::defaults(&manifest)).expect("twice"),
        "{} is not pure",
        manifest.name
    );
    (manifest.name, score.value)
}

fn scores(note: &Note) -> [(String, f64); 3] {
    [score::<NoteStructure>(note), score::<IdentifierGrounding>(note), score::<Repetition>(note)]
}

fn mean(scores: &[(String, f64); 3]) -> f64 {
    scores.iter().map(|(_, value)| value).sum::<f64>() / 3.0
}

fn by(all: &[(String, f64); 3], scorer: &str) -> f64 {
    all.iter().find(|(name, _)| name == scorer).expect("a scorer of that name").1
}

#[test]
fn good_notes_score_high() {
    for sample in SAMPLES {
        for (scorer, value) in scores(&sample.note()) {
            assert!(value >= 0.9, "{scorer} says {value:.2} of {}", sample.path);
        }
    }
}

#[test]
fn every_mutation_is_seen() {
    for sample in SAMPLES {
        let good = scores(&sample.note());
        for mutation in Mutation::ALL {
            let bad = scores(&mutation.of(&sample));
            let (before, after) = (by(&good, mutation.seen_by()), by(&bad, mutation.seen_by()));
            let line = format!("{} {mutation:?}: {before:.2} to {after:.2}, all {bad:.2?}", sample.path);
            assert!(after <= before - 0.2, "{line}");
            assert!(mean(&bad) <= mean(&good) - 0.07, "{line}");
        }
    }
}

#[test]
fn half_the_source_loses_about_half_the_coverage() {
    for sample in SAMPLES {
        let (_, whole) = score::<IdentifierGrounding>(&sample.note());
        let (_, half) = score::<IdentifierGrounding>(&Mutation::HalfTheSource.of(&sample));
        assert!(half < 0.75 * whole && half > 0.25 * whole, "{}: {whole:.2} to {half:.2}", sample.path);
    }
}

#[test]
fn strange_texts_are_judged_too() {
    let texts = [
        "",
        "\n",
        "`",
        "```",
        "### ",
        "漢字".repeat(20_000).as_str(),
        "(((((".repeat(20_000).as_str(),
        "\u{0}\u{feff}é̀",
        "def größe(a(b(c(",
    ]
    .map(str::to_owned);
    for source in &texts {
        for answer in &texts {
            let mut note = SAMPLES.first().expect("samples").note();
            note.source.clone_from(source);
            note.requests.iter_mut().for_each(|request| {
                request.answer.clone_from(answer);
                (request.start_char, request.end_char) = (u32::MAX, 3);
            });
            scores(&note);
            note.requests.clear();
            assert!(mean(&scores(&note)) < 0.01, "no answer is worth nothing");
        }
    }
}
