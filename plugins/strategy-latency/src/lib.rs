//! Strategy `latency`: when to give up on a request, how often to try, how long to wait in between?
//!
//! The policy with which the whole batch ends soonest, among those that lose hardly a file, by what was measured of latencies and
//! faults and by what so few measurements leave open. The formulas are in the crate `batch-outlook`, which the host prints the
//! outlook with; the limits of the user's design document are the defaults of the parameters.

#![cfg_attr(test, expect(clippy::float_cmp, reason = "exact values, and a test may fail"))]

mod evidence;
mod plan;

use ralf_tune_sdk::strategy::prelude::*;

/// See the crate.
pub struct Latency;

impl Strategy for Latency {
    fn manifest() -> Manifest {
        Manifest::new(
            "latency",
            "0.1.0",
            "Timeout, tries and waits with which the batch ends soonest and loses no file",
        )
        .decides(&["request_timeout_seconds", "retry_attempts", "initial_backoff_seconds", "backoff_multiplier"])
        .needs(&["max_concurrent_requests", "chunk_size"])
        .intensities(&["quick", "normal", "full"])
        .parameter(Parameter::integer("requests", 10, "requests that are wanted").bounds(1.0, 200.0))
        .parameter(Parameter::number("lost_share", 0.005, "greatest expected share of lost files").bounds(0.0, 0.02))
        .parameter(Parameter::number("risk", 0.05, "greatest probability that the batch loses a file").bounds(0.0, 1.0))
        .parameter(Parameter::integer("least_tries", 2, "fewest tries of a request").bounds(1.0, 20.0))
        .parameter(Parameter::integer("most_tries", 7, "most tries of a request").bounds(1.0, 20.0))
        .parameter(Parameter::number("min_timeout", 60.0, "least timeout in seconds").bounds(1.0, 3600.0))
        .parameter(
            Parameter::number("usual_timeout", 300.0, "greatest timeout in seconds while good requests need far less")
                .bounds(1.0, 3600.0),
        )
        .parameter(
            Parameter::number(
                "max_timeout",
                3600.0,
                "greatest timeout in seconds in any case; 300 is the rule of the design document",
            )
            .bounds(1.0, 3600.0),
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
