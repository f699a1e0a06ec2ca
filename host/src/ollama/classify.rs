//! From the text of a server's error to the kind of error: the status alone does not say it.

use serde_json::Value;

use super::error::{MESSAGE_CHARS, OllamaError};
use crate::model::clean::clean_within;

/// What llama.cpp's backends and Ollama's estimators write when memory is short, in lower case. The signal is the kernel's answer to it.
const OUT_OF_MEMORY: [&str; 13] = [
    "out of memory",
    "out of device memory",
    "cudamalloc failed",
    "hipmalloc failed",
    "failed to allocate",
    "allocation failed",
    "not enough memory",
    "insufficient memory",
    "vk_error_out_of_device_memory",
    "erroroutofmemory",
    "requires more system memory",
    "signal: killed",
    "unable to allocate",
];

/// Bytes of an error that is JSON in a text, at most.
const MOST_OF_AN_ERROR: usize = 64 << 10;

/// What is written when a prompt is longer than the context: by llama-server, by Ollama since 0.30, by Ollama before, by the MLX runner.
const CONTEXT_EXCEEDED: [&str; 6] = [
    "exceed_context_size_error",
    "exceeds the available context size",
    "longer than the context length",
    "exceeds the context length",
    "exceeds the model's maximum context length",
    "exceeds maximum context length",
];

/// What is written when the process that runs the model is gone or did not come up.
const RUNNER_STOPPED: [&str; 5] = [
    "has unexpectedly stopped",
    "process has terminated",
    "process no longer running",
    "timed out waiting for llama",
    "an error was encountered while running the model",
];

/// The error that a status other than 200 and its body mean. `model` is the one that was asked for, if any.
pub(super) fn from_status(status: u16, body: &[u8], model: Option<&str>) -> OllamaError {
    let text = String::from_utf8_lossy(body);
    let said = ErrorText::read(&text);
    let message = || {
        if said.message.is_empty() { "no explanation".to_owned() } else { clean_within(&said.message, MESSAGE_CHARS) }
    };
    match status {
        401 => return OllamaError::Unauthorised { message: message() },
        403 => return OllamaError::Forbidden { message: message() },
        // Before the texts: a proxy's 503 page may say anything.
        429 | 503 => return OllamaError::Busy { message: message() },
        _ => {}
    }
    if let Some(error) = said.kind() {
        return error;
    }
    if status == 404 && said.structured && said.message.contains("not found") {
        let name = model.map_or_else(|| quoted(&said.message).unwrap_or_default(), str::to_owned);
        return OllamaError::ModelMissing { model: clean_within(&name, MESSAGE_CHARS) };
    }
    // A page with a 5xx is a proxy that cannot reach Ollama: a matter of time, not of the address.
    if status < 500 && (looks_like_a_page(&text) || (status == 404 && !said.structured)) {
        return OllamaError::Protocol { what: "this is not Ollama's API".into(), excerpt: excerpt(body) };
    }
    OllamaError::Status { status, message: message() }
}

/// The error that a line of an answer means: the server had already said 200.
pub(super) fn from_line(error: &Value) -> OllamaError {
    let said = ErrorText::from_value(error);
    said.kind().unwrap_or_else(|| OllamaError::MidStream {
        message: clean_within(&said.message, MESSAGE_CHARS),
        partial: String::new(),
    })
}

/// A line or a document that is not what it should be.
pub(super) fn not_json(bytes: &[u8]) -> OllamaError {
    let beginning = bytes.trim_ascii_start();
    let what = if looks_like_a_page(&String::from_utf8_lossy(beginning.get(..1).unwrap_or_default())) {
        "the answer is a web page, not Ollama's"
    } else {
        "the answer is not JSON of Ollama's kind"
    };
    OllamaError::Protocol { what: what.into(), excerpt: excerpt(bytes) }
}

/// The beginning of an answer, to show.
pub(super) fn excerpt(bytes: &[u8]) -> String {
    clean_within(&String::from_utf8_lossy(bytes.get(..400).unwrap_or(bytes)), 80)
}

fn looks_like_a_page(text: &str) -> bool {
    text.trim_start().starts_with('<')
}

/// What an error body says, taken out of its wrappings.
struct ErrorText {
    message: String,
    /// Whether the body was JSON with an `error` in it.
    structured: bool,
    prompt_tokens: Option<u32>,
    num_ctx: Option<u32>,
    kind: String,
}

impl ErrorText {
    fn read(body: &str) -> Self {
        match serde_json::from_str::<Value>(body).ok().as_ref().and_then(|document| document.get("error")) {
            Some(error) => Self { structured: true, ..Self::from_value(error) },
            None => Self::plain(body),
        }
    }

    /// `error` is a text, or an object with a `message`, or a text that is itself JSON of the second kind (llama-server's, passed through).
    fn from_value(error: &Value) -> Self {
        match error {
            // Longer than any explanation: it is not taken apart.
            Value::String(text) if text.len() > MOST_OF_AN_ERROR => Self::plain(text),
            Value::String(text) if text.trim_start().starts_with('{') => match serde_json::from_str::<Value>(text) {
                Ok(inner) => Self::from_object(inner.get("error").unwrap_or(&inner), text),
                Err(_) => Self::plain(text),
            },
            Value::String(text) => Self::plain(text),
            other => Self::from_object(other, &other.to_string()),
        }
    }

    fn from_object(object: &Value, whole: &str) -> Self {
        let text = |key: &str| object.get(key).and_then(Value::as_str);
        let number = |key: &str| object.get(key).and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok());
        let mut said = Self::plain(text("message").or(object.as_str()).unwrap_or(whole));
        said.kind = text("type").unwrap_or_default().to_ascii_lowercase();
        said.prompt_tokens = number("n_prompt_tokens").or(said.prompt_tokens);
        said.num_ctx = number("n_ctx").or(said.num_ctx);
        said
    }

    /// The texts name tokens as `(3052 tokens)`: the prompt's first, the context's second.
    fn plain(message: &str) -> Self {
        let mut numbers = message
            .split('(')
            .skip(1)
            .filter_map(|part| part.split_once(" tokens)"))
            .filter_map(|(number, _)| number.trim().parse::<u32>().ok());
        Self {
            prompt_tokens: numbers.next(),
            num_ctx: numbers.next(),
            message: message.trim().to_owned(),
            structured: false,
            kind: String::new(),
        }
    }

    /// The kind of error that its text gives away, whatever the status.
    fn kind(&self) -> Option<OllamaError> {
        let lower = self.message.to_ascii_lowercase();
        let says = |texts: &[&str]| texts.iter().any(|text| lower.contains(text) || self.kind == *text);
        let message = || clean_within(&self.message, MESSAGE_CHARS);
        if says(&CONTEXT_EXCEEDED) {
            return Some(OllamaError::ContextExceeded { prompt_tokens: self.prompt_tokens, num_ctx: self.num_ctx });
        }
        if says(&OUT_OF_MEMORY) {
            return Some(OllamaError::OutOfMemory { message: message() });
        }
        if says(&RUNNER_STOPPED) {
            return Some(OllamaError::RunnerStopped { message: message() });
        }
        if lower.starts_with("option ") && lower.contains("must be of type") {
            return Some(OllamaError::WrongOption { message: message() });
        }
        if lower.contains("server busy") || lower.contains("server overloaded") {
            return Some(OllamaError::Busy { message: message() });
        }
        None
    }
}

/// The text between the first pair of quotes.
fn quoted(text: &str) -> Option<String> {
    text.split(['\'', '"']).nth(1).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ollama(status: u16, text: &str) -> OllamaError {
        from_status(status, serde_json::json!({ "error": text }).to_string().as_bytes(), None)
    }

    #[test]
    fn a_prompt_too_long_is_known_in_every_wording() {
        let both = OllamaError::ContextExceeded { prompt_tokens: Some(3052), num_ctx: Some(2048) };
        let none = OllamaError::ContextExceeded { prompt_tokens: None, num_ctx: None };
        let inner = r#"{"error":{"code":400,"message":"too long","type":"exceed_context_size_error","n_prompt_tokens":3052,"n_ctx":2048}}"#;
        assert_eq!(ollama(400, inner), both);
        let text = "request (3052 tokens) exceeds the available context size (2048 tokens), try increasing it";
        assert_eq!(ollama(400, text), both);
        // An object instead of a text, as proxies of the OpenAI kind write it; and in the middle of a stream.
        assert_eq!(from_status(400, format!(r#"{{"error":{{"message":"{text}"}}}}"#).as_bytes(), None), both);
        assert_eq!(from_line(&Value::from(text)), both);
        assert_eq!(ollama(400, "the input length exceeds the context length"), none);
        let shorten =
            "the prompt is longer than the context length currently available to the model; shorten the prompt";
        assert_eq!(ollama(400, shorten), none);
        let maximum = "input length (9000 tokens) exceeds the model's maximum context length (8192 tokens)";
        let expected = OllamaError::ContextExceeded { prompt_tokens: Some(9000), num_ctx: Some(8192) };
        assert_eq!(ollama(500, maximum), expected);
    }

    #[test]
    fn every_500_has_its_own_meaning() {
        let stopped =
            "model runner has unexpectedly stopped, this may be due to resource limitations or an internal error";
        assert!(matches!(ollama(500, stopped), OllamaError::RunnerStopped { .. }));
        let cuda = format!("{stopped}, check ollama server logs for details: CUDA error: out of memory");
        assert!(matches!(ollama(500, &cuda), OllamaError::OutOfMemory { .. }));
        let era_b = "model requires more system memory (9.1 GiB) than is available (7.7 GiB)";
        assert!(matches!(ollama(500, era_b), OllamaError::OutOfMemory { .. }));
        let killed = "llama-server process has terminated: signal: killed";
        assert!(matches!(ollama(500, killed), OllamaError::OutOfMemory { .. }));
        let exit = "llama-server process has terminated: exit status 1: quantized V cache requires flash_attn";
        assert!(matches!(ollama(500, exit), OllamaError::RunnerStopped { .. }));
        let option = ollama(500, "option \"num_ctx\" must be of type integer");
        assert!(matches!(option, OllamaError::WrongOption { .. }) && !option.may_retry());
        assert!(matches!(ollama(500, "something new"), OllamaError::Status { status: 500, .. }));
    }

    #[test]
    fn statuses_without_a_text_are_understood() {
        assert!(matches!(from_status(403, b"", None), OllamaError::Forbidden { .. }));
        assert!(matches!(from_status(401, br#"{"error":"unauthorized"}"#, None), OllamaError::Unauthorised { .. }));
        assert!(matches!(from_status(503, b"<html>Service Unavailable", None), OllamaError::Busy { .. }));
        assert!(matches!(from_status(404, b"404 page not found", None), OllamaError::Protocol { .. }));
        assert!(matches!(from_status(405, b"<html>", None), OllamaError::Protocol { .. }));
        let gateway = from_status(502, b"<html>Bad Gateway</html>", None);
        assert!(matches!(gateway, OllamaError::Status { status: 502, .. }) && gateway.may_retry());
        assert!(matches!(from_status(307, b"", None), OllamaError::Status { status: 307, .. }));
        let missing = from_status(404, br#"{"error":"model \"x\" not found, try pulling it first"}"#, None);
        assert_eq!(missing, OllamaError::ModelMissing { model: "x".to_owned() });
    }

    #[test]
    fn the_text_of_a_server_cannot_steer_the_terminal() {
        let error = ollama(500, &format!("\u{1b}[2Jboo\nerror: fake {}", "x".repeat(1000)));
        let shown = error.to_string();
        assert!(!shown.contains(char::is_control) && shown.contains("boo error: fake"), "{shown:?}");
        assert!(shown.chars().count() < MESSAGE_CHARS + 50);
    }
}
