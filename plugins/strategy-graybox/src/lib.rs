//! Strategy `graybox`: one model of the server that says which few measurements are worth their time.
//!
//! It derives what can be derived (the context from the lengths of the files), fits a small model to the server's own timers, and
//! measures where the model is unsure and the answer could change the pick. The mathematics and its sources are in the README.

#![cfg_attr(test, expect(clippy::float_cmp, reason = "exact values, and a test may fail"))]

mod batches;
mod belief;
mod context;
mod crowding;
mod decide;
mod design;
mod memory;
mod notes;
mod plan;
mod reading;
mod server;
mod slots;
mod threads;

use ralf_tune_sdk::strategy::prelude::*;

/// See the crate.
pub struct Graybox;

/// The name under which its trials stand in the history.
const NAME: &str = "graybox";

impl Strategy for Graybox {
    fn manifest() -> Manifest {
        Manifest::new(NAME, "0.1.0", "All speed settings from one model of the server, and what it costs to read less")
            .decides(&[
                "num_ctx",
                "num_thread",
                "num_batch",
                "chunk_size",
                "max_content_length",
                "max_concurrent_requests",
                "request_delay_seconds",
                "batch_size",
                "batch_delay_seconds",
            ])
            .intensities(&["quick", "normal", "full"])
            .parameter(
                Parameter::number("worth", 0.01, "gain of speed that a measurement must promise, as a share")
                    .bounds(0.0, 1.0),
            )
            .parameter(Parameter::number("tie", 0.02, "gain that is no difference, as a share").bounds(0.0, 0.5))
            .parameter(
                Parameter::integer("slot_requests", 8, "short requests at once that show the slots").bounds(2.0, 16.0),
            )
            .parameter(
                Parameter::number("loss", 0.03, "loss of quality that reading less may cost at worst, by the interval")
                    .bounds(0.0, 1.0),
            )
            .parameter(
                Parameter::text(
                    "loss_over",
                    "files",
                    "files: the loss counts on the files that are read less. batch: on all files of the batch",
                )
                .choices(&["files", "batch"]),
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
        Ok(decide::decide(study, arguments))
    }
}

ralf_tune_sdk::export!(strategy: Graybox);

#[cfg(test)]
mod tests;
