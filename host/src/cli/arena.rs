//! `ralf-tune arena`.

use std::{
    num::NonZeroUsize,
    sync::atomic::{AtomicBool, Ordering},
};

use super::{
    CommandResult,
    arena_args::ArenaArgs,
    calibration, deliver,
    exit::ExitStatus,
    failure::Failure,
    installed::{self, Needed},
    interrupt::interrupted,
    plan,
    session::{self, block_on},
    ui::{self, ProgressMode, Tally},
};
use crate::{
    arena::{
        ArenaError, Contest,
        line_up::{Field, line_ups},
        surfaces,
    },
    model::arena::ArenaReport,
    report,
    settings::Overrides,
    simulate::Scenario,
};

/// Studies of each contender on each machine, unless the user says otherwise.
const SEEDS: u64 = 10;

/// Runs every contender on every machine, and says who is better.
pub fn run(args: &ArenaArgs) -> CommandResult {
    if args.recommendations {
        return super::recommendations::run(args);
    }
    if args.calibration {
        return calibration::run(args);
    }
    let (settings, env) = session::settings(&Overrides::from(args))?;
    let surfaces = match args.surfaces {
        Some(wanted) => surfaces::surfaces(wanted.halves(), args.noise)?,
        None => Vec::new(),
    };
    let scenarios = match args.surfaces {
        Some(_) => surfaces.iter().map(|(_, scenario)| scenario.clone()).collect(),
        None => scenarios(&args.scenario)?,
    };
    // Contenders are named here and not in the settings.
    let (usual, all) = session::plugins_beside(&settings, &env, Needed::All, installed::locked(&env).as_ref())?;
    let intensity = settings.intensity();
    let field = Field { intensity: &intensity, usual: &usual, all: &all };
    let choices = plan::choices(&settings);
    let contest = Contest {
        line_ups: line_ups(field, &args.strategy, &args.selector)?,
        scenarios,
        seeds: (1..=args.seeds.unwrap_or(SEEDS)).collect(),
        intensity: &intensity,
        choices: &choices,
        registry: &all,
        threads: args.studies.jobs.unwrap_or_else(usable_threads),
    };
    let mut report = watched(&contest)?;
    surfaces::divide(&mut report, &surfaces);
    deliver::show(
        &settings,
        "result",
        |width, colour| report::arena::render(&report, width, colour),
        || json(&report),
    )?;
    Ok(if report.interrupted { ExitStatus::Interrupted } else { ExitStatus::Done })
}

/// A value as indented JSON with a line end.
pub fn json(value: &impl serde::Serialize) -> serde_json::Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}

/// The scenarios of those names; all, when none is named.
pub fn scenarios(names: &[String]) -> Result<Vec<Scenario>, Failure> {
    let mut wanted: Vec<&str> = names.iter().map(String::as_str).collect();
    if wanted.is_empty() {
        wanted.extend(Scenario::NAMES);
    }
    let mut seen: Vec<&str> = Vec::new();
    wanted.retain(|name| {
        let is_new = !seen.contains(name);
        seen.push(name);
        is_new
    });
    wanted.into_iter().map(session::named_scenario).collect()
}

/// As many threads as may run at the same time.
pub fn usable_threads() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// Runs it with its progress shown. Ctrl-C ends it with what is done; another one ends it at once.
pub fn watched(contest: &Contest<'_>) -> Result<ArenaReport, Failure> {
    steps(contest.pieces(), |stop, step_done| contest.run(stop, step_done))
}

/// The same for any work that is done in so many steps.
pub fn steps<R: Send>(
    pieces: usize,
    work: impl FnOnce(&AtomicBool, &(dyn Fn() + Sync)) -> Result<R, ArenaError> + Send,
) -> Result<R, Failure> {
    let stop = AtomicBool::new(false);
    let tally = Tally::new(ProgressMode::detect(false), pieces, "steps");
    let (done, finished) = tokio::sync::oneshot::channel::<()>();
    let report = std::thread::scope(|scope| {
        let (stop, tally) = (&stop, &tally);
        let worker = scope.spawn(move || {
            let report = work(stop, &|| tally.add());
            let _ = done.send(());
            report
        });
        block_on(false, async {
            let listen = async {
                interrupted().await;
                stop.store(true, Ordering::Relaxed);
                ui::message("stopping: what is done will be shown; once more to stop at once");
                interrupted().await;
            };
            tokio::select! {
                _ = finished => {}
                () = listen => deliver::leave(ExitStatus::Interrupted),
            }
        })?;
        worker.join().map_err(|_| {
            let error = anyhow::Error::msg("a study of the arena panicked");
            Failure::new(ExitStatus::Internal, error, Some("run it again with --jobs 1, and report it".into()))
        })
    })?;
    tally.clear();
    Ok(report?)
}

impl From<ArenaError> for Failure {
    fn from(error: ArenaError) -> Self {
        match error {
            ArenaError::Plan(error) => error.into(),
            ArenaError::Plugin(error) => error.into(),
            ArenaError::NothingFeasible(_) => {
                Self::new(ExitStatus::NothingFeasible, error, Some("leave this scenario out with --scenario".into()))
            }
            ArenaError::Simulation { .. } => Self::new(
                ExitStatus::Internal,
                error,
                Some("this is a bug of the simulator: run with RALF_TUNE_LOG=debug and report it".into()),
            ),
            ArenaError::Runtime(_) => Self::new(ExitStatus::Unfit, error, Some("try again with --jobs 1".into())),
        }
    }
}
