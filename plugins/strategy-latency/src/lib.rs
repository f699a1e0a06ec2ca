//! Strategy `latency`: when to give up on a request, how often to try, how long to wait in between?
//!
//! The rules are those of the user's design document. Where its greatest timeout would kill requests that are merely
//! slow, the timeout goes beyond it and says so.

#![cfg_attr(test, expect(clippy::float_cmp, reason = "exact values, and a test may fail"))]

mod evidence;
mod plan;
mod rules;

use ralf_tune_sdk::strategy::prelude::*;

/// See the crate.
pub struct Latency;

impl Strategy for Latency {
    fn manifest() -> Manifest {
        Manifest::new("latency", "0.1.0", "Timeout, tries and waiting times from measured latencies and failures")
            .decides(&["request_timeout_seconds", "retry_attempts", "initial_backoff_seconds", "backoff_multiplier"])
            .needs(&["max_concurrent_requests", "chunk_size"])
            .intensities(&["quick", "normal", "full"])
            .parameter(Parameter::integer("requests", 10, "requests that the rules want").bounds(1.0, 200.0))
            .parameter(
                Parameter::number("factor", 3.0, "timeout as a multiple of the 99th percentile").bounds(1.0, 20.0),
            )
            .parameter(Parameter::number("min_timeout", 60.0, "least timeout in seconds").bounds(1.0, 3600.0))
            .parameter(
                Parameter::number(
                    "usual_timeout",
                    300.0,
                    "greatest timeout in seconds while no good request needs more",
                )
                .bounds(1.0, 3600.0),
            )
            .parameter(
                Parameter::number(
                    "max_timeout",
                    3600.0,
                    "greatest timeout in seconds in any case; 300 is the document's rule to the letter",
                )
                .bounds(1.0, 3600.0),
            )
            .parameter(
                Parameter::number("backoff_share", 0.1, "first wait as a share of the mean latency").bounds(0.0, 2.0),
            )
            .parameter(Parameter::number("multiplier", 2.0, "growth of the wait from try to try").bounds(1.0, 10.0))
    }

    fn ask(study: &Study, arguments: &Arguments) -> Result<Answer, String> {
        Ok(plan::next(study, arguments))
    }

    fn conclude(study: &Study, arguments: &Arguments) -> Result<Decision, String> {
        Ok(plan::decide(study, arguments))
    }
}

ralf_tune_sdk::export!(strategy: Latency);

#[cfg(test)]
mod tests;
