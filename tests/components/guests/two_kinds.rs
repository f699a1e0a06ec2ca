//! A scorer and a selector in one.

use ralf_tune_sdk::{
    scorer::prelude::*,
    selector::{Selection, SelectionInput, Selector},
};

struct Both;

impl Scorer for Both {
    fn manifest() -> Manifest {
        Manifest::new("both", "0.1.0", "Scores and selects")
    }

    fn evaluate(_note: &Note, _arguments: &Arguments) -> Result<Score, String> {
        Ok(Score::new(1.0))
    }
}

impl Selector for Both {
    fn manifest() -> Manifest {
        <Self as Scorer>::manifest()
    }

    fn select(_input: &SelectionInput, _arguments: &Arguments) -> Result<Selection, String> {
        Err("nothing to choose".to_owned())
    }
}

ralf_tune_sdk::export!(scorer: Both);
ralf_tune_sdk::export!(selector: Both);
