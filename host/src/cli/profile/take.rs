//! `ralf-tune profile use`.

use std::collections::BTreeMap;

use super::{args::ProfileUseArgs, find};
use crate::{
    cli::{
        CommandResult, apply,
        change::{UNDO, carry_out},
        connection::{Looked, look},
        exit::ExitStatus,
        run, session, ui,
    },
    emit::{
        self, FileChange as _,
        ralf_notes::{ConfigChange, ConfigError},
    },
    model::{
        clean::clean,
        profile::{Place, Profile, Standing},
    },
    settings::{Overrides, Settings},
};

/// Puts a profile into the configuration.
pub fn run(args: &ProfileUseArgs) -> CommandResult {
    let (_, env) = session::settings(&Overrides::default())?;
    let profile = find(&env, &args.meant)?;
    let (settings, env) = session::settings(&args.overrides(&profile.tuned.model_name))?;
    put(&profile, &settings, &env)
}

/// The same for settings that are about the profile's model.
pub fn put(profile: &Profile, settings: &Settings, env: &BTreeMap<String, String>) -> CommandResult {
    let path = apply::target(settings, profile.place.simulated)?;
    emit::target::check(&path).map_err(ConfigError::from)?;
    let change = ConfigChange::prepare(&path, &profile.tuned)?;
    if change.is_nothing() {
        ui::message(&format!("{} says that already", clean(&path.display().to_string())));
        return Ok(ExitStatus::Done);
    }
    say_whether_it_fits(profile, settings, env);
    if profile.standing == Standing::Estimated {
        let advice = "ralf-tune verify --against FILE compares it with your present settings";
        ui::message(&ui::errors::warning("its speed is estimated, and was not compared with anything", Some(advice)));
    }
    carry_out(&change, settings.yes.value, UNDO)?;
    Ok(ExitStatus::Done)
}

/// Says what is other now than when the profile was made, or that nobody can tell. A simulated machine is not looked for.
pub fn say_whether_it_fits(profile: &Profile, settings: &Settings, env: &BTreeMap<String, String>) {
    if profile.place.simulated {
        return;
    }
    let again = format!("measure it again: ralf-tune run --model {}", clean(&profile.tuned.model_name));
    let present = run::present_settings(run::target(settings, None).as_deref()).ok().flatten();
    let unknown = |failure: &crate::cli::failure::Failure| {
        let why = ui::errors::chain(&failure.error).join(": ");
        ui::message(&ui::errors::warning(&format!("whether it still fits cannot be told: {why}"), Some(&again)));
    };
    match look(settings, None, present.as_ref(), env) {
        Err(failure) | Ok(Looked { server: Err(failure), .. } | Looked { model: Some(Err(failure)), .. }) => {
            unknown(&failure);
        }
        Ok(Looked { connection, server: Ok(server), model: Some(Ok(model)) }) => {
            let now = Place::of(&connection.machine, &server, &model);
            for change in profile.place.changes(&now) {
                ui::message(&ui::errors::warning(&format!("it may be stale: {change}"), Some(&again)));
            }
        }
        Ok(Looked { model: None, .. }) => {}
    }
}
