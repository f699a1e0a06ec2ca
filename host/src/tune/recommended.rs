//! What others found is tried beside the present settings on the same files, and dropped where it is no better there.

use tokio::time::Instant;

use super::{
    candidates::speed_of,
    compare,
    execute::Executor,
    facts::{Facts, Progress},
    prior::STAGE,
};
use crate::model::{
    candidate::Candidate,
    metric::{Estimate, Metric},
    observation::FailureCause,
    prior::Prior,
    study::{StageOutcome, StudyEvent, Warning},
    trial::{Trial, TrialState},
};

/// Fewest notes that are made with each of the two.
const NOTES: usize = 2;

/// Share of the least speed that was foretold below which something else must be going on here.
const LEAST: f64 = 0.8;

/// How many times as fast as the present settings it must seem, so that a comparison can be expected to prove it.
const BETTER: f64 = 1.03;

/// Tries what others found. Whether it holds: then its settings are the incumbent, and only the comparison is still to be made.
pub async fn check(
    executor: &mut Executor<'_>,
    facts: &Facts<'_>,
    prior: &Prior,
    progress: &mut Progress,
    deadline: Instant,
    emit: &mut dyn FnMut(StudyEvent),
) -> bool {
    let started = executor.clock.elapsed();
    emit(StudyEvent::StageStarted { name: STAGE.into(), index: 0, of: 2 });
    let wanted = NOTES.max(prior.settings.max_concurrent_requests as usize);
    let files = compare::files_for(&progress.history, facts.workload.files.len(), wanted);
    let first = progress.history.len();
    let history = &mut progress.history;
    let ours = (&prior.settings, "what others found");
    let theirs = (facts.baseline, "your present settings");
    let are_present = prior.settings.works_like(facts.baseline);
    compare::measure(executor, STAGE, ours.0, ours.1, &files, deadline, history, emit).await;
    if !are_present && spoiled(history.last()).is_none() {
        compare::measure(executor, STAGE, theirs.0, theirs.1, &files, deadline, history, emit).await;
    }
    let speed = |settings: &Candidate| speed_of(&progress.history, facts.workload, settings);
    let (now, before) = (speed(&prior.settings), speed(facts.baseline));
    let why_not = objection(progress.history.get(first), now, before.filter(|_| !are_present), prior);
    let behind = prior.shared.unwrap_or_default();
    let who = format!("what {} of others say", measurements(behind.packs));
    let trials = u32::try_from(progress.history.len() - first).unwrap_or(0);
    if let Some(why) = why_not {
        let then = if prior.alone { "nothing else was asked" } else { "everything was measured" };
        let warning = Warning {
            what: format!("{who} does not hold here ({why}), so {then}"),
            advice: prior.alone.then(|| "`ralf-tune run` finds what does".into()),
        };
        emit(StudyEvent::Warned { warning: warning.clone() });
        progress.warnings.push(warning);
        return false;
    }
    progress.incumbent = prior.settings.clone();
    let found = now.map(|now| format!("{:.2} notes a minute", now.value)).unwrap_or_default();
    let foretold = &prior.notes_per_minute.interval;
    progress.stages.push(StageOutcome {
        name: STAGE.into(),
        trials,
        seconds: executor.clock.seconds_since(started),
        settings: Vec::new(),
        reasons: vec![format!(
            "{who} holds here ({found}; {:.2} to {:.2} were foretold): nothing else was searched for",
            foretold.low, foretold.high
        )],
        failure: None,
        cut_short: false,
    });
    true
}

/// So many measurements, for people.
fn measurements(count: usize) -> String {
    if count == 1 { "1 measurement".to_owned() } else { format!("{count} measurements") }
}

/// What makes a trial worthless, if anything does.
fn spoiled(trial: Option<&Trial>) -> Option<String> {
    let trial = trial?;
    match &trial.state {
        // Notes that ended before the time did are as good as others.
        TrialState::Failed(FailureCause::OutOfTime) if trial.sample(Metric::FileBusyMs).is_some() => None,
        TrialState::Failed(FailureCause::OutOfTime) => {
            Some("not even its first notes ended in the time that there was".into())
        }
        TrialState::Failed(cause) => Some(format!("its notes fail: {}", cause.name())),
        _ if trial.mean(Metric::SuccessRate).is_some_and(|share| share < 1.0) => {
            Some("some of its requests fail".into())
        }
        _ => None,
    }
}

/// Why it is dropped; `None` where it may be what is wanted.
fn objection(trial: Option<&Trial>, now: Option<Estimate>, before: Option<Estimate>, prior: &Prior) -> Option<String> {
    if let Some(why) = spoiled(trial) {
        return Some(why);
    }
    let Some(now) = now else { return Some("no note was made with it in the time".into()) };
    let least = LEAST * prior.notes_per_minute.interval.low;
    if now.value < least {
        return Some(format!(
            "{:.2} notes a minute, where {:.2} at least were foretold",
            now.value, prior.notes_per_minute.interval.low
        ));
    }
    before.filter(|before| now.value < BETTER * before.value).map(|before| {
        format!("{:.2} notes a minute, and {:.2} with your present settings on the same files", now.value, before.value)
    })
}
