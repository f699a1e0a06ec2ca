//! The default of its parameter is out of its own bounds.

use ralf_tune_sdk::strategy::prelude::*;

struct Guest;

impl Strategy for Guest {
    fn manifest() -> Manifest {
        Manifest::new("bad-default", "0.1.0", "A bad default")
            .parameter(Parameter::integer("steps", 0, "how many").bounds(1.0, 9.0))
            .decides(&["num_ctx"])
    }

    fn ask(_study: &Study, _arguments: &Arguments) -> Result<Answer, String> {
        Ok(Answer::Done(Decision::new()))
    }

    fn conclude(_study: &Study, _arguments: &Arguments) -> Result<Decision, String> {
        Ok(Decision::new())
    }
}

ralf_tune_sdk::export!(strategy: Guest);
