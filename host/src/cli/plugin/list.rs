//! `ralf-tune plugin list`.

use super::{args::PluginListArgs, listing};
use crate::{
    cli::{CommandResult, exit::ExitStatus, plan::prepare, session, ui},
    report::{
        self,
        plugins::{self, PluginListing},
    },
    settings::Overrides,
};

/// Lists what is there; with an intensity, what it runs and in which order.
pub fn run(args: &PluginListArgs) -> CommandResult {
    let (settings, env) = session::settings(&Overrides::from(args))?;
    let registry = session::plugins(&settings, &env)?;
    let (width, colour) = (ui::stdout_width(), ui::stdout_colour());
    if args.intensity.is_none() {
        let listings: Vec<PluginListing> = registry.all().iter().map(listing).collect();
        ui::data(&plugins::list(&listings, width, colour))?;
        return Ok(ExitStatus::Done);
    }
    let intensity = settings.intensity();
    let prepared = prepare(&settings, &registry)?;
    ui::data(&report::plan::render(&prepared.plan, &intensity.name, intensity.budget, width, colour))?;
    Ok(ExitStatus::Done)
}
