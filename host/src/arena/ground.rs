//! A scenario, and what is known of the truth there.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use super::{
    contest::ArenaError,
    simulation::Simulation,
    worth::{Best, QUALITY_FLOOR},
};
use crate::{
    model::{candidate::Candidate, space::Parameter},
    simulate::Scenario,
    tune::{
        Panel,
        oracle::{Reads, Truth},
    },
};

/// A scenario with its best. Truths are kept: picks repeat, and a truth takes longer than a study.
pub struct Ground<'a> {
    pub scenario: &'a Scenario,
    pub best: Best,
    truths: Mutex<BTreeMap<String, Truth>>,
}

impl<'a> Ground<'a> {
    /// Finds the best of a scenario.
    ///
    /// # Errors
    /// When nothing is feasible there, or it cannot be simulated.
    pub fn survey(scenario: &'a Scenario, panel: &Panel, reads: Reads) -> Result<Self, ArenaError> {
        let found = runtime()?.block_on(async {
            let simulation = simulation(scenario, 0).await?;
            Ok::<_, ArenaError>(simulation.oracle(panel).best(&Candidate::default(), QUALITY_FLOOR, reads).await)
        })?;
        let (truth, quality) = found.ok_or_else(|| ArenaError::NothingFeasible(scenario.name.clone()))?;
        Ok(Self { scenario, best: Best { truth, quality }, truths: Mutex::default() })
    }

    /// The best that is known in the end: what was found in the beginning, or what a study picked.
    #[must_use]
    pub fn best_known(&self) -> Best {
        let picks = self.truths.lock().unwrap_or_else(PoisonError::into_inner);
        picks.values().fold(self.best.clone(), Best::or)
    }

    /// A server of the scenario with its luck.
    ///
    /// # Errors
    /// When it cannot be simulated.
    pub async fn simulation(&self, seed: u64) -> Result<Simulation, ArenaError> {
        simulation(self.scenario, seed).await
    }

    /// What settings really do there.
    pub async fn truth(&self, simulation: &Simulation, panel: &Panel, candidate: &Candidate) -> Truth {
        let key = format!("{:?}", working(candidate));
        let known = self.truths.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(truth) = known {
            return Truth { candidate: candidate.clone(), ..truth };
        }
        let truth = simulation.oracle(panel).evaluate(candidate).await;
        // Without what the truth does not depend on: whose pick came first must not show.
        let kept = Truth { candidate: working(candidate), ..truth.clone() };
        self.truths.lock().unwrap_or_else(PoisonError::into_inner).insert(key, kept);
        truth
    }
}

/// What of a candidate the truth depends on: that batch has no faults, no barriers, and waits as long as it must.
fn working(candidate: &Candidate) -> Candidate {
    let usual = Candidate::default();
    let policy = Parameter::ALL.into_iter().filter(|parameter| parameter.is_policy());
    policy.fold(candidate.clone(), |working, parameter| working.with(parameter, usual.get(parameter)))
}

async fn simulation(scenario: &Scenario, seed: u64) -> Result<Simulation, ArenaError> {
    let named = |source| ArenaError::Simulation { scenario: scenario.name.clone(), source };
    Simulation::new(scenario, seed).await.map_err(named)
}

/// A clock that jumps over every wait.
///
/// # Errors
/// When the system gives no runtime.
pub fn runtime() -> Result<tokio::runtime::Runtime, std::io::Error> {
    tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build()
}
