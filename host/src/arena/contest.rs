//! The running of an arena: every line-up on every scenario with every seed.

use std::{
    collections::BTreeMap,
    num::NonZeroUsize,
    sync::atomic::{AtomicBool, Ordering},
};

use super::{
    ground::{Ground, runtime},
    line_up::LineUp,
    parallel::in_order,
    simulation::SimulationError,
    standings,
    worth::{Best, QUALITY_FLOOR},
};
use crate::{
    model::{
        arena::{ARENA_SCHEMA_VERSION, ArenaReport, ArenaStudy, Effort, ScenarioBest},
        budget::Intensity,
        candidate::Candidate,
        study::{Outcome, Study},
    },
    plugin::{PluginError, Registry},
    simulate::Scenario,
    tune::{
        PlanError,
        oracle::{Reads, Truth},
        plan::{Choices, Prepared, plan_of},
    },
};

/// Seconds that a study may take beyond its budget: ending takes a request and a load.
const GRACE_SECONDS: f64 = 5.0;

/// Regret of a pick that is as good as the best.
const NEAR: f64 = 0.05;

/// What is to be run.
pub struct Contest<'a> {
    pub line_ups: Vec<LineUp>,
    pub scenarios: Vec<Scenario>,
    pub seeds: Vec<u64>,
    pub intensity: &'a Intensity,
    /// Scorers and parameters; line-ups say the rest.
    pub choices: &'a Choices,
    pub registry: &'a Registry,
    pub threads: NonZeroUsize,
}

/// An arena that could not be run.
#[derive(Debug, thiserror::Error)]
pub enum ArenaError {
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error(transparent)]
    Plugin(#[from] PluginError),
    #[error("the scenario `{scenario}` cannot be simulated")]
    Simulation { scenario: String, source: SimulationError },
    #[error("nothing is feasible on the scenario `{0}`")]
    NothingFeasible(String),
    #[error("no runtime can be started")]
    Runtime(#[from] std::io::Error),
}

impl Contest<'_> {
    /// How many pieces of work there are: one a scenario, for its best, and one a study.
    #[must_use]
    pub fn pieces(&self) -> usize {
        self.scenarios.len() * (1 + self.seeds.len() * self.line_ups.len())
    }

    /// Runs it. `piece_done` is called after every piece of work, from any thread. Once `stop` is true, no other piece is begun.
    /// What comes out does not depend on the number of threads.
    ///
    /// # Errors
    /// When a line-up makes no plan, or a scenario cannot be simulated. A study itself cannot fail.
    pub fn run(&self, stop: &AtomicBool, piece_done: &(dyn Fn() + Sync)) -> Result<ArenaReport, ArenaError> {
        for line_up in &self.line_ups {
            // Nobody is asked here whether a plugin may do more than compute.
            self.plan(line_up)?.panel.check_grants(&[])?;
        }
        let bests = in_order(self.threads, self.scenarios.len(), stop, |index| {
            let best = self.scenarios.get(index).map(|scenario| self.ground(scenario));
            piece_done();
            best
        });
        let grounds: Vec<Ground<'_>> = bests.into_iter().flatten().flatten().collect::<Result<_, _>>()?;
        // All line-ups of a seed before the next seed: what is done when somebody stops it can be compared.
        let per_seed = grounds.len() * self.line_ups.len();
        let studies = in_order(self.threads, self.seeds.len() * per_seed, stop, |index| {
            let seed = self.seeds.get(index / per_seed)?;
            let ground = grounds.get(index % per_seed / self.line_ups.len())?;
            let place = index % self.line_ups.len();
            let line_up = self.line_ups.get(place)?;
            let played = self.play(place, line_up, ground, *seed);
            piece_done();
            Some(played)
        });
        let studies: Vec<Played> = studies.into_iter().flatten().flatten().collect::<Result<_, _>>()?;
        let bests: BTreeMap<&str, Best> =
            grounds.iter().map(|ground| (ground.scenario.name.as_str(), ground.best_known())).collect();
        let judge = |played: Played| bests.get(played.study.scenario.as_str()).map(|best| Played::judged(played, best));
        let studies: Vec<ArenaStudy> = studies.into_iter().filter_map(judge).collect();
        let done = studies.len() == self.seeds.len() * self.scenarios.len() * self.line_ups.len();
        let line_ups: Vec<_> = self.line_ups.iter().map(LineUp::summary).collect();
        let budget_seconds = self.intensity.budget.total_seconds;
        Ok(ArenaReport {
            schema_version: ARENA_SCHEMA_VERSION,
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            intensity: self.intensity.name.clone(),
            budget_seconds,
            quality_floor: QUALITY_FLOOR,
            seeds: self.seeds.clone(),
            scenarios: grounds
                .iter()
                .filter_map(|ground| Some(summary(&ground.scenario.name, bests.get(ground.scenario.name.as_str())?)))
                .collect(),
            standings: standings::overall(line_ups.len(), &studies, budget_seconds),
            by_scenario: standings::by_scenario(line_ups.len(), &studies, budget_seconds),
            parts: Vec::new(),
            comparisons: standings::comparisons(&line_ups, &studies),
            line_ups,
            studies,
            interrupted: stop.load(Ordering::Relaxed) && !done,
        })
    }

    fn plan(&self, line_up: &LineUp) -> Result<Prepared, PlanError> {
        let selector = std::sync::Arc::clone(&line_up.selector);
        plan_of(self.intensity, self.registry, self.choices, &line_up.strategies, selector)
    }

    /// Finds the best of a scenario.
    fn ground<'a>(&self, scenario: &'a Scenario) -> Result<Ground<'a>, ArenaError> {
        let panel = match self.line_ups.first() {
            Some(line_up) => self.plan(line_up)?.panel,
            None => return Err(ArenaError::NothingFeasible(scenario.name.clone())),
        };
        Ground::survey(scenario, &panel, Reads::NoLess)
    }

    /// Runs one study and asks for the truth about its pick.
    fn play(&self, place: usize, line_up: &LineUp, ground: &Ground<'_>, seed: u64) -> Result<Played, ArenaError> {
        let prepared = self.plan(line_up)?;
        // Of its own: a scorer that fails in a study is asked no more there.
        let panel = self.plan(line_up)?.panel;
        runtime()?.block_on(async {
            let simulation = ground.simulation(seed).await?;
            let study = simulation.study(self.intensity, prepared).await;
            let pick = study.tuned.as_ref().map_or_else(Candidate::default, |tuned| tuned.candidate.clone());
            let truth = ground.truth(&simulation, &panel, &pick).await;
            Ok(record(place, ground, &study, truth))
        })
    }
}

fn summary(name: &str, best: &Best) -> ScenarioBest {
    let Best { truth, quality } = best;
    ScenarioBest {
        name: name.to_owned(),
        notes_per_minute: truth.notes_per_minute,
        quality: truth.quality,
        best_quality: *quality,
        candidate: truth.candidate.clone(),
    }
}

/// What a study asked until something ran with these settings: all, when nothing did.
fn effort_until(study: &Study, pick: &Candidate) -> Effort {
    let mut effort = Effort { requests: 0, reloads: 0 };
    for trial in &study.trials {
        effort.requests += trial.observations.len();
        effort.reloads += trial.reloads;
        if trial.is_complete() && trial.candidate.works_like(pick) {
            break;
        }
    }
    effort
}

/// A study that has ended, and the truth of its pick. What that is worth is known when all have ended.
struct Played {
    /// Without its regret.
    study: ArenaStudy,
    truth: Truth,
    effort: Effort,
}

impl Played {
    fn judged(self, best: &Best) -> ArenaStudy {
        let regret = best.regret(&self.truth);
        let near = (regret <= NEAR).then_some(self.effort);
        ArenaStudy { regret, near, below_floor: best.is_below_floor(&self.truth), ..self.study }
    }
}

/// What is kept of a study.
fn record(line_up: usize, ground: &Ground<'_>, study: &Study, truth: Truth) -> Played {
    let effort = effort_until(study, &truth.candidate);
    let study = ArenaStudy {
        line_up,
        scenario: ground.scenario.name.clone(),
        seed: study.seed,
        outcome: study.outcome,
        pick: truth.candidate.clone(),
        notes_per_minute: truth.notes_per_minute,
        quality: truth.quality,
        regret: 0.0,
        infeasible: truth.infeasible,
        infeasible_pick: study.outcome == Outcome::Improved && truth.infeasible.is_some(),
        below_floor: false,
        trials: study.trials.len(),
        requests: study.trials.iter().map(|trial| trial.observations.len()).sum(),
        reloads: study.trials.iter().map(|trial| trial.reloads).sum(),
        near: None,
        seconds: study.elapsed_seconds,
        overrun: study.elapsed_seconds > study.budget.total_seconds + GRACE_SECONDS,
        plugin_failures: study
            .stages
            .iter()
            .filter_map(|stage| stage.failure.clone())
            .chain(study.scorer_failures.iter().cloned())
            .collect(),
    };
    Played { study, truth, effort }
}
