//! What happens to a request inside the server, as its answer hears of it.

use std::{sync::Arc, time::Duration};

use tokio::{sync::mpsc::UnboundedSender, time::Instant};

use super::{faults::Fault, settings::LoadSettings, tokens::Tokenized};

/// Something happened to a request. `Token` may come many times; every other event is the last.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Event {
    /// The piece of that index of the answer. Only for answers that are streamed.
    Token {
        index: usize,
        at: Instant,
    },
    Done(Metrics),
    /// The model is loaded; there was nothing to generate.
    Loaded {
        at: Instant,
    },
    /// An error before the first byte.
    Failed {
        status: u16,
        message: String,
    },
    /// The server gave the answer up without a word, after so many pieces.
    GaveUp {
        pieces: usize,
        at: Instant,
    },
    /// The connection breaks.
    Reset,
}

/// What the final object of an answer says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Metrics {
    pub(super) at: Instant,
    pub(super) total: Duration,
    pub(super) load: Duration,
    pub(super) prompt_tokens: usize,
    pub(super) prefill: Duration,
    pub(super) answer_tokens: usize,
    pub(super) decode: Duration,
}

/// How long a model stays loaded after a request; `None` is for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct KeepAlive(pub(super) Option<Duration>);

/// A request on its way to a runner.
#[derive(Debug)]
pub(super) struct Job {
    /// Index of the model in the scenario.
    pub(super) model: usize,
    pub(super) settings: LoadSettings,
    pub(super) keep_alive: Option<KeepAlive>,
    pub(super) arrived: Instant,
    pub(super) events: UnboundedSender<Event>,
    pub(super) work: Work,
}

/// What a job wants once the model is loaded.
#[derive(Debug)]
pub(super) enum Work {
    /// Nothing: the model is all.
    Load,
    /// A refusal that only the loaded runner pronounces.
    Refuse {
        status: u16,
        message: String,
    },
    Generate(Generation),
}

/// One answer to be generated.
#[derive(Debug)]
pub(super) struct Generation {
    pub(super) prompt: Tokenized,
    /// Before truncation.
    pub(super) whole_prompt_tokens: usize,
    pub(super) answer: Arc<Answer>,
    pub(super) streamed: bool,
    /// Factor on every duration.
    pub(super) noise: f64,
    pub(super) fault: Option<Fault>,
}

/// An answer in tokens, made before the first of them is due.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Answer {
    pub(super) pieces: Vec<Box<str>>,
    /// So many of the first pieces are thinking.
    pub(super) thinking: usize,
    /// The model ends it itself, with a token that nobody sees; otherwise `num_predict` or the context does.
    pub(super) stops: bool,
}

impl Answer {
    /// `eval_count` of the whole answer.
    pub(super) fn tokens(&self) -> usize {
        self.pieces.len() + usize::from(self.stops)
    }
}
