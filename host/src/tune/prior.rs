//! An earlier study is asked first, and believed only as far as a few notes agree with it.

use tokio::time::Instant;

use super::{
    candidates::speed_of,
    compare,
    facts::{Facts, Progress},
    fleet::Fleet,
    obedience::well,
    summarise::effective_slots,
};
use crate::model::{
    metric::Estimate,
    prior::Prior,
    study::{StageOutcome, StudyEvent, Warning},
};

/// The stage that its trials are said to belong to.
pub const STAGE: &str = "prior";

/// Fewest notes that are made to check the settings.
const NOTES: usize = 3;

/// Share of the budget that the check may take.
#[must_use]
pub const fn share(prior: &Prior) -> f64 {
    if prior.alone { 0.6 } else { 0.4 }
}

/// Changes of the speed, as logarithms: below the first nothing has changed, above the second something has, whatever noise there is.
const SAME: f64 = 0.1;
const OTHER: f64 = 0.2;

/// Checks what an earlier study found. Whether it still holds: then its settings are the incumbent, and nothing else has to be asked.
pub async fn check(
    fleet: &mut Fleet<'_>,
    facts: &Facts<'_>,
    prior: &Prior,
    progress: &mut Progress,
    deadline: Instant,
    emit: &mut dyn FnMut(StudyEvent),
) -> bool {
    let started = fleet.clock.elapsed();
    let are_present = prior.settings.works_like(facts.baseline);
    emit(StudyEvent::StageStarted { name: STAGE.into(), index: 0, of: 2 });
    let wanted = NOTES.max(prior.settings.max_concurrent_requests as usize);
    let files = compare::files_for(&progress.history, facts.workload.files.len(), wanted);
    let (history, who) = (&mut progress.history, "what an earlier study found");
    compare::measure(fleet, STAGE, &prior.settings, who, &files, deadline, history, emit).await;
    let now = speed_of(&progress.history, facts.workload, &prior.settings);
    let at_once = progress.history.last().and_then(|trial| effective_slots(&well(trial))).unwrap_or(0.0);
    let holds = now.is_some_and(|now| agree(&prior.notes_per_minute, &now)) && at_once >= prior.at_once.round();
    let whose = if are_present { "your present settings are what" } else { "these settings are what" };
    let speeds = |now: &Estimate| {
        format!(
            "{:.2} notes a minute then, {:.2} now; {:.1} requests at a time then, {at_once:.1} now",
            prior.notes_per_minute.value, now.value, prior.at_once
        )
    };
    if holds {
        progress.incumbent = prior.settings.clone();
        let found = now.as_ref().map(speeds).unwrap_or_default();
        progress.stages.push(StageOutcome {
            name: STAGE.into(),
            trials: 1,
            seconds: fleet.clock.seconds_since(started),
            seconds_given: None,
            settings: Vec::new(),
            reasons: vec![format!(
                "{whose} {} found, and it still holds ({found}): nothing else was asked",
                study(prior)
            )],
            failure: None,
            cut_short: false,
            first_turn: None,
        });
    } else {
        let found = now.as_ref().map_or_else(|| "no note was made now".to_owned(), speeds);
        let warning = Warning {
            what: format!("{} no longer holds ({found}), so everything was measured again", study(prior)),
            advice: Some("`ralf-tune doctor` looks for what changed".into()),
        };
        emit(StudyEvent::Warned { warning: warning.clone() });
        progress.warnings.push(warning);
    }
    holds
}

fn study(prior: &Prior) -> String {
    prior.study.as_ref().map_or_else(String::new, |study| format!("study {study}"))
}

/// Whether two speeds may be the same one, measured twice.
fn agree(then: &Estimate, now: &Estimate) -> bool {
    let Some(ratio) = now.by(then) else { return false };
    let change = ratio.value.ln().abs();
    // Half of a 95 % interval is about two standard errors: what lies in it is no surprise.
    change <= OTHER && change <= (ratio.interval.high / ratio.value).ln().max(SAME)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::metric::ConfidenceInterval;

    fn speed(value: f64, by: f64) -> Estimate {
        Estimate { value, interval: ConfidenceInterval { level: 0.95, low: value / by, high: value * by } }
    }

    #[test]
    fn noise_is_no_change_and_a_change_is_no_noise() {
        assert!(agree(&speed(5.0, 1.1), &speed(5.2, 1.1)));
        assert!(agree(&speed(5.0, 1.01), &speed(4.9, 1.01)), "a trifle");
        assert!(!agree(&speed(5.0, 1.05), &speed(4.4, 1.05)));
        assert!(!agree(&speed(5.0, 3.0), &speed(3.9, 3.0)), "a fifth is a change however little is known");
    }
}
