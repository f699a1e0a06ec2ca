//! Do studies keep what they promise? What they claim is held against the truth of many machines, beside fixed rules.
//!
//! [`population`] makes the machines, `examine` looks at what is measured of one, `play` runs studies on one of them and asks for the truth, `rules` tunes it by fixed rules,
//! `figures` makes of all that what can be compared with an aim.

pub mod cutting;
mod examine;
mod figures;
mod play;
pub mod population;
mod rules;

use std::{
    num::NonZeroUsize,
    sync::atomic::{AtomicBool, Ordering},
};

use super::{contest::ArenaError, ground::Ground, parallel::in_order};
use crate::{
    model::{
        budget::Intensity,
        calibration::{CALIBRATION_SCHEMA_VERSION, CalibrationReport, CalibrationStudy},
    },
    plugin::Registry,
    tune::{
        oracle::Reads,
        plan::{Choices, Prepared, plan},
    },
};
use population::{Machine, machines};

/// What is to be run.
pub struct Calibration<'a> {
    pub machines: usize,
    pub seeds: usize,
    /// The one that claims are about.
    pub intensity: &'a Intensity,
    /// Others, whose budgets are looked at.
    pub others: &'a [Intensity],
    pub choices: &'a Choices,
    pub registry: &'a Registry,
    pub threads: NonZeroUsize,
}

impl Calibration<'_> {
    /// How many pieces of work there are: one a machine, for its best, and one a machine and seed.
    #[must_use]
    pub const fn pieces(&self) -> usize {
        self.machines * (1 + self.seeds)
    }

    /// Runs it. `piece_done` is called after every piece of work, from any thread. Once `stop` is true, no other piece is begun.
    /// What comes out does not depend on the number of threads.
    ///
    /// # Errors
    /// When the choices make no plan, or a machine cannot be simulated.
    pub fn run(&self, stop: &AtomicBool, piece_done: &(dyn Fn() + Sync)) -> Result<CalibrationReport, ArenaError> {
        self.plan(self.intensity)?.panel.check_grants(&[])?;
        let machines = machines(self.machines);
        let surveyed = in_order(self.threads, machines.len(), stop, |index| {
            let found = machines.get(index).map(|machine| (self.survey(machine), examine::examine(machine)));
            piece_done();
            found
        });
        // A relative on which nothing is feasible says nothing about studies.
        let mut examinations = Vec::new();
        let grounds: Vec<(&Machine, Ground<'_>)> = machines
            .iter()
            .zip(surveyed.into_iter().flatten().flatten())
            .filter_map(|(machine, (ground, examination))| match ground {
                Err(ArenaError::NothingFeasible(_)) => None,
                other => Some(other.and_then(|ground| {
                    examinations.push(examination?);
                    Ok((machine, ground))
                })),
            })
            .collect::<Result<_, _>>()?;
        let studies = in_order(self.threads, self.seeds * grounds.len(), stop, |index| {
            let (machine, ground) = grounds.get(index % grounds.len())?;
            let seed = 1 + (index / grounds.len()) as u64;
            let played = play::all(self, machine, ground, seed);
            piece_done();
            Some(played)
        });
        let done = studies.iter().all(Option::is_some);
        let played: Vec<Vec<CalibrationStudy>> = studies.into_iter().flatten().flatten().collect::<Result<_, _>>()?;
        let studies: Vec<CalibrationStudy> = played.into_iter().flatten().collect();
        let found = figures::figures(&studies, &examinations, &self.intensity.name);
        Ok(CalibrationReport {
            schema_version: CALIBRATION_SCHEMA_VERSION,
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            intensity: self.intensity.name.clone(),
            machines: grounds.len(),
            seeds: self.seeds,
            figures: found.all,
            reliability: found.reliability,
            rules_reliability: found.rules_reliability,
            correction: found.correction,
            studies,
            examinations,
            interrupted: stop.load(Ordering::Relaxed) && !done,
        })
    }

    fn plan(&self, intensity: &Intensity) -> Result<Prepared, ArenaError> {
        Ok(plan(intensity, self.registry, self.choices)?)
    }

    fn survey<'a>(&self, machine: &'a Machine) -> Result<Ground<'a>, ArenaError> {
        Ground::survey(&machine.scenario, &self.plan(self.intensity)?.panel, Reads::Anything)
    }
}
