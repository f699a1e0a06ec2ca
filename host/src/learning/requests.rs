//! Which records are requests that a study could be tuned for.

use std::collections::BTreeMap;

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::model::exchange::{ExchangeEnd, ExchangeRecord};

/// A pause that ends a stretch of use, and how long one lasts at most, in seconds: requests of one job are alike, and a job of a night is no single one.
const PAUSE: f64 = 1800.0;
const LONGEST: f64 = 3600.0;

/// What this program calls itself: its own studies are no use of the server.
const OWN: &str = "ralf-tune/";

/// A record that counts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Request<'a> {
    pub record: &'a ExchangeRecord,
    pub model: &'a str,
    /// Seconds of Unix time.
    pub at: f64,
    /// The stretch of use that it belongs to.
    pub sitting: usize,
    /// Characters of its texts.
    pub chars: f64,
    pub answer_tokens: Option<f64>,
    pub at_once: f64,
}

/// The records that count, by time, and why others do not.
#[derive(Debug, Default)]
pub(super) struct Counted<'a> {
    pub requests: Vec<Request<'a>>,
    pub left_out: Vec<(String, usize)>,
}

/// Sorts the records of models that `is_meant`.
pub(super) fn counted(records: &[ExchangeRecord], is_meant: impl Fn(&str) -> bool) -> Counted<'_> {
    let mut left_out = BTreeMap::<&str, usize>::new();
    let mut requests = Vec::new();
    for record in records {
        let Some(model) = record.model.as_deref().filter(|model| is_meant(model)) else { continue };
        match request(record, model) {
            Ok(request) => requests.push(request),
            Err(why) => *left_out.entry(why).or_default() += 1,
        }
    }
    requests.sort_by(|one: &Request<'_>, other| one.at.total_cmp(&other.at));
    let (mut began, mut before, mut sitting) = (f64::NEG_INFINITY, f64::NEG_INFINITY, 0);
    for request in &mut requests {
        if request.at - before > PAUSE || request.at - began > LONGEST {
            began = request.at;
            sitting += 1;
        }
        before = request.at;
        request.sitting = sitting;
    }
    let left_out = left_out.into_iter().map(|(why, requests)| (why.to_owned(), requests)).collect();
    Counted { requests, left_out }
}

#[expect(clippy::cast_precision_loss, reason = "requests are far shorter than 2^52 characters")]
fn request<'a>(record: &'a ExchangeRecord, model: &'a str) -> Result<Request<'a>, &'static str> {
    if !record.makes_text() {
        return Err("no text is made");
    }
    if record.text_bytes == 0 {
        return Err("the model is only loaded");
    }
    if record.client.as_deref().is_some_and(|client| client.starts_with(OWN)) {
        return Err("of ralf-tune itself");
    }
    // Whoever left had asked all the same; what failed may be asked again.
    let is_served = record.status.is_none_or(|status| status < 400) && !record.error;
    if !is_served || !matches!(record.end, ExchangeEnd::Complete | ExchangeEnd::ClientLeft) {
        return Err("failed");
    }
    let at = seconds_of(&record.at).ok_or("without a time")?;
    let whole = record.end == ExchangeEnd::Complete;
    Ok(Request {
        record,
        model,
        at,
        sitting: 0,
        chars: record.text_chars.unwrap_or(record.text_bytes) as f64,
        answer_tokens: record.answer_tokens.filter(|_| whole).map(|tokens| tokens as f64),
        at_once: record.at_once.max(1) as f64,
    })
}

/// Seconds of Unix time; `None` where it is none of RFC 3339.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "seconds of a few decades")]
pub(super) fn seconds_of(at: &str) -> Option<f64> {
    OffsetDateTime::parse(at, &Rfc3339).ok().map(|at| at.unix_timestamp() as f64)
}
