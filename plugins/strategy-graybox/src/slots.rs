//! How many requests the server works on at once.

use ralf_tune_sdk::{
    strategy::prelude::*,
    study::{metric, whole},
};

use crate::{NAME, server::Server};

/// Short requests that show the slots, just long enough for rates: prompt and answer in tokens.
const PROMPT: u32 = 160;
const OUTPUT: u32 = 24;

/// Times that the slots are looked for when faults hide them.
const TRIES: usize = 2;

/// What is known of the slots.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Slots {
    pub count: f64,
    /// The probe sent more requests than were worked on at once, so that there are no others.
    pub all: bool,
}

/// The most that any trial saw at work at once: a slot can hide behind faults, but nothing is seen that is not there.
#[must_use]
pub fn known(study: &Study) -> Option<Slots> {
    let seen = study.history.iter().filter(|trial| trial.parallel() > 1.5);
    let seen = seen.filter_map(|trial| Some((trial.mean(metric::EFFECTIVE_SLOTS)?.round().max(1.0), trial.parallel())));
    let best = seen.max_by(|left, right| left.0.total_cmp(&right.0).then(left.1.total_cmp(&right.1)))?;
    Some(Slots { count: best.0, all: best.0 < best.1 })
}

/// Whether a trial is a slot probe.
#[must_use]
pub fn is_probe(trial: &Trial) -> bool {
    matches!(&trial.experiment, Experiment::Probe(probe) if probe.parallel > 1 && probe.output_tokens <= OUTPUT)
}

/// The probe that is still wanted, if any: one that fits `seconds`. Where time is short, two requests at least tell one slot from more.
#[must_use]
pub fn probe(study: &Study, arguments: &Arguments, server: &Server, seconds: f64) -> Option<Proposal> {
    let tried: Vec<&Trial> = study.trials_of(NAME).filter(|trial| is_probe(trial)).collect();
    let known = known(study);
    let faulty =
        |trial: &&&Trial| !trial.is_complete() || trial.mean(metric::SUCCESS_RATE).is_some_and(|share| share < 0.999);
    let hidden = known.is_none_or(|slots| slots.count < 1.5) && tried.last().iter().any(faulty);
    let wanted = if tried.is_empty() { known.is_none_or(|slots| !slots.all) } else { hidden && tried.len() < TRIES };
    if !wanted {
        return None;
    }
    let most = whole(arguments.number("slot_requests").min(study.highest("max_concurrent_requests")));
    let shape = |parallel: u32, output: u32| Probe {
        prompt_tokens: PROMPT,
        output_tokens: output,
        parallel,
        requests: parallel,
    };
    let probe = [shape(most, OUTPUT), shape(most.min(4), OUTPUT), shape(most.min(2), 12)]
        .into_iter()
        .find(|probe| probe.parallel > 1 && server.probe_seconds(probe) <= seconds)?;
    Some(Proposal::new(Experiment::Probe(probe), "how many requests the server works on at once"))
}
