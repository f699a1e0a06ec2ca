//! Tokens of a prefill batch: the server's own choice is mostly good, and where it is not, prompts are read several times as slowly.

use ralf_tune_sdk::{
    strategy::prelude::*,
    study::{median, prefill_rate},
};

use crate::{
    NAME,
    design::{Load, Target},
    server::Server,
    threads::{is_on_gpu, same, some_note_was_made},
};

/// Batches that are tried, one after the other while each is better than those before: a server chooses 512 to 2048 by itself.
const SMALLER: [f64; 3] = [256.0, 64.0, 16.0];

/// How many times faster another batch must read to be taken.
const FASTER: f64 = 1.25;

/// A batch of hundreds of tokens reads the model once, and an answer once for every token. On a processor, whoever reads less than this
/// many times as fast as he writes is held up by something else than memory and arithmetic.
const LEAST_RATIO: f64 = 4.0;

/// A probe of one batch: a prompt longer than it, and hardly an answer; in tokens. The short one is for servers that made no note: they are
/// known by prompts that are as short, and take minutes for longer ones.
const PROBE: (u32, u32) = (640, 4);
const SHORT_PROBE: (u32, u32) = (160, 4);

/// Prompts below that are hardly longer than a batch; the other is that of short probes.
const LEAST_PROMPT: f64 = 800.0;
const LEAST_SHORT_PROMPT: f64 = 64.0;

/// The batch to load the model with.
#[must_use]
pub fn chosen(study: &Study) -> f64 {
    let present = study.baseline.value("num_batch");
    let Some(first) = study.trials_of(NAME).find(|trial| is_probe(trial)) else { return present };
    let Some(usual) = usual(study, &Load::of(&first.candidate)) else { return present };
    let fastest = rates(study).into_iter().max_by(|left, right| left.1.total_cmp(&right.1));
    fastest.filter(|(_, rate)| *rate >= usual * FASTER).map_or(present, |(batch, _)| batch)
}

/// Another batch that should be tried, because prompts are read far more slowly than memory explains; and its seconds.
#[must_use]
pub fn probe(study: &Study, target: &Target, server: &Server) -> Option<(Proposal, f64)> {
    if is_on_gpu(study) || study.history.iter().any(|trial| trial.failure().is_some() && is_probe(trial)) {
        return None;
    }
    let usual = usual(study, &target.load)?;
    let known = rates(study);
    if known.is_empty() && usual >= LEAST_RATIO * server.decode_rate() {
        return None;
    }
    let rate = |batch: f64| known.iter().find(|(tried, _)| same(*tried, batch)).map(|(_, rate)| *rate);
    let smaller = SMALLER.into_iter().find(|batch| rate(*batch).is_none());
    // On from the last one only where that was better than all before.
    let goes_on = known.last().is_none_or(|(last, rate)| {
        let best_and_least = |(batch, other): &(f64, f64)| same(*batch, *last) || (other < rate && batch > last);
        *rate >= usual * FASTER && known.iter().all(best_and_least)
    });
    let batch = smaller.filter(|_| goes_on).or_else(|| between(&known, usual))?;
    let batch = study.allowed("num_batch", batch);
    let (prompt_tokens, output_tokens) = if some_note_was_made(study) { PROBE } else { SHORT_PROBE };
    let probe = Probe { prompt_tokens, output_tokens, parallel: 1, requests: 1 };
    // With its warm-up.
    let seconds = 2.0 * server.probe_seconds(&probe);
    let why = format!("whether prompts are read faster with batches of {batch} tokens");
    let proposal = Proposal::new(Experiment::Probe(probe), why)
        .set("num_ctx", target.load.context)
        .set("num_thread", target.load.threads)
        .set("num_batch", batch);
    Some((proposal, seconds))
}

/// Halfway between the best batch and its faster neighbour, once the best has two.
fn between(known: &[(f64, f64)], usual: f64) -> Option<f64> {
    let best = known.iter().max_by(|left, right| left.1.total_cmp(&right.1)).filter(|best| best.1 >= usual * FASTER)?;
    let others = known.iter().filter(|(batch, _)| !same(*batch, best.0));
    let neighbour = others.max_by(|left, right| left.1.total_cmp(&right.1))?;
    let half = (best.0 * neighbour.0).sqrt().round();
    (best.0.max(neighbour.0) / best.0.min(neighbour.0) > 3.0 && !known.iter().any(|(batch, _)| same(*batch, half)))
        .then_some(half)
}

/// Rates of reading that were measured with other batches than the present one, in the order in which they were tried.
fn rates(study: &Study) -> Vec<(f64, f64)> {
    let probes = study.trials_of(NAME).filter(|trial| trial.is_complete() && is_probe(trial));
    probes.filter_map(|trial| Some((trial.setting("num_batch"), prefill_rate(trial)?))).collect()
}

/// The rate of reading long prompts, or short ones where no note was made, one at a time with the present batch, under a load that is like another but for that.
fn usual(study: &Study, like: &Load) -> Option<f64> {
    let present = study.baseline.value("num_batch");
    let least = if some_note_was_made(study) { LEAST_PROMPT } else { LEAST_SHORT_PROMPT };
    let own = study.history.iter().filter(|trial| {
        let load = Load::of(&trial.candidate);
        trial.is_complete()
            && same(load.batch, present)
            && same(like.context, load.context)
            && same(like.threads, load.threads)
            && trial.parallel() < 1.5
            && median(trial.values("prompt_tokens")).is_some_and(|tokens| tokens >= least)
    });
    let rates: Vec<f64> = own.filter_map(prefill_rate).collect();
    median(&rates)
}

fn is_probe(trial: &Trial) -> bool {
    let own = |probe: &Probe| [PROBE, SHORT_PROBE].contains(&(probe.prompt_tokens, probe.output_tokens));
    matches!(&trial.experiment, Experiment::Probe(probe) if own(probe))
}
