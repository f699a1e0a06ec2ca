//! `ralf-tune apply`: what a kept study found is put where the batch reads it, or taken back.

use std::path::PathBuf;

use super::{
    CommandResult, apply_args::ApplyArgs, change::carry_out, exit::ExitStatus, failure::Failure, places, session,
    study, ui,
};
use crate::{
    emit::{
        self,
        ralf_notes::{self, ConfigChange, ConfigError},
    },
    model::{kept::is_simulated, study::Outcome},
    settings::{Overrides, Settings},
};

/// Applies a study, or takes the last change back.
pub fn run(args: &ApplyArgs) -> CommandResult {
    let (settings, env) = session::settings(&Overrides::from(args))?;
    if args.undo {
        let path = target(&settings, false)?;
        return undo(&ConfigChange::undo(&path)?, settings.yes.value);
    }
    let study = study::load(&env, args.study.as_deref().unwrap_or("last"))?;
    let path = target(&settings, is_simulated(&study))?;
    let tuned = match (study.outcome, &study.tuned) {
        (Outcome::Improved, Some(tuned)) => tuned,
        (Outcome::KeepBaseline, _) => {
            ui::message("nothing to apply: the study kept the settings that you had");
            return Ok(ExitStatus::Done);
        }
        _ => {
            let hint = "`ralf-tune report` shows why; `ralf-tune study list` shows others".to_owned();
            return Err(Failure::new(
                ExitStatus::NothingFeasible,
                anyhow::anyhow!("the study ended without a result"),
                Some(hint),
            ));
        }
    };
    emit::target::check(&path).map_err(ConfigError::from)?;
    let change = ConfigChange::prepare(&path, tuned)?;
    if change.is_nothing() {
        ui::message(&format!("{} says that already", path.display()));
        return Ok(ExitStatus::Done);
    }
    carry_out(&change, settings.yes.value)?;
    Ok(ExitStatus::Done)
}

fn undo(change: &ConfigChange, yes: bool) -> CommandResult {
    if change.is_nothing() {
        ui::message(&format!("{} is what it was before already", change.path().display()));
        return Ok(ExitStatus::Done);
    }
    carry_out(change, yes)?;
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
