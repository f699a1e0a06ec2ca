//! `ralf-tune apply`: what a kept study found is put where it is used, or taken back.

pub mod args;
mod file;

use std::path::PathBuf;

use super::{
    CommandResult,
    change::{UNDO, carry_out},
    exit::ExitStatus,
    failure::Failure,
    places, session, study, ui,
};
use crate::{
    emit::{
        self, FileChange as _, forms, modelfile,
        ralf_notes::{self, ConfigChange, ConfigError},
    },
    model::{
        kept::is_simulated,
        selection::TunedConfig,
        study::{Outcome, Study},
    },
    settings::{Overrides, Settings},
};
use args::{ApplyArgs, Target};

/// Applies a study, or takes the last change back.
pub fn run(args: &ApplyArgs) -> CommandResult {
    refuse_what_does_not_fit(args)?;
    let (settings, env) = session::settings(&Overrides::from(args))?;
    let yes = settings.yes.value;
    if args.undo {
        return match &args.output {
            Some(output) => file::undo(output, yes),
            None => undo(&ConfigChange::undo(&target(&settings, false)?)?, yes),
        };
    }
    let study = study::load(&env, args.study.as_deref().unwrap_or("last"))?;
    let render = match args.to {
        Target::RalfNotes => return ralf_notes(&settings, &study),
        Target::Modelfile => modelfile::render,
        Target::Env => forms::env,
        Target::Toml => forms::toml,
        Target::Json => forms::json,
    };
    let tuned = settled(&study)?;
    if is_simulated(&study) {
        ui::message("the study is of a simulated machine, which is not yours");
    }
    file::deliver(args.output.as_deref(), render(tuned)?, yes)
}

/// Flags that say nothing to the target: whoever types them means something else.
fn refuse_what_does_not_fit(args: &ApplyArgs) -> Result<(), Failure> {
    let name = args.to.name();
    let (flag, hint) = match args.to {
        // The default target is not typed, and a file says what is to be undone.
        Target::RalfNotes if args.output.is_some() && !args.undo => {
            ("--output", "name its configuration with --config, or another form with --to")
        }
        Target::RalfNotes => return Ok(()),
        _ if args.undo && args.output.is_none() => {
            let hint = format!("name the file that was written: ralf-tune apply --undo --to {name} --output FILE");
            return Err(Failure::usage("which file is to be as it was before?".into(), Some(hint)));
        }
        _ if args.config.is_some() => ("--config", "name a file with --output, or leave it out for standard output"),
        _ => return Ok(()),
    };
    Err(Failure::usage(format!("{flag} says nothing to the target {name}"), Some(hint.into())))
}

/// Changes RALF Note's configuration.
fn ralf_notes(settings: &Settings, study: &Study) -> CommandResult {
    let path = target(settings, is_simulated(study))?;
    if study.outcome == Outcome::KeepBaseline {
        ui::message("nothing to apply: the study kept the settings that you had");
        return Ok(ExitStatus::Done);
    }
    let tuned = settled(study)?;
    emit::target::check(&path).map_err(ConfigError::from)?;
    let change = ConfigChange::prepare(&path, tuned)?;
    if change.is_nothing() {
        ui::message(&format!("{} says that already", path.display()));
        return Ok(ExitStatus::Done);
    }
    carry_out(&change, settings.yes.value, UNDO)?;
    Ok(ExitStatus::Done)
}

/// The settings that a study ended with: the new ones, or those that it kept.
fn settled(study: &Study) -> Result<&TunedConfig, Failure> {
    match (study.outcome, &study.tuned) {
        (Outcome::Improved | Outcome::KeepBaseline, Some(tuned)) => Ok(tuned),
        _ => {
            let hint = "`ralf-tune report` shows why; `ralf-tune study list` shows others".to_owned();
            let error = anyhow::anyhow!("the study ended without a result");
            Err(Failure::new(ExitStatus::NothingFeasible, error, Some(hint)))
        }
    }
}

fn undo(change: &ConfigChange, yes: bool) -> CommandResult {
    if change.is_nothing() {
        ui::message(&format!("{} is what it was before already", change.path().display()));
        return Ok(ExitStatus::Done);
    }
    carry_out(change, yes, UNDO)?;
    Ok(ExitStatus::Done)
}

/// The configuration that is meant. A simulated machine is not the user's: its results go only where a file was named for them.
pub fn target(settings: &Settings, simulated: bool) -> Result<PathBuf, Failure> {
    if let Some(named) = &settings.config.value {
        return Ok(named.clone());
    }
    if simulated {
        return Err(Failure::usage(
            "the result is of a simulated machine, which is not yours".into(),
            Some("name a file for its result with --config, or a study of a real server: ralf-tune study list".into()),
        ));
    }
    places::home().and_then(|home| ralf_notes::default_target(&home)).ok_or_else(|| {
        Failure::usage("there is no RALF Note configuration".into(), Some("name a file with --config FILE".into()))
    })
}
