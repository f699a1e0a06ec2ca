//! Strategy `chunk`: how much of a file is read, and in how many pieces?
//!
//! Reading less is faster and is no gain by itself: so ways of cutting are compared on the same large files, and the
//! share of the source that is read only goes down where the scores, with their interval, allow it. Whatever is
//! decided fits the context, even with no time for measuring.

#![cfg_attr(test, expect(clippy::float_cmp, reason = "exact values, and a test may fail"))]

mod cut;
mod judge;
mod plan;

use ralf_tune_sdk::strategy::prelude::*;

/// See the crate.
pub struct Chunk;

impl Strategy for Chunk {
    fn manifest() -> Manifest {
        Manifest::new("chunk", "0.1.0", "How much of a file is read, and in how many pieces")
            .decides(&["chunk_size", "max_content_length"])
            .needs(&["num_ctx", "max_concurrent_requests"])
            .intensities(&["normal", "full"])
            .parameter(Parameter::numbers(
                "sizes",
                &[50_000.0, 100_000.0, 200_000.0, 400_000.0],
                "sizes of a piece to try besides those that follow from the context, in characters",
            ))
            .parameter(
                Parameter::integer("files", 5, "most files that ways of cutting are compared on").bounds(2.0, 50.0),
            )
            .parameter(
                Parameter::number("loss", 0.03, "loss of quality that reading less may cost at worst, by the interval")
                    .bounds(0.0, 1.0),
            )
            .parameter(
                Parameter::number("signal", 0.1, "scores that are all below this say nothing of quality")
                    .bounds(0.0, 1.0),
            )
            .parameter(Parameter::boolean("half", true, "also try half the present content length, when there is time"))
    }

    fn ask(study: &Study, arguments: &Arguments) -> Result<Answer, String> {
        Ok(plan::next(study, arguments))
    }

    fn conclude(study: &Study, arguments: &Arguments) -> Result<Decision, String> {
        Ok(plan::decide(study, arguments))
    }
}

ralf_tune_sdk::export!(strategy: Chunk);

#[cfg(test)]
mod tests;
