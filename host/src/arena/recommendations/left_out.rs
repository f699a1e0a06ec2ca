//! One machine left out: what the others recommend to it, bare and tried, and what a misleading recommendation costs it.

use super::{
    Recommendations,
    fleet::Machine,
    survey::{STUDY_SEED, best, ended_with, keep, known, simulation, tried},
};
use crate::{
    arena::{contest::ArenaError, ground::runtime, simulation::Simulation},
    model::{
        candidate::Candidate,
        pack::SignedPack,
        prior::Prior,
        recommendation::Recommendation,
        recommending::{LeftOut, Surveyed, Tried},
        study::StageOutcome,
    },
    share::recommend::{Asked, recommend},
    tune::{self, Panel},
};

/// Settings that are bad where these are the best: other requests at once, prompts read in small steps, a context twice as large for half of a file.
fn misleading(best: &Candidate) -> Candidate {
    Candidate {
        num_ctx: best.num_ctx.saturating_mul(2).min(32_768),
        max_concurrent_requests: if best.max_concurrent_requests > 1 { 1 } else { 4 },
        num_batch: 16,
        max_content_length: best.max_content_length / 2,
        ..best.clone()
    }
}

/// A kept result, or a new one. `None` where nothing near was measured.
pub(super) fn left_out(
    of: &Recommendations<'_>,
    machine: &Machine,
    own: &Surveyed,
    others: &[SignedPack],
) -> Result<Option<LeftOut>, ArenaError> {
    let path = of.kept.map(|folder| folder.join(format!("left-out-{:04}.json", machine.index)));
    if let Some(known) = path.as_deref().and_then(known::<LeftOut>) {
        return Ok(known.found);
    }
    let found = measured(of, machine, own, others)?;
    if let Some(path) = path {
        keep(&path, &found)?;
    }
    Ok(found)
}

fn measured(
    of: &Recommendations<'_>,
    machine: &Machine,
    own: &Surveyed,
    others: &[SignedPack],
) -> Result<Option<LeftOut>, ArenaError> {
    let panel = of.plan()?.panel;
    runtime()?.block_on(async {
        let simulation = simulation(machine, STUDY_SEED).await?;
        let profile = machine.scenario.machine_profile();
        let (server, model) = (&simulation.server, &simulation.model);
        let asked = Asked::of(&profile, server, model, &machine.workload, &machine.start, &[0; 32]);
        let Some(found) = recommend(&asked, others) else { return Ok(None) };
        let bare = tried(&best(own), &simulation.oracle(&panel).evaluate(&found.settings).await, None);
        let (proven, holds) = Box::pin(begun_with(of, &simulation, machine, own, &panel, &found)).await?;
        let bad = Recommendation { settings: misleading(&own.best), ..found.clone() };
        let again = self::simulation(machine, STUDY_SEED).await?;
        let (misled, _) = Box::pin(begun_with(of, &again, machine, own, &panel, &bad)).await?;
        Ok(Some(LeftOut {
            index: machine.index,
            foretold: Some(found.notes_per_minute),
            distance: found.nearest.first().map_or(f64::MAX, |nearest| nearest.distance),
            bare,
            proven,
            holds,
            misled,
        }))
    })
}

/// A study that begins with a recommendation, and whether that held.
async fn begun_with(
    of: &Recommendations<'_>,
    simulation: &Simulation,
    machine: &Machine,
    own: &Surveyed,
    panel: &Panel,
    found: &Recommendation,
) -> Result<(Tried, bool), ArenaError> {
    let mut setup = simulation.setup(machine.start.clone(), of.intensity, of.plan()?);
    setup.begun.prior = Some(Prior::shared(found, &machine.start, false));
    let (_stop, stopped) = tokio::sync::watch::channel(false);
    let study = tune::run(setup, stopped, &mut |_| {}).await;
    let searched = |stage: &StageOutcome| ![tune::PRIOR, "baseline", "confirm"].contains(&stage.name.as_str());
    let holds = study.stages.iter().any(|stage| stage.name == tune::PRIOR) && !study.stages.iter().any(searched);
    let truth = simulation.oracle(panel).evaluate(ended_with(&study)).await;
    Ok((tried(&best(own), &truth, Some(&study)), holds))
}
