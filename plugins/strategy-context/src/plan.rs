//! What to load next, and what follows.

use ralf_tune_sdk::{
    strategy::prelude::*,
    study::{Cost, Fit, bytes, metric, whole},
};

use crate::{
    document::{self, Test},
    evidence::{self, Verdict, verdict},
    sizes::{Ladder, estimated_memory, gibibytes, held, memory_for_model},
};

/// The probe that shows the cliff: long enough for a rate, short enough for a slow machine.
const PROBE_PROMPT: u32 = 300;
const PROBE_OUTPUT: u32 = 24;

/// Share of the remaining seconds that an estimate may use up.
const SPEND: f64 = 0.9;

/// The next measurement, or the decision.
pub fn next(study: &Study, arguments: &Arguments) -> Answer {
    let ladder = ladder(study, arguments);
    let slower = arguments.number("slower");
    let wanted = if arguments.text("rule") == "document" {
        ladder.sizes.iter().copied().find(|size| document_test(study, *size).is_none() && !is_tried(study, *size))
    } else {
        next_size(study, &ladder, &arguments.numbers("sizes"), slower)
    };
    let proposal = wanted.and_then(|size| measure(study, size, whole(arguments.number("requests"))));
    proposal.map_or_else(|| Answer::Done(decide(study, arguments)), |proposal| Answer::Measure(vec![proposal]))
}

/// The sizes in question. The document skips sizes by estimate, with a margin; where measuring is possible, only what cannot
/// fit at all is skipped.
fn ladder(study: &Study, arguments: &Arguments) -> Ladder {
    if arguments.text("rule") == "read" {
        return Ladder::of_what_is_read(study);
    }
    let share = if arguments.text("rule") == "document" { "memory_share" } else { "memory_limit" };
    Ladder::of(study, &arguments.numbers("sizes"), arguments.number(share))
}

/// The size whose verdict matters most: the target, then by bisection below it.
fn next_size(study: &Study, ladder: &Ladder, listed: &[f64], slower: f64) -> Option<f64> {
    let target = ladder.target(listed)?;
    if let Some(size) = loaded_unprobed(study) {
        return Some(size);
    }
    match verdict(study, target, slower) {
        Verdict::Unknown => return Some(target),
        Verdict::Good => return doubted(study, ladder, target, slower),
        Verdict::Unclear(_) => return None,
        Verdict::Bad(_) => {}
    }
    let below: Vec<f64> = ladder.sizes.iter().copied().filter(|size| *size < target).collect();
    let known_good = below.iter().rposition(|size| verdict(study, *size, slower) == Verdict::Good);
    let first_bad = below.iter().position(|size| matches!(verdict(study, *size, slower), Verdict::Bad(_)));
    let open = below.get(known_good.map_or(0, |index| index + 1)..first_bad.unwrap_or(below.len()))?;
    let unknown: Vec<f64> =
        open.iter().copied().filter(|size| verdict(study, *size, slower) == Verdict::Unknown).collect();
    unknown.get(unknown.len() / 2).copied().or_else(|| {
        let good = below.iter().rev().find(|size| verdict(study, **size, slower) == Verdict::Good)?;
        doubted(study, ladder, *good, slower)
    })
}

/// The size to compare a good one with, where "good" may only mean that nothing better was seen: a machine swaps at every size above
/// its memory alike, and whether it does, its memory does not tell (the server may be in a container, or elsewhere). It is at most
/// half of what was measured so far. `None` where the model is wholly on the GPU, or a smaller size was measured for this already.
fn doubted(study: &Study, ladder: &Ladder, size: f64, slower: f64) -> Option<f64> {
    let on_gpu = evidence::gpu_share(study, size).is_some_and(|share| share >= 1.0);
    let compared = study.trials_of("context").any(|trial| {
        let other = trial.setting("num_ctx");
        other < size - 0.5 && evidence::decode(study, other).is_some()
    });
    if on_gpu || compared {
        return None;
    }
    let half = size.min(study.incumbent("num_ctx")) / 2.0;
    let smaller = ladder.sizes.iter().rev().find(|other| **other <= half);
    let smaller = smaller.or(ladder.sizes.first()).filter(|other| **other < size)?;
    (verdict(study, *smaller, slower) == Verdict::Unknown).then_some(*smaller)
}

/// The size that is loaded now and whose speed is not known: even beyond the cliff it is cheap to learn, and if the model
/// fits nowhere, speed is all that tells sizes apart.
fn loaded_unprobed(study: &Study) -> Option<f64> {
    let last = study.trials_of("context").last()?;
    let loaded = last.is_complete() && matches!(last.experiment, Experiment::Load);
    loaded.then(|| last.setting("num_ctx"))
}

fn is_tried(study: &Study, size: f64) -> bool {
    study.trials_of("context").any(|trial| (trial.setting("num_ctx") - size).abs() < 0.5 && !trial.is_complete())
}

/// First the load, whose memory may say all; then a short probe at the size that is loaded now. `None` when the time
/// does not allow it.
fn measure(study: &Study, size: f64, requests: u32) -> Option<Proposal> {
    let cost = Cost::of(study);
    let left = study.seconds_left * SPEND;
    let probe = |requests: u32, output: u32| Probe {
        prompt_tokens: PROBE_PROMPT,
        output_tokens: output,
        parallel: 1,
        requests,
    };
    let is_loaded = study.trials_of("context").any(|trial| {
        trial.is_complete()
            && matches!(trial.experiment, Experiment::Load)
            && (trial.setting("num_ctx") - size).abs() < 0.5
    });
    // The load is only worth its time when a probe can follow it.
    let affordable = [probe(requests, PROBE_OUTPUT), probe(1, PROBE_OUTPUT), probe(1, 8)]
        .into_iter()
        .find(|probe| cost.probe_seconds(probe, true) - if is_loaded { cost.load_seconds } else { 0.0 } <= left)?;
    let (experiment, why) = if is_loaded {
        (Experiment::Probe(affordable), format!("how fast the model is with {size} tokens of context"))
    } else {
        (Experiment::Load, format!("whether {size} tokens of context fit into memory"))
    };
    Some(Proposal::new(experiment, why).set("num_ctx", size))
}

/// The decision from what there is.
pub fn decide(study: &Study, arguments: &Arguments) -> Decision {
    let listed = arguments.numbers("sizes");
    let ladder = ladder(study, arguments);
    let mut decision = if arguments.text("rule") == "document" {
        by_document(study, arguments, &ladder)
    } else {
        by_need(study, &ladder, &listed, arguments)
    };
    decision.reasons.extend(ladder.dropped);
    decision
}

fn by_need(study: &Study, ladder: &Ladder, listed: &[f64], arguments: &Arguments) -> Decision {
    let (present, slower) = (study.incumbent("num_ctx"), arguments.number("slower"));
    let Some(target) = ladder.target(listed) else {
        let why = match arguments.text("rule") {
            "read" => "what is read of a file needs the present context",
            _ => "no context size has room for the prompt, some source and the answer within the memory",
        };
        return keep(study, why);
    };
    match verdict(study, target, slower) {
        Verdict::Good => return holds(study, ladder, target),
        Verdict::Unknown | Verdict::Unclear(_) if held(study, target) => {
            let decision = holds(study, ladder, target);
            return decision.reason("a larger context was loaded without trouble, so this one fits as well");
        }
        Verdict::Unknown | Verdict::Unclear(_) if may_trust_estimate(study, ladder, target, slower) => {
            let need = gibibytes(estimated_memory(study, target));
            let there = gibibytes(memory_for_model(study));
            let decision = holds(study, ladder, target);
            return decision
                .not_found(format!("no time to try {target}; by estimate it needs {need:.1} of {there:.1} GiB"));
        }
        Verdict::Unknown | Verdict::Unclear(_) => {
            return keep(study, &format!("no measurement says whether {target} tokens of context work"));
        }
        Verdict::Bad(_) => {}
    }
    let Verdict::Bad(why) = verdict(study, target, slower) else { return keep(study, "") };
    let good =
        ladder.sizes.iter().rev().find(|size| **size < target && verdict(study, **size, slower) == Verdict::Good);
    if let Some(size) = good {
        return holds(study, ladder, *size).reason(format!("{target} would hold more, but: {why}"));
    }
    let mut sizes = ladder.sizes.clone();
    sizes.push(present);
    if let Some(size) = evidence::best_of_bad(study, &sizes, slower) {
        return holds(study, ladder, size).reason(format!(
            "no size stays clear of the cliff ({target}: {why}); this is the largest that is not slower than the others"
        ));
    }
    // What the document falls back to, where it is possible: not at or above a size that failed.
    let bad = |size: &f64| matches!(verdict(study, *size, slower), Verdict::Bad(_));
    let least_bad = sizes.iter().copied().filter(bad).min_by(f64::total_cmp).unwrap_or(f64::INFINITY);
    let fallback = study.allowed("num_ctx", document::SAFE_DEFAULT);
    if fallback < least_bad {
        return Decision::new()
            .set("num_ctx", fallback)
            .not_found(format!("no size was seen to work ({target}: {why}); {fallback} is a safe default"));
    }
    match ladder.sizes.iter().rev().find(|size| **size < least_bad) {
        Some(size) => Decision::new()
            .set("num_ctx", *size)
            .not_found(format!("no size was seen to work ({target}: {why}); {size} was not tried")),
        None => keep(study, &format!("no context size works ({target}: {why})")),
    }
}

/// Whether the target may be set without a measurement: the present size is known to be bad, or too small, and the
/// memory is known to suffice.
fn may_trust_estimate(study: &Study, ladder: &Ladder, target: f64, slower: f64) -> bool {
    let present = study.incumbent("num_ctx");
    let known = memory_for_model(study) > 0.0 && study.model.kv_bytes_per_token > 0;
    let broken = matches!(verdict(study, present, slower), Verdict::Bad(_)) || present > study.highest("num_ctx");
    target < present || (known && (broken || present < ladder.needed))
}

/// The size, and how much of the largest file it holds.
fn holds(study: &Study, ladder: &Ladder, size: f64) -> Decision {
    let fit = Fit::of(study).with_context(size);
    let whole = study.largest_chars();
    let largest = if ladder.needed < fit.needed_context(whole) {
        study.incumbent("max_content_length").min(whole)
    } else {
        whole
    };
    let tokens = (fit.prompt_tokens(largest) + fit.num_predict).round();
    let decision = Decision::new().set("num_ctx", size);
    let decision = if size >= ladder.needed {
        decision.reason(format!(
            "{size} holds {} ({largest} characters) whole: {tokens} of {size} tokens, {} of them for the answer",
            if largest < whole { "what is read of the largest file" } else { "the largest file" },
            fit.num_predict
        ))
    } else {
        decision
            .reason(format!("{size} holds {} characters of source in one request", fit.chars()))
            .not_found(format!("no usable size holds the largest file whole: it needs {} tokens", ladder.needed))
    };
    let speed = evidence::decode(study, size).map(|(rate, _)| format!("measured there: {rate:.1} tokens/s"));
    let place = evidence::gpu_share(study, size).map(|share| format!("{:.0} % in GPU memory", share * 100.0));
    let said: Vec<String> = [speed, place].into_iter().flatten().collect();
    if said.is_empty() { decision } else { decision.reason(said.join(", ")) }
}

/// The present size stays.
fn keep(study: &Study, why: &str) -> Decision {
    let present = study.incumbent("num_ctx");
    let kept = study.allowed("num_ctx", present);
    Decision::new().set("num_ctx", kept).not_found(format!("{why}; kept {kept}"))
}

/// What the document measures at one size.
fn document_test(study: &Study, size: f64) -> Option<Test> {
    let trials = || study.trials_of("context").filter(move |trial| (trial.setting("num_ctx") - size).abs() < 0.5);
    let failed = trials().any(|trial| trial.failure().is_some());
    let probe = trials().find(|trial| trial.mean(metric::REQUEST_LATENCY_MS).is_some());
    if let Some(probe) = probe {
        // Of the server's memory, what the context adds: the weights are the same at every size.
        let memory = probe.mean(metric::PEAK_MEMORY_BYTES).unwrap_or(0.0) - bytes(study.model.size_bytes);
        return Some(Test {
            num_ctx: size,
            latency_ms: probe.mean(metric::REQUEST_LATENCY_MS)?,
            success_rate: probe.mean(metric::SUCCESS_RATE).unwrap_or(1.0),
            memory_bytes: memory.max(0.0),
        });
    }
    failed.then_some(Test { num_ctx: size, latency_ms: 0.0, success_rate: 0.0, memory_bytes: 0.0 })
}

fn by_document(study: &Study, arguments: &Arguments, ladder: &Ladder) -> Decision {
    let tests: Vec<Test> = ladder.sizes.iter().filter_map(|size| document_test(study, *size)).collect();
    if tests.is_empty() {
        return keep(study, "no context size was measured");
    }
    let known = memory_for_model(study);
    let budget = if known > 0.0 { known * arguments.number("memory_budget") } else { f64::INFINITY };
    let slower = arguments.number("slower");
    let size = document::choose(&tests, budget, slower, 0.9);
    Decision::new().set("num_ctx", study.allowed("num_ctx", size)).reason(format!(
        "{size} is what the document's rule takes of {} measured sizes: the largest within {:.0} % of the smallest's latency",
        tests.len(),
        slower * 100.0
    ))
}
