//! Which requests of the history tell how long the batch's requests take, and how often they fail.

use batch_outlook::{Batch, Evidence, File, Timed};
use ralf_tune_sdk::{
    strategy::prelude::*,
    study::{Cost, Fit, StudyExt, count, metric},
};

/// Failures that another try can mend. The others fail again, whatever is waited for.
const OF_THE_MOMENT: [&str; 5] = ["busy", "unreachable", "server-error", "timed-out", "protocol"];

/// Share of a typical request below which a probe is too short to tell of notes.
const SHORT: f64 = 0.5;

/// So many requests that all workers were busy for are enough; with fewer of them those of shorter runs help, then probes.
const ENOUGH: usize = 5;

/// All requests that were made as the batch will make them: the incumbent's load-time settings, as many at once, the same room for
/// the answer. How often the server fails or stalls does not depend on the file nor on most settings, so that all requests count, but those
/// with settings that do not fit the memory.
#[must_use]
pub fn collect(study: &Study) -> Evidence {
    let mut evidence = Evidence { load_seconds: Cost::of(study).load_seconds, ..Evidence::default() };
    let mut less_alike: [Vec<Timed>; 2] = Default::default();
    for trial in study.history.iter().filter(|trial| fits_memory(study, trial)) {
        add_faults(&mut evidence, trial);
        let busy = trial.fact("workers").is_none_or(|workers| workers + 0.5 > at_once(study));
        let place = match &trial.experiment {
            Experiment::Load | Experiment::Needle(_) => continue,
            _ if !trial.loads_like(&study.incumbent) || (trial.parallel() - at_once(study)).abs() > 0.5 => None,
            Experiment::Probe(probe) => {
                let (prompt, answer) = study.typical_request();
                let long = f64::from(probe.prompt_tokens) >= prompt * SHORT
                    && f64::from(probe.output_tokens) >= answer * SHORT;
                long.then_some(&mut less_alike[1])
            }
            _ if (trial.setting("num_predict") - study.incumbent("num_predict")).abs() > 0.5 => None,
            _ if busy => Some(&mut evidence.good),
            _ => Some(&mut less_alike[0]),
        };
        match place {
            Some(place) => place.extend(timed(study, trial)),
            None => evidence.others.push(timed(study, trial)),
        }
    }
    for more in less_alike {
        if evidence.good.len() < ENOUGH {
            evidence.good.extend(more);
        } else {
            evidence.others.push(more);
        }
    }
    evidence
}

/// Whether no trial with the same load spilled or ran out of memory: such settings fail for a reason of their own.
fn fits_memory(study: &Study, trial: &Trial) -> bool {
    !study.history.iter().filter(|other| other.loads_like(&trial.candidate)).any(|other| {
        other.failure() == Some("out-of-memory") || other.fact("spilled").is_some_and(|spilled| spilled > 0.5)
    })
}

/// What a trial says of faults. Hosts count them in facts; of one that does not, the share of requests that ended well says it.
fn add_faults(evidence: &mut Evidence, trial: &Trial) {
    let fact = |name: &str| trial.fact(name).unwrap_or(0.0);
    if trial.fact("requests_sent").is_some() {
        evidence.requests += fact("requests_sent");
        evidence.failed += fact("requests_failed");
        evidence.failed_seconds += fact("requests_failed_seconds");
        evidence.timed_out += fact("requests_given_up");
        evidence.timed_out_seconds += fact("requests_given_up_seconds");
        evidence.retries += fact("retries");
        evidence.retries_failed += fact("retries_failed");
        return;
    }
    let well = count(trial.values(metric::REQUEST_LATENCY_MS).len());
    match trial.failure() {
        Some("timed-out") => {
            evidence.requests += 1.0;
            evidence.timed_out += 1.0;
            evidence.timed_out_seconds += trial.seconds;
        }
        Some(cause) if OF_THE_MOMENT.contains(&cause) => {
            evidence.requests += 1.0;
            evidence.failed += 1.0;
            evidence.failed_seconds += trial.seconds;
        }
        Some(_) => {}
        None => {
            let success = trial.mean(metric::SUCCESS_RATE).unwrap_or(1.0).clamp(0.01, 1.0);
            evidence.requests += well / success;
            evidence.failed += well / success - well;
        }
    }
}

/// Tokens of the prompt and seconds of each request of a trial that ended well. Without the tokens all count as typical.
fn timed(study: &Study, trial: &Trial) -> Vec<Timed> {
    let latencies = trial.values(metric::REQUEST_LATENCY_MS);
    let tokens = trial.values(metric::PROMPT_TOKENS);
    let typical = study.typical_request().0;
    let size = |index: usize| if tokens.len() == latencies.len() { tokens.get(index).copied() } else { None };
    let request =
        |(index, latency): (usize, &f64)| Timed { size: size(index).unwrap_or(typical), seconds: latency / 1000.0 };
    latencies.iter().enumerate().map(request).collect()
}

/// The user's batch as the incumbent makes it; sizes are tokens of a prompt.
#[must_use]
pub fn batch(study: &Study) -> Batch {
    let fit = Fit::of(study);
    let known = &study.workload;
    let chars = if known.batch_chars.is_empty() { &known.file_chars } else { &known.batch_chars };
    let file = |chars: &u32| {
        let (read, pieces) =
            Fit::cut(f64::from(*chars), study.incumbent("max_content_length"), study.incumbent("chunk_size"));
        File { pieces, size: fit.prompt_tokens(read / pieces) }
    };
    Batch {
        files: chars.iter().map(file).collect(),
        workers: at_once(study),
        delay_seconds: study.incumbent("request_delay_seconds"),
        batch_size: study.incumbent("batch_size").max(1.0),
        pause_seconds: study.incumbent("batch_delay_seconds"),
    }
}

fn at_once(study: &Study) -> f64 {
    study.incumbent("max_concurrent_requests").max(1.0)
}

/// Seconds of the slowest good request that the batch can make, by the measured rates: the longest piece, an answer
/// that uses all its room, the others at once before it, and the model loaded first. `None` when no rate was measured.
#[must_use]
pub fn slowest_seconds(study: &Study) -> Option<f64> {
    let cost = Cost::of(study);
    if !cost.measured {
        return None;
    }
    let fit = Fit::of(study);
    let (read, pieces) =
        Fit::cut(study.largest_chars(), study.incumbent("max_content_length"), study.incumbent("chunk_size"));
    let prompt = fit.prompt_tokens(read / pieces).min(fit.num_ctx);
    Some(cost.request_seconds(prompt, fit.num_predict) * at_once(study) + cost.load_seconds)
}
