//! A scorer for wasm32-wasip2 that reads files.

use ralf_tune_sdk::scorer::prelude::*;

struct Guest;

impl Scorer for Guest {
    fn manifest() -> Manifest {
        Manifest::new("wasi-files", "0.1.0", "Reads files")
    }

    fn evaluate(note: &Note, _arguments: &Arguments) -> Result<Score, String> {
        let read = std::fs::read_to_string(&note.path);
        Ok(Score::new(0.5).reason(format!("{read:?}")))
    }
}

ralf_tune_sdk::export!(scorer: Guest);
