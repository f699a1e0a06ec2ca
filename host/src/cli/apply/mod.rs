//! `ralf-tune apply`: what a kept study found is put where it is used, or taken back.

pub mod args;
mod derived;
mod file;
mod server;

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
        Target::OllamaModel => return derived::make(args, &settings, &env, &study, settled(&study)?),
        Target::Server => return server::deliver(args, &study, settled(&study)?, yes),
        Target::Modelfile => modelfile::render,
        Target::Env => forms::env,
        Target::Toml => forms::toml,
        Target::Json => forms::json,
    };
    let tuned = settled(&study)?;
    say_if_simulated(&study);
    file::deliver(args.output.as_deref(), render(tuned)?, yes)
}

/// Flags that say nothing to the target: whoever types them means something else.
fn refuse_what_does_not_fit(args: &ApplyArgs) -> Result<(), Failure> {
    let (to, name) = (args.to, args.to.name());
    if args.undo && args.output.is_none() && to != Target::RalfNotes {
        let hint = match (to, &args.name) {
            (Target::OllamaModel, model) => format!("ollama rm {}", model.as_deref().unwrap_or("NAME")),
            _ => format!("name the file that was written: ralf-tune apply --undo --to {name} --output FILE"),
        };
        return Err(Failure::usage(format!("there is no single thing to undo for the target {name}"), Some(hint)));
    }
    let model = to == Target::OllamaModel;
    let file = !model && (to != Target::RalfNotes || args.undo);
    for (typed, fits, flag, hint) in [
        (args.config.is_some(), to == Target::RalfNotes, "--config", "--output names the file of other targets"),
        (args.output.is_some(), file, "--output", "--config names RALF Note's file, and a model is no file"),
        (args.name.is_some(), model, "--name", "it is for --to ollama-model"),
        (args.replace, model, "--replace", "it is for --to ollama-model"),
        (args.host.is_some(), model, "--host", "it is for --to ollama-model"),
        (args.platform.is_some(), to == Target::Server, "--platform", "it is for --to server"),
    ] {
        if typed && !fits {
            return Err(Failure::usage(format!("{flag} says nothing to the target {name}"), Some(hint.into())));
        }
    }
    Ok(())
}

/// What is only looked at may be of a machine that does not exist; it must not be taken for that of one's own.
fn say_if_simulated(study: &Study) {
    if is_simulated(study) {
        ui::message("the study is of a simulated machine, which is not yours");
    }
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
    if let (Outcome::Improved | Outcome::KeepBaseline, Some(tuned)) = (study.outcome, &study.tuned) {
        return Ok(tuned);
    }
    let hint = "`ralf-tune report` shows why; `ralf-tune study list` shows others".to_owned();
    Err(Failure::new(ExitStatus::NothingFeasible, anyhow::anyhow!("the study ended without a result"), Some(hint)))
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
