//! `ralf-tune apply`: what a kept study found is put where it is used, or taken back.

pub mod args;
mod derived;
mod file;
mod meant;
mod server;

use std::path::PathBuf;

use super::{
    CommandResult,
    change::{UNDO, carry_out},
    exit::ExitStatus,
    failure::Failure,
    places, profile, session, ui,
};
use crate::{
    emit::{
        self, FileChange as _, forms, modelfile,
        ralf_notes::{self, ConfigChange, ConfigError},
    },
    model::study::Outcome,
    settings::{Overrides, Settings},
};
use args::{ApplyArgs, Target};
use meant::Meant;

/// Applies a study or a profile, or takes the last change back.
pub fn run(args: &ApplyArgs) -> CommandResult {
    refuse_what_does_not_fit(args)?;
    let (mut settings, env) = session::settings(&Overrides::from(args))?;
    let yes = settings.yes.value;
    if args.undo {
        return match &args.output {
            Some(output) => file::undo(output, yes),
            None => undo(&ConfigChange::undo(&target(&settings, false)?)?, yes),
        };
    }
    let meant = Meant::find(args, &env)?;
    if let Meant::Profile(one, _) = &meant {
        settings.model.value = Some(one.tuned.model_name.clone());
        // Whoever makes a model on a server looks at it anyway, and the configuration is written by the profile's own command.
        if !matches!(args.to, Target::RalfNotes | Target::OllamaModel) {
            profile::say_whether_it_fits(one, &settings, &env);
        }
    }
    let render = match args.to {
        Target::RalfNotes => {
            return match &meant {
                Meant::Study(study) if study.outcome == Outcome::KeepBaseline => kept(&settings, &meant),
                Meant::Study(_) => ralf_notes(&settings, &meant),
                Meant::Profile(one, _) => profile::put(one, &settings, &env),
            };
        }
        Target::OllamaModel => return derived::make(args, &settings, &env, &meant),
        Target::Server => return server::deliver(args, &meant, yes),
        Target::Modelfile => modelfile::render,
        Target::Env => forms::env,
        Target::Toml => forms::toml,
        Target::Json => forms::json,
    };
    let tuned = meant.tuned()?;
    say_if_simulated(&meant);
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
fn say_if_simulated(meant: &Meant) {
    if meant.is_simulated() {
        ui::message(&format!("the {} is of a simulated machine, which is not yours", meant.kind()));
    }
}

/// A study that kept what was there has nothing for RALF Note's configuration.
fn kept(settings: &Settings, meant: &Meant) -> CommandResult {
    target(settings, meant.is_simulated())?;
    ui::message("nothing to apply: the study kept the settings that you had");
    Ok(ExitStatus::Done)
}

/// Changes RALF Note's configuration.
fn ralf_notes(settings: &Settings, meant: &Meant) -> CommandResult {
    let path = target(settings, meant.is_simulated())?;
    let tuned = meant.tuned()?;
    emit::target::check(&path).map_err(ConfigError::from)?;
    let change = ConfigChange::prepare(&path, tuned)?;
    if change.is_nothing() {
        ui::message(&format!("{} says that already", path.display()));
        return Ok(ExitStatus::Done);
    }
    carry_out(&change, settings.yes.value, UNDO)?;
    Ok(ExitStatus::Done)
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
