//! Strategy `throughput`: how many requests at once, with which pauses, in which batches?
//!
//! Requests beyond the server's slots only wait in a queue, so the slots are found first, with a handful of short
//! requests; a pause cannot make a closed loop faster, so one is only tried when requests failed without it.

#![cfg_attr(test, expect(clippy::float_cmp, reason = "exact values, and a test may fail"))]

mod levels;
mod plan;
mod rules;

use ralf_tune_sdk::strategy::prelude::*;

/// See the crate.
pub struct Throughput;

impl Strategy for Throughput {
    fn manifest() -> Manifest {
        Manifest::new("throughput", "0.1.0", "How many requests at once, with which pauses and batches")
            .decides(&["max_concurrent_requests", "request_delay_seconds", "batch_size", "batch_delay_seconds"])
            .needs(&["num_ctx", "num_thread"])
            .intensities(&["quick", "normal", "full"])
            .parameter(Parameter::numbers(
                "levels",
                &[2.0, 4.0, 8.0],
                "numbers of requests at once to compare with one; those above the server's slots are left out",
            ))
            .parameter(
                Parameter::text(
                    "rule",
                    "slots",
                    "slots: levels up to the slots that were measured. document: all levels (the last at most the threads) where there are 4 threads",
                )
                .choices(&["slots", "document"]),
            )
            .parameter(
                Parameter::numbers("delays", &[0.0, 0.5, 1.0, 2.0], "pauses to compare when requests fail without one, in seconds"),
            )
            .parameter(Parameter::number("tie", 0.04, "gain that is no difference, as a share").bounds(0.0, 0.5))
            .parameter(
                Parameter::integer("waves", 2, "requests one after the other at each level").bounds(1.0, 4.0),
            )
            .parameter(Parameter::integer("slot_requests", 8, "short requests at once that show the slots").bounds(2.0, 16.0))
    }

    fn ask(study: &Study, arguments: &Arguments) -> Result<Answer, String> {
        Ok(plan::next(study, arguments))
    }

    fn conclude(study: &Study, arguments: &Arguments) -> Result<Decision, String> {
        Ok(plan::decide(study, arguments))
    }
}

ralf_tune_sdk::export!(strategy: Throughput);

#[cfg(test)]
mod tests;
