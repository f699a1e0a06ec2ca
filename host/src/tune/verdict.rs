//! Who wins, whether that is better than what the user has, and how sure that is.

use super::{
    better_notes::are_better,
    bound::Bound,
    candidates,
    confidence::{Evidence, confidence},
    execute::Executor,
    facts::{Facts, Progress},
    grounds::{Case, Grounds, stated},
    short_proof::ShortProof,
    stage,
    study::Setup,
};
use crate::{
    model::{
        candidate::Candidate,
        selection::{MeasuredCandidate, Selection, TunedConfig},
        space::Parameter,
        study::{Comparison, Outcome, StageOutcome, Warning},
    },
    plugin::PluginError,
};

/// The name under which a failure of the selector stands among the stages.
pub const SELECT: &str = "select";

/// Share of the best attainable quality that the best settings must have: what the default selector asks for.
pub const GOOD_QUALITY: f64 = 0.95;

/// What was decided at the end.
pub struct Verdict {
    pub candidates: Vec<MeasuredCandidate>,
    pub selection: Option<Selection>,
    pub confirmed: Option<Comparison>,
    pub tuned: Option<TunedConfig>,
    pub outcome: Outcome,
}

impl Verdict {
    /// The settings that are recommended; `None` where those that the user has are.
    pub fn chosen(&self) -> Option<&Candidate> {
        match self.outcome {
            Outcome::KeepBaseline | Outcome::NothingFeasible => None,
            Outcome::Improved | Outcome::Interrupted => self.tuned.as_ref().map(|tuned| &tuned.candidate),
        }
    }
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
        seconds_given: None,
        settings: Vec::new(),
        reasons: Vec::new(),
        failure: Some(error.to_string()),
        cut_short: false,
        first_turn: None,
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
    confirmed: Option<Comparison>,
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
    prefer_compared(&mut selection, &candidates, confirmed.as_ref());
    let floor = setup.begun.constraints.quality_floor * best_quality(&candidates);
    let found = candidates.iter().find(|candidate| candidate.id == selection.winner);
    let bound = Bound::of(&progress.history, facts.workload, facts.baseline);
    let grounds_of = |winner: &MeasuredCandidate| {
        let comparison = confirmed.as_ref().filter(|found| found.is_about(&winner.candidate));
        let short_proof = ShortProof::of_equals(
            &progress.history,
            facts.workload,
            (winner, baseline),
            facts.constraints.quality_floor,
        );
        let notes_are_better = are_better(&progress.history, (&winner.candidate, &baseline.candidate));
        Case { winner, baseline, comparison, floor, bound, notes_are_better, short_proof: short_proof.as_ref() }
            .grounds()
    };
    let mut grounds = found.filter(|winner| !winner.is_baseline).map(grounds_of);
    let tried = setup.begun.prior.as_ref().filter(|prior| prior.shared.is_some()).map(|prior| &prior.settings);
    if let (Some(Grounds::NotProven(why)), Some(tried)) = (&grounds, tried)
        && let Some((instead, better)) = proven_instead(&selection, &candidates, tried, grounds_of)
    {
        // There was no time to prove what was found from there on, and that is no reason to lose what is proven.
        selection.reasons.push(why.clone());
        selection.runners_up.retain(|id| *id != instead);
        selection.runners_up.insert(0, selection.winner);
        selection.winner = instead;
        grounds = Some(better);
    }
    let wins = grounds.as_ref().is_some_and(Grounds::suffice);
    selection.reasons.extend(grounds.map(Grounds::into_sentence));
    if !wins && selection.winner != baseline.id {
        selection.runners_up.insert(0, selection.winner);
        selection.winner = baseline.id;
        selection.settings.clear();
    }
    let Some(winner) = candidates.iter().find(|candidate| candidate.id == selection.winner) else {
        return nothing(candidates, Some(selection), confirmed, Outcome::NothingFeasible);
    };
    let confirmed = confirmed.map(|confirmed| {
        let is_about_winner = winner.is_baseline || confirmed.is_about(&winner.candidate);
        if is_about_winner { over_the_batch(confirmed, winner, &candidates) } else { confirmed }
    });
    let evidence = Evidence {
        candidates: &candidates,
        trials: &progress.history,
        workload: facts.workload,
        quality_floor: setup.begun.constraints.quality_floor.max(GOOD_QUALITY),
        seed: facts.seed,
    };
    // A check of a few notes says that nothing has changed, and not more than was known.
    let known =
        setup.begun.prior.as_ref().filter(|prior| progress.prior_holds && prior.settings.works_like(&winner.candidate));
    let known = known.filter(|prior| prior.shared.is_none());
    let confidence = known.map_or_else(|| confidence(winner, &evidence), |prior| prior.confidence.clone());
    let tuned = settings_of(&candidates, &selection).map(|candidate| TunedConfig {
        model_name: setup.begun.model.name.clone(),
        candidate,
        benchmark_date: setup.begun.started_at.clone(),
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

/// What others found, where that is proven better than the present settings and may be chosen.
fn proven_instead<'a>(
    selection: &Selection,
    candidates: &'a [MeasuredCandidate],
    tried: &Candidate,
    grounds_of: impl Fn(&'a MeasuredCandidate) -> Grounds,
) -> Option<(u32, Grounds)> {
    let allowed = candidates.iter().filter(|one| one.violations.is_empty() && !one.is_baseline);
    let found = allowed.filter(|one| one.candidate.works_like(tried) && selection.runners_up.contains(&one.id));
    found.map(|one| (one.id, grounds_of(one))).find(|(_, grounds)| grounds.suffice())
}

/// The comparison with its rates carried over to the user's own files: the pairs are few and may be smaller or larger than those. The
/// ratio is what was measured side by side, so it stays.
fn over_the_batch(mut comparison: Comparison, winner: &MeasuredCandidate, all: &[MeasuredCandidate]) -> Comparison {
    comparison.speed_ratio = stated(&comparison);
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
    comparison
}

/// The comparison may have brought another one to the top that nobody compared: then the compared one is put to the vote, while nothing
/// speaks against it.
fn prefer_compared(selection: &mut Selection, candidates: &[MeasuredCandidate], confirmed: Option<&Comparison>) {
    let Some(confirmed) = confirmed else { return };
    let is_compared = |candidate: &&MeasuredCandidate| confirmed.is_about(&candidate.candidate);
    let winner = candidates.iter().find(|candidate| candidate.id == selection.winner);
    if winner.is_none_or(|winner| winner.is_baseline || is_compared(&winner)) {
        return;
    }
    let compared = candidates.iter().filter(|candidate| !candidate.is_baseline && candidate.violations.is_empty());
    if let Some(compared) = compared.filter(is_compared).find(|candidate| selection.runners_up.contains(&candidate.id))
    {
        selection.runners_up.retain(|id| *id != compared.id);
        selection.runners_up.insert(0, selection.winner);
        selection.winner = compared.id;
        selection
            .reasons
            .push("another one came out as fast at last, and was not compared with your present settings".into());
    }
}

/// Fewest notes that set a bar for quality.
const LEAST_NOTES: usize = 3;

/// The best attainable quality: the greatest of several noisy means is too high, so each is first moved half-way to the lower bound of
/// its interval.
fn best_quality(candidates: &[MeasuredCandidate]) -> f64 {
    candidates
        .iter()
        .filter(|candidate| candidate.violations.is_empty() && candidate.scored_notes >= LEAST_NOTES)
        .filter_map(|candidate| candidate.quality)
        .map(|quality| f64::midpoint(quality.value, quality.interval.low))
        .fold(0.0, f64::max)
}
