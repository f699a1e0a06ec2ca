//! The noise floor: how well this machine repeats itself, and what it can therefore tell apart. Pure.

use super::residuals::{Request, residuals};
use crate::{
    model::noise::NoiseFloor,
    stats::noise::{Spread, pooled_spread, resolvable_difference},
};

/// Share of the time for the comparison that is planned with: files differ.
const PLANNED_SHARE: f64 = 0.9;

/// Fewest requests, one at a time, that are enough to leave those out that shared the server.
const ENOUGH_ALONE: usize = 6;

/// How well requests repeat themselves: the deviation of the logarithm of their time. `None` before anything was repeated.
#[must_use]
pub fn spread(requests: &[Request]) -> Option<Spread> {
    // Requests that share the server also share its time, by chance and unevenly.
    let alone = residuals(requests.iter().filter(|request| request.alone));
    let all;
    let chosen = if alone.points.len() >= ENOUGH_ALONE {
        &alone
    } else {
        all = residuals(requests);
        &all
    };
    pooled_spread(&chosen.groups(), chosen.fitted)
}

/// The same with what requests lose to each other where they share the server: what notes differ by that are made beside each other.
#[must_use]
pub fn shared_spread(requests: &[Request]) -> Option<Spread> {
    let all = residuals(requests);
    pooled_spread(&all.groups(), all.fitted)
}

/// The noise floor, and what it means for a comparison of so many seconds in which a note costs so many with each settings.
#[must_use]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few pairs; `as` saturates")]
pub fn floor(requests: &[Request], comparison_seconds: f64, pair_seconds: Option<f64>) -> Option<NoiseFloor> {
    let spread = spread(requests)?;
    let pair_seconds = pair_seconds.filter(|seconds| seconds.is_finite() && *seconds > 0.0);
    let pairs = pair_seconds.map_or(0, |seconds| (PLANNED_SHARE * comparison_seconds / seconds) as usize);
    Some(NoiseFloor {
        sigma: spread.sigma,
        sigma_low: spread.low,
        sigma_high: spread.high,
        requests: spread.count,
        comparison_seconds,
        pair_seconds,
        pairs,
        resolvable_share: resolvable_difference(spread.sigma, pairs),
    })
}
