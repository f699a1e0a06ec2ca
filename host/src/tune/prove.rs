//! The last stage: whether the winner beats the present settings on files that decided nothing yet.

use tokio::time::Instant;

use super::{
    candidates,
    confirm::{self, Confirmed},
    execute::Executor,
    facts::{Facts, Progress},
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
    let costs = (cost(winner).or_else(|| cost(baseline)), cost(baseline).or_else(|| cost(winner)));
    let pairs = match costs {
        (Some(ours), Some(theirs)) => {
            confirm::affordable_pairs(seconds, executor.last_load_seconds, (ours, theirs), width)
        }
        _ => None,
    };
    let mut confirmed = None;
    if let Some(pairs) = pairs {
        let files = fresh_files(&progress.history, facts.workload, pairs);
        confirmed = confirm::run(executor, &tuned, facts.baseline, &files, deadline, &mut progress.history, emit).await;
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

/// Files that were not used yet, spread over the sizes; used ones follow when there are not enough.
fn fresh_files(history: &[Trial], workload: &Workload, wanted: usize) -> Vec<usize> {
    let used = |file: usize| {
        history.iter().any(|trial| match &trial.experiment {
            Experiment::Notes { files } | Experiment::Compare { files, .. } => files.contains(&file),
            _ => false,
        })
    };
    let (fresh, old): (Vec<usize>, Vec<usize>) = (0..workload.files.len()).partition(|file| !used(*file));
    let thin = |files: &[usize], wanted: usize| -> Vec<usize> {
        let wanted = wanted.min(files.len());
        (0..wanted).filter_map(|index| files.get((2 * index + 1) * files.len() / (2 * wanted)).copied()).collect()
    };
    let mut chosen = thin(&fresh, wanted);
    chosen.extend(thin(&old, wanted - chosen.len()));
    chosen.sort_unstable();
    mixed(&chosen)
}
