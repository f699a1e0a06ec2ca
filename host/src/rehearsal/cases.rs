//! Notes for scorers, as JSON lines.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    model::candidate::Candidate,
    model::{
        observation::FinishReason,
        score::{NoteEvidence, RequestEvidence},
        workload::{PromptTemplate, SourceFile, cut},
    },
};

/// Good and bad notes; `plugins/note-samples` makes them.
const RECORDED: &str = include_str!("../conformance/recorded/cases.jsonl");

/// Bytes of one token, about.
const BYTES_PER_TOKEN: usize = 4;

/// One line of a file of cases: a source file, and what a model made of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseLine {
    pub path: String,
    /// `"text"` when it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// The whole file.
    pub source: String,
    /// The note, when one request made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// The requests, when there were several, or when more is known of them than the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests: Option<Vec<RequestLine>>,
    /// `good`, or what is wrong with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Names and values of settings.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, f64>,
}

/// One request of a note. Without `start_char` and `end_char` the requests share the file out evenly.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestLine {
    pub answer: String,
    /// The built-in prompt with its piece of the file when it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    /// `stop` when it is missing; or `length`, `aborted`, `none`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finish: Option<FinishReason>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_tokens: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_tokens: Option<u32>,
    #[serde(default)]
    pub truncated: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_char: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_char: Option<usize>,
}

/// A note to be scored.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// Line of the file, from 1.
    pub line: usize,
    pub label: Option<String>,
    pub note: NoteEvidence,
}

/// A file of cases that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CaseError {
    #[error("line {line} is no case: {why}")]
    BadLine { line: usize, why: String },
    #[error("there is no case in it")]
    Empty,
}

impl CaseError {
    /// What to write instead.
    #[must_use]
    pub fn hint(&self) -> String {
        r#"a case is one line: {"path": "a.py", "language": "python", "source": "…", "answer": "…", "label": "good"}"#
            .into()
    }
}

/// The good and bad notes that come with the program.
///
/// # Errors
/// When they cannot be read, which a test excludes.
pub fn recorded() -> Result<Vec<Case>, CaseError> {
    read(RECORDED)
}

/// Reads JSON lines; empty ones are passed over.
///
/// # Errors
/// The first line that is no case, or that there is none.
pub fn read(text: &str) -> Result<Vec<Case>, CaseError> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let cases: Vec<Case> = lines.map(|(index, line)| case(index + 1, line)).collect::<Result<_, _>>()?;
    if cases.is_empty() { Err(CaseError::Empty) } else { Ok(cases) }
}

fn case(line: usize, text: &str) -> Result<Case, CaseError> {
    let bad = |why: String| CaseError::BadLine { line, why };
    let read: CaseLine = serde_json::from_str(text).map_err(|error| {
        // A case is one line: where in it is what helps.
        let why = error.to_string();
        let what = why.rsplit_once(" at line ").map_or(why.as_str(), |(what, _)| what);
        bad(format!("{what} (column {})", error.column()))
    })?;
    let requests = match (read.answer, read.requests) {
        (Some(answer), None) => vec![RequestLine {
            answer,
            prompt: None,
            finish: None,
            prompt_tokens: None,
            answer_tokens: None,
            truncated: false,
            start_char: None,
            end_char: None,
        }],
        (None, Some(requests)) if !requests.is_empty() => requests,
        (Some(_), Some(_)) => return Err(bad("it has both `answer` and `requests`".into())),
        _ => return Err(bad("it has neither `answer` nor `requests`".into())),
    };
    let language = read.language.unwrap_or_else(|| "text".into());
    let file = SourceFile::new(&read.path, &language, &read.source);
    let count = requests.len();
    let requests = requests
        .into_iter()
        .enumerate()
        .map(|(index, request)| evidence(request, &file, index, count).map_err(bad))
        .collect::<Result<_, _>>()?;
    let note = NoteEvidence {
        path: read.path,
        language,
        source: read.source,
        requests,
        settings: read.settings.into_iter().collect(),
    };
    Ok(Case { line, label: read.label, note })
}

fn evidence(request: RequestLine, file: &SourceFile, index: usize, count: usize) -> Result<RequestEvidence, String> {
    let start = request.start_char.unwrap_or(file.chars * index / count);
    let end = request.end_char.unwrap_or(file.chars * (index + 1) / count);
    if start > end || end > file.chars {
        return Err(format!("request {} carries characters {start} to {end} of {}", index + 1, file.chars));
    }
    let prompt = request.prompt.unwrap_or_else(|| {
        let text: String = file.text.chars().skip(start).take(end - start).collect();
        let part = SourceFile::new(&file.path, &file.language, text);
        let whole = Candidate { max_content_length: u32::MAX, chunk_size: u32::MAX, ..Candidate::default() };
        let pieces = cut(&part, &whole);
        let template = PromptTemplate::built_in();
        pieces.first().map_or_else(String::new, |piece| template.render("", &part, piece, count))
    });
    let tokens = |text: &str| u32::try_from(text.len() / BYTES_PER_TOKEN).unwrap_or(u32::MAX);
    Ok(RequestEvidence {
        prompt_tokens: request.prompt_tokens.unwrap_or_else(|| tokens(&prompt)),
        answer_tokens: request.answer_tokens.unwrap_or_else(|| tokens(&request.answer)),
        prompt,
        answer: request.answer,
        finish: request.finish.unwrap_or(FinishReason::Stop),
        truncated: request.truncated,
        start_char: start,
        end_char: end,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recorded_notes_are_good_and_bad() {
        let cases = recorded().unwrap();
        assert!(cases.len() >= 12);
        let good = cases.iter().filter(|case| case.label.as_deref() == Some("good")).count();
        assert!(good >= 3 && cases.len() - good >= 6, "{good} of {}", cases.len());
    }

    #[test]
    fn a_line_says_as_much_as_is_known() {
        let text = concat!(
            r#"{"path": "a.py", "source": "0123456789", "answer": "note"}"#,
            "\n\n",
            r#"{"path": "b.go", "language": "go", "source": "0123456789", "label": "cut", "settings": {"num_ctx": 2048},"#,
            r#" "requests": [{"answer": "one"}, {"answer": "two", "finish": "length", "answer_tokens": 7}]}"#,
        );
        let cases = read(text).unwrap();
        assert_eq!(cases.iter().map(|case| case.line).collect::<Vec<_>>(), [1, 3]);
        let request = &cases[0].note.requests[0];
        assert_eq!((request.start_char, request.end_char, cases[0].note.language.as_str()), (0, 10, "text"));
        assert!(request.prompt.contains("0123456789") && request.prompt_tokens > 10);
        let second = &cases[1].note.requests[1];
        assert_eq!(
            (second.start_char, second.end_char, second.finish, second.answer_tokens),
            (5, 10, FinishReason::Length, 7)
        );
        assert!(second.prompt.contains("56789") && !second.prompt.contains("01234"));
        assert_eq!(cases[1].note.settings, [("num_ctx".to_owned(), 2048.0)]);
    }

    #[test]
    fn a_bad_line_is_named_with_its_number() {
        for (text, said) in [
            ("", "there is no case in it"),
            (
                "{\"path\": \"a\", \"source\": \"\", \"answer\": \"\"}\nnonsense",
                "line 2 is no case: expected ident (column 2)",
            ),
            (r#"{"path": "a", "source": ""}"#, "line 1 is no case: it has neither `answer` nor `requests`"),
            (
                r#"{"path": "a", "source": "", "answer": "", "requests": []}"#,
                "line 1 is no case: it has both `answer` and `requests`",
            ),
            (r#"{"path": "a", "source": "", "answer": "", "lable": "x"}"#, "line 1 is no case: unknown field `lable`"),
            (
                r#"{"path": "a", "source": "abc", "requests": [{"answer": "", "end_char": 9}]}"#,
                "line 1 is no case: request 1 carries characters 0 to 9 of 3",
            ),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.starts_with(said), "{error}");
        }
    }
}
