//! One answer, put together from its lines.

use serde::{Deserialize, Serialize};

use super::{classify, error::OllamaError, wire::GenerateLine};
use crate::model::observation::{FinishReason, ServerTimings};

/// What came back for one prompt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Generation {
    /// Without what a thinking model said to itself.
    pub answer: String,
    /// `Aborted` when the server broke off without a final object, as it does after some 30 equal tokens:
    /// `answer` is then what had arrived, `server` is `None` and the counts are 0.
    pub finish: FinishReason,
    /// Client clock, from sending the request to the final object.
    pub latency_ms: f64,
    /// Client clock, to the first text, be it thinking or answer; `None` when there was no text.
    pub time_to_first_token_ms: Option<f64>,
    /// Server clock; `None` when the server did not say.
    pub server: Option<ServerTimings>,
    /// 0 when the server did not say.
    pub prompt_tokens: u32,
    /// How many of them were in the server's cache; servers up to 0.33 do not say.
    pub cached_prompt_tokens: Option<u32>,
    /// Thinking included; 0 when the server did not say.
    pub answer_tokens: u32,
    /// The prompt's tokens before the server cut it, if it did: what `context` holds beyond the answer. `None` without that list.
    pub whole_prompt_tokens: Option<u32>,
}

/// Collects the lines of one answer. Times are given, not taken.
#[derive(Debug, Default)]
pub(super) struct Collector {
    answer: String,
    lines: usize,
    first_token_ms: Option<f64>,
    last: Option<GenerateLine>,
}

impl Collector {
    /// Takes a line that arrived `elapsed_ms` after the request was sent; true when it was the final one.
    pub(super) fn take(&mut self, line: &[u8], elapsed_ms: f64) -> Result<bool, OllamaError> {
        let parsed = serde_json::from_slice::<GenerateLine>(line).map_err(|_| classify::not_json(line))?;
        self.accept(parsed, line, elapsed_ms)
    }

    /// Takes what stood behind the last line end when the body had ended: a line, or half of one.
    pub(super) fn take_rest(&mut self, rest: &[u8], elapsed_ms: f64) -> Result<bool, OllamaError> {
        match serde_json::from_slice::<GenerateLine>(rest) {
            Ok(parsed) => self.accept(parsed, rest, elapsed_ms),
            Err(error) if error.is_eof() => Err(OllamaError::Broken {
                detail: "the answer ended in the middle of a line".to_owned(),
                partial: self.answer.clone(),
            }),
            Err(_) => Err(classify::not_json(rest)),
        }
    }

    fn accept(&mut self, parsed: GenerateLine, line: &[u8], elapsed_ms: f64) -> Result<bool, OllamaError> {
        if let Some(error) = &parsed.error {
            return Err(classify::from_line(error).with_partial(&self.answer));
        }
        if parsed.done.is_none() && parsed.response.is_none() {
            return Err(classify::not_json(line));
        }
        self.lines += 1;
        let text = parsed.response.as_deref().unwrap_or_default();
        let thinking = parsed.thinking.as_deref().unwrap_or_default();
        if self.first_token_ms.is_none() && !(text.is_empty() && thinking.is_empty()) {
            self.first_token_ms = Some(elapsed_ms);
        }
        self.answer.push_str(text);
        let done = parsed.done == Some(true);
        if done {
            self.last = Some(parsed);
        }
        Ok(done)
    }

    /// The text so far.
    pub(super) fn answer(&self) -> &str {
        &self.answer
    }

    /// The answer, `elapsed_ms` after the request was sent.
    pub(super) fn finish(self, elapsed_ms: f64) -> Result<Generation, OllamaError> {
        if self.lines == 0 {
            return Err(OllamaError::Empty);
        }
        let finish = match &self.last {
            None => FinishReason::Aborted,
            Some(last) => match last.done_reason.as_deref() {
                Some("length") => FinishReason::Length,
                Some("load" | "unload") => FinishReason::None,
                // Absent before 0.1.40, and sometimes empty.
                _ => FinishReason::Stop,
            },
        };
        let last = self.last.unwrap_or_default();
        Ok(Generation {
            answer: self.answer,
            finish,
            latency_ms: elapsed_ms,
            time_to_first_token_ms: self.first_token_ms,
            server: last.timings(),
            prompt_tokens: last.prompt_eval_count.unwrap_or(0),
            cached_prompt_tokens: last.prompt_eval_cached_count,
            answer_tokens: last.eval_count.unwrap_or(0),
            whole_prompt_tokens: last.context_tokens.map(|all| all.saturating_sub(last.eval_count.unwrap_or(0))),
        })
    }
}
