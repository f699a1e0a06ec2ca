//! Selector `threshold`: the fixed rules of the design that this program grew from, to the letter.
//!
//! The context is chosen among those measured by success, memory and latency; with that context the candidate with the
//! most notes a minute wins; timeout, retries, backoff and batch size follow from latency, errors and memory. It looks at
//! nothing else, quality included: somebody who wants exactly those rules gets them. Only candidates with a violation (a prompt that
//! the server cut, for example) are left alone.
//!
//! What the rules leave undefined (chunk size, content length, temperature, delay between batches) stays as the winner has it. Unknown memory
//! (a remote server) passes: the rules know no such case.

mod measured;
mod rules;

use measured::{Measured, measured};
use ralf_tune_sdk::selector::prelude::*;
use rules::{ContextRule, Latency};

/// The plugin.
pub struct Threshold;

const BYTES_PER_GB: f64 = 1_073_741_824.0;

impl Selector for Threshold {
    fn manifest() -> Manifest {
        let rule = ContextRule::default();
        Manifest::new("threshold", "0.1.0", "Fixed rules: largest context within 20 % of latency, then best throughput")
            .parameter(
                Parameter::number("least_success", rule.least_success, "share of requests that must end well")
                    .bounds(0.0, 1.0),
            )
            .parameter(
                Parameter::number(
                    "memory_share",
                    rule.memory_share,
                    "share of available memory that a context may use",
                )
                .bounds(0.01, 1.0),
            )
            .parameter(
                Parameter::number(
                    "latency_tolerance",
                    rule.latency_tolerance,
                    "how much slower than the smallest context",
                )
                .bounds(0.0, 10.0),
            )
            .parameter(
                Parameter::integer("fallback_context", 8192, "context when no measured one is good").bounds(256.0, 1e7),
            )
    }

    fn select(input: &SelectionInput, arguments: &Arguments) -> Result<Selection, String> {
        let mut eligible: Vec<&Candidate> =
            input.candidates.iter().filter(|candidate| candidate.violations.is_empty()).collect();
        eligible.sort_by_key(|candidate| candidate.id);
        if eligible.is_empty() {
            return Err(format!("no candidate may be chosen: all {} have a violation", input.candidates.len()));
        }
        let measured = measured(input, &eligible);
        let rule = ContextRule {
            least_success: arguments.number("least_success"),
            memory_share: arguments.number("memory_share"),
            latency_tolerance: arguments.number("latency_tolerance"),
            fallback: arguments.number("fallback_context"),
        };
        let available = bytes(input.machine.available_memory_bytes);
        let (context, why) = rule.choose(&measured, available);
        let ranking = ranked(eligible, context);
        let winner = ranking.first().ok_or("no candidate may be chosen: there is none")?;
        let here = winner.settings.value("num_ctx");
        let latency =
            measured.iter().find(|test| same(test.context, here)).map_or_else(Latency::default, Measured::latency);

        let mut reasons = vec![format!("context {context:.0}: {why}")];
        if !same(here, context) {
            reasons.push(format!("no candidate has that context; the nearest that was measured well has {here:.0}"));
        }
        let batch_size =
            rules::batch_size(winner.settings.value("max_concurrent_requests") > 1.0, available / BYTES_PER_GB);
        let timeout = latency.timeout_seconds();
        let settings = vec![
            setting("request_timeout_seconds", timeout),
            setting("retry_attempts", latency.retries()),
            setting("initial_backoff_seconds", latency.backoff_seconds()),
            setting("backoff_multiplier", rules::BACKOFF_MULTIPLIER),
            setting("batch_size", batch_size),
        ];
        reasons.push(match pace(winner) {
            Some(pace) => format!("candidate {} has the best throughput with it: {pace:.2} notes a minute", winner.id),
            None => format!("candidate {} is the first with it: throughput was not measured", winner.id),
        });
        reasons.push(latency.explain());
        reasons
            .push(format!("batch size {batch_size:.0}: 50 when parallel, else 10, times available GB / 8, at most 2"));
        reasons.push(format!(
            "a summary of a chunk: {:.0} characters",
            (winner.settings.value("chunk_size") / 25.0).floor()
        ));
        let confidence = latency.confidence(here);
        reasons.push(format!("document_confidence: {confidence:.1} (a heuristic of the rules, not a probability)"));
        Ok(Selection {
            winner: winner.id,
            runners_up: ranking.iter().skip(1).map(|candidate| candidate.id).collect(),
            reasons,
            settings,
        })
    }
}

/// Those with the context first, then those with the nearest below it, then above; with each, the fastest first. Of equals, the
/// one with less at a time, then the one with the lower number.
fn ranked(mut candidates: Vec<&Candidate>, context: f64) -> Vec<&Candidate> {
    let distance = |candidate: &Candidate| {
        let here = finite(candidate.settings.value("num_ctx"));
        // Above counts as further than any below: more context is more memory.
        if here > context { here * 1e9 } else { context - here }
    };
    candidates.sort_by(|left, right| {
        let parallel = |candidate: &Candidate| finite(candidate.settings.value("max_concurrent_requests"));
        distance(left)
            .total_cmp(&distance(right))
            .then_with(|| pace(right).unwrap_or(0.0).total_cmp(&pace(left).unwrap_or(0.0)))
            .then_with(|| parallel(left).total_cmp(&parallel(right)))
            .then_with(|| left.id.cmp(&right.id))
    });
    candidates
}

fn pace(candidate: &Candidate) -> Option<f64> {
    candidate.notes_per_minute.map(|estimate| estimate.value).filter(|value| value.is_finite() && *value > 0.0)
}

fn same(left: f64, right: f64) -> bool {
    (left - right).abs() < 0.5
}

/// A number for arithmetic: what is not finite counts as 0.
fn finite(value: f64) -> f64 {
    if value.is_finite() { value } else { 0.0 }
}

#[expect(clippy::cast_precision_loss, reason = "bytes of memory are below 2^53")]
fn bytes(value: u64) -> f64 {
    value as f64
}

ralf_tune_sdk::export!(selector: Threshold);

#[cfg(test)]
mod tests;
