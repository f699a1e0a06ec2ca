//! Short requests with two settings in turns, where notes cannot say which is faster.

use tokio::time::Instant;

use super::{
    baseline::RATES_PROBE,
    clock::seconds_until,
    facts::{Facts, Progress},
    fleet::Fleet,
    short_proof::{self, ShortProof},
    stage,
};
use crate::model::{candidate::Candidate, experiment::Proposal, study::StudyEvent};

/// Rounds at most: what they leave open, more of them leave open as well.
const MOST_ROUNDS: usize = 2;

/// Seconds that the shortest requests take at least, besides loads.
const LEAST_SECONDS: f64 = 2.0;

/// Asks while they could say what nothing else does, and the time is not over. Of the first round only what is not known yet is asked.
pub async fn run(
    fleet: &mut Fleet<'_>,
    facts: &Facts<'_>,
    (name, ours): (&str, &Candidate),
    progress: &mut Progress,
    is_open: &dyn Fn(&Progress) -> bool,
    deadline: Instant,
    emit: &mut dyn FnMut(StudyEvent),
) {
    for round in 0..MOST_ROUNDS {
        if !is_open(progress) {
            return;
        }
        let known = short_proof::known(&progress.history, facts.workload, ours, facts.baseline);
        let mut sides = vec![(facts.baseline, "your present settings", known.1), (ours, "the winner", known.0)];
        sides.retain(|(_, _, is_known)| round > 0 || !is_known);
        // What is loaded goes first, and a load is saved.
        sides.sort_by_key(|(settings, _, _)| !fleet.has_loaded(settings));
        let loads = sides.iter().filter(|(settings, _, _)| !fleet.has_loaded(settings)).count();
        #[expect(clippy::cast_precision_loss, reason = "two of them")]
        let least = loads as f64 * fleet.last_load_seconds + LEAST_SECONDS;
        if seconds_until(deadline) < least {
            return;
        }
        for (settings, who, _) in sides {
            let proposal = Proposal {
                candidate: settings.clone(),
                experiment: short_proof::requests(RATES_PROBE, settings),
                why: format!("{who}, by short requests: there is no time to compare notes"),
            };
            let what = format!("{} with {who}", stage::describe(&proposal, settings));
            let trials = fleet.run_all(name, vec![(proposal, what)], false, None, deadline, emit).await;
            progress.history.extend(trials);
        }
        let proof = ShortProof::of(&progress.history, facts.workload, ours, facts.baseline);
        if proof.is_none_or(|proof| proof.is_slower()) {
            return;
        }
    }
}
