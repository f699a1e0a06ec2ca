//! A scorer that does what it is told, which is mostly wrong.

use misbehaving::{MODE, aliased_texts, long_text, misbehave};
use ralf_tune_sdk::scorer::prelude::*;

struct Guest;

impl Scorer for Guest {
    fn manifest() -> Manifest {
        Manifest::new("bad-scorer", "1.2.3", "Does what it is told").parameter(Parameter::text(
            MODE,
            "fine",
            "what it does wrong",
        ))
    }

    fn evaluate(_note: &Note, arguments: &Arguments) -> Result<Score, String> {
        let mode = arguments.text(MODE);
        misbehave(mode);
        let of = |value: f64| Score { value, parts: Vec::new(), reasons: Vec::new() };
        match mode {
            "fine" | "log-flood" => Ok(of(0.5)),
            "not-a-number" => Ok(of(f64::NAN)),
            "above-one" => Ok(of(1.5)),
            "below-zero" => Ok(of(-0.1)),
            "infinite" => Ok(of(f64::INFINITY)),
            "endless-part" => Ok(of(0.5).part("size", f64::INFINITY)),
            "declines" => Err("no note\nof mine".to_owned()),
            "long-reason" => Ok(of(0.5).reason(long_text(20 << 20))),
            "longer-reason" => Ok(of(0.5).reason(long_text(1 << 30))),
            "many-reasons" => Ok(Score { reasons: vec![String::new(); 5000], ..of(0.5) }),
            "aliased-reasons" => Ok(Score { reasons: aliased_texts(), ..of(0.5) }),
            "ugly-reason" => Ok(of(0.5).reason("\u{1b}[2J\u{202e}\r\nfake line")),
            unknown => Err(format!("there is no mode {unknown}")),
        }
    }
}

ralf_tune_sdk::export!(scorer: Guest);
