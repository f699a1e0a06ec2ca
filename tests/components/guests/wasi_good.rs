//! A scorer for wasm32-wasip2: its standard library imports WASI. It needs nothing that an empty one does not have.

use std::{
    collections::HashMap,
    time::{Duration, SystemTime},
};

use misbehaving::{MODE, misbehave};
use ralf_tune_sdk::scorer::prelude::*;

struct Guest;

impl Scorer for Guest {
    fn manifest() -> Manifest {
        Manifest::new("wasi-good", "1.2.3", "Counts words").parameter(Parameter::text(
            MODE,
            "fine",
            "what it does wrong",
        ))
    }

    fn evaluate(note: &Note, arguments: &Arguments) -> Result<Score, String> {
        let mode = arguments.text(MODE);
        misbehave(mode);
        match mode {
            "sleep" => std::thread::sleep(Duration::from_secs(3600)),
            "print-flood" => (0..10_000).for_each(|line| println!("line {line}")),
            "print-flood-and-panic" => {
                (0..10_000).for_each(|line| eprintln!("line {line}"));
                panic!("after many words");
            }
            "exit" => std::process::exit(3),
            _ => {}
        }
        let mut words: HashMap<&str, usize> = HashMap::new();
        note.source.split_whitespace().for_each(|word| *words.entry(word).or_default() += 1);
        let order: Vec<&str> = words.keys().copied().collect();
        let time = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_err(|error| error.to_string())?;
        let environment = std::env::vars().count() + std::env::args().count();
        Ok(Score::new(0.5)
            .part("words", words.len() as f64)
            .part("environment", environment as f64)
            .reason(order.join(" "))
            .reason(format!("at {} s", time.as_secs())))
    }
}

ralf_tune_sdk::export!(scorer: Guest);
