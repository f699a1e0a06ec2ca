//! A strategy that does what it is told, which is mostly wrong.

use misbehaving::{MODE, aliased_texts, misbehave};
use ralf_tune_sdk::strategy::prelude::*;

struct Guest;

fn probe(requests: u32) -> Proposal {
    let probe = Probe { prompt_tokens: 100, output_tokens: 10, parallel: 1, requests };
    Proposal::new(Experiment::Probe(probe), "because")
}

fn notes(files: Vec<u32>) -> Answer {
    Answer::Measure(vec![Proposal::new(Experiment::Notes(files), "because")])
}

impl Strategy for Guest {
    fn manifest() -> Manifest {
        Manifest::new("bad-strategy", "1.2.3", "Does what it is told")
            .parameter(Parameter::text(MODE, "fine", "what it does wrong"))
            .decides(&["num_batch"])
            .intensities(&["quick", "normal", "full"])
    }

    fn ask(study: &Study, arguments: &Arguments) -> Result<Answer, String> {
        let mode = arguments.text(MODE);
        misbehave(mode);
        let own = study.history.iter().filter(|trial| trial.stage == "bad-strategy").count();
        Ok(match mode {
            "fine" | "log-flood" => Answer::Done(Decision::new().set("num_batch", 512.0).reason("as told")),
            "declines" => return Err("no study of mine".to_owned()),
            "never-done" => Answer::Measure(vec![probe(own as u32 % 5 + 1).set("num_predict", (own + 16) as f64)]),
            "same-for-ever" => Answer::Measure(vec![probe(1)]),
            "nothing" => Answer::Measure(Vec::new()),
            "too-much" => Answer::Measure(vec![probe(1); 5000]),
            "out-of-bounds" => Answer::Measure(vec![probe(1).set("num_ctx", 1e9)]),
            "not-a-number" => Answer::Measure(vec![probe(1).set("temperature", f64::NAN)]),
            "unknown-setting" => Answer::Measure(vec![probe(1).set("num_gpus", 2.0)]),
            "endless-probe" => Answer::Measure(vec![probe(u32::MAX)]),
            "no-such-file" => notes(vec![0, 4_000_000]),
            "no-file" => notes(Vec::new()),
            "no-depth" => Answer::Measure(vec![Proposal::new(
                Experiment::Needle(Needle { content_chars: 1000, depths: vec![1.5] }),
                "because",
            )]),
            "bad-rival" => Answer::Measure(vec![Proposal::new(
                Experiment::Compare(Compare { other: vec![setting("num_ctx", -1.0)], files: vec![0] }),
                "because",
            )]),
            "decides-another" => Answer::Done(Decision::new().set("num_ctx", 4096.0)),
            "decides-out-of-bounds" => Answer::Done(Decision::new().set("num_batch", 1e7)),
            "aliased-reasons" => Answer::Done(Decision { reasons: aliased_texts(), ..Decision::new() }),
            unknown => return Err(format!("there is no mode {unknown}")),
        })
    }

    fn conclude(_study: &Study, arguments: &Arguments) -> Result<Decision, String> {
        match arguments.text(MODE) {
            "declines" => Err("no study of mine".to_owned()),
            _ => Ok(Decision::new().set("num_batch", 1024.0).reason("as far as it came")),
        }
    }
}

ralf_tune_sdk::export!(strategy: Guest);
