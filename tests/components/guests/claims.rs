//! A scorer whose manifest promises what it does not keep: bounds that it rejects, and scores that only fall with less text.

use ralf_tune_sdk::scorer::prelude::*;

struct Guest;

impl Scorer for Guest {
    fn manifest() -> Manifest {
        Manifest::new("bad-claims", "1.2.3", "Promises more than it keeps")
            .parameter(Parameter::number("strictness", 0.5, "how strict it is").bounds(0.0, 1.0))
            .extra("monotone-under-truncation", "true")
    }

    fn evaluate(note: &Note, arguments: &Arguments) -> Result<Score, String> {
        if arguments.number("strictness") >= 1.0 {
            return Err("nothing is as strict as that".to_owned());
        }
        let length: usize = note.requests.iter().map(|request| request.answer.len()).sum();
        let value = 100.0 / (100.0 + length as f64);
        Ok(Score { value, parts: Vec::new(), reasons: Vec::new() })
    }
}

ralf_tune_sdk::export_scorer!(Guest);
