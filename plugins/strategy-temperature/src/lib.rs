//! Strategy `temperature`: does another temperature make better notes?
//!
//! The user's design document leaves open how a temperature is found. Here: the same files at each value, scored, and
//! a change only where the paired difference is no accident. Most often there is none, and then that is the answer.

#![cfg_attr(test, expect(clippy::float_cmp, reason = "exact values, and a test may fail"))]

mod judge;
mod plan;

use ralf_tune_sdk::strategy::prelude::*;

/// See the crate.
pub struct Temperature;

impl Strategy for Temperature {
    fn manifest() -> Manifest {
        Manifest::new("temperature", "0.1.0", "Whether another temperature makes better notes")
            .decides(&["temperature"])
            .needs(&["chunk_size"])
            .intensities(&["quick", "normal", "full"])
            .parameter(
                Parameter::text(
                    "when",
                    "always",
                    "always: the values are compared in any case. repeats: only where notes repeat themselves, with higher ones",
                )
                .choices(&["always", "repeats"]),
            )
            .parameter(Parameter::numbers(
                "values",
                &[0.0, 0.1, 0.3, 0.5, 0.7],
                "temperatures to compare with the present one",
            ))
            .parameter(
                Parameter::integer("most", 3, "most values that are compared, the present one included")
                    .bounds(2.0, 10.0),
            )
            .parameter(Parameter::integer("files", 8, "most files that each value is tried on").bounds(3.0, 50.0))
            .parameter(
                Parameter::number(
                    "level",
                    0.95,
                    "confidence that a difference needs; shared among the values compared",
                )
                .bounds(0.5, 0.999),
            )
            .parameter(
                Parameter::number("signal", 0.1, "scores that are all below this say nothing of quality")
                    .bounds(0.0, 1.0),
            )
    }

    fn ask(study: &Study, arguments: &Arguments) -> Result<Answer, String> {
        Ok(plan::next(study, arguments))
    }

    fn conclude(study: &Study, arguments: &Arguments) -> Result<Decision, String> {
        Ok(plan::decide(study, arguments))
    }
}

ralf_tune_sdk::export!(strategy: Temperature);

#[cfg(test)]
mod tests;
