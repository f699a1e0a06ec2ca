//! Who wins, whether that is better than what the user has, and how sure that is.

use super::{
    candidates,
    confidence::{Evidence, confidence},
    execute::Executor,
    facts::{Facts, Progress},
    stage,
    study::Setup,
};
use crate::{
    model::{
        candidate::Candidate,
        experiment::Experiment,
        metric::{Estimate, Metric},
        observation::FailureCause,
        proof::ProofVerdict,
        selection::{MeasuredCandidate, Selection, TunedConfig},
        space::Parameter,
        study::{Comparison, Outcome, StageOutcome, Warning},
        trial::{Trial, TrialState},
    },
    plugin::PluginError,
};

/// The name under which a failure of the selector stands among the stages.
pub const SELECT: &str = "select";

/// Share of the best attainable quality that the best settings must have: what the default selector asks for.
pub const GOOD_QUALITY: f64 = 0.95;
/// How many times faster the slowest that a winner may be must be than the fastest that the present settings may be, where the two were
/// not compared side by side.
const FAR_APART: f64 = 1.25;

/// Pairs that are too few for a test of its own.
const FEW_PAIRS: usize = 4;

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
    let grounds = found.filter(|winner| !winner.is_baseline).map(|winner| {
        let comparison = confirmed.as_ref().filter(|found| found.is_about(&winner.candidate));
        let bound = unfinished_bound(&progress.history, facts.baseline);
        grounds(winner, baseline, comparison, (floor, bound))
    });
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

/// The comparison with its rates carried over to the user's own files: the pairs are few and may be smaller or larger than those. The
/// ratio is what was measured side by side, so it stays.
fn over_the_batch(mut comparison: Comparison, winner: &MeasuredCandidate, all: &[MeasuredCandidate]) -> Comparison {
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

/// What speaks for the winner, or does not suffice.
enum Grounds {
    /// The comparison proves it faster.
    Proven(String),
    /// The present settings do not do their work: anything that does is better.
    Unusable(String),
    /// No pair fitted in, or few, and the estimates of the two are far apart.
    FarApart(String),
    NotProven(String),
}

impl Grounds {
    const fn suffice(&self) -> bool {
        !matches!(self, Self::NotProven(_))
    }

    fn into_sentence(self) -> String {
        match self {
            Self::Proven(why) | Self::Unusable(why) | Self::FarApart(why) | Self::NotProven(why) => why,
        }
    }
}

fn grounds(
    winner: &MeasuredCandidate,
    baseline: &MeasuredCandidate,
    comparison: Option<&Comparison>,
    (floor, bound): (f64, Option<f64>),
) -> Grounds {
    if let Some(why) = unusable(winner, baseline, comparison, floor) {
        return Grounds::Unusable(why);
    }
    if baseline.notes_per_minute.is_none() {
        return without_a_note(winner, bound);
    }
    let Some(comparison) = comparison else {
        if winner.candidate.works_like(&baseline.candidate) {
            let why = "it makes the same notes in the same time as your present settings, so these stay";
            return Grounds::NotProven(why.into());
        }
        return match (winner.notes_per_minute, baseline.notes_per_minute) {
            (Some(ours), Some(theirs)) if are_far_apart(&ours, &theirs) => Grounds::FarApart(format!(
                "your present settings are too slow to be compared side by side in this time: {:.2} notes a minute at most, and these make at least {:.2}",
                theirs.interval.high, ours.interval.low
            )),
            _ => Grounds::NotProven(
                "there was no time to prove it faster than your present settings, so these stay".into(),
            ),
        };
    };
    let ratio = comparison.speed_ratio;
    let found = format!(
        "{:.2}x, {:.2} to {:.2}, from {} pairs",
        ratio.value, ratio.interval.low, ratio.interval.high, comparison.pairs
    );
    let apart =
        winner.notes_per_minute.zip(baseline.notes_per_minute).filter(|(ours, theirs)| are_far_apart(ours, theirs));
    match comparison.proof.verdict {
        ProofVerdict::Undecided if apart.is_some() && agrees(comparison) => Grounds::FarApart(format!(
            "there was time for few notes side by side ({found}), and all others say the same: {:.2} notes a minute at most, and at least {:.2} with these",
            baseline.notes_per_minute.map_or(0.0, |speed| speed.interval.high),
            winner.notes_per_minute.map_or(0.0, |speed| speed.interval.low)
        )),
        ProofVerdict::Faster => Grounds::Proven(format!("proven faster than your present settings ({found})")),
        ProofVerdict::Undecided => {
            Grounds::NotProven(format!("not proven faster than your present settings ({found}), so these stay"))
        }
        ProofVerdict::Slower => {
            Grounds::NotProven(format!("proven slower than your present settings ({found}), so these stay"))
        }
    }
}

/// What is to be done where no note of the present settings ended in the time that they had: another one wins that is surely faster than
/// they can be.
fn without_a_note(winner: &MeasuredCandidate, bound: Option<f64>) -> Grounds {
    let speed = winner.notes_per_minute.map(|speed| speed.interval.low);
    match (speed, bound) {
        (Some(speed), Some(bound)) if speed > bound => Grounds::Unusable(format!(
            "no note could be made with your present settings in the time that they had: {bound:.2} notes a minute at most, and these make at least {speed:.2}"
        )),
        (_, None) => {
            Grounds::Unusable("no note could be made with your present settings in the time that they had".into())
        }
        _ => Grounds::NotProven(
            "no note could be made with your present settings in the time that they had, and these are not known to be faster, so those stay".into(),
        ),
    }
}

/// The most notes a minute that settings can make whose notes did not end: each took longer than it was waited for.
fn unfinished_bound(history: &[Trial], settings: &Candidate) -> Option<f64> {
    let cut_off = history.iter().filter(|trial| {
        trial.candidate.works_like(settings)
            && matches!(trial.experiment, Experiment::Notes { .. })
            && trial.state == TrialState::Failed(FailureCause::OutOfTime)
    });
    let bounds = cut_off.filter(|trial| trial.seconds > 0.0).map(|trial| {
        let loading = trial.mean(Metric::LoadDurationMs).unwrap_or(0.0) / 1000.0;
        60.0 * f64::from(trial.candidate.max_concurrent_requests.max(1)) / (trial.seconds - loading).max(1.0)
    });
    bounds.min_by(f64::total_cmp)
}

fn are_far_apart(ours: &Estimate, theirs: &Estimate) -> bool {
    ours.interval.low > FAR_APART * theirs.interval.high
}

/// Whether a comparison that had no time to prove anything says that the gain is a large one.
fn agrees(comparison: &Comparison) -> bool {
    comparison.pairs <= FEW_PAIRS && comparison.speed_ratio.value > FAR_APART && comparison.proof.evidence_faster > 1.0
}

/// Why the present settings do not do their work, where they surely do not: something is violated, no note could be made, or their notes
/// are below the floor, and clearly worse.
fn unusable(
    winner: &MeasuredCandidate,
    baseline: &MeasuredCandidate,
    comparison: Option<&Comparison>,
    floor: f64,
) -> Option<String> {
    if !baseline.violations.is_empty() {
        return Some(format!("your present settings cannot be used: {}", baseline.violations.join("; ")));
    }
    let (theirs, ours) = (baseline.quality?, winner.quality?);
    let apart = theirs.interval.high < ours.interval.low;
    let paired = comparison
        .and_then(|comparison| comparison.proof.quality_difference)
        .is_some_and(|difference| difference.interval.low > 0.0);
    (theirs.value < floor && (apart || paired)).then(|| {
        format!(
            "the notes of your present settings are too poor: quality {:.2}, and {:.2} with these",
            theirs.value, ours.value
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::metric::ConfidenceInterval;

    fn winner(speed: Option<(f64, f64)>) -> MeasuredCandidate {
        let estimate = |(low, high): (f64, f64)| Estimate {
            value: f64::midpoint(low, high),
            interval: ConfidenceInterval { level: 0.95, low, high },
        };
        MeasuredCandidate {
            id: 1,
            candidate: Candidate::default(),
            is_baseline: false,
            notes_per_minute: speed.map(estimate),
            quality: None,
            scored_notes: 0,
            source_share: 1.0,
            lost_share: 0.0,
            peak_memory_bytes: None,
            spilled: false,
            violations: Vec::new(),
            trials: Vec::new(),
        }
    }

    #[test]
    fn settings_without_a_note_give_way_to_what_is_surely_faster() {
        let wins = |speed, bound| without_a_note(&winner(speed), bound).suffice();
        assert!(wins(Some((0.9, 1.1)), Some(0.8)));
        assert!(!wins(Some((0.7, 1.1)), Some(0.8)), "it may be slower");
        assert!(!wins(None, Some(0.8)), "nobody knows how fast it is");
        assert!(wins(Some((0.9, 1.1)), None), "notes that fail are no notes, however long they took");
    }
}
