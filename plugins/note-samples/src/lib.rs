//! Four sources with a good note each, and the ways in which a note goes wrong. Not a plugin: scorers are tested with it.

mod mutation;

pub use mutation::Mutation;
use ralf_tune_sdk::scorer::prelude::*;

/// A source file and a note that a careful reader would write of it.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    pub path: &'static str,
    pub language: &'static str,
    pub source: &'static str,
    pub answer: &'static str,
}

/// All samples.
pub const SAMPLES: [Sample; 4] = [
    Sample {
        path: "ledger.py",
        language: "python",
        source: include_str!("../samples/ledger.py"),
        answer: include_str!("../samples/ledger.md"),
    },
    Sample {
        path: "queue.rs",
        language: "rust",
        source: include_str!("../samples/queue.rs"),
        answer: include_str!("../samples/queue.md"),
    },
    Sample {
        path: "router.js",
        language: "javascript",
        source: include_str!("../samples/router.js"),
        answer: include_str!("../samples/router.md"),
    },
    Sample {
        path: "cache.go",
        language: "go",
        source: include_str!("../samples/cache.go"),
        answer: include_str!("../samples/cache.md"),
    },
];

/// A prompt that asks for the nine sections.
pub const INSTRUCTIONS: &str = "Write a note about the source file below, in Markdown, with exactly these sections:\n\n\
    ### TAGS\nthree to eight tags, each with a leading #\n\n### TYPE\none short line\n\n\
    ### SUMMARY\ntwo to four sentences\n\n### DETAILS\nhow it works, for somebody who has to change it\n\n\
    ### KEY_FUNCTIONS\na list: name, then what it does\n\n### DEPENDENCIES\nwhat it needs\n\n\
    ### USAGE\nhow to call it, with a short example\n\n### RELATED\nwhat belongs to it\n\n\
    ### CALLOUTS\nwhat to be careful with\n\nName only what is in the file. The file:\n\n";

impl Sample {
    /// The good note, made in one request.
    #[must_use]
    pub fn note(&self) -> Note {
        let request = self.request(0, self.source.chars().count(), self.answer);
        Note {
            path: self.path.to_owned(),
            language: self.language.to_owned(),
            source: self.source.to_owned(),
            requests: vec![request],
            settings: Vec::new(),
        }
    }

    /// A request that carried characters `start..end` of the file, and its answer.
    #[must_use]
    pub fn request(&self, start: usize, end: usize, answer: &str) -> Request {
        let piece: String = self.source.chars().skip(start).take(end - start).collect();
        let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        Request {
            prompt: format!("{INSTRUCTIONS}{piece}"),
            answer: answer.to_owned(),
            finish: FinishReason::Stop,
            prompt_tokens: number(piece.len() / 4),
            answer_tokens: number(answer.len() / 4),
            truncated: false,
            start_char: number(start),
            end_char: number(end),
        }
    }
}
