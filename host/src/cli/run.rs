//! `ralf-tune run`.

use std::{path::PathBuf, time::Duration};

use rand::Rng;
use tokio::sync::watch;

use super::{
    CommandResult,
    args::RunArgs,
    exit::ExitStatus,
    failure::Failure,
    interrupt::interrupted,
    places,
    session::{self, block_on, connect},
    ui::{self, Progress, ProgressMode},
};
use crate::{
    emit::ralf_notes::{self, ConfigChange, PresentSettings},
    model::{
        candidate::Candidate,
        selection::{Constraints, TunedConfig},
        study::{Outcome, Study, StudyEvent},
        workload::{PromptTemplate, Workload},
    },
    report,
    settings::{self, Format, Overrides, Settings},
    simulate::Scenario,
    tune::{self, Setup, plan::Choices},
    workload::{
        generate,
        samples::{self, SampleOptions},
    },
};

/// How often the time left is shown anew.
const TICK: Duration = Duration::from_millis(500);

/// Measures, chooses, shows, saves.
pub fn run(args: &RunArgs) -> CommandResult {
    let env = settings::environment();
    let settings = settings::load(&Overrides::from(args), &env, &std::env::current_dir()?)?;
    for warning in &settings.warnings {
        ui::message(&ui::errors::warning(&warning.what));
    }
    let scenario = session::scenario(&settings)?;
    let registry = session::plugins(&settings, &env)?;
    let intensity = settings.intensity();
    let prepared = tune::plan(&intensity, &registry, &choices(&settings))?;
    if args.dry_run {
        let page = report::plan::render(
            &prepared.plan,
            &intensity.name,
            intensity.budget,
            ui::stdout_width(),
            ui::stdout_colour(),
        );
        ui::data(&page)?;
        return Ok(ExitStatus::Done);
    }
    // Before anything is measured: a study whose result cannot be used would be lost time.
    let present = present_settings(&settings)?.filter(|_| scenario.is_none() || settings.config.value.is_some());
    let seed = settings.seed.value.unwrap_or_else(|| if scenario.is_some() { 0 } else { rand::rng().next_u64() });
    let workload = workload(&settings, seed)?;
    let study = block_on(scenario.is_some(), async {
        let connection = connect(&settings, scenario.as_ref(), present.as_ref(), &env, seed)?;
        let server = connection.server().await?;
        let model = connection.model(&settings, present.as_ref(), &server).await?;
        let setup = Setup {
            client: &connection.client,
            machine: connection.machine.clone(),
            server,
            model,
            workload,
            baseline: baseline(present.as_ref()),
            constraints: Constraints { quality_floor: settings.quality_floor.value, ..Constraints::default() },
            intensity: intensity.name.clone(),
            budget: intensity.budget,
            prepared,
            seed,
            salt: if scenario.is_some() { 0 } else { rand::rng().next_u64() },
            started_at: now(),
        };
        Ok::<Study, Failure>(watched(setup, scenario.is_some()).await)
    })??;
    show(&settings, &study)?;
    if study.outcome == Outcome::Improved
        && let Some(tuned) = &study.tuned
    {
        save(&settings, scenario.as_ref(), tuned)?;
    }
    Ok(status(&study))
}

/// Runs the study with its progress shown, and Ctrl-C heard.
async fn watched(setup: Setup<'_>, virtual_clock: bool) -> Study {
    let (stop, stopped) = watch::channel(false);
    let began = tokio::time::Instant::now();
    let progress = std::cell::RefCell::new(Progress::new(ProgressMode::detect(false)));
    let mut emit = |event: StudyEvent| progress.borrow_mut().handle(&event, began.elapsed());
    let listen = async {
        interrupted().await;
        ui::message("stopping: the server is left as it was found; once more to stop at once");
        let _ = stop.send(true);
        interrupted().await;
        ExitStatus::Interrupted
    };
    let tick = async {
        if virtual_clock {
            // A timer of a paused clock would be what makes it jump.
            std::future::pending::<()>().await;
        }
        loop {
            tokio::time::sleep(TICK).await;
            progress.borrow_mut().tick(began.elapsed());
        }
    };
    let study = tokio::select! {
        study = tune::run(setup, stopped, &mut emit) => study,
        status = listen => leave(status),
        () = tick => leave(ExitStatus::Internal),
    };
    progress.borrow_mut().clear();
    study
}

/// The second Ctrl-C: everything stops at once.
#[expect(clippy::exit, reason = "the user asked twice; there is nothing left that may take time")]
fn leave(status: ExitStatus) -> ! {
    std::process::exit(i32::from(status.code()))
}

/// What the user chose about plugins.
pub fn choices(settings: &Settings) -> Choices {
    Choices {
        strategies: settings.strategies.value.clone(),
        scorers: settings.scorers.value.iter().map(|choice| (choice.name.clone(), choice.weight)).collect(),
        selector: settings.selector.value.clone(),
        parameters: settings.given_params(),
    }
}

/// Where the present settings are read from and the tuned ones saved to.
fn target(settings: &Settings) -> Option<PathBuf> {
    settings.config.value.clone().or_else(|| ralf_notes::default_target(&places::home()?))
}

/// The present settings, when there is a configuration.
pub fn present_settings(settings: &Settings) -> Result<Option<PresentSettings>, Failure> {
    match target(settings) {
        Some(path) => Ok(ralf_notes::read_baseline(&path)?),
        None => Ok(None),
    }
}

fn baseline(present: Option<&PresentSettings>) -> Candidate {
    present.map_or_else(Candidate::default, |present| present.candidate.clone())
}

fn workload(settings: &Settings, seed: u64) -> Result<Workload, Failure> {
    let prompt = match &settings.prompt.value {
        Some(path) => PromptTemplate::from_file(path)?,
        None => PromptTemplate::built_in(),
    };
    match &settings.samples.value {
        Some(directory) => {
            let options = SampleOptions { seed, prompt, ..SampleOptions::default() };
            Ok(samples::from_directory(directory, &options)?)
        }
        None => Ok(Workload { prompt, ..generate::generated_workload(seed) }),
    }
}

/// Shows the report, or writes it to a file.
fn show(settings: &Settings, study: &Study) -> Result<(), Failure> {
    let text = match settings.format.value {
        Format::Json => {
            report::json::render(study, true).map_err(|error| Failure::new(ExitStatus::Internal, error, None))?
        }
        Format::Text if settings.report.value => {
            let to_terminal = settings.output.value.is_none();
            let width = if to_terminal { ui::stdout_width() } else { 80 };
            report::terminal::render(study, width, to_terminal && ui::stdout_colour())
        }
        Format::Text => report::terminal::outcome(study, ui::stdout_width(), ui::stdout_colour()),
    };
    match &settings.output.value {
        None => Ok(ui::data(&text)?),
        Some(path) => std::fs::write(path, &text).or_else(|error| {
            // The measurements took minutes: they are not lost because a path is wrong.
            ui::data(&text)?;
            let hint = Some("the report was written to standard output instead".to_owned());
            let error = anyhow::Error::new(error).context(format!("cannot write {}", path.display()));
            Err(Failure::new(ExitStatus::Unfit, error, hint))
        }),
    }
}

/// Shows the difference, asks, writes.
fn save(settings: &Settings, scenario: Option<&Scenario>, tuned: &TunedConfig) -> Result<(), Failure> {
    if !settings.save.value {
        return Ok(());
    }
    if scenario.is_some() && settings.config.value.is_none() {
        ui::message("not saved: a simulated machine is not yours (name a file with --config to save it there)");
        return Ok(());
    }
    let Some(path) = target(settings) else {
        ui::message("not saved: there is no RALF Note configuration; name a file with --config");
        return Ok(());
    };
    let change = ConfigChange::prepare(&path, tuned)?;
    ui::message(&change.render(ui::stderr_colour()));
    let question = format!("Save to {}?", report::clean::clean(&path.display().to_string()));
    if !settings.yes.value && !ui::confirm(&question) {
        ui::message("not saved; run again with --yes to save without a question");
        return Ok(());
    }
    let saved = change.write()?;
    ui::message(&match &saved.backup {
        Some(backup) => format!("saved to {}; what it was before is in {}", saved.path.display(), backup.display()),
        None => format!("saved to {}", saved.path.display()),
    });
    Ok(())
}

/// How the program ends: as the study did, unless the server was lost on the way.
fn status(study: &Study) -> ExitStatus {
    let lost = study.outcome == Outcome::NothingFeasible
        && study.trials.iter().all(|trial| !trial.is_complete())
        && study.trials.iter().flat_map(|trial| &trial.observations).all(|observation| observation.failure.is_some());
    let cause = study.trials.iter().find_map(|trial| match trial.state {
        crate::model::trial::TrialState::Failed(cause) => super::failure::status_of(cause),
        _ => None,
    });
    if study.selection.is_none() && study.outcome == Outcome::KeepBaseline {
        // The selector failed; the warnings say how.
        return ExitStatus::Plugin;
    }
    if lost && let Some(status) = cause { status } else { ExitStatus::of_outcome(study.outcome) }
}

/// The date and time, RFC 3339, in UTC.
fn now() -> String {
    let now = time::OffsetDateTime::now_utc();
    let now = now.replace_nanosecond(0).unwrap_or(now);
    now.format(&time::format_description::well_known::Rfc3339).unwrap_or_default()
}
