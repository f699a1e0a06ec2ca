//! The lines of an answer to `/api/generate` and `/api/chat`.

use std::{fmt::Write, sync::Arc};

use tokio::time::Instant;

use super::{
    clock,
    events::{Answer, Metrics},
    json,
};

/// Which of the two generating routes is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    Generate,
    Chat,
}

/// Writes the lines of one answer.
#[derive(Debug, Clone)]
pub(super) struct Lines {
    pub(super) route: Route,
    /// The name that the request used.
    pub(super) model: String,
    pub(super) born: Instant,
    pub(super) answer: Arc<Answer>,
    /// Tokens of the whole prompt, for `context`; `None` where the server leaves it out.
    pub(super) context: Option<usize>,
}

impl Lines {
    /// A line with one piece of a streamed answer.
    pub(super) fn piece(&self, index: usize, at: Instant) -> String {
        let piece = self.answer.pieces.get(index).map_or("", |piece| piece);
        let content = if index < self.answer.thinking { self.content("", piece) } else { self.content(piece, "") };
        format!("{},{content},\"done\":false}}\n", self.head(at))
    }

    /// The last line of a streamed answer, without text.
    pub(super) fn last(&self, metrics: &Metrics) -> String {
        format!("{},{},{}}}\n", self.head(metrics.at), self.content("", ""), self.metrics(metrics))
    }

    /// The one object of an answer that is not streamed.
    pub(super) fn whole(&self, metrics: &Metrics) -> String {
        let (thinking, text) = self.texts(self.answer.pieces.len());
        format!("{},{},{}}}", self.head(metrics.at), self.content(&text, &thinking), self.metrics(metrics))
    }

    /// An answer that the server gave up after so many pieces: no reason, no metrics.
    pub(super) fn given_up(&self, pieces: usize, at: Instant) -> String {
        let (thinking, mut text) = self.texts(pieces);
        text.push_str(&repeated());
        format!("{},{},\"done\":false}}", self.head(at), self.content(&text, &thinking))
    }

    /// The lines with which a streamed answer ends in one repeated token.
    pub(super) fn repetition(&self, at: Instant) -> String {
        let line = format!("{},{},\"done\":false}}\n", self.head(at), self.content(REPEATED, ""));
        line.repeat(REPEATS)
    }

    /// The answer of a request that only loads or unloads.
    pub(super) fn without_text(&self, reason: &str, at: Instant) -> String {
        let content = self.content("", "");
        format!("{},{content},\"done\":true,\"done_reason\":\"{reason}\"}}", self.head(at))
    }

    fn head(&self, at: Instant) -> String {
        format!("{{\"model\":{},\"created_at\":\"{}\"", json::string(&self.model), clock::date(self.born, at))
    }

    fn content(&self, text: &str, thinking: &str) -> String {
        let text = json::string(text);
        let thinking = match thinking {
            "" => String::new(),
            thinking => format!(",\"thinking\":{}", json::string(thinking)),
        };
        match self.route {
            Route::Generate => format!("\"response\":{text}{thinking}"),
            Route::Chat => format!("\"message\":{{\"role\":\"assistant\",\"content\":{text}{thinking}}}"),
        }
    }

    /// Thinking and text of the first pieces.
    fn texts(&self, pieces: usize) -> (String, String) {
        let pieces = self.answer.pieces.get(..pieces).unwrap_or(&self.answer.pieces);
        let (thinking, text) = pieces.split_at(self.answer.thinking.min(pieces.len()));
        (thinking.concat(), text.concat())
    }

    /// Everything behind the text; numbers that are zero are left out.
    fn metrics(&self, metrics: &Metrics) -> String {
        let reason = if self.answer.stops { "stop" } else { "length" };
        let mut text = format!("\"done\":true,\"done_reason\":\"{reason}\"");
        if let Some(tokens) = self.context {
            text.push_str(",\"context\":[");
            for token in 0..tokens + self.answer.pieces.len() {
                // Numbers that look like a vocabulary's.
                let comma = if token == 0 { "" } else { "," };
                let _ = write!(text, "{comma}{}", (token * 7_919 + 105) % 32_000);
            }
            text.push(']');
        }
        let numbers = [
            ("total_duration", metrics.total.as_nanos()),
            ("load_duration", metrics.load.as_nanos()),
            ("prompt_eval_count", metrics.prompt_tokens as u128),
            ("prompt_eval_duration", metrics.prefill.as_nanos()),
            ("eval_count", metrics.answer_tokens as u128),
            ("eval_duration", metrics.decode.as_nanos()),
        ];
        for (name, number) in numbers.into_iter().filter(|(_, number)| *number > 0) {
            let _ = write!(text, ",\"{name}\":{number}");
        }
        text
    }
}

/// More than thirty equal tokens make the server give up.
const REPEATS: usize = 31;
const REPEATED: &str = " no";

fn repeated() -> String {
    REPEATED.repeat(REPEATS)
}
