//! Which requests of the history tell how long the batch's requests take, and how often they fail.

use ralf_tune_sdk::{
    strategy::prelude::*,
    study::{Cost, Fit, StudyExt, count, metric},
};

/// Failures that another try can mend. The others fail again, whatever is waited for.
const OF_THE_MOMENT: [&str; 5] = ["busy", "unreachable", "server-error", "timed-out", "protocol"];

/// Share of a typical request below which a probe is too short to tell of notes.
const SHORT: f64 = 0.5;

/// What is known of requests.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Evidence {
    /// Milliseconds, one for each request.
    pub latencies: Vec<f64>,
    /// Requests, and those that failed; fractions come from success rates.
    pub requests: f64,
    pub errors: f64,
}

/// All requests that were made as the batch will make them: the incumbent's load-time settings, as many at once, notes
/// cut the same way, and probes that are no shorter than half a typical note.
#[must_use]
pub fn collect(study: &Study) -> Evidence {
    let mut evidence = Evidence::default();
    for trial in study.history.iter().filter(|trial| is_like_the_batch(study, trial)) {
        match trial.failure() {
            None => {
                let latencies = trial.values(metric::REQUEST_LATENCY_MS);
                let requests = count(latencies.len());
                let success = trial.mean(metric::SUCCESS_RATE).unwrap_or(1.0).clamp(0.0, 1.0);
                evidence.requests += requests;
                evidence.errors += requests * (1.0 - success);
                evidence.latencies.extend(latencies);
            }
            Some(cause) if OF_THE_MOMENT.contains(&cause) => {
                evidence.requests += 1.0;
                evidence.errors += 1.0;
            }
            Some(_) => {}
        }
    }
    evidence
}

fn is_like_the_batch(study: &Study, trial: &Trial) -> bool {
    let same = |name: &str| (trial.setting(name) - study.incumbent(name)).abs() < 1e-9;
    let parallel = (trial.parallel() - study.incumbent("max_concurrent_requests").max(1.0)).abs() < 0.5;
    let alike = match &trial.experiment {
        Experiment::Notes(_) => same("chunk_size") && same("max_content_length") && same("num_predict"),
        Experiment::Probe(probe) => {
            let (prompt, answer) = study.typical_request();
            f64::from(probe.prompt_tokens) >= prompt * SHORT && f64::from(probe.output_tokens) >= answer * SHORT
        }
        Experiment::Load | Experiment::Needle(_) | Experiment::Compare(_) => false,
    };
    trial.loads_like(&study.incumbent) && parallel && alike
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
    let at_once = study.incumbent("max_concurrent_requests").max(1.0);
    Some(cost.request_seconds(prompt, fit.num_predict) * at_once + cost.load_seconds)
}
