//! Threads and requests at once that are in each other's way: on a processor whose every core runs a thread, several requests together may be
//! served more slowly than one alone, and with fewer threads they are not.

use ralf_tune_sdk::{
    strategy::prelude::*,
    study::{decode_rate, median, prefill_rate},
};

use crate::{
    design::Load,
    slots,
    threads::{is_on_gpu, same},
};

/// Writing reads the whole model once for all requests of a step, so that each further one adds to what is written in a second. Whoever adds
/// less than this share of a single one is held up by something else.
const LEAST_SHARE: f64 = 0.4;

/// Part of the cores that is tried: the others are left to whoever is in the way.
const PART: f64 = 0.63;

/// How much of the best time of a note with the present threads the other ones may take to be chosen.
const ENOUGH: f64 = 0.9;

/// Tokens of a note's prompt and answer where no note was made.
pub const USUAL: (f64, f64) = (1_500.0, 300.0);

/// Rates of one number of requests at once, in tokens a second, each.
#[derive(Debug, Clone, Copy)]
struct Rates {
    at_once: f64,
    reading: f64,
    writing: f64,
}

impl Rates {
    fn of(trial: &Trial, slots: f64) -> Option<Self> {
        let at_once = trial.parallel().min(slots).max(1.0);
        Some(Self { at_once, reading: prefill_rate(trial)?, writing: decode_rate(trial)? })
    }

    /// Seconds of the whole server that a note takes.
    fn note_seconds(&self, (prompt, answer): (f64, f64)) -> f64 {
        (prompt / self.reading + answer / self.writing) / self.at_once
    }
}

/// The threads that several requests at once are better served with, where that was found.
#[must_use]
pub fn threads(study: &Study, present: f64) -> Option<f64> {
    let fewer = fewer(study, present)?;
    let load = Load { threads: present, ..Load::of(&study.baseline) };
    let tokens = |name: &str, usual: f64| {
        let notes = study.history.iter().filter(|trial| matches!(trial.experiment, Experiment::Notes(_)));
        median(&notes.flat_map(|trial| trial.values(name)).copied().collect::<Vec<f64>>()).unwrap_or(usual)
    };
    let note = (tokens("prompt_tokens", USUAL.0), tokens("answer_tokens", USUAL.1));
    let least = |threads: f64| {
        let own = study.history.iter().filter(|trial| same(trial.setting("num_thread"), threads));
        let slots = slots::known(study).map_or(1.0, |slots| slots.count);
        let rates = own.filter(|trial| trial.is_complete() && same(Load::of(&trial.candidate).batch, load.batch));
        rates.filter_map(|trial| Some(Rates::of(trial, slots)?.note_seconds(note))).min_by(f64::total_cmp)
    };
    (least(fewer)? <= ENOUGH * least(present)?).then_some(fewer)
}

/// Fewer threads with as many requests at once as showed that they are in each other's way, and the seconds that those took.
#[must_use]
pub fn probe(study: &Study, present: f64) -> Option<(Proposal, f64)> {
    let fewer = fewer(study, present)?;
    if study.history.iter().any(|trial| same(trial.setting("num_thread"), fewer)) {
        return None;
    }
    let crowd = crowd(study, present)?;
    let Experiment::Probe(shape) = &crowd.experiment else { return None };
    let why = format!(
        "whether {fewer} threads serve several requests better: together they are written hardly faster than one alone"
    );
    let proposal = Proposal::new(Experiment::Probe(*shape), why).set("num_thread", fewer);
    Some((proposal, crowd.seconds))
}

/// The number of threads to try, where requests are in each other's way.
fn fewer(study: &Study, present: f64) -> Option<f64> {
    let usable = f64::from(study.machine.usable_threads);
    let cores = f64::from(study.machine.physical_cores).min(usable);
    let fewer = (cores * PART).floor();
    let running = if present < 0.5 { cores } else { present };
    if is_on_gpu(study) || fewer < 1.0 || fewer >= running - 0.5 {
        return None;
    }
    let crowd = crowd(study, present)?;
    let slots = slots::known(study)?.count;
    let alone = study
        .history
        .iter()
        .filter(|trial| trial.is_complete() && same(trial.setting("num_thread"), present) && trial.parallel() < 1.5);
    // Another context may have been too large for the memory.
    let alone = alone.filter_map(decode_rate).max_by(f64::total_cmp)?;
    let at_once = crowd.parallel().min(slots);
    let together = decode_rate(crowd)? * at_once;
    (at_once > 1.5 && together < alone * (1.0 + LEAST_SHARE * (at_once - 1.0))).then_some(fewer)
}

/// The probe of the slots with these threads.
fn crowd(study: &Study, threads: f64) -> Option<&Trial> {
    let own = study.history.iter().rev().filter(|trial| trial.is_complete() && slots::is_probe(trial));
    own.into_iter().find(|trial| same(trial.setting("num_thread"), threads))
}

#[cfg(test)]
mod tests {
    use ralf_tune_sdk::{
        setting,
        study::metric,
        testing::{Host, Server, sample},
        types::TrialState,
    };

    use super::*;

    /// The server works on four at once; a note takes 37.5 s alone with all eight cores.
    const SLOTS: f64 = 4.0;
    const ALONE: (f64, f64) = (200.0, 10.0);

    /// Short requests that the server wrote and read at those rates, each.
    fn trial(study: &Study, threads: f64, parallel: u32, (reading, writing): (f64, f64)) -> Trial {
        let mut candidate = study.baseline.clone();
        candidate.retain(|setting| setting.name != "num_thread");
        candidate.push(setting("num_thread", threads));
        let probe = Probe { prompt_tokens: 160, output_tokens: 24, parallel, requests: parallel };
        Trial {
            number: u32::try_from(study.history.len()).expect("a few trials"),
            stage: crate::NAME.to_owned(),
            candidate,
            experiment: Experiment::Probe(probe),
            state: TrialState::Complete,
            seconds: 12.0,
            reloads: 0,
            samples: vec![
                sample(metric::PREFILL_TOKENS_PER_SECOND, vec![reading; 3]),
                sample(metric::DECODE_TOKENS_PER_SECOND, vec![writing; 3]),
                sample(metric::EFFECTIVE_SLOTS, vec![f64::from(parallel).min(SLOTS)]),
                sample(metric::GPU_SHARE, vec![f64::from(u8::from(study.machine.gpu_memory_bytes > 0))]),
            ],
            scores: Vec::new(),
            facts: Vec::new(),
        }
    }

    /// One request alone with the server's own threads, and eight at once of which each is written at that rate.
    fn study(gpu: bool, together: f64) -> Study {
        let mut study = Host::new(Server { gpu, ..Server::default() }, &[2_000]).study;
        study.history.push(trial(&study, 0.0, 1, ALONE));
        study.history.push(trial(&study, 0.0, 8, (50.0, together)));
        study
    }

    fn asks_for(study: &Study, present: f64) -> Option<f64> {
        probe(study, present).map(|(proposal, _)| proposal.changes.iter().map(|change| change.value).sum())
    }

    #[test]
    fn fewer_threads_are_tried_where_requests_are_in_each_others_way() {
        // Four together must write 22 tokens a second, 2.2 times as many as one alone.
        assert_eq!(asks_for(&study(false, 5.6), 0.0), None);
        let crowded = study(false, 5.4);
        let (proposal, seconds) = probe(&crowded, 0.0).expect("5 of 8 cores");
        assert_eq!((proposal.changes, seconds), (vec![setting("num_thread", 5.0)], 12.0));
        let Experiment::Probe(shape) = proposal.experiment else { panic!("no probe") };
        assert_eq!((shape.parallel, shape.requests), (8, 8), "the same requests, or the two could not be compared");
    }

    #[test]
    fn nothing_is_tried_where_threads_explain_nothing() {
        assert_eq!(asks_for(&study(true, 4.0), 0.0), None, "a GPU writes with no threads of the processor");
        let crowded = study(false, 4.0);
        assert_eq!(asks_for(&crowded, 5.0), None, "there are no more than five");
        let mut small = crowded.clone();
        small.machine.usable_threads = 1;
        assert_eq!(asks_for(&small, 0.0), None, "a single core cannot be left to others");
        let mut unknown = crowded.clone();
        unknown.history.remove(0);
        assert_eq!(asks_for(&unknown, 0.0), None, "nobody knows what one alone does");
        let mut failed = crowded.clone();
        failed.history[1].state = TrialState::Failed("out-of-time".to_owned());
        assert_eq!(asks_for(&failed, 0.0), None, "nobody knows what several do");
        let mut single = crowded;
        single.history[1].samples.retain(|sample| sample.metric != metric::EFFECTIVE_SLOTS);
        single.history[1].samples.push(sample(metric::EFFECTIVE_SLOTS, vec![1.0]));
        assert_eq!(asks_for(&single, 0.0), None, "one at a time is in nobody's way");
    }

    #[test]
    fn what_was_tried_is_tried_once_and_taken_only_where_notes_gain_a_tenth() {
        // Four at once with all cores: (1500 / 50 + 300 / 4) / 4 = 26.25 s a note.
        for (writing, taken) in [(7.0, Some(5.0)), (5.4, Some(5.0)), (5.0, None), (4.0, None)] {
            let mut study = study(false, 4.0);
            assert_eq!(threads(&study, 0.0), None, "not before it was tried");
            study.history.push(trial(&study, 5.0, 8, (40.0, writing)));
            assert_eq!(asks_for(&study, 0.0), None, "once");
            assert_eq!(threads(&study, 0.0), taken, "{writing}");
        }
    }

    #[test]
    fn a_note_has_the_size_that_notes_were_seen_to_have() {
        let mut study = study(false, 4.0);
        study.history.push(trial(&study, 5.0, 8, (20.0, 7.0)));
        // Reading is slower with fewer threads, so that it depends on how much is read.
        assert_eq!(threads(&study, 0.0), None, "1500 to read, 300 to write: (75 + 42.9) / 4 s");
        let mut note = trial(&study, 0.0, 1, ALONE);
        note.experiment = Experiment::Notes(vec![0]);
        note.samples.push(sample(metric::PROMPT_TOKENS, vec![300.0]));
        note.samples.push(sample(metric::ANSWER_TOKENS, vec![600.0]));
        study.history.push(note);
        assert_eq!(threads(&study, 0.0), Some(5.0), "300 to read, 600 to write: (15 + 85.7) / 4 s, and 39 s with all");
    }

    #[test]
    fn rates_of_another_batch_are_not_compared() {
        let mut study = study(false, 4.0);
        let mut other = trial(&study, 5.0, 8, (40.0, 7.0));
        other.candidate.retain(|setting| setting.name != "num_batch");
        other.candidate.push(setting("num_batch", 64.0));
        study.history.push(other);
        assert_eq!(threads(&study, 0.0), None);
    }
}
