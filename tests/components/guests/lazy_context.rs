//! A strategy that does nothing wrong and finds nothing: it keeps the context that there is.

use ralf_tune_sdk::strategy::prelude::*;

struct Lazy;

impl Strategy for Lazy {
    fn manifest() -> Manifest {
        Manifest::new("lazy-context", "0.1.0", "Keeps the context that there is")
            .decides(&["num_ctx"])
            .intensities(&["quick", "normal", "full"])
    }

    fn ask(_study: &Study, _arguments: &Arguments) -> Result<Answer, String> {
        Ok(Answer::Done(Decision::new().reason("why change it")))
    }

    fn conclude(_study: &Study, _arguments: &Arguments) -> Result<Decision, String> {
        Ok(Decision::new())
    }
}

ralf_tune_sdk::export_strategy!(Lazy);
