//! What all records add up to, by client, model and day.

use std::collections::BTreeMap;

use crate::{
    model::exchange::{
        ExchangeEnd, ExchangeRecord, Spread, StudyTraffic, TRAFFIC_SCHEMA_VERSION, Traffic, TrafficGroup,
    },
    stats::summary::{quantile, sorted},
};

/// Clients and models that are told apart; those behind them are the others.
const MOST_GROUPS: usize = 20;

/// Days that are shown, the last ones.
const MOST_DAYS: usize = 31;

/// Adds records up; those that make text, for what they say of clients.
#[must_use]
pub fn traffic(
    records: &[ExchangeRecord],
    unreadable: usize,
    advice: Vec<String>,
    studies: Vec<StudyTraffic>,
    tool_version: &str,
) -> Traffic {
    let texts: Vec<&ExchangeRecord> =
        records.iter().filter(|record| record.makes_text() && record.text_bytes > 0).collect();
    let times = || records.iter().map(|record| record.at.as_str()).filter(|at| !at.is_empty());
    let by = |name: fn(&ExchangeRecord) -> Option<&str>| {
        let mut groups = BTreeMap::<&str, Vec<&ExchangeRecord>>::new();
        for record in &texts {
            groups.entry(name(record).unwrap_or("unnamed")).or_default().push(record);
        }
        groups.into_iter().map(|(name, records)| group(name, &records)).collect::<Vec<_>>()
    };
    let mut days = by(|record| record.at.get(..10));
    days.drain(..days.len().saturating_sub(MOST_DAYS));
    let busiest = |mut groups: Vec<TrafficGroup>| {
        groups.sort_by_key(|group| std::cmp::Reverse(group.requests));
        groups.truncate(MOST_GROUPS);
        groups
    };
    let mut failures = BTreeMap::<String, usize>::new();
    for why in texts.iter().filter_map(|record| failure(record)) {
        *failures.entry(why).or_default() += 1;
    }
    Traffic {
        schema_version: TRAFFIC_SCHEMA_VERSION,
        tool_version: tool_version.to_owned(),
        requests: records.len(),
        unreadable,
        from: times().min().map(str::to_owned),
        to: times().max().map(str::to_owned),
        all: group("all", &texts),
        clients: busiest(by(|record| record.client.as_deref())),
        models: busiest(by(|record| record.model.as_deref())),
        days,
        failures: failures.into_iter().collect(),
        advice,
        studies,
    }
}

/// Why a request failed; `None` where it did not, or its client left.
fn failure(record: &ExchangeRecord) -> Option<String> {
    match record.end {
        ExchangeEnd::Unreachable => Some("the server could not be reached".to_owned()),
        ExchangeEnd::Broken => Some("the connection to the server broke".to_owned()),
        ExchangeEnd::Refused => Some("not passed on by the proxy".to_owned()),
        ExchangeEnd::Complete | ExchangeEnd::ClientLeft => match record.status {
            Some(status) if status >= 400 => Some(format!("status {status}")),
            _ if record.error => Some("an error in the middle of the answer".to_owned()),
            _ => None,
        },
    }
}

#[expect(clippy::cast_precision_loss, reason = "requests are far shorter than 2^52 characters")]
fn group(name: &str, records: &[&ExchangeRecord]) -> TrafficGroup {
    let of = |value: &dyn Fn(&ExchangeRecord) -> Option<f64>| {
        let values: Vec<f64> = records.iter().filter_map(|record| value(record)).collect();
        let values = sorted(&values);
        let greatest = *values.last()?;
        Some(Spread { median: quantile(&values, 0.5), ninetieth: quantile(&values, 0.9), greatest })
    };
    let failed = |record: &ExchangeRecord| failure(record).is_some();
    let well = |record: &ExchangeRecord| record.end == ExchangeEnd::Complete && !failed(record);
    TrafficGroup {
        name: name.to_owned(),
        requests: records.len(),
        prompt_chars: of(&|record| Some(record.text_chars.unwrap_or(record.text_bytes) as f64)),
        answer_tokens: of(&|record| record.answer_tokens.map(|tokens| tokens as f64)),
        at_once: of(&|record| Some(record.at_once as f64)),
        total_ms: of(&|record| well(record).then_some(record.total_ms)),
        queue_wait_ms: of(&|record| record.server.filter(|_| well(record)).map(|server| server.queue_wait_ms())),
        cut_answers: records.iter().filter(|record| record.cut).count(),
        failed: records.iter().filter(|record| failed(record)).count(),
        left: records.iter().filter(|record| record.end == ExchangeEnd::ClientLeft && !failed(record)).count(),
    }
}
