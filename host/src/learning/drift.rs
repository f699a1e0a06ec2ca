//! Whether requests are still those that a study was tuned for.

use super::{LEAST_REQUESTS, LearningError, learn, requests::seconds_of};
use crate::{
    model::{
        exchange::ExchangeRecord,
        learned::{Difference, Drift, Learned, Quantity},
        study::Study,
    },
    stats::weighted::{Weighed, difference, quantity},
};

/// How often all quantities together may differ by chance, at one look.
pub const FALSE_ALARMS: f64 = 0.01;

/// Sittings that requests must come from before they are held against others: of fewer, nobody knows how alike requests of one are.
pub const LEAST_SITTINGS: usize = 5;

/// What a study was tuned for, as far as it is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Meant {
    pub prompt_chars: Quantity,
    pub answer_tokens: Option<Quantity>,
    pub at_once: Option<Quantity>,
}

impl Meant {
    /// Of a study that was tuned for learned requests these; else its files with the prompt, and the answers that it got. `None` in records of releases that did not keep the sizes.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "files are far shorter than 2^52 characters")]
    pub fn of(study: &Study) -> Option<Self> {
        if let Some(learned) = &study.workload.learned {
            return Some(Self {
                prompt_chars: learned.prompt_chars.clone(),
                answer_tokens: learned.answer_tokens.clone(),
                at_once: Some(learned.at_once.clone()),
            });
        }
        let around = study.workload.around_chars?;
        let sizes: Vec<f64> = study.workload.batch_chars.iter().map(|chars| (chars + around) as f64).collect();
        Some(Self { prompt_chars: plain(&sizes)?, answer_tokens: plain(&answers(study)), at_once: None })
    }
}

/// Tokens of each answer that a study got to a piece of a file.
#[must_use]
pub fn answers(study: &Study) -> Vec<f64> {
    let all = study.trials.iter().flat_map(|trial| &trial.observations);
    all.filter(|one| one.file.is_some() && one.failure.is_none()).map(|one| f64::from(one.answer_tokens)).collect()
}

/// The distribution of values that are each drawn for themselves.
#[must_use]
pub fn plain(values: &[f64]) -> Option<Quantity> {
    let values: Vec<Weighed> =
        (0..).zip(values).map(|(group, value)| Weighed { value: *value, weight: 1.0, group }).collect();
    quantity(&values)
}

/// Holds the requests since `after` (RFC 3339) against what a study was tuned for.
#[must_use]
pub fn drift(records: &[ExchangeRecord], model: &str, meant: &Meant, after: &str) -> Drift {
    let unknown = |requests, sittings| Drift::Unknown {
        requests,
        sittings,
        least_requests: LEAST_REQUESTS,
        least_sittings: LEAST_SITTINGS,
    };
    let now = match learn(records, model, seconds_of(after)) {
        Ok(now) => now,
        Err(LearningError::TooFew { found, .. }) => return unknown(found, 0),
        Err(LearningError::Nothing) => return unknown(0, 0),
    };
    if now.sittings < LEAST_SITTINGS {
        return unknown(now.requests, now.sittings);
    }
    let differences = differences(meant, &now);
    if differences.is_empty() {
        Drift::Same { requests: now.requests }
    } else {
        Drift::Other { requests: now.requests, differences }
    }
}

/// The quantities whose difference matters. Each may err in a third of what all may (Bonferroni).
#[must_use]
pub fn differences(meant: &Meant, now: &Learned) -> Vec<(String, Difference)> {
    let level = FALSE_ALARMS / 3.0;
    let pairs = [
        ("characters of a prompt", Some(&meant.prompt_chars), Some(&now.prompt_chars)),
        ("tokens of an answer", meant.answer_tokens.as_ref(), now.answer_tokens.as_ref()),
        ("requests at once", meant.at_once.as_ref(), Some(&now.at_once)),
    ];
    pairs
        .into_iter()
        .filter_map(|(name, was, is)| Some((name.to_owned(), difference(was?, is?, level))))
        .filter(|(_, difference)| difference.matters)
        .collect()
}
