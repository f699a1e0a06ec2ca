//! `ralf-tune run`.

use std::path::{Path, PathBuf};

use rand::Rng;

use super::{
    CommandResult,
    args::RunArgs,
    connection::{connect, connect_mates},
    deliver,
    exit::ExitStatus,
    failure::Failure,
    hosts, lock,
    memory::{Header, Memory},
    notes, places,
    plan::{grant, prepare},
    prior,
    resume::{self, Resumed},
    session::{self, block_on},
    shared, ui,
    watched::watched,
    workload::{baseline, learned, workload},
};
use crate::{
    emit::{
        self,
        ralf_notes::{self, ConfigChange, ConfigError, PresentSettings},
    },
    model::{
        begun::Begun,
        budget::Intensity,
        learned::Learned,
        profile::Place,
        selection::Constraints,
        study::{Outcome, Study},
        trial::{Trial, TrialState},
    },
    ollama::client::Client,
    report,
    settings::{Overrides, Settings},
    simulate::Scenario,
    tune::{self, MadeNotes, Setup, plan::Prepared},
};

/// Measures, chooses, shows, saves.
pub fn run(args: &RunArgs) -> CommandResult {
    match &args.resume {
        Some(meant) => resume::run(meant),
        None => study(args, None),
    }
}

/// The model that requests like these are for, where nobody names one: the one that is configured, or theirs, whatever is loaded at the moment.
fn model_of(learned: &Learned, present: Option<&PresentSettings>) -> String {
    present.and_then(|present| present.model_name.clone()).unwrap_or_else(|| learned.model.clone())
}

/// A study, from its beginning or from where one was interrupted.
pub fn study(args: &RunArgs, resumed: Option<Resumed>) -> CommandResult {
    let (mut settings, env) = session::settings(&Overrides::from(args))?;
    let scenario = session::scenario(&settings)?;
    let beside = session::scenarios_beside(&settings)?;
    let registry = session::plugins(&settings, &env)?;
    let intensity = settings.intensity();
    let mut prepared = prepare(&settings, &registry)?;
    grant(&settings, &mut prepared, places::judgements(&env).filter(|_| scenario.is_none()))?;
    // Before anything is measured: a study whose result cannot be used would be lost time.
    let target = target(&settings, scenario.as_ref());
    let present = present_settings(target.as_deref())?;
    refuse_report_in(target.as_deref(), &settings)?;
    let store = settings.store.value.clone().filter(|_| resumed.is_none());
    let fresh = || if scenario.is_some() { 0 } else { rand::rng().next_u64() };
    let (seed, workload) = if let Some(resumed) = &resumed {
        (resumed.begun().seed, resumed.begun().workload.clone())
    } else {
        let seed = settings.seed.value.unwrap_or_else(|| if store.is_some() { 0 } else { fresh() });
        (seed, workload(&settings, seed, learned(&settings, &env, present.as_ref())?)?)
    };
    if let (Some(learned), None) = (&workload.learned, &scenario) {
        settings.model.value = settings.model.value.or_else(|| Some(model_of(learned, present.as_ref())));
    }
    if let Some(folder) = &args.keep_notes {
        notes::prepare(folder, &settings)?;
    }
    if args.dry_run {
        return show_plan(&prepared, &intensity);
    }
    check_target(&settings, target.as_deref())?;
    let (made, files) = (MadeNotes::default(), workload.files.clone());
    let baseline = baseline(present.as_ref(), &workload);
    let (study, memory) = block_on(scenario.is_some(), async {
        let connection = connect(&settings, scenario.as_ref(), present.as_ref(), &env, seed)?;
        let mates = connect_mates(&settings, &beside, &env, seed, &connection)?;
        let _locks = lock::take_all(&env, std::iter::once(&connection).chain(&mates))?;
        let server = connection.server().await?;
        let model = connection.model(&settings, present.as_ref(), &server).await?;
        let shared_with = hosts::look(&connection, &mates, &model, store.is_some()).await;
        let here = prior::Now {
            model: &model.name,
            place: Place::of(&connection.machine, &server, &model),
            workload: &workload,
            machine: &connection.machine,
            server: &server,
            profile: &model,
            present: &baseline,
        };
        let found = if resumed.is_some() { None } else { prior::find(&env, args.prior.as_deref(), args.prove, &here)? };
        let mut now = Header {
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            arguments: typed_now(),
            directory: std::env::current_dir().unwrap_or_default(),
            plan: prepared.plan.clone(),
            begun: Begun {
                started_at: now(),
                seed,
                salt: fresh(),
                intensity: intensity.name.clone(),
                budget: intensity.budget,
                machine: connection.machine.clone(),
                server,
                model,
                workload,
                baseline,
                constraints: constraints(&settings),
                files: settings.files.value,
                prior: found,
                hosts: shared_with,
            },
        };
        let (real_clock, plan) = (scenario.is_none(), &prepared.plan);
        let part = store.map(|store| shared::take_part(&store, &mut now.begun, plan, real_clock)).transpose()?;
        let (begun, memory) = match resumed {
            Some(resumed) => resumed.go_on(&now, real_clock)?,
            // What was measured is in the store then.
            None if part.is_some() => (now.begun, None),
            None => Memory::begin(&env, now, real_clock),
        };
        let ways: Vec<Client> = mates.into_iter().map(|mate| mate.client).collect();
        let setup = Setup {
            client: &connection.client,
            mates: &ways,
            prepared,
            begun,
            shared: None,
            recording: memory.as_ref().map(Memory::recording),
            notes: args.keep_notes.as_ref().map(|_| &made),
        };
        let study = match part {
            Some(part) => Box::pin(shared::make(setup, part, !real_clock)).await?,
            None => watched(!real_clock, async |stop, emit| Box::pin(tune::run(setup, stop, emit)).await).await,
        };
        Ok::<_, Failure>((study, memory))
    })??;
    let is_kept = super::study::keep(&env, &study);
    if let Some(memory) = memory {
        memory.end(&study, is_kept);
    }
    hand_over(&settings, &study, target.as_deref(), || {
        args.keep_notes.as_ref().map_or(Ok(()), |folder| notes::keep(folder, &study, &made, &files))
    })?;
    Ok(status(&study))
}

/// What would be done, and no more.
fn show_plan(prepared: &Prepared, intensity: &Intensity) -> CommandResult {
    let (width, colour) = (ui::stdout_width(), ui::stdout_colour());
    ui::data(&report::plan::render(&prepared.plan, &intensity.name, intensity.budget, width, colour))?;
    Ok(ExitStatus::Done)
}

/// Shows the report, keeps notes, saves. Neither loss costs the other: a report that cannot be written, a result that cannot be saved.
fn hand_over(
    settings: &Settings,
    study: &Study,
    target: Option<&Path>,
    keep: impl FnOnce() -> Result<(), Failure>,
) -> Result<(), Failure> {
    let shown = show(settings, study);
    let kept = keep();
    let saved = save(settings, target, study);
    if let (Err(failure), Err(_)) = (&shown, &saved) {
        failure.show();
    }
    saved.and(shown).and(kept)
}

/// Refuses a file that could not be saved to.
fn check_target(settings: &Settings, target: Option<&Path>) -> Result<(), Failure> {
    if let (true, Some(path)) = (settings.save.value, target) {
        emit::target::check(path).map_err(ConfigError::from)?;
    }
    Ok(())
}

/// What was typed; none where it cannot be kept as text.
fn typed_now() -> Option<Vec<String>> {
    std::env::args_os().skip(1).map(|word| word.into_string().ok()).collect()
}

/// Where the present settings are read from and the tuned ones saved to. A simulated machine is not the user's: its results go
/// only where a file was named for them.
pub fn target(settings: &Settings, scenario: Option<&Scenario>) -> Option<PathBuf> {
    let default = || ralf_notes::default_target(&places::home()?).filter(|_| scenario.is_none());
    settings.config.value.clone().or_else(default)
}

/// The present settings, when there is a configuration.
pub fn present_settings(target: Option<&Path>) -> Result<Option<PresentSettings>, Failure> {
    Ok(target.map(ralf_notes::read_baseline).transpose()?.flatten())
}

/// Refuses to write the report over the configuration.
pub fn refuse_report_in(target: Option<&Path>, settings: &Settings) -> Result<(), Failure> {
    let (Some(target), Some(output)) = (target, &settings.output.value) else { return Ok(()) };
    let real = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if real(target) != real(output) {
        return Ok(());
    }
    let message = format!("the report would overwrite the configuration {}", output.display());
    Err(Failure::usage(message, Some("name another file with --output".into())))
}

/// Shows the report, or writes it to a file.
fn show(settings: &Settings, study: &Study) -> Result<(), Failure> {
    let page = |width, colour| {
        if settings.report.value {
            report::terminal::render(study, width, colour)
        } else {
            report::terminal::outcome(study, width, colour)
        }
    };
    deliver::show(settings, "report", page, || report::json::render(study, true))
}

/// Shows the difference, asks, writes.
fn save(settings: &Settings, target: Option<&Path>, study: &Study) -> Result<(), Failure> {
    let tuned = match (study.outcome, &study.tuned) {
        _ if !settings.save.value => return Ok(()),
        (Outcome::Improved, Some(tuned)) => tuned,
        (Outcome::KeepBaseline, _) => {
            ui::message("nothing to save: your present settings stay as they are");
            return Ok(());
        }
        _ => return Ok(()),
    };
    let Some(path) = target else {
        ui::message(match settings.simulate.value {
            Some(_) => "not saved: a simulated machine is not yours (name a file with --config to save it there)",
            None => "not saved: there is no RALF Note configuration; name a file with --config",
        });
        return Ok(());
    };
    super::change::carry_out(&ConfigChange::prepare(path, tuned)?, settings.yes.value, super::change::UNDO)?;
    Ok(())
}

/// How the program ends: as the study did, unless nothing at all could be measured, or the selector failed.
fn status(study: &Study) -> ExitStatus {
    if study.lost_its_server().is_some() {
        return ExitStatus::Server;
    }
    let ended = matches!(study.outcome, Outcome::KeepBaseline | Outcome::NothingFeasible);
    if ended && !study.trials.iter().any(Trial::is_complete) {
        let mut observations = study.trials.iter().flat_map(|trial| &trial.observations);
        let lost = observations.all(|observation| observation.failure.is_some());
        let cause = study.trials.iter().find_map(|trial| match trial.state {
            TrialState::Failed(cause) => super::failure::status_of(cause),
            _ => None,
        });
        return cause.filter(|_| lost).unwrap_or(ExitStatus::NothingFeasible);
    }
    if study.stages.iter().any(|stage| stage.name == tune::SELECT && stage.failure.is_some()) {
        return ExitStatus::Plugin;
    }
    ExitStatus::of_outcome(study.outcome)
}

/// The date and time, RFC 3339, in UTC.
pub fn now() -> String {
    let now = time::OffsetDateTime::now_utc();
    let now = now.replace_nanosecond(0).unwrap_or(now);
    now.format(&time::format_description::well_known::Rfc3339).unwrap_or_default()
}

/// What must hold: the floor that the user names, else the least of all profiles; a selector may ask for more.
fn constraints(settings: &Settings) -> Constraints {
    let least = Constraints::default();
    if settings.quality_floor.is_default() {
        least
    } else {
        Constraints { quality_floor: settings.quality_floor.value, ..least }
    }
}
