//! A selector that does what it is told, which is mostly wrong.

use misbehaving::{MODE, aliased_texts, misbehave};
use ralf_tune_sdk::selector::prelude::*;

struct Guest;

impl Selector for Guest {
    fn manifest() -> Manifest {
        Manifest::new("bad-selector", "1.2.3", "Does what it is told").parameter(Parameter::text(
            MODE,
            "fine",
            "what it does wrong",
        ))
    }

    fn select(input: &SelectionInput, arguments: &Arguments) -> Result<Selection, String> {
        let mode = arguments.text(MODE);
        misbehave(mode);
        let first = |allowed: bool| input.candidates.iter().find(|one| one.violations.is_empty() == allowed);
        let winner = first(true).ok_or("every candidate has a violation")?.id;
        let fine = Selection { winner, runners_up: Vec::new(), reasons: Vec::new(), settings: Vec::new() };
        let with = |name, value| Selection { settings: vec![setting(name, value)], ..fine.clone() };
        Ok(match mode {
            "fine" | "log-flood" => fine,
            "declines" => return Err("none is good enough".to_owned()),
            "no-such-candidate" => Selection { winner: 4_000_000, ..fine },
            "with-violation" => Selection { winner: first(false).ok_or("none has a violation")?.id, ..fine },
            "no-such-runner-up" => Selection { runners_up: vec![4_000_000], ..fine },
            "sets-context" => with("num_ctx", 4096.0),
            "sets-unknown" => with("num_gpus", 2.0),
            "sets-out-of-bounds" => with("retry_attempts", 1e6),
            "sets-not-a-number" => with("request_delay_seconds", f64::NAN),
            "sets-timeout" => with("request_timeout_seconds", 77.0),
            "aliased-reasons" => Selection { reasons: aliased_texts(), ..fine },
            unknown => return Err(format!("there is no mode {unknown}")),
        })
    }
}

ralf_tune_sdk::export!(selector: Guest);
