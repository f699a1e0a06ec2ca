//! `ralf-tune arena --recommendations`.

use super::{
    CommandResult,
    arena::{json, steps, usable_threads},
    arena_args::ArenaArgs,
    deliver,
    exit::ExitStatus,
    installed::{self, Needed},
    plan, session,
};
use crate::{arena::recommendations::Recommendations, report, settings::Overrides};

/// Machines, unless the user says otherwise.
const MACHINES: usize = 21;

/// Holds what is recommended against the truth of a fleet of machines.
pub fn run(args: &ArenaArgs) -> CommandResult {
    let (settings, env) = session::settings(&Overrides::from(args))?;
    let registry = session::plugins_with(&settings, &env, Needed::BySettings, installed::locked(&env).as_ref())?;
    let intensity = settings.intensity();
    let choices = plan::choices(&settings);
    let recommendations = Recommendations {
        machines: args.machines.unwrap_or(MACHINES),
        intensity: &intensity,
        choices: &choices,
        registry: &registry,
        threads: args.studies.jobs.unwrap_or_else(usable_threads),
        kept: args.kept.as_deref(),
    };
    let report = steps(recommendations.pieces(), |stop, step_done| recommendations.run(stop, step_done))?;
    deliver::show(
        &settings,
        "result",
        |width, colour| report::recommendations::render(&report, width, colour),
        || json(&report),
    )?;
    Ok(if report.interrupted { ExitStatus::Interrupted } else { ExitStatus::Done })
}
