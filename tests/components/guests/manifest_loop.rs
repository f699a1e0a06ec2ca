//! It never says what it is.

use ralf_tune_sdk::strategy::prelude::*;

struct Guest;

impl Strategy for Guest {
    fn manifest() -> Manifest {
        misbehaving::misbehave("loop");
        Manifest::new("endless", "0.1.0", "Never comes")
    }

    fn ask(_study: &Study, _arguments: &Arguments) -> Result<Answer, String> {
        Ok(Answer::Done(Decision::new()))
    }

    fn conclude(_study: &Study, _arguments: &Arguments) -> Result<Decision, String> {
        Ok(Decision::new())
    }
}

ralf_tune_sdk::export!(strategy: Guest);
