//! What can go wrong between us and the server, and what to do about it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::transport::TransportError;
use crate::model::observation::FailureCause;

/// Longest text of a server's error that is kept, in characters.
pub const MESSAGE_CHARS: usize = 300;

/// A request that did not end in an answer. Texts of the server are cleaned and cut to [`MESSAGE_CHARS`].
///
/// `partial` is the part of the answer that had arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
pub enum OllamaError {
    #[error("cannot reach the Ollama server: {detail}")]
    Unreachable { detail: String },
    #[error("no connection to the Ollama server within {after_ms} ms")]
    ConnectTimeout { after_ms: u64 },
    /// Loading, queueing and prefill took longer than the first-byte timeout. The server may still be at work on it.
    #[error("no answer within {after_ms} ms")]
    FirstByteTimeout { after_ms: u64 },
    /// The server fell silent in the middle of an answer.
    #[error("the answer stopped arriving for {after_ms} ms")]
    IdleTimeout { after_ms: u64, partial: String },
    #[error("the connection to the Ollama server broke: {detail}")]
    Broken { detail: String, partial: String },
    #[error("model `{model}` is not on the server")]
    ModelMissing { model: String },
    /// `truncate: false` at work. The numbers are the server's, in tokens, where it gave them.
    #[error("{}", context_text(*.prompt_tokens, *.num_ctx))]
    ContextExceeded { prompt_tokens: Option<u32>, num_ctx: Option<u32> },
    #[error("the server has no memory for this: {message}")]
    OutOfMemory { message: String },
    #[error("the server is busy: {message}")]
    Busy { message: String },
    #[error("the model's process stopped: {message}")]
    RunnerStopped { message: String },
    /// The server answers 500 to it, but it will never be accepted.
    #[error("the server does not accept an option: {message}")]
    WrongOption { message: String },
    #[error("the server refuses this request (403): {message}")]
    Forbidden { message: String },
    #[error("the server wants an API key (401): {message}")]
    Unauthorised { message: String },
    /// Any other status that is not 200.
    #[error("the server answered {status}: {message}")]
    Status { status: u16, message: String },
    /// An error after the answer had begun, under status 200.
    #[error("the server failed in the middle of its answer: {message}")]
    MidStream { message: String, partial: String },
    /// A stream of status 200 with nothing in it.
    #[error("the server closed the connection without an answer")]
    Empty,
    #[error("the server's {what} is longer than {limit_bytes} bytes")]
    TooLong { what: Cow<'static, str>, limit_bytes: usize },
    /// The answer is none of Ollama's: a web page, half a line, JSON of another kind.
    #[error("{what}: `{excerpt}`")]
    Protocol { what: Cow<'static, str>, excerpt: String },
}

fn context_text(prompt_tokens: Option<u32>, num_ctx: Option<u32>) -> String {
    match (prompt_tokens, num_ctx) {
        (Some(prompt), Some(context)) => {
            format!("the prompt of {prompt} tokens does not fit the context of {context} tokens")
        }
        (Some(prompt), None) => format!("the prompt of {prompt} tokens does not fit the context"),
        (None, Some(context)) => format!("the prompt does not fit the context of {context} tokens"),
        (None, None) => "the prompt does not fit the context".to_owned(),
    }
}

impl OllamaError {
    /// The cause that trials and reports record.
    #[must_use]
    pub const fn cause(&self) -> FailureCause {
        match self {
            Self::Unreachable { .. } | Self::Broken { .. } => FailureCause::Unreachable,
            Self::ConnectTimeout { .. } | Self::FirstByteTimeout { .. } | Self::IdleTimeout { .. } => {
                FailureCause::TimedOut
            }
            Self::ModelMissing { .. } => FailureCause::ModelMissing,
            Self::ContextExceeded { .. } => FailureCause::ContextExceeded,
            Self::OutOfMemory { .. } => FailureCause::OutOfMemory,
            Self::Busy { .. } => FailureCause::Busy,
            Self::WrongOption { .. } => FailureCause::Invalid,
            Self::RunnerStopped { .. }
            | Self::Forbidden { .. }
            | Self::Unauthorised { .. }
            | Self::Status { .. }
            | Self::MidStream { .. } => FailureCause::ServerError,
            Self::Empty | Self::TooLong { .. } | Self::Protocol { .. } => FailureCause::Protocol,
        }
    }

    /// Whether the same request can succeed later. Wait before it: after a timeout the server may still be at work on the
    /// first try, and an immediate second one doubles its load.
    ///
    /// Out of memory is not among them: the same setting needs the same memory.
    #[must_use]
    pub const fn may_retry(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::ConnectTimeout { .. }
            | Self::FirstByteTimeout { .. }
            | Self::IdleTimeout { .. }
            | Self::Broken { .. }
            | Self::Busy { .. }
            | Self::RunnerStopped { .. }
            | Self::MidStream { .. }
            | Self::Empty => true,
            // 499 is Ollama's own "request canceled"; the others are a proxy's, about a server behind it.
            Self::Status { status, .. } => matches!(status, 408 | 499 | 502 | 504),
            Self::ModelMissing { .. }
            | Self::ContextExceeded { .. }
            | Self::OutOfMemory { .. }
            | Self::WrongOption { .. }
            | Self::Forbidden { .. }
            | Self::Unauthorised { .. }
            | Self::TooLong { .. }
            | Self::Protocol { .. } => false,
        }
    }

    /// What to do next, where we know.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Unreachable { .. } | Self::ConnectTimeout { .. } => {
                "start the server with `ollama serve`, or name it with `--host` or OLLAMA_HOST".to_owned()
            }
            Self::FirstByteTimeout { .. } => {
                "the server may be loading the model or serving others: see `ollama ps`".to_owned()
            }
            Self::ModelMissing { model } => format!("`ollama pull {model}`"),
            Self::ContextExceeded { prompt_tokens: Some(tokens), .. } => {
                format!("a num_ctx above {tokens}, or a smaller max_content_length or chunk_size")
            }
            Self::ContextExceeded { .. } => {
                "a larger num_ctx, or a smaller max_content_length or chunk_size".to_owned()
            }
            Self::OutOfMemory { .. } => {
                "a smaller num_ctx, a smaller model, or fewer loaded models: `ollama ps`, `ollama stop NAME`".to_owned()
            }
            Self::Busy { .. } => "fewer requests at a time, or wait until the server is idle: `ollama ps`".to_owned(),
            Self::RunnerStopped { .. } => "the reason is in the log of the Ollama server".to_owned(),
            Self::Forbidden { .. } => {
                "the server accepts local requests only: use its own host name, or set OLLAMA_HOST on its side"
                    .to_owned()
            }
            Self::Unauthorised { .. } => "set OLLAMA_API_KEY".to_owned(),
            Self::Status { status: 300..=399, .. } => {
                "the server redirects: name the address that it redirects to with `--host`".to_owned()
            }
            Self::Protocol { .. } => {
                "something other than Ollama may answer there, a proxy for example: check `--host` and OLLAMA_HOST"
                    .to_owned()
            }
            Self::IdleTimeout { .. }
            | Self::Broken { .. }
            | Self::WrongOption { .. }
            | Self::Status { .. }
            | Self::MidStream { .. }
            | Self::Empty
            | Self::TooLong { .. } => return None,
        })
    }

    /// The part of the answer that had arrived before the failure.
    #[must_use]
    pub fn partial_answer(&self) -> Option<&str> {
        match self {
            Self::IdleTimeout { partial, .. } | Self::Broken { partial, .. } | Self::MidStream { partial, .. } => {
                Some(partial).filter(|partial| !partial.is_empty()).map(String::as_str)
            }
            _ => None,
        }
    }

    /// The same error, with the part of the answer that had arrived.
    #[must_use]
    pub(super) fn with_partial(mut self, answer: &str) -> Self {
        if let Self::IdleTimeout { partial, .. } | Self::Broken { partial, .. } | Self::MidStream { partial, .. } =
            &mut self
        {
            answer.clone_into(partial);
        }
        self
    }
}

impl From<TransportError> for OllamaError {
    fn from(error: TransportError) -> Self {
        let cleaned = |detail: &str| crate::model::clean::clean_within(detail, MESSAGE_CHARS);
        match error {
            TransportError::Connect(detail) => Self::Unreachable { detail: cleaned(&detail) },
            TransportError::Broken(detail) => Self::Broken { detail: cleaned(&detail), partial: String::new() },
            TransportError::ConnectTimeout(after_ms) => Self::ConnectTimeout { after_ms },
        }
    }
}
