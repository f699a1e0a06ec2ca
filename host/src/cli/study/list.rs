//! `ralf-tune study list`.

use super::{args::StudyListArgs, store};
use crate::{
    cli::{CommandResult, exit::ExitStatus, failure::Failure, session, ui},
    report,
    settings::{Format, Overrides},
};

/// Lists what is kept. What cannot be read is a warning each.
pub fn run(args: &StudyListArgs) -> CommandResult {
    let (settings, env) = session::settings(&Overrides::from(args))?;
    let mut listing = store(&env)?.list()?;
    for error in &listing.unreadable {
        ui::message(&ui::errors::warning(&error.to_string(), Some(&error.hint())));
    }
    listing.studies.retain(|study| args.model.as_ref().is_none_or(|model| study.model == *model));
    let text = match settings.format.value {
        Format::Text => report::studies::list(&listing.studies, ui::stdout_width(), ui::stdout_colour()),
        Format::Json => {
            report::studies::json(&listing.studies).map_err(|error| Failure::new(ExitStatus::Internal, error, None))?
        }
    };
    ui::data(&text)?;
    Ok(ExitStatus::Done)
}
