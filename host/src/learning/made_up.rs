//! Requests that nobody made, for tests of what is learned from them: those of this library, and those of the program.

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{ExchangeEnd, ExchangeRecord};

/// A request for a text, so many seconds after a day in May 2026, that ended well.
pub fn request(seconds: f64, chars: f64, tokens: f64, at_once: usize) -> ExchangeRecord {
    let at = OffsetDateTime::from_unix_timestamp(1_780_000_000 + seconds as i64).unwrap().format(&Rfc3339).unwrap();
    ExchangeRecord {
        at,
        method: "POST".into(),
        endpoint: "/api/generate".into(),
        client: Some("ollama-python/0.5".into()),
        model: Some("m:latest".into()),
        at_once,
        text_bytes: chars as u64,
        text_chars: Some(chars as u64),
        status: Some(200),
        answer_tokens: Some(tokens as u64),
        end: ExchangeEnd::Complete,
        ..ExchangeRecord::default()
    }
}
