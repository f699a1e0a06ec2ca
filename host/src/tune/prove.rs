//! The last stage: whether the winner beats the present settings on files that decided nothing yet.

use tokio::time::Instant;

use super::{
    baseline,
    bound::Bound,
    candidates,
    clock::seconds_until,
    compare::{self, Contest, Goal},
    facts::{Facts, Progress},
    fleet::Fleet,
    grounds::{Case, FEW_PAIRS},
    judge::Judge,
    short_proof::{self, ShortProof},
    short_rounds,
    study::Setup,
    verdict::{select, settings_of},
};
use crate::model::{
    candidate::Candidate,
    selection::MeasuredCandidate,
    study::{Comparison, StageOutcome, StudyEvent},
};

/// Most notes that are made only to know the winner better.
const MOST_NOTES: usize = 12;

/// Pairs that time is kept for, where a note of the present settings takes so long that the usual share would not hold them.
const PAIRS: f64 = 2.0;

/// Share of the whole time that is kept for them at most.
const MOST_KEPT: f64 = 0.6;

/// Share that is kept where the present settings made no note: a comparison with them would prove nothing.
const KEPT_WITHOUT_A_NOTE: f64 = 0.1;

/// Seconds of the whole time that are kept for the comparison: the usual share, or what some pairs take where that is more. The winner is thought
/// to be no slower than the present settings.
#[must_use]
pub fn seconds_kept(usual_share: f64, total_seconds: f64, note_seconds: Option<f64>, load_seconds: f64) -> f64 {
    let Some(note) = note_seconds else { return total_seconds * usual_share.min(KEPT_WITHOUT_A_NOTE) };
    let (usual, most) = (total_seconds * usual_share, total_seconds * MOST_KEPT);
    let pairs = PAIRS * 2.0 * note + 2.0 * load_seconds;
    if pairs > most { usual } else { pairs.max(usual) }
}

/// Compares the winner with the present settings on files that decided nothing yet. What is known is in `confirmed` after every round.
pub async fn run(
    fleet: &mut Fleet<'_>,
    facts: &Facts<'_>,
    setup: &Setup<'_>,
    progress: &mut Progress,
    confirmed: &mut Option<Comparison>,
    deadline: Instant,
    emit: &mut dyn FnMut(StudyEvent),
) {
    let (candidates, selection) = select(fleet, facts, setup, progress);
    let Some(selection) = selection else { return };
    let (Some(winner), Some(tuned), Some(baseline)) = (
        candidates.iter().find(|candidate| candidate.id == selection.winner),
        settings_of(&candidates, &selection),
        candidates.iter().find(|candidate| candidate.is_baseline),
    ) else {
        return;
    };
    if winner.is_baseline || tuned.works_like(facts.baseline) {
        return;
    }
    if is_beyond_doubt(setup, facts, progress, winner, baseline) {
        return;
    }
    let prior = setup.begun.prior.as_ref();
    if prior.is_some_and(|prior| prior.alone) && !baseline::is_known(&progress.history, &tuned) {
        // There was no time for notes, and all of it went to short requests.
        return;
    }
    // Of what others found it is enough to know that it is better, and so it is where the user wants no more.
    let holds = progress.prior_holds && prior.is_some_and(|prior| prior.shared.is_some());
    let is_gain_wanted = setup.prepared.known.is_empty() && !holds;
    let count = setup.prepared.stages.len() + 2;
    emit(StudyEvent::StageStarted { name: "confirm".into(), index: count - 1, of: count });
    let started = fleet.clock.elapsed();
    let judging = fleet.judge.as_ref().map_or(0.0, Judge::ms_per_note);
    let cost =
        |candidate: &MeasuredCandidate| candidate.notes_per_minute.map(|speed| 60.0 / speed.value + judging / 1000.0);
    let first = progress.history.len();
    // Without a note of the baseline, it is at least as slow as the time that it was given and did not suffice.
    let costs = (cost(winner).or_else(|| cost(baseline)), cost(baseline).or_else(|| cost(winner)));
    if let (Some(ours), Some(theirs)) = costs {
        let contest = Contest {
            // Nothing was chosen by them where nothing was searched for.
            made: progress
                .tried_beside
                .filter(|_| holds && prior.is_some_and(|prior| prior.settings.works_like(&tuned))),
            stage: "confirm",
            tuned: &tuned,
            baseline: facts.baseline,
            names: ("the winner", "your present settings"),
            file_seconds: (ours, theirs),
            deadline,
            goal: match (is_gain_wanted, holds) {
                (true, _) => Goal::Gain,
                (false, true) => Goal::ProofOfPlain,
                (false, false) => Goal::Proof,
            },
        };
        compare::run(fleet, &contest, &mut progress.history, confirmed, emit).await;
    }
    if is_gain_wanted && confirmed.is_some() {
        let is_open = |progress: &Progress| open_by_short_requests(progress, facts, &tuned, confirmed.as_ref());
        short_rounds::run(fleet, facts, ("confirm", &tuned), progress, &is_open, deadline, emit).await;
    }
    if let (Some(ours), true) = (costs.0, is_gain_wanted && progress.history.len() == first) {
        without_pairs(fleet, facts, progress, (&tuned, ours), deadline, emit).await;
    }
    progress.stages.push(StageOutcome {
        name: "confirm".into(),
        trials: u32::try_from(progress.history.len() - first).unwrap_or(0),
        seconds: fleet.clock.seconds_since(started),
        seconds_given: None,
        settings: Vec::new(),
        reasons: Vec::new(),
        failure: None,
        cut_short: confirmed.is_none(),
        first_turn: None,
    });
}

/// The present settings are too slow to be asked for notes again: short requests say how much slower, and what is left of the time makes the winner's own figure better.
async fn without_pairs(
    fleet: &mut Fleet<'_>,
    facts: &Facts<'_>,
    progress: &mut Progress,
    (tuned, file_seconds): (&Candidate, f64),
    deadline: Instant,
    emit: &mut dyn FnMut(StudyEvent),
) {
    let is_open = |progress: &Progress| open_by_short_requests(progress, facts, tuned, None);
    let asked = is_open(progress);
    short_rounds::run(fleet, facts, ("confirm", tuned), progress, &is_open, deadline, emit).await;
    let seconds = seconds_until(deadline);
    let notes = affordable_notes(seconds, fleet.last_load_seconds, file_seconds);
    let files = compare::files_for(&progress.history, facts.workload.files.len(), notes);
    if !files.is_empty() {
        let (history, who) = (&mut progress.history, "the winner");
        compare::measure(fleet, "confirm", tuned, who, &files, deadline, history, emit).await;
    }
    // Its notes may be what was missing.
    if !asked {
        short_rounds::run(fleet, facts, ("confirm", tuned), progress, &is_open, deadline, emit).await;
    }
}

/// Whether short requests could say that the winner is better, and nothing says it yet.
fn open_by_short_requests(
    progress: &Progress,
    facts: &Facts<'_>,
    tuned: &Candidate,
    comparison: Option<&Comparison>,
) -> bool {
    let (history, floor) = (&progress.history, facts.constraints.quality_floor);
    let all = candidates::measured(history, facts.baseline, &progress.incumbent, facts.workload, facts.constraints);
    let find = |is: &dyn Fn(&MeasuredCandidate) -> bool| all.iter().find(|candidate| is(candidate));
    let winner = find(&|candidate| !candidate.is_baseline && candidate.candidate.works_like(tuned));
    let Some((winner, baseline)) = winner.zip(find(&|candidate| candidate.is_baseline)) else { return false };
    let bound = Bound::of(history, facts.workload, facts.baseline);
    let proof = ShortProof::of_equals(history, facts.workload, (winner, baseline), floor);
    let case =
        Case { winner, baseline, comparison, floor: 0.0, bound, notes_are_better: false, short_proof: proof.as_ref() };
    let few = comparison.is_none_or(|found| found.pairs <= FEW_PAIRS && found.speed_ratio.value > 1.0);
    few && short_proof::are_equals(facts.workload, (winner, baseline), floor) && !case.grounds().suffice()
}

/// Whether what others found was tried beside the present settings, and is so much faster that a comparison could say nothing else. Who wants it proven gets the
/// comparison all the same.
fn is_beyond_doubt(
    setup: &Setup<'_>,
    facts: &Facts<'_>,
    progress: &Progress,
    winner: &MeasuredCandidate,
    baseline: &MeasuredCandidate,
) -> bool {
    let shared = setup.begun.prior.as_ref().filter(|prior| prior.shared.is_some() && !prior.alone);
    let is_tried = shared.is_some_and(|prior| progress.prior_holds && prior.settings.works_like(&winner.candidate));
    let bound = Bound::of(&progress.history, facts.workload, facts.baseline);
    let case =
        Case { winner, baseline, comparison: None, floor: 0.0, bound, notes_are_better: false, short_proof: None };
    is_tried && (baseline.notes_per_minute.is_some() || bound.at_most.is_some()) && case.grounds().suffice()
}

/// How many notes fit into the time, by what a file costs in seconds of the whole machine.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few files, a few minutes")]
fn affordable_notes(seconds: f64, reload_seconds: f64, cost_seconds: f64) -> usize {
    let fits = (seconds * 0.8 - reload_seconds) / cost_seconds.max(0.001);
    (fits.max(0.0) as usize).min(MOST_NOTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_holds_two_pairs_unless_they_would_take_most_of_the_time() {
        #[expect(clippy::cast_possible_truncation, reason = "seconds")]
        let kept = |total, note| seconds_kept(0.25, total, note, 3.0).round() as i64;
        assert_eq!(kept(480.0, Some(5.0)), 120, "the usual share holds more than two pairs");
        assert_eq!(kept(150.0, Some(20.0)), 86, "four notes and two loads");
        assert_eq!(kept(150.0, Some(30.0)), 38, "no two pairs fit, and one proves nothing");
        assert_eq!(kept(150.0, None), 15, "nobody waits again for notes that did not end");
    }
}
