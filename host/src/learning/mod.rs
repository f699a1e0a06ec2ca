//! What can be learned from the proxy's records: how large requests are, how long answers, how many come at once, and whether that has changed
//! since the last study. Pure.
//!
//! `requests` says which records count and groups them, `beginnings` what they begin with in common, `drift` whether they are still those that a
//! study was tuned for, and `traffic` what all of them add up to.

mod beginnings;
pub mod drift;
mod requests;
pub mod traffic;

use std::collections::BTreeMap;

use thiserror::Error;

use crate::{
    model::{
        exchange::{ExchangeRecord, SentOptions},
        learned::{Habits, Learned},
        machine::same_model,
    },
    stats::weighted::{Weighed, quantity},
};
use requests::{Request, counted};

/// A request that is a week older than the last one counts half: long enough to know all days of a week, short enough to forget a job that is over.
pub const HALF_LIFE_DAYS: f64 = 7.0;

/// Fewer requests say nothing of a 90th percentile: of fifty, five lie above it.
pub const LEAST_REQUESTS: usize = 50;

/// Seconds of a day.
const DAY: f64 = 86_400.0;

/// Why nothing can be learned.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum LearningError {
    #[error("no request has gone through the proxy yet")]
    Nothing,
    #[error("{found} requests{} went through the proxy, and {LEAST_REQUESTS} are needed to tune for them", of_model(model.as_deref()))]
    TooFew {
        model: Option<String>,
        found: usize,
        /// Models that enough is known of, and of how many requests.
        others: Vec<(String, usize)>,
    },
}

fn of_model(model: Option<&str>) -> String {
    model.map(|model| format!(" for {model}")).unwrap_or_default()
}

impl LearningError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        let others = match self {
            Self::TooFew { others, .. } => others.first(),
            Self::Nothing => None,
        };
        match others {
            Some((model, requests)) => format!("{requests} are known of {model}: --model {model}"),
            None => {
                "let your clients go through it for a while: ralf-tune proxy --listen 127.0.0.1:11435; or tune for \
                     your files: leave --workload out"
                    .to_owned()
            }
        }
    }
}

/// The model that most requests of the records are for, the recent ones before all.
#[must_use]
pub fn most_used(records: &[ExchangeRecord]) -> Option<String> {
    let requests = counted(records, |_| true).requests;
    let last = requests.last()?.at;
    let mut models = BTreeMap::<&str, f64>::new();
    for request in &requests {
        *models.entry(request.model).or_default() += weight(last - request.at);
    }
    models.into_iter().max_by(|one, other| one.1.total_cmp(&other.1)).map(|(model, _)| model.to_owned())
}

/// What the records of a model say; all of those that came after `since` (seconds of Unix time), where that is named.
///
/// # Errors
/// When there are too few.
pub fn learn(records: &[ExchangeRecord], model: &str, since: Option<f64>) -> Result<Learned, LearningError> {
    if records.is_empty() {
        return Err(LearningError::Nothing);
    }
    let found = counted(records, |name| same_model(name, model));
    let requests: Vec<Request<'_>> =
        found.requests.into_iter().filter(|request| since.is_none_or(|since| request.at > since)).collect();
    let few =
        || LearningError::TooFew { model: Some(model.to_owned()), found: requests.len(), others: enough(records) };
    let (Some(first), Some(last)) = (requests.first(), requests.last()) else { return Err(few()) };
    if requests.len() < LEAST_REQUESTS {
        return Err(few());
    }
    let weighed = |request: &Request<'_>, value: f64| Weighed {
        value,
        weight: weight(last.at - request.at),
        group: request.sitting,
    };
    let of = |value: &dyn Fn(&Request<'_>) -> Option<f64>| {
        let values: Vec<Weighed> =
            requests.iter().filter_map(|request| Some(weighed(request, value(request)?))).collect();
        quantity(&values)
    };
    let mut days: Vec<&str> = requests.iter().map(|request| request.record.at.get(..10).unwrap_or_default()).collect();
    days.dedup();
    let mut sittings: Vec<usize> = requests.iter().map(|request| request.sitting).collect();
    sittings.dedup();
    Ok(Learned {
        model: last.model.to_owned(),
        requests: requests.len(),
        from: first.record.at.clone(),
        to: last.record.at.clone(),
        days: days.len(),
        sittings: sittings.len(),
        half_life_days: HALF_LIFE_DAYS,
        left_out: found.left_out,
        prompt_chars: of(&|request| Some(request.chars)).ok_or_else(few)?,
        answer_tokens: of(&|request| request.answer_tokens),
        at_once: of(&|request| Some(request.at_once)).ok_or_else(few)?,
        beginnings: beginnings::shared(&requests),
        habits: habits(&requests, |request| weight(last.at - request.at)),
        samples: None,
    })
}

/// How much a request counts that is so many seconds older than the last one.
fn weight(seconds: f64) -> f64 {
    (-seconds.max(0.0) / DAY / HALF_LIFE_DAYS).exp2()
}

/// Models that enough is known of, the most used first.
fn enough(records: &[ExchangeRecord]) -> Vec<(String, usize)> {
    let mut models = BTreeMap::<&str, usize>::new();
    let found = counted(records, |_| true);
    for request in &found.requests {
        *models.entry(request.model).or_default() += 1;
    }
    let mut models: Vec<(String, usize)> = models
        .into_iter()
        .filter(|(_, requests)| *requests >= LEAST_REQUESTS)
        .map(|(model, requests)| (model.to_owned(), requests))
        .collect();
    models.sort_by_key(|(_, requests)| std::cmp::Reverse(*requests));
    models
}

/// What more than half of the requests, by weight, ask for.
fn habits(requests: &[Request<'_>], weight: impl Fn(&Request<'_>) -> f64) -> Habits {
    let total: f64 = requests.iter().map(&weight).sum();
    let mostly = |asked: &dyn Fn(&SentOptions) -> Option<f64>| {
        let mut values = Vec::<(f64, f64)>::new();
        for request in requests {
            let Some(value) = asked(&request.record.options).filter(|value| *value >= 0.0) else { continue };
            // A client that draws its options would fill the memory, and has no habits.
            let has_room = values.len() < 1000;
            match values.iter_mut().find(|(known, _)| known.total_cmp(&value).is_eq()) {
                Some((_, sum)) => *sum += weight(request),
                None if has_room => values.push((value, weight(request))),
                None => {}
            }
        }
        values.into_iter().find(|(_, sum)| *sum > total / 2.0).map(|(value, _)| value)
    };
    #[expect(clippy::cast_precision_loss, reason = "options are far smaller than 2^52")]
    let number = |asked: fn(&SentOptions) -> Option<i64>| mostly(&|options| asked(options).map(|value| value as f64));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative, and it saturates")]
    let whole =
        |asked: fn(&SentOptions) -> Option<i64>| number(asked).filter(|value| *value > 0.0).map(|value| value as u32);
    Habits {
        num_ctx: whole(|options| options.num_ctx),
        num_predict: whole(|options| options.num_predict),
        num_thread: whole(|options| options.num_thread),
        num_batch: whole(|options| options.num_batch),
        temperature: mostly(&|options| options.temperature),
    }
}

#[cfg(test)]
mod tests;
