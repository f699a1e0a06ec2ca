//! The last stage: whether the winner beats the present settings on files that decided nothing yet.

use tokio::time::Instant;

use super::{
    candidates,
    confirm::{self, Confirmed},
    execute::Executor,
    facts::{Facts, Progress},
    judge::Judge,
    study::Setup,
    verdict::{select, settings_of},
};
use crate::{
    model::{
        experiment::Experiment,
        selection::MeasuredCandidate,
        study::{StageOutcome, StudyEvent},
        trial::Trial,
        workload::Workload,
    },
    workload::pick::mixed,
};

/// How many places in the order of sizes a file may be away before one is taken that was measured already.
const USED_PENALTY: usize = 2;

/// Most notes that are made only to know the winner better.
const MOST_NOTES: usize = 12;

/// Compares the winner with the present settings on files that decided nothing yet.
pub async fn run(
    executor: &mut Executor<'_>,
    facts: &Facts<'_>,
    setup: &Setup<'_>,
    progress: &mut Progress,
    deadline: Instant,
    emit: &mut dyn FnMut(StudyEvent),
) -> Option<Confirmed> {
    let (candidates, selection) = select(executor, facts, setup, progress);
    let selection = selection?;
    let winner = candidates.iter().find(|candidate| candidate.id == selection.winner)?;
    if winner.is_baseline {
        return None;
    }
    let tuned = settings_of(&candidates, &selection)?;
    if candidates::differ_in_policy_only(&tuned, facts.baseline) {
        return None;
    }
    let baseline = candidates.iter().find(|candidate| candidate.is_baseline)?;
    let count = setup.prepared.stages.len() + 2;
    emit(StudyEvent::StageStarted { name: "confirm".into(), index: count - 1, of: count });
    let started = executor.clock.elapsed();
    let cost = |candidate: &MeasuredCandidate| candidate.notes_per_minute.map(|speed| 60_000.0 / speed.value);
    let seconds = deadline.saturating_duration_since(Instant::now()).as_secs_f64();
    let first = progress.history.len();
    let width = tuned.max_concurrent_requests as usize;
    // Without a note of the baseline, it is at least as slow as the time that it was given and did not suffice.
    let judging = executor.judge.as_ref().map_or(0.0, Judge::ms_per_note);
    let costs = (cost(winner).or_else(|| cost(baseline)), cost(baseline).or_else(|| cost(winner)));
    let costs = (costs.0.map(|cost| cost + judging), costs.1.map(|cost| cost + judging));
    let pairs = match costs {
        (Some(ours), Some(theirs)) => {
            confirm::affordable_pairs(seconds, executor.last_load_seconds, (ours, theirs), width)
        }
        _ => None,
    };
    let mut confirmed = None;
    if let Some(pairs) = pairs {
        let files = spread_files(&progress.history, facts.workload, pairs);
        confirmed = confirm::run(executor, &tuned, facts.baseline, &files, deadline, &mut progress.history, emit).await;
    } else if let Some(ours) = costs.0 {
        // The present settings are too slow to be asked again; what is left of the time makes the winner's own figure better.
        let notes = affordable_notes(seconds, executor.last_load_seconds, ours);
        let files = spread_files(&progress.history, facts.workload, notes);
        confirm::measure(executor, &tuned, "the winner", &files, deadline, &mut progress.history, emit).await;
    }
    progress.stages.push(StageOutcome {
        name: "confirm".into(),
        trials: u32::try_from(progress.history.len() - first).unwrap_or(0),
        seconds: executor.clock.seconds_since(started),
        settings: Vec::new(),
        reasons: Vec::new(),
        failure: None,
        cut_short: confirmed.is_none(),
    });
    confirmed
}

/// How many notes fit into the time, by what a file costs in milliseconds of the whole machine.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few files, a few minutes")]
fn affordable_notes(seconds: f64, reload_seconds: f64, cost_ms: f64) -> usize {
    let fits = (seconds * 0.8 - reload_seconds) * 1000.0 / cost_ms.max(1.0);
    (fits.max(0.0) as usize).min(MOST_NOTES)
}

/// Files spread over the sizes, so that their mean is the batch's: at every quantile the nearest one that is not chosen yet, and rather
/// one that decided nothing.
fn spread_files(history: &[Trial], workload: &Workload, wanted: usize) -> Vec<usize> {
    let used = |file: usize| {
        history.iter().any(|trial| match &trial.experiment {
            Experiment::Notes { files } | Experiment::Compare { files, .. } => files.contains(&file),
            _ => false,
        })
    };
    let count = workload.files.len();
    let wanted = wanted.min(count);
    let mut chosen: Vec<usize> = Vec::new();
    for index in 0..wanted {
        let place = (2 * index + 1) * count / (2 * wanted);
        let distance = |file: &usize| file.abs_diff(place) + if used(*file) { USED_PENALTY } else { 0 };
        chosen.extend((0..count).filter(|file| !chosen.contains(file)).min_by_key(distance));
    }
    chosen.sort_unstable();
    mixed(&chosen)
}
