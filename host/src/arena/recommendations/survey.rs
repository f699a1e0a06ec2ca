//! What is known of one machine before anything is recommended to it: its best, and what a full study of it finds and takes.

use std::{collections::BTreeMap, path::Path};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{Recommendations, fleet::Machine};
use crate::{
    arena::{
        contest::ArenaError,
        ground::runtime,
        simulation::Simulation,
        worth::{Best, QUALITY_FLOOR},
    },
    files,
    model::{
        candidate::Candidate,
        pack::Pack,
        recommending::{Surveyed, Tried},
        study::Study,
    },
    tune::oracle::{Reads, Truth},
};

/// Seed of a full study.
pub(super) const STUDY_SEED: u64 = 1;

/// Bytes of a kept result at most.
const MOST_BYTES: u64 = 1 << 20;

/// The best of a machine.
pub(super) fn best(of: &Surveyed) -> Best {
    let truth = Truth {
        candidate: of.best.clone(),
        notes_per_minute: of.best_notes_per_minute,
        quality: of.best_quality,
        infeasible: None,
    };
    Best { truth, quality: of.best_quality }
}

/// A kept result, or a new one. `None` where nothing is feasible on the machine.
pub(super) fn survey(of: &Recommendations<'_>, machine: &Machine) -> Result<Option<Surveyed>, ArenaError> {
    let path = of.kept.map(|folder| folder.join(format!("machine-{:04}.json", machine.index)));
    if let Some(known) = path.as_deref().and_then(known::<Surveyed>) {
        return Ok(known.found);
    }
    let found = measured(of, machine)?;
    if let Some(path) = path {
        keep(&path, &found)?;
    }
    Ok(found)
}

/// A result as it is kept: none is one, too.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct Kept<T> {
    pub found: Option<T>,
}

/// What is kept; `None` where nothing is.
pub(super) fn known<T: DeserializeOwned>(path: &Path) -> Option<Kept<T>> {
    serde_json::from_slice(&files::bytes(path, MOST_BYTES).ok()?).ok()
}

/// Whole or not at all: whoever was killed goes on where this was.
pub(super) fn keep(path: &Path, found: &impl Serialize) -> Result<(), ArenaError> {
    let text = serde_json::to_vec(found).map_err(std::io::Error::from)?;
    let half = path.with_extension("half");
    std::fs::write(&half, text)?;
    std::fs::rename(&half, path)?;
    Ok(())
}

/// A server of the machine, and its batch.
pub(super) async fn simulation(machine: &Machine, seed: u64) -> Result<Simulation, ArenaError> {
    let found = Simulation::new(&machine.scenario, seed).await;
    let named = |source| ArenaError::Simulation { scenario: machine.scenario.name.clone(), source };
    Ok(found.map_err(named)?.with_workload(machine.workload.clone()))
}

fn measured(of: &Recommendations<'_>, machine: &Machine) -> Result<Option<Surveyed>, ArenaError> {
    let (prepared, panel) = (of.plan()?, of.plan()?.panel);
    runtime()?.block_on(async {
        let simulation = simulation(machine, STUDY_SEED).await?;
        let oracle = simulation.oracle(&panel);
        let Some((truth, quality)) = oracle.best(&Candidate::default(), QUALITY_FLOOR, Reads::Anything).await else {
            return Ok(None);
        };
        let best = Best { truth, quality };
        let study = simulation.study_from(machine.start.clone(), of.intensity, prepared).await;
        let present = oracle.evaluate(&machine.start).await;
        let pick = oracle.evaluate(ended_with(&study)).await;
        Ok(Some(Surveyed {
            index: machine.index,
            scenario: machine.scenario.name.clone(),
            present: tried(&best, &present, None),
            full: tried(&best, &pick, Some(&study)),
            pack: Pack::of(&study, &[0; 32]).ok(),
            best_notes_per_minute: best.truth.notes_per_minute,
            best_quality: best.quality,
            best: best.truth.candidate,
        }))
    })
}

/// The settings that a study leaves its user with.
pub(super) fn ended_with(study: &Study) -> &Candidate {
    study.tuned.as_ref().map_or(&study.baseline, |tuned| &tuned.candidate)
}

pub(super) fn tried(best: &Best, truth: &Truth, study: Option<&Study>) -> Tried {
    let mut by_stage = BTreeMap::new();
    for trial in study.iter().flat_map(|study| &study.trials) {
        *by_stage.entry(trial.stage.clone()).or_default() += trial.observations.len();
    }
    Tried {
        settings: truth.candidate.clone(),
        regret: best.regret(truth),
        notes_per_minute: truth.notes_per_minute,
        infeasible: truth.infeasible.is_some(),
        requests: by_stage.values().sum(),
        seconds: study.map_or(0.0, |study| study.elapsed_seconds),
        by_stage,
    }
}
