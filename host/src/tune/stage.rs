//! One strategy's stage: ask, measure, tell, until it is done or its time is over.

use std::time::Duration;

use tokio::time::Instant;

use super::{clock::seconds_until, execute::Executor, facts::Facts, fleet::Fleet, plan::PreparedStage};
use crate::{
    model::{
        candidate::Candidate,
        experiment::{Decision, Experiment, Proposal, StrategyAnswer},
        observation::FailureCause,
        space::Parameter,
        study::{StageOutcome, StudyEvent},
        trial::{Trial, TrialState},
    },
    plugin::{
        PluginError,
        strategy::{MOST_REPEATS, MOST_TRIALS, WorkloadView},
    },
};

/// What a stage gave.
pub struct StageEnd {
    pub outcome: StageOutcome,
    pub decision: Decision,
    pub failure: Option<PluginError>,
}

/// Runs a stage. `soft` is when it should be over, `hard` when a trial under way is cut off.
pub async fn run(
    fleet: &mut Fleet<'_>,
    facts: &Facts<'_>,
    stage: &PreparedStage,
    incumbent: &Candidate,
    history: &mut Vec<Trial>,
    (soft, hard): (Instant, Instant),
    emit: &mut dyn FnMut(StudyEvent),
) -> StageEnd {
    let name = stage.strategy.manifest.name.clone();
    let started = fleet.clock.elapsed();
    let given = seconds_until(soft);
    let mut trials = 0;
    let mut repeats: Vec<Proposal> = Vec::new();
    let mut cut_short = false;
    let mut failure = None;
    let decision = loop {
        let seconds_left = seconds_until(soft);
        if seconds_left <= 0.0 || trials >= MOST_TRIALS {
            cut_short = true;
            break None;
        }
        let answer = match ask(fleet, facts, stage, incumbent, history, seconds_left) {
            Ok(answer) => answer,
            Err(error) => {
                failure = Some(error);
                break None;
            }
        };
        let proposals = match answer {
            StrategyAnswer::Done(decision) => break Some(decision),
            StrategyAnswer::Measure(proposals) => proposals,
        };
        if proposals.iter().all(|proposal| repeats.iter().filter(|known| *known == proposal).count() >= MOST_REPEATS) {
            cut_short = true;
            break None;
        }
        let mut waiting = u32::try_from(proposals.len()).unwrap_or(u32::MAX);
        for side_by_side in proposals.chunks(fleet.hands()) {
            if Instant::now() >= soft || trials >= MOST_TRIALS {
                break;
            }
            repeats.extend(side_by_side.iter().cloned());
            let asked = side_by_side.iter().map(|proposal| (proposal.clone(), describe(proposal, incumbent)));
            let of = Some(fleet.next_number().saturating_add(waiting));
            let made = fleet.run_all(&name, asked.collect(), false, of, hard, emit).await;
            let count = u32::try_from(made.len()).unwrap_or(u32::MAX);
            trials += count;
            waiting = waiting.saturating_sub(count);
            let unreachable = |trial: &Trial| trial.state == TrialState::Failed(FailureCause::Unreachable);
            let server_is_gone = made.iter().any(unreachable);
            history.extend(made);
            if server_is_gone {
                // It may be restarting: ask again a little later, within the stage's time.
                tokio::time::sleep_until(soft.min(Instant::now() + Duration::from_secs(2))).await;
            }
        }
    };
    let decision = match decision {
        Some(decision) => decision,
        None => match conclude(fleet, facts, stage, incumbent, history) {
            Ok(decision) => decision,
            Err(error) => {
                failure.get_or_insert(error);
                Decision::default()
            }
        },
    };
    let outcome = StageOutcome {
        name,
        trials,
        seconds: fleet.clock.seconds_since(started),
        seconds_given: Some(given),
        settings: decision.settings.clone(),
        reasons: decision.reasons.clone(),
        failure: failure.as_ref().map(ToString::to_string),
        cut_short,
        first_turn: None,
    };
    StageEnd { outcome, decision, failure }
}

/// Whether the strategy would measure something now: who would not needs no time kept for it. One that fails will be heard in its turn.
#[must_use]
pub fn would_measure(
    executor: &Executor<'_>,
    facts: &Facts<'_>,
    stage: &PreparedStage,
    incumbent: &Candidate,
    history: &[Trial],
    seconds_left: f64,
) -> bool {
    !matches!(ask(executor, facts, stage, incumbent, history, seconds_left), Ok(StrategyAnswer::Done(_)))
}

/// The event of a trial that ended.
pub fn finished(trial: &Trial, what: String) -> StudyEvent {
    StudyEvent::TrialFinished {
        number: trial.number,
        stage: trial.stage.clone(),
        what,
        state: trial.state.clone(),
        seconds: trial.seconds,
        headline: headline(trial),
    }
}

/// What differs from the incumbent, and what is measured.
#[must_use]
pub fn describe(proposal: &Proposal, incumbent: &Candidate) -> String {
    let changes: Vec<String> = proposal
        .candidate
        .differences(incumbent)
        .into_iter()
        .map(|name: Parameter| format!("{} {}", name.name(), proposal.candidate.get(name)))
        .collect();
    let with = if changes.is_empty() { String::new() } else { format!(" with {}", changes.join(", ")) };
    match &proposal.experiment {
        Experiment::Load => format!("load{with}"),
        Experiment::Probe { requests: 1, .. } => format!("1 short request{with}"),
        Experiment::Probe { parallel, requests, .. } => {
            format!("{requests} short requests, {parallel} at a time{with}")
        }
        Experiment::Notes { files } if files.len() == 1 => format!("1 note{with}"),
        Experiment::Notes { files } => format!("{} notes{with}", files.len()),
        Experiment::Needle { depths, .. } => format!("{} needles{with}", depths.len()),
        Experiment::Compare { files, .. } => format!("{} files both ways{with}", files.len()),
    }
}

/// The number that a person looks at first.
fn headline(trial: &Trial) -> String {
    use crate::model::metric::Metric;
    if let TrialState::Failed(cause) = trial.state
        && trial.samples.is_empty()
    {
        return cause.name().replace('-', " ");
    }
    let mut parts = Vec::new();
    for (metric, unit, digits) in [
        (Metric::NotesPerMinute, "notes/min", 2),
        (Metric::Quality, "quality", 2),
        (Metric::SpeedRatio, "x the speed", 2),
        (Metric::RequestsPerMinute, "requests/min", 1),
        (Metric::NeedleRecall, "recall", 2),
    ] {
        if let Some(value) = trial.mean(metric) {
            parts.push(format!("{value:.digits$} {unit}"));
        }
    }
    if parts.is_empty() {
        parts.extend(trial.mean(Metric::LoadDurationMs).map(|ms| format!("loaded in {:.1} s", ms / 1000.0)));
    }
    parts.join(", ")
}

fn ask(
    executor: &Executor<'_>,
    facts: &Facts<'_>,
    stage: &PreparedStage,
    incumbent: &Candidate,
    history: &[Trial],
    seconds_left: f64,
) -> Result<StrategyAnswer, PluginError> {
    let workload = view(executor, facts);
    let view = facts.view(&workload, incumbent, seconds_left, history);
    stage.strategy.ask(&view, &stage.arguments)
}

fn conclude(
    executor: &Executor<'_>,
    facts: &Facts<'_>,
    stage: &PreparedStage,
    incumbent: &Candidate,
    history: &[Trial],
) -> Result<Decision, PluginError> {
    let workload = view(executor, facts);
    let view = facts.view(&workload, incumbent, 0.0, history);
    stage.strategy.conclude(&view, &stage.arguments)
}

/// What plugins see of the workload now.
pub fn view(executor: &Executor<'_>, facts: &Facts<'_>) -> WorkloadView {
    let calibration = executor.calibration.borrow();
    WorkloadView {
        file_chars: facts.workload.files.iter().map(|file| file.chars).collect(),
        batch_chars: facts.workload.batch_chars.clone(),
        chars_per_token: calibration.chars_per_token(),
        overhead_tokens: calibration.overhead_tokens(facts.workload.prompt.text.chars().count()),
    }
}
