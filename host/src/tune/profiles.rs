//! Three choices from the same measurements: what is fastest, what is best, and what lies between.

use super::{
    confidence::{Evidence, confidence},
    execute::Executor,
    facts::{Facts, Progress},
    stage,
    study::Setup,
    verdict::{GOOD_QUALITY, Verdict, settings_of},
};
use crate::{
    model::{
        profile::{Standing, StudyProfile},
        proof::ProofVerdict,
        selection::{MeasuredCandidate, Selection, TunedConfig},
        study::Outcome,
        value::Value,
    },
    plugin::parameters::Arguments,
};

/// What the selectors of the profiles pick. None where the study itself ended without a pick.
pub fn profiles(
    executor: &Executor<'_>,
    facts: &Facts<'_>,
    setup: &Setup<'_>,
    progress: &Progress,
    verdict: &Verdict,
) -> Vec<StudyProfile> {
    let decided = matches!(verdict.outcome, Outcome::Improved | Outcome::KeepBaseline);
    let (Some(own), Some(baseline), true) =
        (&verdict.selection, verdict.candidates.iter().find(|one| one.is_baseline), decided)
    else {
        return Vec::new();
    };
    let workload = stage::view(executor, facts);
    let view = facts.view(&workload, &progress.incumbent, 0.0, &progress.history);
    let of = |(selector, arguments): &super::plan::Ready| {
        let name = selector.manifest.name.clone();
        let found = if name == own.selector {
            own.clone()
        } else {
            selector.select(&verdict.candidates, &view, arguments).ok()?
        };
        let (selection, standing) = standing(found, own, verdict, baseline);
        let winner = verdict.candidates.iter().find(|one| one.id == selection.winner)?;
        let evidence = Evidence {
            candidates: &verdict.candidates,
            trials: &progress.history,
            workload: facts.workload,
            quality_floor: floor(arguments, facts.constraints.quality_floor),
            seed: facts.seed,
        };
        let tuned = TunedConfig {
            model_name: setup.begun.model.name.clone(),
            candidate: settings_of(&verdict.candidates, &selection)?,
            benchmark_date: setup.begun.started_at.clone(),
            confidence: confidence(winner, &evidence),
        };
        Some(StudyProfile { name, winner: winner.id, tuned, standing })
    };
    setup.prepared.profiles.iter().filter_map(of).collect()
}

/// The choice, and how far its speed is known: what was compared and not found faster gives way to what the user has.
fn standing(
    found: Selection,
    own: &Selection,
    verdict: &Verdict,
    baseline: &MeasuredCandidate,
) -> (Selection, Standing) {
    let of = |id: u32| verdict.candidates.iter().find(|one| one.id == id).map(|one| &one.candidate);
    let present =
        |found: Selection| (Selection { winner: baseline.id, settings: Vec::new(), ..found }, Standing::Present);
    let Some(winner) = of(found.winner).filter(|_| found.winner != baseline.id) else { return present(found) };
    let is_recommended =
        verdict.outcome == Outcome::Improved && of(own.winner).is_some_and(|own| own.works_like(winner));
    let compared = verdict.confirmed.as_ref().filter(|comparison| comparison.is_about(winner));
    match compared.map(|comparison| comparison.proof.verdict) {
        Some(ProofVerdict::Faster) => (found, Standing::Proven),
        Some(ProofVerdict::Slower | ProofVerdict::Undecided) if !is_recommended => present(found),
        // What is recommended without a proof is so for other reasons: the present settings are far slower, or cannot be used.
        Some(_) | None => (found, Standing::Estimated),
    }
}

/// The share of the best quality that a choice is held to.
fn floor(arguments: &Arguments, least: f64) -> f64 {
    let own = arguments.0.iter().find(|(name, _)| name == "floor").map(|(_, value)| value);
    match own {
        Some(Value::Number(floor)) => floor.max(least),
        _ => least.max(GOOD_QUALITY),
    }
}
