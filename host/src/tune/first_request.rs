//! What the first request after a load says of those that follow: at least how long they take. Pure.
//!
//! A request that cannot end in time is not only lost: the server reads the whole batch of tokens that it is at, minutes on a slow machine,
//! before it sees that nobody waits any more, and the next load waits for that.

use std::cmp::Ordering;

use super::note_size::NoteSize;
use crate::model::{
    candidate::Candidate,
    observation::{Observation, Repetition},
    workload::Workload,
};

/// How many times faster than the first request after a load the others may be: it pays for what is set up only once.
const SET_UP: f64 = 4.0;

/// Tokens of its prompt at most, with what the model's template puts around it.
const ITS_PROMPT: f64 = 128.0;

/// Names of what a trial that loaded says of it: tokens a second, and seconds after which it was given up.
const READS: &str = "first_prefill_tokens_per_second";
const WRITES: &str = "first_decode_tokens_per_second";
pub const CUT_OFF_AFTER: &str = "first_request_cut_off_seconds";

/// Seconds that the first request took for a token.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FirstRequest {
    reading: f64,
    writing: f64,
}

impl FirstRequest {
    /// By the server's own clock; `None` where it did not say, or where that was no first request.
    #[must_use]
    pub fn of(request: &Observation) -> Option<Self> {
        let clock = request.server.filter(|_| request.repetition == Repetition::Warmup)?;
        let per = |milliseconds: f64, tokens: u32| milliseconds / 1000.0 / f64::from(tokens.max(1));
        // The first token comes with the end of the prompt.
        (request.prompt_tokens > 0 && request.answer_tokens > 0).then(|| Self {
            reading: per(clock.prefill_ms, request.prompt_tokens),
            writing: per(clock.decode_ms, request.answer_tokens.saturating_sub(1)),
        })
    }

    /// One that took so many seconds for each token of its prompt and of its answer.
    #[cfg(test)]
    #[must_use]
    pub const fn at(reading: f64, writing: f64) -> Self {
        Self { reading, writing }
    }

    /// Order by how long both take for the shortest note that there is.
    #[must_use]
    pub fn faster(&self, other: &Self) -> Ordering {
        let seconds = |first: &Self| ITS_PROMPT * first.reading + NoteSize::LEAST.answer_tokens * first.writing;
        seconds(self).total_cmp(&seconds(other))
    }

    /// What strategies may know of it.
    pub fn facts(&self) -> impl Iterator<Item = (String, f64)> + use<> {
        let rates = [(READS, self.reading), (WRITES, self.writing)];
        rates.into_iter().filter(|(_, seconds)| *seconds > 0.0).map(|(name, seconds)| (name.to_owned(), 1.0 / seconds))
    }

    /// Seconds that a request with so many tokens takes if it is as slow.
    #[must_use]
    pub fn seconds(self, prompt_tokens: u32, answer_tokens: u32) -> f64 {
        f64::from(prompt_tokens) * self.reading + f64::from(answer_tokens) * self.writing
    }

    /// Least seconds of the note of a file of which so many characters are read, in pieces or not.
    #[must_use]
    pub fn least_note_seconds(self, chars: f64, workload: &Workload) -> f64 {
        let note = NoteSize::LEAST;
        (prompt_tokens(chars, workload) * self.reading + note.answer_tokens * self.writing) / SET_UP
    }
}

/// The same where the first request was given up after so many seconds: nobody knows whether it was read or answered by then.
#[must_use]
pub fn least_note_seconds_after(cut_off: f64, chars: f64, workload: &Workload) -> f64 {
    cut_off * (prompt_tokens(chars, workload) / ITS_PROMPT).max(1.0) / SET_UP
}

/// Tokens of the prompt of a note at least.
#[expect(clippy::cast_precision_loss, reason = "a prompt is a few thousand characters")]
fn prompt_tokens(chars: f64, workload: &Workload) -> f64 {
    NoteSize::LEAST.tokens(chars + workload.prompt.text.chars().count() as f64)
}

/// Characters of a file that are read.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "files are far smaller than 2^52 characters")]
pub fn chars_read(chars: usize, settings: &Candidate) -> f64 {
    chars.min(settings.max_content_length as usize).max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        observation::{FinishReason, ServerTimings},
        workload::PromptTemplate,
    };

    #[test]
    fn a_note_takes_at_least_a_quarter_of_what_the_first_request_says() {
        let first = Observation {
            repetition: Repetition::Warmup,
            file: None,
            piece: 0,
            attempt: 1,
            started_ms: 0.0,
            latency_ms: 12_000.0,
            time_to_first_token_ms: None,
            server: Some(ServerTimings { total_ms: 12_000.0, load_ms: 0.0, prefill_ms: 10_000.0, decode_ms: 2_000.0 }),
            prompt_tokens: 100,
            answer_tokens: 2,
            expected_prompt_tokens: None,
            finish: FinishReason::Length,
            failure: None,
            message: None,
            disturbed: None,
            host: None,
        };
        let rates = FirstRequest::of(&first).unwrap();
        assert!((rates.seconds(150, 12) - 39.0).abs() < 1e-9);
        let workload = Workload {
            origin: String::new(),
            files: Vec::new(),
            batch_chars: Vec::new(),
            prompt: PromptTemplate { text: "x".repeat(400), origin: String::new() },
            notices: Vec::new(),
            learned: None,
        };
        // (3600 + 400) / 4 tokens of 0.1 s, 150 of 2 s, by four.
        assert!((rates.least_note_seconds(3_600.0, &workload) - 100.0).abs() < 1e-9);
        assert!((least_note_seconds_after(40.0, 3_600.0, &workload) - 10.0 * 1000.0 / 128.0).abs() < 1e-9);
        assert_eq!(FirstRequest::of(&Observation { repetition: Repetition::Measured, ..first.clone() }), None);
        assert_eq!(FirstRequest::of(&Observation { server: None, ..first }), None);
    }
}
