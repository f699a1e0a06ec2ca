//! What the proxy's records say of the requests that clients really make: distributions, and no texts.

use serde::{Deserialize, Serialize};

/// Values that a [`Quantity`] is said by: its minimum, its maximum, and as many between them as make steps of half a percent.
pub const QUANTILES: usize = 201;

/// What was learned from the requests of one model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Learned {
    /// Whose requests these are.
    pub model: String,
    /// Requests that count.
    pub requests: usize,
    /// When the first of them came, RFC 3339.
    pub from: String,
    /// When the last of them came.
    pub to: String,
    /// Days on which there were any.
    pub days: usize,
    /// Stretches of use: a pause of half an hour ends one, and so does an hour.
    pub sittings: usize,
    /// A request that is so many days older than the last one counts half.
    pub half_life_days: f64,
    /// Requests of this model that do not count, by reason.
    pub left_out: Vec<(String, usize)>,
    /// Of the texts of a request, whatever stands around the source included.
    pub prompt_chars: Quantity,
    /// `None` where no answer said how long it is.
    pub answer_tokens: Option<Quantity>,
    /// Requests under way when one came, itself included.
    pub at_once: Quantity,
    /// `None` in records of releases that did not look.
    pub beginnings: Option<SharedBeginnings>,
    /// Options that clients mostly send.
    pub habits: Habits,
    /// Characters of a request of the samples that were there, prompt included: what the learned sizes are held against.
    pub samples: Option<Quantity>,
}

/// The distribution of one quantity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Quantity {
    /// Values that it is known from.
    pub values: usize,
    /// As many independent ones would say as much: weights and sittings taken into account.
    pub effective: f64,
    /// Groups of values that may be alike.
    pub groups: usize,
    /// Their weighted mean.
    pub mean: f64,
    /// [`QUANTILES`] of them, evenly spaced, from the least value to the greatest.
    pub quantiles: Vec<f64>,
}

impl Quantity {
    /// The value that a share (0 to 1) of all lie at or below.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index"
    )]
    pub fn at(&self, share: f64) -> f64 {
        let last = self.quantiles.len().saturating_sub(1);
        let index = (share.clamp(0.0, 1.0) * last as f64).round() as usize;
        self.quantiles.get(index).copied().unwrap_or(0.0)
    }

    /// Half of all lie at or below.
    #[must_use]
    pub fn median(&self) -> f64 {
        self.at(0.5)
    }

    /// Nine of ten lie at or below.
    #[must_use]
    pub fn ninetieth(&self) -> f64 {
        self.at(0.9)
    }
}

/// Requests that began as one shortly before: what a server may answer from its cache.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct SharedBeginnings {
    /// Requests that this is known of.
    pub requests: usize,
    /// Share of them that began as an earlier one.
    pub share: f64,
    /// Share of all bytes of text that stood in such beginnings, at least: they are known in steps.
    pub bytes_share: f64,
}

/// What clients mostly ask for; `None` where most leave it to the server.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Habits {
    /// Tokens of context.
    pub num_ctx: Option<u32>,
    /// Most tokens of an answer.
    pub num_predict: Option<u32>,
    /// Threads.
    pub num_thread: Option<u32>,
    /// Tokens of a prefill batch.
    pub num_batch: Option<u32>,
    /// Temperature.
    pub temperature: Option<f64>,
}

/// How two distributions of one quantity differ.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Difference {
    /// Median and 90th percentile of what it was.
    pub was: (f64, f64),
    /// The same of what it is.
    pub is: (f64, f64),
    /// Greatest difference of the two distributions, 0 to 1 (Kolmogorov and Smirnov).
    pub distance: f64,
    /// How probable a distance as great is when both are the same.
    pub p_value: f64,
    /// It is no chance, and large enough to ask for other settings.
    pub matters: bool,
}

/// What the requests since a study say of it.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum Drift {
    /// Too few to tell.
    Unknown {
        /// Requests since.
        requests: usize,
        /// Sittings since.
        sittings: usize,
        /// Requests that are needed.
        least_requests: usize,
        /// Sittings that are needed.
        least_sittings: usize,
    },
    /// They are like those that the study was for.
    Same {
        /// Requests since.
        requests: usize,
    },
    /// Those quantities that differ by more than chance, and by enough to matter.
    Other {
        /// Requests since.
        requests: usize,
        /// By the name of the quantity.
        differences: Vec<(String, Difference)>,
    },
}

impl Drift {
    /// What to say of it in one sentence, behind the name of the study.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            Self::Unknown { requests, sittings, least_requests, least_sittings } => format!(
                "{requests} requests in {sittings} sittings went through the proxy since: too few to tell whether they are still those that it was tuned for ({least_requests} in {least_sittings} are needed)"
            ),
            Self::Same { requests } => {
                format!("the {requests} requests through the proxy since are like those that it was tuned for")
            }
            Self::Other { requests, differences } => {
                let parts: Vec<String> = differences
                    .iter()
                    .map(|(name, difference)| {
                        let ((median, ninetieth), (is_median, is_ninetieth)) = (difference.was, difference.is);
                        format!("{name}: {is_median:.0} at the median and {is_ninetieth:.0} at 90 %, then {median:.0} and {ninetieth:.0}")
                    })
                    .collect();
                format!(
                    "the {requests} requests through the proxy since are others than those that it was tuned for: {}",
                    parts.join("; ")
                )
            }
        }
    }
}
