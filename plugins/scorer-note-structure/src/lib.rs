//! Scorer `note-structure`: does the note have the sections that its prompt asked for?
//!
//! Each heading that the prompt names (`### TAGS`, `### TYPE`, …) is looked for in the answer: once, in order, with
//! something under it; tags must be tags and a type one short line. The share of the sections that are there is squared.
//! Text before the first heading, a code fence around the whole and headings that nobody asked for or that come again
//! cost; an answer that ended for lack of room loses half.
//!
//! A prompt that names no heading is judged by nothing: see `ScoreExt::not_judged` in the SDK.

mod asked;
mod form;

use asked::asked_headings;
use form::{Form, finish_factor};
use ralf_tune_sdk::scorer::prelude::*;

/// The plugin.
pub struct NoteStructure;

impl Scorer for NoteStructure {
    fn manifest() -> Manifest {
        Manifest::new(
            "note-structure",
            "0.1.0",
            "The sections that the prompt asks for: each once, in order, not empty",
        )
    }

    fn evaluate(note: &Note, _arguments: &Arguments) -> Result<Score, String> {
        if note.requests.is_empty() {
            return Ok(Score::new(0.0).reason("there is no answer"));
        }
        let mut total = Form::default();
        let (mut value, mut judged) = (0.0, 0.0);
        let mut reasons: Vec<String> = Vec::new();
        for request in &note.requests {
            let asked = asked_headings(&note.instructions(request));
            if asked.is_empty() {
                continue;
            }
            let form = Form::of(&request.answer, &asked, &mut reasons);
            let (factor, reason) = finish_factor(request.finish);
            reasons.extend(reason.map(str::to_owned));
            value += form.value() * factor;
            total = total.plus(form);
            judged += 1.0;
        }
        if judged == 0.0 {
            return Ok(Score::not_judged("the prompt asks for no structure: it names no \"### \" heading"));
        }
        let mean = total.over(judged);
        reasons.sort_unstable();
        reasons.dedup();
        let score = Score::new(value / judged)
            .part("sections", mean.sections)
            .part("order", mean.order)
            .part("clean", mean.clean);
        Ok(reasons.into_iter().take(MOST_REASONS).fold(score, Score::reason))
    }
}

/// A page has room for no more.
const MOST_REASONS: usize = 8;

ralf_tune_sdk::export!(scorer: NoteStructure);

#[cfg(test)]
mod tests {
    use super::*;

    const PROMPT: &str =
        "Write a note:\n### TAGS\n(three to eight)\n### TYPE\none line\n### SUMMARY\n### USAGE\n\nFile:\n";
    const GOOD: &str =
        "### TAGS\n#io, #parser\n\n### TYPE\nmodule\n\n### SUMMARY\nReads files.\n\n### USAGE\nCall `read`.\n";

    fn note(prompt: &str, answers: &[(&str, FinishReason)]) -> Note {
        let request = |(answer, finish): &(&str, FinishReason)| Request {
            prompt: prompt.to_owned(),
            answer: (*answer).to_owned(),
            finish: *finish,
            prompt_tokens: 0,
            answer_tokens: 0,
            truncated: false,
            start_char: 0,
            end_char: 0,
        };
        Note {
            path: "a.py".to_owned(),
            language: "python".to_owned(),
            source: String::new(),
            requests: answers.iter().map(request).collect(),
            settings: Vec::new(),
        }
    }

    fn value(note: &Note) -> f64 {
        NoteStructure::evaluate(note, &Arguments::new(Vec::new())).map_or(-1.0, |score| score.value)
    }

    fn one(answer: &str) -> f64 {
        value(&note(PROMPT, &[(answer, FinishReason::Stop)]))
    }

    #[test]
    fn a_note_as_asked_for_is_worth_one() {
        assert!((one(GOOD) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn every_fault_costs() {
        let fenced = format!("```markdown\n{GOOD}```");
        let faults = [
            ("missing section", GOOD.replace("### USAGE\nCall `read`.\n", "")),
            ("empty section", GOOD.replace("Reads files.", "")),
            ("twice", format!("{GOOD}{GOOD}")),
            ("order", "### USAGE\nCall `read`.\n### SUMMARY\nReads.\n### TYPE\nmodule\n### TAGS\n#io\n".to_owned()),
            ("no tags", GOOD.replace("#io, #parser", "io and parser")),
            ("long type", GOOD.replace("module", &"this is a module that does a lot of things ".repeat(4))),
            ("talk before", format!("Sure, here is the note:\n\n{GOOD}")),
            ("fence", fenced),
            ("other level", GOOD.replace("### ", "# ")),
            ("invented headings", format!("{GOOD}### MORE\nx\n### AND_MORE\ny\n")),
        ];
        for (fault, answer) in faults {
            let value = one(&answer);
            assert!(value < 0.95 && value > 0.1, "{fault}: {value}");
        }
        assert!(one("nothing of the kind") < 0.01);
        assert!(one("") < 0.01);
    }

    #[test]
    fn tags_are_keywords_with_or_without_a_sign() {
        for tags in ["io, parser", "- io\n- file parser\n- rust", "#io #parser", "`io`, `parser`"] {
            assert!((one(&GOOD.replace("#io, #parser", tags)) - 1.0).abs() < 1e-9, "{tags}");
        }
        assert!(one(&GOOD.replace("#io, #parser", "It reads a file and gives values, which others need")) < 0.95);
    }

    #[test]
    fn an_answer_without_room_loses_half_and_chunks_are_averaged() {
        assert!((value(&note(PROMPT, &[(GOOD, FinishReason::Length)])) - 0.5).abs() < 1e-9);
        let both = note(PROMPT, &[(GOOD, FinishReason::Stop), ("", FinishReason::None)]);
        assert!((value(&both) - 0.5).abs() < 1e-9);
    }

    #[test]
    fn no_structure_asked_for_is_not_judged() -> Result<(), String> {
        let free = note("Describe this file.", &[("It is a file.", FinishReason::Stop)]);
        let score = NoteStructure::evaluate(&free, &Arguments::new(Vec::new()))?;
        assert!(score.parts.iter().any(|part| part.name == "judged" && part.value == 0.0));
        assert!((score.value - 1.0).abs() < 1e-9);
        Ok(())
    }

    #[test]
    fn headings_of_the_source_are_not_asked_for() {
        let source = "# Guide\n\n### INSTALL\nrun it\n\n### LICENCE\nfree\n";
        let mut note = note(&format!("{PROMPT}{source}"), &[(GOOD, FinishReason::Stop)]);
        note.source = source.to_owned();
        note.requests.iter_mut().for_each(|request| request.end_char = 1000);
        assert!((value(&note) - 1.0).abs() < 1e-9);
    }
}
