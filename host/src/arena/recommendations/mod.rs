//! What are recommendations worth? Every machine of a fleet is left out once: what the others measured is recommended to it, and held against its
//! truth, bare and proven, beside a full study of it.
//!
//! [`fleet`] makes the machines, `survey` says what is known of one, `left_out` recommends to one, `figures` is what comes out.

mod figures;
pub mod fleet;
mod left_out;
mod survey;

use std::{
    num::NonZeroUsize,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

use super::{contest::ArenaError, parallel::in_order};
use crate::{
    model::{
        budget::Intensity,
        fleet::{FLEET_SCHEMA_VERSION, FleetReport, LeftOut, Surveyed},
        pack::SignedPack,
    },
    plugin::Registry,
    tune::plan::{Choices, Prepared, plan},
};

/// What is to be run.
pub struct Recommendations<'a> {
    pub machines: usize,
    pub intensity: &'a Intensity,
    pub choices: &'a Choices,
    pub registry: &'a Registry,
    pub threads: NonZeroUsize,
    /// Where results are kept, so that it can go on later.
    pub kept: Option<&'a Path>,
}

impl Recommendations<'_> {
    /// How many pieces of work there are.
    #[must_use]
    pub const fn pieces(&self) -> usize {
        2 * self.machines
    }

    /// Runs it. `piece_done` is called after every piece of work, from any thread. Once `stop` is true, no other piece is begun.
    /// What comes out does not depend on the number of threads.
    ///
    /// # Errors
    /// When the choices make no plan, a machine cannot be simulated, or a result cannot be kept.
    pub fn run(&self, stop: &AtomicBool, piece_done: &(dyn Fn() + Sync)) -> Result<FleetReport, ArenaError> {
        self.plan()?.panel.check_grants(&[])?;
        if let Some(folder) = self.kept {
            std::fs::create_dir_all(folder)?;
        }
        let found = in_order(self.threads, self.machines, stop, |index| {
            let found = fleet::machine(index).map(|machine| survey::survey(self, &machine));
            piece_done();
            found
        });
        let done = found.iter().all(Option::is_some);
        let surveyed: Vec<Option<Surveyed>> = found.into_iter().flatten().flatten().collect::<Result<_, _>>()?;
        let surveyed: Vec<Surveyed> = surveyed.into_iter().flatten().collect();
        // The key stands for the machine: each is somebody's.
        let packs: Vec<(usize, SignedPack)> = surveyed
            .iter()
            .filter_map(|one| {
                let signed = |pack| SignedPack { pack, key: format!("{:064x}", one.index), signature: String::new() };
                Some((one.index, signed(one.pack.clone()?)))
            })
            .collect();
        let tried = in_order(self.threads, surveyed.len(), stop, |place| {
            let own = surveyed.get(place)?;
            let machine = fleet::machine(own.index)?;
            let others: Vec<SignedPack> =
                packs.iter().filter(|(index, _)| *index != own.index).map(|(_, pack)| pack.clone()).collect();
            let found = left_out::left_out(self, &machine, own, &others);
            piece_done();
            Some(found)
        });
        let done = done && tried.iter().all(Option::is_some);
        let left_out: Vec<Option<LeftOut>> = tried.into_iter().flatten().flatten().collect::<Result<_, _>>()?;
        let left_out: Vec<LeftOut> = left_out.into_iter().flatten().collect();
        Ok(FleetReport {
            schema_version: FLEET_SCHEMA_VERSION,
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            intensity: self.intensity.name.clone(),
            machines: surveyed.len(),
            figures: figures::figures(&surveyed, &left_out),
            surveyed,
            left_out,
            interrupted: stop.load(Ordering::Relaxed) && !done,
        })
    }

    fn plan(&self) -> Result<Prepared, ArenaError> {
        Ok(plan(self.intensity, self.registry, self.choices)?)
    }
}
