//! Its name has capitals, a space and an escape sequence.

use ralf_tune_sdk::strategy::prelude::*;

struct Guest;

impl Strategy for Guest {
    fn manifest() -> Manifest {
        Manifest::new("\u{1b}[31mBad Name", "0.1.0", "A bad name").decides(&["num_ctx"])
    }

    fn ask(_study: &Study, _arguments: &Arguments) -> Result<Answer, String> {
        Ok(Answer::Done(Decision::new()))
    }

    fn conclude(_study: &Study, _arguments: &Arguments) -> Result<Decision, String> {
        Ok(Decision::new())
    }
}

ralf_tune_sdk::export!(strategy: Guest);
