//! What a person should know beyond the result: warnings with advice, and what the batch consists of.

use super::{
    candidates::source_share,
    execute::{Executor, LOADED_CONTEXT},
    facts::Progress,
    forecast::truncation_forecast,
    recording::Recording,
    restore,
    study::Setup,
};
use crate::{
    model::{
        candidate::Candidate,
        forecast::{Forecasts, TruncationForecast},
        machine::Locality,
        parting::Parting,
        server_failure::server_failure,
        study::{Warning, WorkloadSummary},
        trial::Trial,
    },
    stats::summary::{mean, median},
};

/// What the user should know beyond the result.
pub fn warn(setup: &Setup<'_>, executor: &Executor<'_>, progress: &mut Progress, parting: Option<&Parting>) {
    progress.warnings.extend(parting.and_then(|parting| restore::warning(parting, &setup.begun.model)));
    for error in executor.panel.failures() {
        progress.warnings.push(Warning { what: error.to_string(), advice: Some(error.hint()) });
    }
    if setup.begun.server.locality == Locality::Remote {
        progress.warnings.push(Warning {
            what: "the server runs on another machine, so its hardware is unknown and thread counts were not tuned"
                .into(),
            advice: Some("run ralf-tune on the machine of the server to tune threads".into()),
        });
    }
    let mut seen: Vec<String> = Vec::new();
    for notice in progress.history.iter().flat_map(|trial| &trial.notices) {
        if !seen.contains(notice) {
            seen.push(notice.clone());
        }
    }
    progress.warnings.extend(seen.into_iter().map(|what| Warning { what, advice: None }));
    if let Some(failure) = server_failure(&progress.history, parting) {
        let said = failure.said.unwrap_or_else(|| failure.cause.name().replace('-', " "));
        progress.warnings.push(Warning {
            what: format!("the server failed in the end: {said}"),
            advice: Some(
                "its log says more, and `ralf-tune doctor` looks at what is there now; then run the study again".into(),
            ),
        });
    }
    progress.warnings.extend(setup.recording.and_then(Recording::lost));
    let notices = setup.begun.workload.notices.iter().map(|notice| Warning { what: notice.clone(), advice: None });
    progress.warnings.extend(notices);
}

/// What will become of the prompts of the batch with the chosen settings and with the present ones.
pub fn forecasts(setup: &Setup<'_>, executor: &Executor<'_>, history: &[Trial], chosen: &Candidate) -> Forecasts {
    let calibration = executor.calibration.borrow();
    let of = |candidate: &Candidate| {
        // The server may load less than it is asked for, and before 0.10 it does not say so.
        let loaded = history
            .iter()
            .filter(|trial| trial.candidate.num_ctx == candidate.num_ctx)
            .flat_map(|trial| &trial.facts)
            .find(|(name, _)| name == LOADED_CONTEXT)
            .map(|(_, tokens)| *tokens);
        let trained = setup.begun.model.trained_context.value.unwrap_or(u32::MAX);
        let most = f64::from(candidate.num_ctx.min(trained));
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of tokens, once a u32")]
        let context = loaded.map_or(most, |loaded| loaded.min(most)) as u32;
        truncation_forecast(candidate, context, &calibration, &setup.begun.workload)
    };
    Forecasts { chosen: of(chosen), present: of(&setup.begun.baseline) }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "files are far shorter than 2^52 characters"
)]
pub fn summarise_workload(
    setup: &Setup<'_>,
    executor: &Executor<'_>,
    forecast: &TruncationForecast,
    chosen: &Candidate,
) -> WorkloadSummary {
    let workload = &setup.begun.workload;
    let chars: Vec<f64> = workload.batch_chars.iter().map(|chars| *chars as f64).collect();
    let share = source_share(&workload.batch_chars, chosen);
    WorkloadSummary {
        file_chars: workload.files.iter().map(|file| file.chars).collect(),
        batch_chars: workload.batch_chars.clone(),
        around_chars: Some(workload.prompt.around_chars()),
        learned: workload.learned.clone(),
        origin: workload.origin.clone(),
        files_in_batch: workload.batch_chars.len(),
        files_picked: workload.files.len(),
        total_chars: workload.batch_chars.iter().sum(),
        median_chars: median(&chars) as usize,
        largest_chars: workload.batch_chars.last().copied().unwrap_or_else(|| mean(&chars) as usize),
        chars_per_token: executor.calibration.borrow().measured(),
        prompt_origin: workload.prompt.origin.clone(),
        truncation: Some(format!("{}; {:.0} % of the source is read", forecast.sentence(), share * 100.0)),
    }
}
