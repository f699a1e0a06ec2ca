//! The notes that `ralf-tune plugin test` puts to a scorer are those of this crate.
//!
//! After a change of the samples: `RENEW_CASES=1 cargo test -p note-samples --test recorded_cases`.

use std::{fs, path::Path};

use note_samples::{Mutation, SAMPLES};
use ralf_tune_sdk::scorer::prelude::*;
use serde_json::{Value, json};

/// Every sample, good and gone wrong in two ways.
const WRONG: [(Mutation, &str); 8] = [
    (Mutation::InventedNames, "invented names"),
    (Mutation::DroppedHalf, "half of it dropped"),
    (Mutation::AnotherFile, "about another file"),
    (Mutation::Loop, "one sentence for ever"),
    (Mutation::HalfTheSource, "half of the source seen"),
    (Mutation::BrokenFormat, "broken format"),
    (Mutation::EchoedPrompt, "echo of the prompt"),
    (Mutation::Refusal, "refusal"),
];

/// A note in the form of a file of cases. What went wrong with the prompt is the request's; the rest the reader fills in.
fn line(note: &Note, label: &str) -> Value {
    let length = note.source.chars().count();
    let mut case = json!({
        "label": label,
        "path": note.path,
        "language": note.language,
        "source": note.source,
    });
    let whole = |request: &Request| request.start_char == 0 && request.end_char as usize == length;
    match note.requests.as_slice() {
        [request] if whole(request) && request.finish == FinishReason::Stop => {
            case["answer"] = json!(request.answer);
        }
        requests => {
            let requests: Vec<Value> = requests
                .iter()
                .map(|request| {
                    json!({
                        "answer": request.answer,
                        "start_char": request.start_char,
                        "end_char": request.end_char,
                    })
                })
                .collect();
            case["requests"] = json!(requests);
        }
    }
    case
}

#[test]
fn the_recorded_cases_are_made_of_these_samples() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../host/src/conformance/recorded/cases.jsonl");
    let mut lines = Vec::new();
    for (index, sample) in SAMPLES.iter().enumerate() {
        lines.push(line(&sample.note(), "good").to_string());
        for (mutation, label) in WRONG.iter().skip(2 * index).take(2) {
            lines.push(line(&mutation.of(sample), label).to_string());
        }
    }
    let text = lines.join("\n") + "\n";
    if std::env::var_os("RENEW_CASES").is_some() {
        fs::write(&file, &text).expect("the cases can be written");
    }
    let known = fs::read_to_string(&file).unwrap_or_default();
    assert!(known == text, "renew them: RENEW_CASES=1 cargo test -p note-samples --test recorded_cases");
}
