//! A scorer that needs more memory than everybody has, and says so.

use std::hint::black_box;

use ralf_tune_sdk::scorer::prelude::*;

struct Guest;

impl Scorer for Guest {
    fn manifest() -> Manifest {
        let mut manifest = Manifest::new("hungry", "1.0.0", "Scores by a large table");
        for (name, text) in [("limit-memory", "128MiB"), ("limit-call", "5s"), ("limit-output", "a lot")] {
            manifest.extra.push((name.to_owned(), text.to_owned()));
        }
        manifest
    }

    fn evaluate(_note: &Note, _arguments: &Arguments) -> Result<Score, String> {
        let table = vec![1_u8; 100 << 20];
        Ok(Score { value: f64::from(black_box(&table)[0]), parts: Vec::new(), reasons: Vec::new() })
    }
}

ralf_tune_sdk::export_scorer!(Guest);
