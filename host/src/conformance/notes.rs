//! Notes that a scorer is given: recorded ones, and all that can be odd about one.

use std::sync::LazyLock;

use serde::Deserialize;

use super::recorded;
use crate::model::{
    observation::FinishReason,
    score::{NoteEvidence, RequestEvidence},
    space::Parameter,
};

/// Bytes of the largest source that is tried: a generated parser, a bundled script.
const HUGE: usize = 1 << 20;

/// A source file and a good note of it.
#[derive(Debug, Clone, Deserialize)]
struct RecordedNote {
    path: String,
    language: String,
    source: String,
    answer: String,
    label: String,
}

/// The good ones among the cases that `plugin test` has; the others are no notes of one whole request.
fn samples() -> &'static [RecordedNote] {
    static NOTES: LazyLock<Vec<RecordedNote>> = LazyLock::new(|| {
        let cases = include_str!("recorded/cases.jsonl").lines().filter_map(|line| serde_json::from_str(line).ok());
        cases.filter(|case: &RecordedNote| case.label == "good").collect()
    });
    &NOTES
}

/// A note of one request.
pub fn note(path: &str, language: &str, source: &str, answer: &str) -> NoteEvidence {
    let tokens = |text: &str| u32::try_from(text.len() / 4).unwrap_or(u32::MAX);
    let prompt = format!("Write a note about the source file below.\n\n{source}");
    NoteEvidence {
        path: path.to_owned(),
        language: language.to_owned(),
        source: source.to_owned(),
        requests: vec![RequestEvidence {
            prompt_tokens: tokens(&prompt),
            prompt,
            answer: answer.to_owned(),
            finish: FinishReason::Stop,
            answer_tokens: tokens(answer),
            truncated: false,
            start_char: 0,
            end_char: source.chars().count(),
        }],
        settings: recorded::study().map(recorded::RecordedStudy::settings).unwrap_or_default(),
    }
}

/// A note of so many characters in all, half of them source and half of them answer, made of recorded ones.
#[must_use]
pub fn of_size(chars: usize) -> NoteEvidence {
    let Some(one) = samples().first() else { return note("", "", "", "") };
    let half = |text: &str| -> String { text.chars().cycle().take(chars / 2).collect() };
    note(&one.path, &one.language, &half(&one.source), &half(&one.answer))
}

/// The recorded notes as a scorer gets them.
#[must_use]
pub fn all() -> Vec<NoteEvidence> {
    samples().iter().map(|one| note(&one.path, &one.language, &one.source, &one.answer)).collect()
}

/// A note and what is odd about it.
#[must_use]
pub fn odd() -> Vec<(&'static str, NoteEvidence)> {
    let Some(usual) = all().into_iter().next() else { return Vec::new() };
    let answered = |answer: &str| note(&usual.path, &usual.language, &usual.source, answer);
    let changed = |change: &dyn Fn(&mut NoteEvidence)| {
        let mut note = usual.clone();
        change(&mut note);
        note
    };
    let request = |change: &dyn Fn(&mut RequestEvidence)| changed(&|note| note.requests.iter_mut().for_each(change));
    let line = "x".repeat(200_000);
    let huge = "fn f(a: u32) -> u32 { a + 1 }\n".repeat(HUGE / 30);
    vec![
        ("nothing in it", note("", "", "", "")),
        ("an empty source", note("empty.py", "python", "", "### SUMMARY\nThe file is empty.\n")),
        ("an empty answer", answered("")),
        ("an answer of blanks", answered(" \n\t\r\n \u{a0}\u{2003}\n")),
        ("no request", changed(&|note| note.requests.clear())),
        ("a request that gave up", request(&|request| request.finish = FinishReason::Aborted)),
        (
            "no answer at all",
            request(&|request| {
                request.finish = FinishReason::None;
                request.answer.clear();
            }),
        ),
        (
            "an answer that was cut",
            request(&|request| {
                request.finish = FinishReason::Length;
                let half = request.answer.chars().count() / 2;
                request.answer = request.answer.chars().take(half).collect();
            }),
        ),
        ("a prompt that was cut", request(&|request| request.truncated = true)),
        (
            "a piece beyond the end of the file",
            request(&|request| (request.start_char, request.end_char) = (7, 1 << 31)),
        ),
        ("a piece that ends before it begins", request(&|request| (request.start_char, request.end_char) = (50, 3))),
        (
            "a hundred pieces",
            changed(&|note| {
                let one = note.requests.first().cloned();
                note.requests = one.into_iter().cycle().take(100).collect();
            }),
        ),
        ("no settings", changed(&|note| note.settings.clear())),
        (
            "a setting that is not a number",
            changed(&|note| {
                note.settings = vec![(Parameter::NumCtx.name().to_owned(), f64::NAN)];
            }),
        ),
        ("text that was not UTF-8", answered(&"### SUMMARY\n\u{fffd}\u{fffd}\u{0}abc\u{fffd}\n".repeat(50))),
        ("control characters", answered("### TAGS\n\u{1b}[2J\u{7}\u{0}#a\u{8}#b\n\u{85}\u{2028}\u{2029}### TYPE\r\rx")),
        ("text that turns around", answered("### SUMMARY\n\u{202e}desrever\u{202c} \u{2066}x\u{2069} שלום\u{200f}\n")),
        ("combining marks without a letter", answered("\u{301}\u{301}### \u{308}TAGS\n#\u{20dd}a\n")),
        ("characters beyond the basic plane", answered(&"### TAGS\n#🦀 #𝒞 #👩\u{200d}👩\u{200d}👧\n".repeat(20))),
        ("one very long line", note("line.js", "javascript", &line, &line)),
        ("only headings", answered(&"### TAGS\n".repeat(2000))),
        ("only code fences", answered(&"```\n".repeat(2001))),
        ("deeply nested brackets", note("deep.c", "c", &"(".repeat(20_000), &"[".repeat(20_000))),
        ("a source of 1 MiB", note("huge.rs", "rust", &huge, "### SUMMARY\nMany functions that add one.\n")),
    ]
}
