//! What to probe next, and what follows.

use ralf_tune_sdk::{
    strategy::prelude::*,
    study::{Cost, count, metric, whole},
};

use crate::choose::{Measured, candidates, choose, overbooks};

/// Share of the remaining seconds that an estimate may use up.
const SPEND: f64 = 0.9;

/// Prompt of a probe: enough for a prefill rate, and it fits into any context worth having.
const MOST_PROMPT: f64 = 512.0;

/// Why there is nothing to tune.
fn idle(study: &Study) -> Option<String> {
    if study.machine.usable_threads == 0 {
        return Some("the server's machine is not known, so its threads are left as they are".to_owned());
    }
    let wholly = study.gpu_share().is_some_and(|share| share >= 1.0);
    wholly.then(|| "the model runs wholly on the GPU: threads make no difference".to_owned())
}

/// The next measurement, or the decision.
pub fn next(study: &Study, arguments: &Arguments) -> Answer {
    let proposal = if idle(study).is_some() { None } else { probe(study, arguments) };
    proposal.map_or_else(|| Answer::Done(decide(study, arguments)), |proposal| Answer::Measure(vec![proposal]))
}

fn is_tried(study: &Study, threads: f64) -> bool {
    study.trials_of("threads").any(|trial| (trial.setting("num_thread") - threads).abs() < 0.5)
}

fn probe(study: &Study, arguments: &Arguments) -> Option<Proposal> {
    let present = study.incumbent("num_thread");
    let all = candidates(study, present);
    let open: Vec<f64> = all.iter().copied().filter(|threads| !is_tried(study, *threads)).collect();
    let threads = *open.first()?;
    let cost = Cost::of(study);
    let shape = |requests: u32| Probe {
        prompt_tokens: whole(study.typical_request().0.min(MOST_PROMPT)),
        output_tokens: whole(arguments.number("output_tokens")),
        parallel: 1,
        requests,
    };
    // Fewer threads are slower by as much; automatic is taken for all that may be used.
    let usable = f64::from(study.machine.usable_threads);
    let number = |threads: f64| if threads < 1.0 { usable } else { threads };
    let slower = (number(present.min(usable)) / number(threads)).max(1.0);
    let seconds = |probe: &Probe, threads: f64| {
        let loads = threads > 0.5 || present > 0.5;
        let load = if loads { cost.load_seconds } else { 0.0 };
        (cost.probe_seconds(probe, loads) - load) * slower + load
    };
    // A probe of one setting says nothing: the first one must leave time for a second.
    let least = if all.len() == open.len() { 2.0 } else { 1.0 };
    let requests = whole(arguments.number("requests"));
    let fits = |probe: &Probe| seconds(probe, threads) * least <= study.seconds_left * SPEND;
    let probe = [shape(requests), shape(1)].into_iter().find(fits)?;
    let why =
        if threads < 1.0 { "the server's own choice of threads".to_owned() } else { format!("{threads} threads") };
    Some(
        Proposal::new(Experiment::Probe(probe), format!("how fast the model is with {why}")).set("num_thread", threads),
    )
}

/// Seconds of a typical note with each number of threads that was probed; prefill and decoding have different optima.
fn measured(study: &Study) -> Vec<Measured> {
    let (prompt, answer) = study.typical_request();
    let of_trial = |trial: &Trial| {
        let prefill = trial.sample(metric::PREFILL_TOKENS_PER_SECOND).filter(|sample| sample.median > 0.0)?;
        let decode = trial.sample(metric::DECODE_TOKENS_PER_SECOND).filter(|sample| sample.median > 0.0)?;
        let error = |sample: &Sample, seconds: f64| {
            let relative = sample.standard_deviation / sample.median / count(sample.values.len().max(1)).sqrt();
            seconds * relative
        };
        let (reading, writing) = (prompt / prefill.median, answer / decode.median);
        let error = error(prefill, reading).hypot(error(decode, writing));
        Some(Measured { threads: trial.setting("num_thread"), seconds: reading + writing, error })
    };
    study.trials_of("threads").filter(|trial| trial.is_complete()).filter_map(of_trial).collect()
}

/// The decision from what there is.
pub fn decide(study: &Study, arguments: &Arguments) -> Decision {
    let usable = f64::from(study.machine.usable_threads);
    let present = study.incumbent("num_thread");
    if let Some(why) = idle(study) {
        // Without knowledge of the machine the range may be empty: a decision could only do harm.
        return Decision::new().not_found(why);
    }
    let measured = measured(study);
    if let Some(taken) = choose(&measured, arguments.number("tie")).filter(|_| measured.len() > 1) {
        let slowest = measured.iter().map(|other| other.seconds).fold(taken.seconds, f64::max);
        let name = name_of(taken.threads);
        let decision = Decision::new().set("num_thread", taken.threads).reason(format!(
            "{name}: {:.1} s for a typical note; the slowest of {} settings tried took {slowest:.1} s",
            taken.seconds,
            measured.len()
        ));
        return if slowest <= taken.seconds * (1.0 + arguments.number("tie")) {
            decision.not_found("the number of threads made no measurable difference")
        } else {
            decision
        };
    }
    if overbooks(study) && (present < 0.5 || present > usable) {
        return Decision::new().set("num_thread", usable).reason(format!(
            "not measured, but left alone the server would run {} threads where only {usable} may be used",
            study.machine.physical_cores
        ));
    }
    let kept = present.min(usable);
    Decision::new()
        .set("num_thread", kept)
        .not_found(format!("too few measurements to compare numbers of threads; kept {}", name_of(kept)))
}

fn name_of(threads: f64) -> String {
    if threads < 0.5 { "the server's own choice of threads".to_owned() } else { format!("{threads} threads") }
}
