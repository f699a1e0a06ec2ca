//! What the notes were asked for with: two wordings, so that no scorer learns one by heart.

use ralf_tune_sdk::scorer::prelude::*;

use crate::{corpus::SourceFile, dice::Dice};

/// The headings of a note, in order.
pub const SECTIONS: [&str; 9] =
    ["TAGS", "TYPE", "SUMMARY", "DETAILS", "KEY_FUNCTIONS", "DEPENDENCIES", "USAGE", "RELATED", "CALLOUTS"];

const OTHER_WORDING: (&str, &str) = (
    "You write notes about source code, in Markdown. A note has these nine sections in this order, each under its heading:\n\n\
     ### TAGS\nLower-case keywords, separated by commas.\n### TYPE\nWhat the file is, in one or two words.\n\
     ### SUMMARY\nTwo or three sentences on what the file is for.\n### DETAILS\nHow the parts work together.\n\
     ### KEY_FUNCTIONS\nEach important function, class or type by its exact name, and what it does in one line.\n\
     ### DEPENDENCIES\nImported modules, or `none`.\n### USAGE\nOne short example.\n### RELATED\nOther files that the code names, or `none`.\n\
     ### CALLOUTS\nRisks and surprises, or `none`.\n\nNever invent a name. Write nothing before the first heading.\n\n\
     ----- begin of source -----\n",
    "\n----- end of source -----\n\nNow write the note. Begin with `### TAGS` and end with `### CALLOUTS`.\n",
);

/// The text around the source of a file.
pub fn around(file: &SourceFile) -> (String, &'static str) {
    if Dice::new(&file.path, 1).percent(50) {
        (format!("[run 7f3a]\n{}", note_samples::INSTRUCTIONS), "")
    } else {
        (format!("[run 7f3a]\n{}", OTHER_WORDING.0), OTHER_WORDING.1)
    }
}

/// A request that carried some characters of a file, and what came back.
pub fn request(file: &SourceFile, from: usize, to: usize, answer: String) -> Request {
    let piece: String = file.text.chars().skip(from).take(to - from).collect();
    let (before, behind) = around(file);
    let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    Request {
        prompt: format!("{before}{piece}{behind}"),
        prompt_tokens: number(piece.len() / 4 + 200),
        answer_tokens: number(answer.len() / 4),
        answer,
        finish: FinishReason::Stop,
        truncated: false,
        start_char: number(from),
        end_char: number(to),
    }
}

/// A note made of such requests.
pub fn note(file: &SourceFile, requests: Vec<Request>) -> Note {
    Note {
        path: file.path.clone(),
        language: file.language.to_owned(),
        source: file.text.clone(),
        requests,
        settings: Vec::new(),
    }
}
