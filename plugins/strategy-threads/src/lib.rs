//! Strategy `threads`: on how many threads is the model fastest, where it runs on the CPU?
//!
//! The server's own choice looks at the machine's cores and not at affinity or quota: in a container it can take more
//! threads than it may use, which costs a factor of 45 to 150. So nothing above the usable threads is ever tried.

#![cfg_attr(test, expect(clippy::float_cmp, reason = "exact values, and a test may fail"))]

mod choose;
mod plan;

use ralf_tune_sdk::strategy::prelude::*;

/// See the crate.
pub struct Threads;

impl Strategy for Threads {
    fn manifest() -> Manifest {
        Manifest::new("threads", "0.1.0", "The number of threads that a model on the CPU is fastest with")
            .decides(&["num_thread"])
            .needs(&["num_ctx"])
            .intensities(&["normal", "full"])
            .parameter(
                Parameter::number("tie", 0.05, "loss of speed that is no difference, as a share").bounds(0.0, 0.5),
            )
            .parameter(Parameter::integer("requests", 2, "requests of each probe").bounds(1.0, 20.0))
            .parameter(Parameter::integer("output_tokens", 32, "tokens that each request writes").bounds(4.0, 512.0))
    }

    fn ask(study: &Study, arguments: &Arguments) -> Result<Answer, String> {
        Ok(plan::next(study, arguments))
    }

    fn conclude(study: &Study, arguments: &Arguments) -> Result<Decision, String> {
        Ok(plan::decide(study, arguments))
    }
}

ralf_tune_sdk::export!(strategy: Threads);

#[cfg(test)]
mod tests;
