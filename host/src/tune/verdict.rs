//! Who wins, whether that is better than what the user has, and how sure that is.

use super::{
    candidates,
    confidence::{Evidence, confidence},
    confirm::Confirmed,
    execute::Executor,
    facts::{Facts, Progress},
    stage,
    study::Setup,
};
use crate::{
    model::{
        candidate::Candidate,
        selection::{MeasuredCandidate, Selection, TunedConfig},
        space::Parameter,
        study::{Outcome, StageOutcome, Warning},
    },
    plugin::PluginError,
};

/// The name under which a failure of the selector stands among the stages.
pub const SELECT: &str = "select";

/// Share of the best attainable quality that the best settings must have: what the default selector asks for.
const GOOD_QUALITY: f64 = 0.95;

/// What was decided at the end.
pub struct Verdict {
    pub candidates: Vec<MeasuredCandidate>,
    pub selection: Option<Selection>,
    pub confirmed: Option<Confirmed>,
    pub tuned: Option<TunedConfig>,
    pub outcome: Outcome,
}

/// Who would win now.
pub fn select(
    executor: &Executor<'_>,
    facts: &Facts<'_>,
    setup: &Setup<'_>,
    progress: &mut Progress,
) -> (Vec<MeasuredCandidate>, Option<Selection>) {
    let all =
        candidates::measured(&progress.history, facts.baseline, &progress.incumbent, facts.workload, facts.constraints);
    let workload = stage::view(executor, facts);
    let view = facts.view(&workload, &progress.incumbent, 0.0, &progress.history);
    if all.iter().all(|candidate| !candidate.violations.is_empty()) {
        return (all, None);
    }
    match setup.prepared.selector.select(&all, &view, &setup.prepared.selector_arguments) {
        Ok(selection) => (all, Some(selection)),
        Err(error) => {
            let warning = Warning { what: error.to_string(), advice: Some(error.hint()) };
            if !progress.warnings.contains(&warning) {
                progress.warnings.push(warning);
                if !error.is_decline() {
                    progress.stages.push(failed_selection(&error));
                }
            }
            (all, None)
        }
    }
}

/// A stage of its own in the report: the selector failed.
fn failed_selection(error: &PluginError) -> StageOutcome {
    StageOutcome {
        name: SELECT.into(),
        trials: 0,
        seconds: 0.0,
        settings: Vec::new(),
        reasons: Vec::new(),
        failure: Some(error.to_string()),
        cut_short: false,
    }
}

/// The winner's settings with what the selector set itself.
pub fn settings_of(candidates: &[MeasuredCandidate], selection: &Selection) -> Option<Candidate> {
    let winner = candidates.iter().find(|candidate| candidate.id == selection.winner)?;
    let mut settings = winner.candidate.clone();
    for (name, value) in &selection.settings {
        if let Some(parameter) = Parameter::from_name(name) {
            settings.set(parameter, *value);
        }
    }
    Some(settings)
}

/// The last word: who wins, whether that is better than what the user has, and how sure that is.
pub fn decide(
    executor: &Executor<'_>,
    facts: &Facts<'_>,
    setup: &Setup<'_>,
    progress: &mut Progress,
    confirmed: Option<Confirmed>,
) -> Verdict {
    let (candidates, selection) = select(executor, facts, setup, progress);
    let nothing =
        |candidates, selection, confirmed, outcome| Verdict { candidates, selection, confirmed, tuned: None, outcome };
    let Some(mut selection) = selection else {
        let some_allowed = candidates.iter().any(|candidate| candidate.violations.is_empty());
        let outcome = if progress.interrupted {
            Outcome::Interrupted
        } else if some_allowed {
            // The selector failed: what the user has stays.
            Outcome::KeepBaseline
        } else {
            Outcome::NothingFeasible
        };
        return nothing(candidates, None, confirmed, outcome);
    };
    let Some(baseline) = candidates.iter().find(|candidate| candidate.is_baseline) else {
        return nothing(candidates, Some(selection), confirmed, Outcome::NothingFeasible);
    };
    let best_quality =
        candidates.iter().filter_map(|candidate| candidate.quality).map(|quality| quality.value).fold(0.0, f64::max);
    let usable = is_usable(baseline, best_quality, setup.constraints.quality_floor);
    // Few pairs have a wide interval; then all that was measured of the two may say it, unless the pairs say the opposite.
    let clearly = candidates
        .iter()
        .find(|candidate| candidate.id == selection.winner)
        .is_some_and(|winner| is_clearly_faster(winner, baseline));
    let faster = match confirmed.as_ref().map(|confirmed| confirmed.comparison.speed_ratio) {
        Some(ratio) => ratio.interval.low > 1.0 || (ratio.value > 1.0 && clearly),
        None => clearly,
    };
    let wins = selection.winner != baseline.id && (!usable || faster);
    if !wins && selection.winner != baseline.id {
        selection.reasons.push(match &confirmed {
            Some(confirmed) => format!(
                "not proven faster than your present settings ({:.2}x, {:.2} to {:.2}), so these stay",
                confirmed.comparison.speed_ratio.value,
                confirmed.comparison.speed_ratio.interval.low,
                confirmed.comparison.speed_ratio.interval.high
            ),
            None => "there was no time to prove it faster than your present settings, so these stay".into(),
        });
        selection.runners_up.insert(0, selection.winner);
        selection.winner = baseline.id;
        selection.settings.clear();
    }
    let Some(winner) = candidates.iter().find(|candidate| candidate.id == selection.winner) else {
        return nothing(candidates, Some(selection), confirmed, Outcome::NothingFeasible);
    };
    let confirmed = confirmed.map(|confirmed| over_the_batch(confirmed, winner, &candidates));
    let evidence = Evidence {
        candidates: &candidates,
        trials: &progress.history,
        workload: facts.workload,
        quality_floor: setup.constraints.quality_floor.max(GOOD_QUALITY),
        seed: facts.seed,
    };
    let confidence = confidence(winner, &evidence);
    let tuned = settings_of(&candidates, &selection).map(|candidate| TunedConfig {
        model_name: setup.model.name.clone(),
        candidate,
        benchmark_date: setup.started_at.clone(),
        confidence,
    });
    let outcome = if progress.interrupted {
        Outcome::Interrupted
    } else if wins {
        Outcome::Improved
    } else {
        Outcome::KeepBaseline
    };
    Verdict { candidates, selection: Some(selection), confirmed, tuned, outcome }
}

/// The comparison with its rates carried over to the user's own files: the pairs are few and may be smaller or larger than those. The
/// ratio is what was measured side by side, so it stays.
fn over_the_batch(mut confirmed: Confirmed, winner: &MeasuredCandidate, all: &[MeasuredCandidate]) -> Confirmed {
    let comparison = &mut confirmed.comparison;
    let ratio = comparison.speed_ratio.value;
    let known = all.iter().find(|candidate| candidate.is_baseline).and_then(|baseline| baseline.notes_per_minute);
    if winner.is_baseline {
        if let Some(speed) = known {
            comparison.baseline_notes_per_minute = speed.value;
            comparison.tuned_notes_per_minute = speed.value * ratio;
        }
    } else if let Some(speed) = winner.notes_per_minute
        && ratio > 0.0
    {
        comparison.tuned_notes_per_minute = speed.value;
        comparison.baseline_notes_per_minute = speed.value / ratio;
    }
    confirmed
}

/// Whether the present settings do their work: nothing violated, and not clearly below the quality floor.
fn is_usable(baseline: &MeasuredCandidate, best_quality: f64, floor: f64) -> bool {
    baseline.violations.is_empty()
        && baseline.notes_per_minute.is_some()
        && baseline.quality.is_none_or(|quality| quality.value >= floor * best_quality)
}

/// By everything that was measured of each: intervals that do not meet.
fn is_clearly_faster(winner: &MeasuredCandidate, baseline: &MeasuredCandidate) -> bool {
    match (winner.notes_per_minute, baseline.notes_per_minute) {
        (Some(ours), Some(theirs)) => ours.interval.low > theirs.interval.high,
        (Some(_), None) => true,
        _ => false,
    }
}
