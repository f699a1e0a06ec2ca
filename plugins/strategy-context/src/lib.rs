//! Strategy `context`: how many tokens of context does this batch need, and does this machine hold them?
//!
//! A larger context costs memory and not speed, until the model spills out of the GPU's memory: so the smallest
//! size that holds the largest file whole is the target, and what is measured is whether it lies before that cliff.

#![cfg_attr(test, expect(clippy::float_cmp, reason = "exact values, and a test may fail"))]

mod document;
mod evidence;
mod plan;
mod sizes;

use ralf_tune_sdk::strategy::prelude::*;

/// See the crate.
pub struct Context;

impl Strategy for Context {
    fn manifest() -> Manifest {
        Manifest::new("context", "0.1.0", "The smallest context that holds the files, before the memory cliff")
            .decides(&["num_ctx"])
            .intensities(&["quick", "normal", "full"])
            .parameter(Parameter::numbers(
                "sizes",
                &[2048.0, 4096.0, 8192.0, 16_384.0, 32_768.0],
                "context sizes to choose from, in tokens",
            ))
            .parameter(
                Parameter::text("rule", "sufficient", "sufficient: the smallest size that holds the largest file. document: the largest size within `slower` of the smallest. read: the least that holds what is read at present, where the present one holds more")
                    .choices(&["sufficient", "document", "read"]),
            )
            .parameter(
                Parameter::number("memory_limit", 1.0, "sizes estimated over this share of the memory are not tried")
                    .bounds(0.1, 2.0),
            )
            .parameter(
                Parameter::number("memory_share", 0.8, "rule document: sizes estimated over this share of the memory are skipped")
                    .bounds(0.1, 1.5),
            )
            .parameter(
                Parameter::number("memory_budget", 0.5, "rule document: share of the memory that the context may take")
                    .bounds(0.01, 1.5),
            )
            .parameter(
                Parameter::number("slower", 0.2, "loss of speed that counts as the cliff, as a share").bounds(0.01, 0.9),
            )
            .parameter(Parameter::integer("requests", 3, "requests of each probe").bounds(1.0, 20.0))
    }

    fn ask(study: &Study, arguments: &Arguments) -> Result<Answer, String> {
        Ok(plan::next(study, arguments))
    }

    fn conclude(study: &Study, arguments: &Arguments) -> Result<Decision, String> {
        Ok(plan::decide(study, arguments))
    }
}

ralf_tune_sdk::export!(strategy: Context);

#[cfg(test)]
mod tests;
