//! Tokens of a prefill batch: the server's own choice is mostly good, and where it is not, prompts are read several times as slowly.

use ralf_tune_sdk::{
    strategy::prelude::*,
    study::{first_rates, median, prefill_rate},
};

use crate::{
    NAME,
    crowding::USUAL,
    design::{Load, Target},
    server::Server,
    threads::{FIRST, is_on_gpu, rate_of_one, same, some_note_was_made},
};

/// Batches that are tried, one after the other while each is better than those before: a server chooses 512 to 2048 by itself.
const SMALLER: [f64; 3] = [256.0, 64.0, 16.0];

/// How many times faster another batch must read to be taken; and by the first request after the load, which pays for more than reading.
const FASTER: f64 = 1.25;
const FIRST_IS_FASTER: f64 = 1.5;

/// A batch of hundreds of tokens reads the model once, and an answer once for every token. On a processor, whoever reads less than this
/// many times as fast as he writes is held up by something else than memory and arithmetic. Graphics processors have arithmetic to spare. The figure for
/// them was not measured on real ones: some integrated ones may read more slowly with nothing wrong, and lose a few seconds.
const LEAST_RATIO: f64 = 4.0;
const LEAST_RATIO_ON_GPU: f64 = 10.0;

/// Share of a note's time that goes into reading its prompt, from which on another batch is tried although nothing seems wrong, where that costs little: most
/// machines read far faster than they write.
const MUCH_READING: f64 = 0.3;

/// A probe of one batch: a prompt longer than it, and hardly an answer; in tokens. The short one is for servers that made no note: they are
/// known by prompts that are as short, and take minutes for longer ones.
const PROBE: (u32, u32) = (640, 4);
const SHORT_PROBE: (u32, u32) = (160, 4);

/// Prompts below that are hardly longer than a batch; the other is that of short probes.
const LEAST_PROMPT: f64 = 800.0;
const LEAST_SHORT_PROMPT: f64 = 64.0;

/// What rates of reading are known by. Only those of one kind are compared.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    /// Prompts of notes, and probes that are longer than a batch.
    Long,
    /// Short probes, where no note was made.
    Short,
    /// The first request after a load, where nothing else ended: then the model is only loaded.
    First,
}

impl Kind {
    fn rate(self, trial: &Trial) -> Option<f64> {
        let reads = trial.is_complete() && trial.parallel() < 1.5;
        match self {
            Self::Long | Self::Short => prefill_rate(trial).filter(|_| reads),
            Self::First => Some(first_rates(trial)?.0),
        }
    }

    const fn faster(self) -> f64 {
        match self {
            Self::Long | Self::Short => FASTER,
            Self::First => FIRST_IS_FASTER,
        }
    }

    fn experiment(self) -> Experiment {
        let probe = |(prompt_tokens, output_tokens)| {
            Experiment::Probe(Probe { prompt_tokens, output_tokens, parallel: 1, requests: 1 })
        };
        match self {
            Self::Long => probe(PROBE),
            Self::Short => probe(SHORT_PROBE),
            Self::First => Experiment::Load,
        }
    }

    /// Batches that are tried one after the other. The first request is shorter than the largest of them.
    fn smaller(self) -> &'static [f64] {
        match self {
            Self::Long | Self::Short => &SMALLER,
            Self::First => SMALLER.get(1..).unwrap_or_default(),
        }
    }
}

/// The batch to load the model with.
#[must_use]
pub fn chosen(study: &Study) -> f64 {
    let present = study.baseline.value("num_batch");
    let Some(first) = study.trials_of(NAME).find(|trial| is_probe(study, trial)) else { return present };
    let Some((kind, usual)) = usual(study, &Load::of(&first.candidate)) else { return present };
    let fastest = rates(study, kind).into_iter().max_by(|left, right| left.1.total_cmp(&right.1));
    fastest.filter(|(_, rate)| *rate >= usual * kind.faster()).map_or(present, |(batch, _)| batch)
}

/// Another batch that should be tried.
pub struct Question {
    pub proposal: Proposal,
    /// Seconds that it takes, loads apart.
    pub seconds: f64,
    /// Prompts are read far more slowly than memory explains; else it is only that reading takes much of the time.
    pub is_suspicion: bool,
    /// Share of a note's time that goes into reading.
    pub reading: f64,
}

/// Another batch that should be tried, because prompts are read far more slowly than memory explains, or reading them takes much of the time.
#[must_use]
pub fn probe(study: &Study, target: &Target, server: &Server) -> Option<Question> {
    if study.history.iter().any(|trial| trial.failure().is_some() && is_probe(study, trial)) {
        return None;
    }
    let Some((kind, usual)) = usual(study, &target.load) else { return of_the_present(study, target, server) };
    let known = rates(study, kind);
    let writes = match kind {
        Kind::Long | Kind::Short => server.decode_rate(),
        Kind::First => {
            let own = study.history.iter().filter(|trial| target.load.is_of(trial));
            own.filter_map(rate_of_one).max_by(f64::total_cmp)?
        }
    };
    let least = if is_on_gpu(study) { LEAST_RATIO_ON_GPU } else { LEAST_RATIO };
    let is_suspicion = usual < least * writes;
    let reading = reading_share(study, usual, writes);
    if known.is_empty() && !is_suspicion {
        if reading < MUCH_READING {
            return None;
        }
        if kind != Kind::Long {
            return of_the_present(study, target, server);
        }
    }
    let smaller = kind.smaller().iter().copied().find(|batch| !was_tried(study, *batch));
    // On from the last one only where that was better than all before.
    let goes_on = known.last().is_none_or(|(last, rate)| {
        let best_and_least = |(batch, other): &(f64, f64)| same(*batch, *last) || (other < rate && batch > last);
        *rate >= usual * kind.faster() && known.iter().all(best_and_least)
    });
    let batch = smaller.filter(|_| goes_on).or_else(|| between(&known, usual * kind.faster()))?;
    let batch = study.allowed("num_batch", batch);
    if was_tried(study, batch) {
        // Where a trial that ended says nothing, as when requests fail, another one may say as little.
        return None;
    }
    // With its warm-up; of a load that is all.
    let seconds = match kind.experiment() {
        Experiment::Probe(probe) => 2.0 * server.probe_seconds(&probe),
        _ => FIRST.0 / usual,
    };
    let why = format!("whether prompts are read faster with batches of {batch} tokens");
    let proposal = Proposal::new(kind.experiment(), why)
        .set("num_ctx", target.load.context)
        .set("num_thread", target.load.threads)
        .set("num_batch", batch);
    Some(Question { proposal, seconds, is_suspicion, reading })
}

/// How fast prompts are read with the present batch, where only several at once or short ones were seen, and it matters.
fn of_the_present(study: &Study, target: &Target, server: &Server) -> Option<Question> {
    if study.history.iter().any(|trial| target.load.is_of(trial) && is_long_probe(trial)) {
        return None;
    }
    let writes = server.decode_rate();
    let own = study.history.iter().filter(|trial| target.load.is_of(trial));
    let reads = own.filter_map(|trial| Kind::Short.rate(trial)).max_by(f64::total_cmp)?;
    let reading = reading_share(study, reads, writes);
    (reading >= MUCH_READING).then(|| {
        let probe = Probe { prompt_tokens: PROBE.0, output_tokens: PROBE.1, parallel: 1, requests: 1 };
        let proposal = Proposal::new(Experiment::Probe(probe), "how fast prompts are read with the present batches")
            .set("num_ctx", target.load.context)
            .set("num_thread", target.load.threads)
            .set("num_batch", target.load.batch);
        Question { proposal, seconds: 2.0 * server.probe_seconds(&probe), is_suspicion: false, reading }
    })
}

/// Share of a note's time that goes into reading, by the notes that were made, or usual ones.
fn reading_share(study: &Study, reads: f64, writes: f64) -> f64 {
    let notes = study.history.iter().filter(|trial| matches!(trial.experiment, Experiment::Notes(_)));
    let tokens = |name: &str| {
        let own = notes.clone().filter(|trial| trial.is_complete()).flat_map(|trial| trial.values(name));
        median(&own.copied().collect::<Vec<f64>>())
    };
    let (prompt, answer) = tokens("prompt_tokens").zip(tokens("answer_tokens")).unwrap_or(USUAL);
    let (reading, writing) = (prompt / reads.max(1e-9), answer / writes.max(1e-9));
    reading / (reading + writing)
}

/// Halfway between the best batch and its faster neighbour, once the best has two.
fn between(known: &[(f64, f64)], least: f64) -> Option<f64> {
    let best = known.iter().max_by(|left, right| left.1.total_cmp(&right.1)).filter(|best| best.1 >= least)?;
    let others = known.iter().filter(|(batch, _)| !same(*batch, best.0));
    let neighbour = others.max_by(|left, right| left.1.total_cmp(&right.1))?;
    let half = (best.0 * neighbour.0).sqrt().round();
    (best.0.max(neighbour.0) / best.0.min(neighbour.0) > 3.0 && !known.iter().any(|(batch, _)| same(*batch, half)))
        .then_some(half)
}

/// Rates of reading that were measured with other batches than the present one, in the order in which they were tried.
fn rates(study: &Study, kind: Kind) -> Vec<(f64, f64)> {
    let present = study.baseline.value("num_batch");
    let probes = study.trials_of(NAME).filter(|trial| trial.is_complete() && is_probe(study, trial));
    let others = probes.filter(|trial| !same(trial.setting("num_batch"), present));
    others.filter_map(|trial| Some((trial.setting("num_batch"), kind.rate(trial)?))).collect()
}

/// The rate of reading one prompt at a time with the present batch, under a load that is like another but for that: of long prompts, of short
/// ones where no note was made, or of the first request where no other ended.
fn usual(study: &Study, like: &Load) -> Option<(Kind, f64)> {
    let present = study.baseline.value("num_batch");
    let alike = |trial: &&Trial| {
        let load = Load::of(&trial.candidate);
        same(load.batch, present) && same(like.context, load.context) && same(like.threads, load.threads)
    };
    let of = |kind: Kind, least: f64| {
        let tokens = |trial: &&Trial| median(trial.values("prompt_tokens")).is_some_and(|tokens| tokens >= least);
        let own = study.history.iter().filter(alike);
        let own =
            own.filter(|trial| kind == Kind::First || tokens(trial) || (kind == Kind::Long && is_long_probe(trial)));
        let rates: Vec<f64> = own.filter_map(|trial| kind.rate(trial)).collect();
        Some((kind, median(&rates)?))
    };
    // What was begun in one way goes on in it.
    let began = study.trials_of(NAME).find(|trial| is_probe(study, trial));
    match began.map(|trial| &trial.experiment) {
        Some(Experiment::Load) => of(Kind::First, 0.0),
        Some(Experiment::Probe(probe)) if (probe.prompt_tokens, probe.output_tokens) == SHORT_PROBE => {
            of(Kind::Short, LEAST_SHORT_PROMPT)
        }
        None if !some_note_was_made(study) => of(Kind::Short, LEAST_SHORT_PROMPT).or_else(|| of(Kind::First, 0.0)),
        _ => of(Kind::Long, LEAST_PROMPT),
    }
}

/// Whether another batch was tried, whatever came of it.
fn was_tried(study: &Study, batch: f64) -> bool {
    study.trials_of(NAME).any(|trial| is_probe(study, trial) && same(trial.setting("num_batch"), batch))
}

fn is_long_probe(trial: &Trial) -> bool {
    matches!(&trial.experiment, Experiment::Probe(probe) if (probe.prompt_tokens, probe.output_tokens) == PROBE)
}

fn is_probe(study: &Study, trial: &Trial) -> bool {
    let own = |probe: &Probe| [PROBE, SHORT_PROBE].contains(&(probe.prompt_tokens, probe.output_tokens));
    match &trial.experiment {
        Experiment::Probe(probe) => own(probe),
        Experiment::Load => !same(trial.setting("num_batch"), study.baseline.value("num_batch")),
        _ => false,
    }
}
