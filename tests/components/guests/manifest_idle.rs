//! A strategy that decides nothing.

use ralf_tune_sdk::strategy::prelude::*;

struct Guest;

impl Strategy for Guest {
    fn manifest() -> Manifest {
        Manifest::new("idle", "0.1.0", "Decides nothing")
    }

    fn ask(_study: &Study, _arguments: &Arguments) -> Result<Answer, String> {
        Ok(Answer::Done(Decision::new()))
    }

    fn conclude(_study: &Study, _arguments: &Arguments) -> Result<Decision, String> {
        Ok(Decision::new())
    }
}

ralf_tune_sdk::export!(strategy: Guest);
