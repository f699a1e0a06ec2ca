//! `ralf-tune arena --calibration`.

use super::{
    CommandResult,
    arena::{json, steps, usable_threads},
    arena_args::ArenaArgs,
    deliver,
    exit::ExitStatus,
    installed::{self, Needed},
    plan, session,
};
use crate::{arena::Calibration, model::budget::Intensity, report, settings::Overrides};

/// Machines and seeds, unless the user says otherwise.
const MACHINES: usize = 21;
const SEEDS: u64 = 2;

/// Intensities whose budgets are looked at, besides the one that claims are about.
const BUDGETS: [&str; 3] = ["quick", "normal", "full"];

/// Holds what studies claim against the truth of many machines.
pub fn run(args: &ArenaArgs) -> CommandResult {
    let (settings, env) = session::settings(&Overrides::from(args))?;
    let registry = session::plugins_with(&settings, &env, Needed::BySettings, installed::locked(&env).as_ref())?;
    let intensity = settings.intensity();
    let others: Vec<Intensity> =
        BUDGETS.iter().filter(|name| **name != intensity.name).map(|name| settings.intensity_named(name)).collect();
    let choices = plan::choices(&settings);
    let calibration = Calibration {
        machines: args.machines.unwrap_or(MACHINES),
        seeds: usize::try_from(args.seeds.unwrap_or(SEEDS)).unwrap_or(usize::MAX),
        intensity: &intensity,
        others: &others,
        choices: &choices,
        registry: &registry,
        threads: args.studies.jobs.unwrap_or_else(usable_threads),
    };
    let report = steps(calibration.pieces(), |stop, step_done| calibration.run(stop, step_done))?;
    deliver::show(
        &settings,
        "result",
        |width, colour| report::calibration::render(&report, width, colour),
        || json(&report),
    )?;
    Ok(if report.interrupted { ExitStatus::Interrupted } else { ExitStatus::Done })
}
