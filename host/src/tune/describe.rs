//! What a person should know beyond the result: warnings with advice, and what the batch consists of.

use super::{candidates::source_share, execute::Executor, facts::Progress, study::Setup};
use crate::{
    model::{
        candidate::Candidate,
        machine::Locality,
        metric::Metric,
        study::{Warning, WorkloadSummary},
    },
    stats::summary::{mean, median},
};

/// What the user should know beyond the result.
pub fn warn(setup: &Setup<'_>, executor: &Executor<'_>, progress: &mut Progress) {
    for error in executor.panel.failures() {
        progress.warnings.push(Warning { what: error.to_string(), advice: Some(error.hint()) });
    }
    if setup.server.locality == Locality::Remote {
        progress.warnings.push(Warning {
            what: "the server runs on another machine, so its hardware is unknown and thread counts were not tuned"
                .into(),
            advice: Some("run ralf-tune on the machine of the server to tune threads".into()),
        });
    }
    let parallel: Vec<f64> = progress
        .history
        .iter()
        .filter(|trial| trial.facts.iter().any(|(name, value)| name == "workers" && *value > 1.0))
        .filter_map(|trial| trial.mean(Metric::EffectiveSlots))
        .collect();
    if !parallel.is_empty() && parallel.iter().all(|slots| *slots <= 1.0) {
        progress.warnings.push(Warning {
            what: "requests never overlapped: the server works on one at a time".into(),
            advice: Some("set OLLAMA_NUM_PARALLEL=2 where the server is started, restart it, and tune again".into()),
        });
    }
    let mut seen: Vec<String> = Vec::new();
    for notice in progress.history.iter().flat_map(|trial| &trial.notices) {
        if !seen.contains(notice) {
            seen.push(notice.clone());
        }
    }
    progress.warnings.extend(seen.into_iter().map(|what| Warning { what, advice: None }));
    let notices = setup.workload.notices.iter().map(|notice| Warning { what: notice.clone(), advice: None });
    progress.warnings.extend(notices);
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "files are far shorter than 2^52 characters"
)]
pub fn summarise_workload(setup: &Setup<'_>, executor: &Executor<'_>, tuned: &Candidate) -> WorkloadSummary {
    let workload = &setup.workload;
    let calibration = executor.calibration.borrow();
    let overhead = f64::from(calibration.overhead_tokens(workload.prompt.text.chars().count()));
    let tokens = |chars: &usize| {
        let length = (*chars).min(tuned.max_content_length as usize);
        let pieces = length.div_ceil((tuned.chunk_size as usize).max(1)).max(1);
        overhead + length.div_ceil(pieces) as f64 / calibration.chars_per_token()
    };
    let largest = workload.batch_chars.iter().map(tokens).fold(0.0, f64::max);
    let over = workload.batch_chars.iter().filter(|chars| tokens(chars) >= f64::from(tuned.num_ctx)).count();
    let chars: Vec<f64> = workload.batch_chars.iter().map(|chars| *chars as f64).collect();
    let share = source_share(&workload.batch_chars, tuned);
    WorkloadSummary {
        file_chars: workload.files.iter().map(|file| file.chars).collect(),
        batch_chars: workload.batch_chars.clone(),
        origin: workload.origin.clone(),
        files_in_batch: workload.batch_chars.len(),
        files_picked: workload.files.len(),
        total_chars: workload.batch_chars.iter().sum(),
        median_chars: median(&chars) as usize,
        largest_chars: workload.batch_chars.last().copied().unwrap_or_else(|| mean(&chars) as usize),
        chars_per_token: calibration.measured(),
        prompt_origin: workload.prompt.origin.clone(),
        truncation: Some(format!(
            "{over} of {} files would be truncated (largest prompt about {largest:.0} of {} tokens); {:.0} % of the source is read",
            workload.batch_chars.len(),
            tuned.num_ctx,
            share * 100.0
        )),
    }
}
