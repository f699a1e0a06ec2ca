//! What to measure next, and what follows.

use ralf_tune_sdk::{
    strategy::prelude::*,
    study::{Cost, Fit, count, decode_rate, metric, prefill_rate, whole},
};

use crate::{
    levels::{choose, measured, probe, slots, to_measure},
    rules::batch_size,
};

/// Short requests that show the slots.
const SLOT_PROMPT: u32 = 64;
const SLOT_OUTPUT: u32 = 24;

/// Share of the remaining seconds that an estimate may use up.
const SPEND: f64 = 0.9;

/// The least size of a note-like probe, as a share of a typical note.
const SCALES: [f64; 4] = [1.0, 0.5, 0.25, 0.12];

/// Files of each trial of a pause.
const DELAY_FILES: usize = 3;

/// The next measurements, or the decision.
pub fn next(study: &Study, arguments: &Arguments) -> Answer {
    let proposals = slot_probe(study, arguments)
        .or_else(|| level_probes(study, arguments))
        .or_else(|| delay_notes(study, arguments))
        .unwrap_or_default();
    if proposals.is_empty() { Answer::Done(decide(study, arguments)) } else { Answer::Measure(proposals) }
}

/// Whether this stage tried to find the slots.
fn looked_for_slots(study: &Study) -> bool {
    study.trials_of("throughput").any(|trial| match &trial.experiment {
        Experiment::Probe(probe) => probe.output_tokens <= SLOT_OUTPUT,
        _ => false,
    })
}

fn slot_probe(study: &Study, arguments: &Arguments) -> Option<Vec<Proposal>> {
    if looked_for_slots(study) || slots(study).is_some_and(|(_, all)| all) {
        return None;
    }
    let most = whole(arguments.number("slot_requests").min(study.highest("max_concurrent_requests")));
    let loads = study.like_incumbent().next().is_none();
    let cost = Cost::of(study);
    let shape = |parallel: u32, output: u32| Probe {
        prompt_tokens: SLOT_PROMPT,
        output_tokens: output,
        parallel,
        requests: parallel,
    };
    // Leave time for what the slots are wanted for.
    let fits = |probe: &Probe| cost.probe_seconds(probe, loads) <= study.seconds_left * SPEND / 2.0;
    let shapes = [shape(most, SLOT_OUTPUT), shape(most.min(4), SLOT_OUTPUT), shape(most.min(4), 8)];
    let probe = shapes.into_iter().filter(|probe| probe.parallel > 1).find(fits)?;
    Some(vec![Proposal::new(Experiment::Probe(probe), "how many requests the server works on at once")])
}

fn level_probes(study: &Study, arguments: &Arguments) -> Option<Vec<Proposal>> {
    if !measured(study, SLOT_OUTPUT).is_empty() {
        return None;
    }
    let levels = to_measure(study, arguments);
    let waves = arguments.number("waves");
    let loads = study.like_incumbent().next().is_none();
    let left = study.seconds_left * SPEND;
    let seconds = |level: f64, scale: f64, loads: bool| {
        probe_seconds(study, &probe(study, level, (scale, waves), SLOT_OUTPUT + 8), loads)
    };
    let total = |levels: &[f64], scale: f64| {
        levels.iter().enumerate().map(|(index, level)| seconds(*level, scale, loads && index == 0)).sum::<f64>()
    };
    // All levels at the largest scale that fits; with little time only the two ends.
    let ends = levels.get(..2)?;
    let (chosen, scale) = [levels.as_slice(), ends]
        .into_iter()
        .flat_map(|levels| SCALES.map(|scale| (levels, scale)))
        .find(|(levels, scale)| total(levels, *scale) <= left)?;
    let proposal = |level: &f64| {
        let probe = probe(study, *level, (scale, waves), SLOT_OUTPUT + 8);
        Proposal::new(Experiment::Probe(probe), format!("requests a minute with {level} at once"))
            .set("max_concurrent_requests", *level)
    };
    Some(chosen.iter().map(proposal).collect())
}

/// What a probe takes: one request after the other, or less where the probe of the slots tells how fast each of several at once is.
fn probe_seconds(study: &Study, probe: &Probe, loads: bool) -> f64 {
    let one_by_one = Cost::of(study).probe_seconds(probe, loads);
    let Some((slots, _)) = slots(study).filter(|(slots, _)| !loads && f64::from(probe.parallel) <= *slots) else {
        return one_by_one;
    };
    let crowds = study.like_incumbent().filter(|trial| trial.parallel() >= slots && trial.parallel() > 1.5);
    // With fewer at once each is as fast at least.
    let rates = crowds.filter_map(|trial| Some((prefill_rate(trial)?, decode_rate(trial)?))).next_back();
    rates.map_or(one_by_one, |(reading, writing)| {
        let one = f64::from(probe.prompt_tokens) / reading + f64::from(probe.output_tokens) / writing;
        one_by_one.min(one * f64::from(probe.requests.div_ceil(probe.parallel.max(1))))
    })
}

/// Whether requests failed at the incumbent's load-time settings, without a pause.
fn errors_without_delay(study: &Study) -> bool {
    let moment = |trial: &Trial| matches!(trial.failure(), Some("busy" | "server-error" | "unreachable"));
    study.history.iter().filter(|trial| trial.loads_like(&study.incumbent)).any(|trial| {
        let failing = trial.mean(metric::SUCCESS_RATE).is_some_and(|share| share < 0.999);
        trial.setting("request_delay_seconds") <= 0.0 && (failing || moment(trial))
    })
}

/// The files that pauses are compared on: the smallest, for they show the same and cost least.
fn delay_files(study: &Study) -> Vec<u32> {
    let mut files: Vec<(u32, u32)> = study.workload.file_chars.iter().copied().zip(0..).collect();
    files.sort_unstable();
    files.into_iter().take(DELAY_FILES).map(|(_, file)| file).collect()
}

fn delay_notes(study: &Study, arguments: &Arguments) -> Option<Vec<Proposal>> {
    let tried = study.trials_of("throughput").any(|trial| matches!(trial.experiment, Experiment::Notes(_)));
    if tried || !errors_without_delay(study) {
        return None;
    }
    let files = delay_files(study);
    let (fit, cost) = (Fit::of(study), Cost::of(study));
    let chars = |file: &u32| study.workload.file_chars.get(*file as usize).map_or(0.0, |chars| f64::from(*chars));
    let cut = (study.incumbent("max_content_length"), study.incumbent("chunk_size"));
    let notes: f64 = files.iter().map(|file| cost.note_seconds(&fit, chars(file), cut.0, cut.1)).sum();
    let mut left =
        study.seconds_left * SPEND - if study.like_incumbent().next().is_none() { cost.load_seconds } else { 0.0 };
    let parallel = best_level(study, arguments).unwrap_or_else(|| study.incumbent("max_concurrent_requests"));
    let mut proposals = Vec::new();
    for delay in arguments.numbers("delays") {
        left -= notes + delay * count(files.len());
        if left < 0.0 {
            break;
        }
        let why = format!("whether a pause of {delay} s makes requests fail less");
        let proposal = Proposal::new(Experiment::Notes(files.clone()), why)
            .set("max_concurrent_requests", parallel)
            .set("request_delay_seconds", delay);
        proposals.push(proposal);
    }
    (proposals.len() > 1).then_some(proposals)
}

fn best_level(study: &Study, arguments: &Arguments) -> Option<f64> {
    choose(&measured(study, SLOT_OUTPUT), arguments.number("tie")).map(|level| level.parallel)
}

/// The pause that was measured to pay: fewer failures, and more good notes a minute.
fn best_delay(study: &Study, tie: f64) -> Option<f64> {
    let trials = study.trials_of("throughput").filter(|trial| matches!(trial.experiment, Experiment::Notes(_)));
    let tested: Vec<(f64, f64, f64)> = trials
        .map(|trial| {
            let success = if trial.is_complete() { trial.mean(metric::SUCCESS_RATE).unwrap_or(1.0) } else { 0.0 };
            let good = trial.mean(metric::NOTES_PER_MINUTE).unwrap_or(0.0) * success;
            (trial.setting("request_delay_seconds"), success, good)
        })
        .collect();
    let (_, success, good) = *tested.iter().find(|(delay, _, _)| *delay <= 0.0)?;
    let better: Vec<_> = tested.iter().filter(|test| test.1 > success && test.2 > good * (1.0 + tie)).collect();
    let best = better.iter().map(|test| test.2).max_by(f64::total_cmp)?;
    let least = better.iter().filter(|test| test.2 >= best * (1.0 - tie)).map(|(delay, _, _)| *delay);
    least.min_by(f64::total_cmp)
}

/// The decision from what there is.
pub fn decide(study: &Study, arguments: &Arguments) -> Decision {
    let tie = arguments.number("tie");
    let measured = measured(study, SLOT_OUTPUT);
    let slots = slots(study);
    let present = study.incumbent("max_concurrent_requests").max(1.0);
    let mut decision = Decision::new();
    if let Some((slots, all)) = slots {
        let more = if all { "" } else { " or more" };
        decision = decision.reason(format!("the server works on {slots}{more} requests at once; more would only wait"));
    }
    let parallel = match (choose(&measured, tie), slots) {
        (Some(best), _) if measured.len() > 1 => {
            let all: Vec<String> =
                measured.iter().map(|level| format!("{}: {:.1}", level.parallel, level.requests_per_minute)).collect();
            decision = decision.reason(format!(
                "{} at once is best (requests a minute of a typical note's shape: {})",
                best.parallel,
                all.join(", ")
            ));
            best.parallel
        }
        (_, Some((1.0, true))) => 1.0,
        (_, slots) => {
            let most = slots.filter(|(_, all)| *all).map_or(present, |(slots, _)| slots);
            let kept = present.min(most);
            decision = decision.not_found(format!("numbers of requests at once could not be compared; kept {kept}"));
            kept
        }
    };
    let delay = match best_delay(study, tie) {
        Some(delay) => {
            decision = decision
                .reason(format!("with a pause of {delay} s fewer requests failed, and more notes a minute were good"));
            delay
        }
        None if errors_without_delay(study) => {
            decision = decision.not_found("requests failed, and no pause was measured to help: no pause");
            0.0
        }
        None => {
            decision = decision.reason("no request failed without a pause, and a pause never makes a batch faster");
            0.0
        }
    };
    let size = study.allowed("batch_size", batch_size(parallel, study));
    decision
        .set("max_concurrent_requests", study.allowed("max_concurrent_requests", parallel))
        .set("request_delay_seconds", study.allowed("request_delay_seconds", delay))
        .set("batch_size", size)
        .set("batch_delay_seconds", study.allowed("batch_delay_seconds", 0.0))
        .reason(format!("{size} files in a batch, by requests at once and available memory"))
}
