//! What to measure next: the measurement that the decision depends on most, or nothing.

use ralf_tune_sdk::{
    strategy::prelude::*,
    study::{self, count},
};

use crate::{
    NAME, batches, crowding,
    decide::{self, present_design},
    design::{Design, Load, Target, target},
    memory,
    notes::{lengths, spread},
    reading,
    server::{Server, worth_of_measuring},
    slots,
    threads::{self, some_note_was_made},
};

/// Share of the remaining seconds that an estimate may use up.
const SPEND: f64 = 0.9;

/// Share of the remaining seconds that looking for slots may use up: something must be left to use them.
const SPEND_ON_SLOTS: f64 = 0.35;

/// The same for threads where the present ones make no note at all.
const SPEND_ON_THREADS: f64 = 0.7;

/// The same for batches where prompts are read far too slowly.
const SPEND_ON_BATCHES: f64 = 0.5;

/// The same where nothing seems wrong with them, for each share of a note's time that reading takes: half of what it takes is what another batch may save.
const SPEND_ON_A_DOUBT: f64 = 0.5;

/// The same for more notes than a trial needs.
const SPEND_ON_MORE: f64 = 0.6;

/// A model that was partly outside the GPU's memory is at least so many times faster inside.
const RELIEF: f64 = 4.0;

/// A load may take longer than the one before.
const LOAD_TWICE: f64 = 2.0;

/// Notes of a way that was not measured yet, at least and for each request at once.
const NOTES: usize = 4;
const ROUNDS: f64 = 2.0;

/// Trials of notes of the same way.
const MOST_TRIALS: usize = 2;

/// The next measurements, or the decision.
pub fn next(study: &Study, arguments: &Arguments) -> Answer {
    match measurement(study, arguments) {
        Some(proposals) if !proposals.is_empty() => Answer::Measure(proposals),
        _ => Answer::Done(decide::decide(study, arguments)),
    }
}

fn measurement(study: &Study, arguments: &Arguments) -> Option<Vec<Proposal>> {
    let target = target(study);
    let server = Server::of(study, &target.load, target.doubt);
    let left = study.seconds_left * SPEND;
    let budget = Budget { study, target: &target, server: &server, left };
    if let Some(probe) = threads::first_try(study, &target, &server, left - budget.reload_seconds()) {
        return Some(vec![budget.at(probe)]);
    }
    // Where not one note was made, too many threads are the only thing that could be mended.
    let share = if some_note_was_made(study) { SPEND_ON_SLOTS } else { SPEND_ON_THREADS };
    if let Some(probe) = threads::probe(study, &target, &server, left * share - budget.reload_seconds()) {
        return Some(vec![probe]);
    }
    if let Some(proposals) = batch_to_measure(&budget) {
        return Some(proposals);
    }
    // Memory decides before speed does: a load says whether the model fits, and costs nothing that the next trial would not cost.
    if memory::has_spilled(study) && budget.loads() && budget.reload_seconds() * LOAD_TWICE <= left {
        let why = format!("whether the model fits with {} tokens of context", target.load.context);
        return Some(vec![budget.at(Proposal::new(Experiment::Load, why))]);
    }
    // What is known of its speed is that of a model outside the memory: short requests tell how much faster it is inside.
    if memory::is_relieved(study, &target.load)
        && let Some(probe) = slots::probe(study, arguments, &server, left * SPEND_ON_SLOTS * RELIEF)
    {
        return Some(vec![budget.at(probe)]);
    }
    if let Some(probe) = slots::probe(study, arguments, &server, left * SPEND_ON_SLOTS - budget.load_seconds()) {
        return Some(vec![budget.at(probe)]);
    }
    if let Some((probe, seconds)) = crowding::probe(study, target.load.threads)
        && seconds + 2.0 * budget.reload_seconds() <= left * SPEND_ON_SLOTS
    {
        return Some(vec![probe.set("num_ctx", target.load.context).set("num_batch", target.load.batch)]);
    }
    // Where not even two notes fit, more of them would say nothing; the comparison has time of its own.
    let present = present_design(study, &target);
    let two = lengths(study, &spread(study, 2));
    if server.seconds(&two, &Design { parallel: 1.0, ..present }).0 + budget.load_seconds() > left {
        return None;
    }
    levels_to_measure(&budget, arguments).or_else(|| reading_to_measure(&budget, arguments))
}

struct Budget<'a> {
    study: &'a Study,
    target: &'a Target,
    server: &'a Server,
    left: f64,
}

impl Budget<'_> {
    /// Whether the next trial with the target's load loads the model.
    fn loads(&self) -> bool {
        let last = self.study.history.iter().rev().find(|trial| trial.is_complete() || trial.reloads > 0);
        last.is_none_or(|trial| Load::of(&trial.candidate) != self.target.load)
    }

    fn reload_seconds(&self) -> f64 {
        study::Cost::of(self.study).load_seconds
    }

    fn load_seconds(&self) -> f64 {
        if self.loads() { self.reload_seconds() } else { 0.0 }
    }

    /// As many of the files as there is time for, in their order; none when that is fewer than `least`, and more only where something is left
    /// for other questions.
    fn affordable(&self, files: &[u32], design: &Design, least: usize) -> Option<Vec<u32>> {
        let left = self.left - self.load_seconds();
        (least..=files.len()).rev().find_map(|number| {
            let files = files.get(..number)?;
            // The last requests leave workers idle, and a run takes as long as its longest request.
            let lengths = lengths(self.study, files);
            let tail = lengths.iter().copied().fold(0.0, f64::max);
            let alone =
                self.server.seconds(&[tail], design).1 * (design.parallel.min(self.server.slots) - 1.0).max(0.0);
            let share = if number > least { SPEND_ON_MORE } else { 1.0 };
            (self.server.seconds(&lengths, design).1 + alone / 2.0 <= left * share).then(|| files.to_vec())
        })
    }

    /// A proposal with the target's load.
    fn at(&self, proposal: Proposal) -> Proposal {
        let load = self.target.load;
        proposal.set("num_ctx", load.context).set("num_thread", load.threads).set("num_batch", load.batch)
    }

    fn notes(&self, files: Vec<u32>, design: &Design, why: String) -> Proposal {
        self.at(Proposal::new(Experiment::Notes(files), why))
            .set("max_concurrent_requests", design.parallel)
            .set("max_content_length", design.content)
            .set("chunk_size", design.chunk)
            .set("request_delay_seconds", 0.0)
    }

    fn trials_of(&self, design: &Design) -> usize {
        let own = self.study.trials_of(NAME).filter(|trial| self.target.load.is_of(trial));
        let asked = |trial: &Trial| Design { parallel: trial.parallel(), ..Design::of_trial(trial) };
        own.filter(|trial| matches!(trial.experiment, Experiment::Notes(_)) && asked(trial) == *design).count()
    }
}

/// Notes with the number of requests at once that would be taken now, if it was not measured; then with another one that could be
/// better by so much that learning it is worth its time.
fn levels_to_measure(budget: &Budget<'_>, arguments: &Arguments) -> Option<Vec<Proposal>> {
    let levels = decide::levels(budget.study, budget.target);
    let taken = decide::best(budget.server, &levels, arguments.number("tie"))?;
    let cost = budget.server.cost(&taken);
    let number = |design: &Design| NOTES.max(study::whole(design.parallel * ROUNDS) as usize);
    let measure = |design: &Design, why: String| {
        if budget.trials_of(design) >= MOST_TRIALS {
            return None;
        }
        // Fewer files than requests at once would leave some of them out.
        let least = (study::whole(design.parallel) as usize).max(2);
        let files = budget.affordable(&spread(budget.study, number(design)), design, least)?;
        Some(vec![budget.notes(files, design, why)])
    };
    if cost.measured == 0 && !decide::is_the_baseline(budget.study, budget.target, &taken) {
        let context = budget.target.load.context;
        let why = format!("notes with {context} tokens of context, {} at once", taken.parallel);
        return measure(&taken, why);
    }
    let open = levels.iter().filter(|design| **design != taken && budget.trials_of(design) < MOST_TRIALS);
    let worth = |design: &Design| {
        let other = budget.server.cost(design);
        worth_of_measuring(cost, other, count(number(design)))
    };
    let best = open.max_by(|left, right| worth(left).total_cmp(&worth(right)))?;
    let promise = worth(best);
    (promise >= arguments.number("worth")).then(|| {
        let why = format!("whether {} at once are faster: worth {:.1} % of the speed", best.parallel, promise * 100.0);
        measure(best, why)
    })?
}

/// Another batch of tokens, where there is time to use it afterwards.
fn batch_to_measure(budget: &Budget<'_>) -> Option<Vec<Proposal>> {
    let question = batches::probe(budget.study, budget.target, budget.server)?;
    let share = match question.is_suspicion {
        false => question.reading * SPEND_ON_A_DOUBT,
        true if some_note_was_made(budget.study) => SPEND_ON_BATCHES,
        // Where not one note was made, nothing else is left to be mended.
        true => SPEND_ON_THREADS,
    };
    let seconds = question.seconds + 2.0 * budget.reload_seconds();
    (seconds <= budget.left * share).then(|| vec![question.proposal])
}

/// Pairs of notes for a content length that could be better.
fn reading_to_measure(budget: &Budget<'_>, arguments: &Arguments) -> Option<Vec<Proposal>> {
    let (study, target, server) = (budget.study, budget.target, budget.server);
    if study::notes_repeat_themselves(study) {
        // Another temperature changes such notes by more than what is read of a file; the time is left to whoever decides it.
        return None;
    }
    let levels = decide::levels(study, target);
    let taken = decide::best(server, &levels, arguments.number("tie"))?;
    let less = reading::less(study, target).filter(|other| {
        let gain = server.cost(&taken).log.mean - server.cost(&reading::design(*other, taken.parallel)).log.mean;
        gain >= arguments.number("tie")
            && gain * reading::chance(study, target, *other, arguments) >= arguments.number("worth")
    });
    let more = reading::more(study, target).filter(|_| reading::may_be_too_little(study));
    [less, more].into_iter().flatten().find_map(|other| {
        if reading::verdict(study, target, other, arguments).is_some_and(|verdict| verdict.hopeless) {
            return None;
        }
        let design = reading::design(other, taken.parallel);
        let (others, own) = reading::missing(study, target, other);
        if budget.trials_of(&design) >= MOST_TRIALS || others.is_empty() {
            return None;
        }
        let all: Vec<u32> = others.iter().chain(&own).copied().collect();
        // The dearer of the two ways stands for both.
        budget.affordable(&all, if other.less { &taken } else { &design }, all.len())?;
        let why = format!("whether notes from {} characters of a file are as good", other.content);
        let mut proposals = vec![budget.notes(others, &design, why)];
        if !own.is_empty() {
            proposals.push(budget.notes(own, &taken, "the same files as at present".to_owned()));
        }
        Some(proposals)
    })
}
