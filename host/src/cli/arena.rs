//! `ralf-tune arena`.

use std::{
    num::NonZeroUsize,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

use super::{
    CommandResult,
    arena_args::ArenaArgs,
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
    },
    model::arena::ArenaReport,
    report,
    settings::{Format, Overrides, Settings},
    simulate::Scenario,
};

/// Runs every contender on every machine, and says who is better.
pub fn run(args: &ArenaArgs) -> CommandResult {
    let (settings, env) = session::settings(&Overrides::from(args))?;
    let scenarios = scenarios(&args.scenario)?;
    // Contenders are named here and not in the settings.
    let (usual, all) = session::plugins_beside(&settings, &env, Needed::All, installed::locked(&env).as_ref())?;
    let intensity = settings.intensity();
    let field = Field { intensity: &intensity, usual: &usual, all: &all };
    let choices = plan::choices(&settings);
    let contest = Contest {
        line_ups: line_ups(field, &args.strategy, &args.selector)?,
        scenarios,
        seeds: (1..=args.seeds).collect(),
        intensity: &intensity,
        choices: &choices,
        registry: &all,
        threads: args.jobs.unwrap_or_else(usable_threads),
    };
    let report = watched(&contest)?;
    show(&settings, &report)?;
    Ok(if report.interrupted { ExitStatus::Interrupted } else { ExitStatus::Done })
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
    let stop = AtomicBool::new(false);
    let tally = Tally::new(ProgressMode::detect(false), contest.pieces(), "steps");
    let (done, finished) = tokio::sync::oneshot::channel::<()>();
    let report = std::thread::scope(|scope| {
        let (stop, tally) = (&stop, &tally);
        let contest = scope.spawn(move || {
            let report = contest.run(stop, &|| tally.add());
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
                () = listen => leave(),
            }
        })?;
        contest.join().map_err(|_| {
            let error = anyhow::Error::msg("a study of the arena panicked");
            Failure::new(ExitStatus::Internal, error, Some("run it again with --jobs 1, and report it".into()))
        })
    })?;
    tally.clear();
    Ok(report?)
}

/// The second Ctrl-C: everything stops at once.
#[expect(clippy::exit, reason = "the user asked twice; there is nothing left that may take time")]
fn leave() -> ! {
    std::process::exit(i32::from(ExitStatus::Interrupted.code()))
}

fn show(settings: &Settings, report: &ArenaReport) -> Result<(), Failure> {
    let to_terminal = settings.output.value.is_none();
    let text = match settings.format.value {
        Format::Json => json(report)?,
        Format::Text => {
            let width = if to_terminal { ui::stdout_width() } else { 80 };
            report::arena::render(report, width, to_terminal && ui::stdout_colour())
        }
    };
    deliver(settings.output.value.as_deref(), &text)
}

/// A value as indented JSON with a line end.
pub fn json(value: &impl serde::Serialize) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(value).map_err(|error| Failure::new(ExitStatus::Internal, error, None))?;
    Ok(text + "\n")
}

/// Writes a text to standard output, or to the file that was named. What took minutes is not lost because a path is wrong.
pub fn deliver(output: Option<&Path>, text: &str) -> Result<(), Failure> {
    let Some(path) = output else { return Ok(ui::data(text)?) };
    if let Err(error) = std::fs::write(path, text) {
        ui::data(text)?;
        let hint = Some("the result was written to standard output instead".to_owned());
        let error = anyhow::Error::new(error).context(format!("cannot write {}", path.display()));
        return Err(Failure::new(ExitStatus::Unfit, error, hint));
    }
    ui::message(&format!("the result is in {}", path.display()));
    Ok(())
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
