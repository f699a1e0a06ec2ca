//! What is read of requests and answers as they pass.

use std::hash::{BuildHasher as _, DefaultHasher, Hasher as _, RandomState};

use super::scan::{Listener, Scalar, Scanner};
use crate::model::{
    clean::clean_within,
    exchange::{BEGINNINGS, ExchangeRecord},
    observation::ServerTimings,
};

/// Longest name of a model in a record.
const MODEL_CHARS: usize = 100;

/// Names under which clients send text.
const TEXTS: [&str; 6] = ["prompt", "system", "content", "text", "suffix", "input"];

/// Bytes that a fingerprint grows by at a time, so that it does not depend on how a text is cut on its way.
const BLOCK: usize = 64;

/// What a request says.
#[derive(Debug)]
pub(super) struct RequestTap {
    scanner: Scanner,
    heard: RequestHeard,
}

#[derive(Debug)]
struct RequestHeard {
    record: ExchangeRecord,
    beginning: Beginning,
}

/// The beginning of a request's texts, of which fingerprints alone are kept.
#[derive(Debug)]
struct Beginning {
    hasher: DefaultHasher,
    block: [u8; BLOCK],
    bytes: usize,
    marks: Vec<u32>,
}

impl Beginning {
    fn read(&mut self, mut part: &[u8]) {
        while self.marks.len() < BEGINNINGS.len() && !part.is_empty() {
            let filled = self.bytes % BLOCK;
            let (taken, rest) = part.split_at(part.len().min(BLOCK - filled));
            if let Some(room) = self.block.get_mut(filled..filled + taken.len()) {
                room.copy_from_slice(taken);
            }
            self.bytes += taken.len();
            part = rest;
            if self.bytes.is_multiple_of(BLOCK) {
                self.hasher.write(&self.block);
                if BEGINNINGS.contains(&self.bytes) {
                    #[expect(clippy::cast_possible_truncation, reason = "half of it tells texts apart well enough")]
                    self.marks.push(self.hasher.finish() as u32);
                }
            }
        }
    }
}

impl RequestTap {
    /// Of a request whose beginning is marked with this key.
    pub fn new(key: &RandomState) -> Self {
        let beginning = Beginning { hasher: key.build_hasher(), block: [0; BLOCK], bytes: 0, marks: Vec::new() };
        let heard = RequestHeard { record: ExchangeRecord::default(), beginning };
        Self { scanner: Scanner::default(), heard }
    }

    /// The next part of it.
    pub fn read(&mut self, bytes: &[u8]) {
        self.heard.record.request_bytes += bytes.len() as u64;
        self.scanner.read(bytes, &mut self.heard);
    }

    /// Puts what was read into a record.
    pub fn fill(&self, record: &mut ExchangeRecord) {
        let ExchangeRecord { model, options, request_bytes, text_bytes, text_chars, .. } = &self.heard.record;
        record.model.clone_from(model);
        record.text_chars = *text_chars;
        record.beginnings.clone_from(&self.heard.beginning.marks);
        (record.options, record.request_bytes, record.text_bytes) = (*options, *request_bytes, *text_bytes);
    }
}

impl Listener for RequestHeard {
    fn value(&mut self, inside: &str, name: &str, value: Scalar<'_>) {
        let record = &mut self.record;
        match (inside, name, value) {
            ("", "model", Scalar::Text(text, _)) => record.model = Some(clean_within(text, MODEL_CHARS)),
            ("", "stream", Scalar::Other(text)) => record.options.stream = text.parse().ok(),
            ("", "truncate", Scalar::Other(text)) => record.options.truncate = text.parse().ok(),
            // The names that OpenAI's clients use.
            ("", "max_tokens" | "max_completion_tokens", Scalar::Other(text)) => {
                record.options.num_predict = whole(text);
            }
            ("", "temperature", Scalar::Other(text)) => record.options.temperature = text.parse().ok(),
            ("options", _, Scalar::Other(text)) => match name {
                "num_ctx" => record.options.num_ctx = whole(text),
                "num_predict" => record.options.num_predict = whole(text),
                "num_thread" => record.options.num_thread = whole(text),
                "num_batch" => record.options.num_batch = whole(text),
                "temperature" => record.options.temperature = text.parse().ok(),
                _ => {}
            },
            (_, name, Scalar::Text(_, length)) if TEXTS.contains(&name) => {
                record.text_bytes += length.bytes;
                record.text_chars = Some(record.text_chars.unwrap_or(0) + length.chars);
            }
            _ => {}
        }
    }

    fn text(&mut self, name: &str, part: &[u8]) {
        if TEXTS.contains(&name) {
            self.beginning.read(part);
        }
    }
}

/// What an answer says: its last words count.
#[derive(Debug, Default)]
pub(super) struct ResponseTap {
    scanner: Scanner,
    heard: ResponseHeard,
}

#[derive(Debug, Default)]
struct ResponseHeard {
    bytes: u64,
    prompt_tokens: Option<u64>,
    answer_tokens: Option<u64>,
    total_ms: Option<f64>,
    load_ms: f64,
    prefill_ms: f64,
    decode_ms: f64,
    cut: bool,
    error: bool,
}

impl ResponseTap {
    /// The next part of it.
    pub fn read(&mut self, bytes: &[u8]) {
        self.heard.bytes += bytes.len() as u64;
        self.scanner.read(bytes, &mut self.heard);
    }

    /// Puts what was read into a record.
    pub fn fill(&self, record: &mut ExchangeRecord) {
        let heard = &self.heard;
        record.response_bytes = heard.bytes;
        (record.prompt_tokens, record.answer_tokens) = (heard.prompt_tokens, heard.answer_tokens);
        (record.cut, record.error) = (heard.cut, heard.error);
        record.server = heard.total_ms.map(|total_ms| ServerTimings {
            total_ms,
            load_ms: heard.load_ms,
            prefill_ms: heard.prefill_ms,
            decode_ms: heard.decode_ms,
        });
    }
}

impl Listener for ResponseHeard {
    fn value(&mut self, inside: &str, name: &str, value: Scalar<'_>) {
        match (inside, name, value) {
            ("", "prompt_eval_count", Scalar::Other(text)) | ("usage", "prompt_tokens", Scalar::Other(text)) => {
                self.prompt_tokens = text.parse().ok();
            }
            ("", "eval_count", Scalar::Other(text)) | ("usage", "completion_tokens", Scalar::Other(text)) => {
                self.answer_tokens = text.parse().ok();
            }
            ("", "total_duration", Scalar::Other(text)) => self.total_ms = milliseconds(text),
            ("", "load_duration", Scalar::Other(text)) => self.load_ms = milliseconds(text).unwrap_or(0.0),
            ("", "prompt_eval_duration", Scalar::Other(text)) => self.prefill_ms = milliseconds(text).unwrap_or(0.0),
            ("", "eval_duration", Scalar::Other(text)) => self.decode_ms = milliseconds(text).unwrap_or(0.0),
            ("", "done_reason", Scalar::Text(text, _)) | ("…", "finish_reason", Scalar::Text(text, _)) => {
                self.cut = text == "length";
            }
            ("", "error", Scalar::Text(..)) | ("error", "message", _) => self.error = true,
            _ => {}
        }
    }
}

fn whole(text: &str) -> Option<i64> {
    text.parse().ok()
}

/// The server counts in nanoseconds.
fn milliseconds(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().map(|nanoseconds| nanoseconds / 1e6)
}
