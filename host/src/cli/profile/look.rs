//! `ralf-tune profile list`, `show`, `diff` and `export`.

use super::{
    args::{ProfileDiffArgs, ProfileExportArgs, ProfileListArgs, ProfileShowArgs},
    find, store,
};
use crate::{
    cli::{CommandResult, arena::json, deliver, exit::ExitStatus, failure::Failure, run, session, ui},
    model::candidate::Candidate,
    report,
    settings::{Format, Overrides},
};

/// Lists what is kept. What cannot be read is a warning each.
pub fn list(args: &ProfileListArgs) -> CommandResult {
    let (settings, env) = session::settings(&Overrides::from(args))?;
    let mut profiles = store(&env)?.list()?;
    for error in &profiles.unreadable {
        ui::message(&ui::errors::warning(&error.to_string(), Some(&error.hint())));
    }
    profiles.all.retain(|profile| args.model.as_ref().is_none_or(|model| profile.tuned.model_name == *model));
    ui::data(&match settings.format.value {
        Format::Text => report::profiles::list(&profiles.all, ui::stdout_width(), ui::stdout_colour()),
        Format::Json => text_of(&profiles.all)?,
    })?;
    Ok(ExitStatus::Done)
}

/// Shows one.
pub fn show(args: &ProfileShowArgs) -> CommandResult {
    let (settings, env) = session::settings(&Overrides::from(args))?;
    let profile = find(&env, &args.meant)?;
    ui::data(&match settings.format.value {
        Format::Text => report::profiles::show(&profile, ui::stdout_width(), ui::stdout_colour()),
        Format::Json => text_of(&profile)?,
    })?;
    Ok(ExitStatus::Done)
}

/// Shows in what two differ.
pub fn diff(args: &ProfileDiffArgs) -> CommandResult {
    let (settings, env) = session::settings(&Overrides::from(args))?;
    let profile = find(&env, &args.meant)?;
    let (other, name) = if let Some(name) = &args.other {
        (store(&env)?.find(name, Some(&profile.tuned.model_name))?.tuned.candidate, name.to_string())
    } else {
        let present = run::present_settings(run::target(&settings, None).as_deref())?;
        (present.map_or_else(Candidate::default, |present| present.candidate), "present settings".to_owned())
    };
    let names = (profile.name.as_str(), name.as_str());
    let (width, colour) = (ui::stdout_width(), ui::stdout_colour());
    ui::data(&report::profiles::differences(&profile.tuned.candidate, &other, names, width, colour))?;
    Ok(ExitStatus::Done)
}

/// Writes one to a file.
pub fn export(args: &ProfileExportArgs) -> CommandResult {
    let (settings, env) = session::settings(&Overrides::from(args))?;
    let profile = find(&env, &args.meant)?;
    deliver::deliver(settings.output.value.as_deref(), &text_of(&profile)?, "profile")?;
    Ok(ExitStatus::Done)
}

fn text_of(value: &impl serde::Serialize) -> Result<String, Failure> {
    json(value).map_err(|error| Failure::new(ExitStatus::Internal, error, None))
}
