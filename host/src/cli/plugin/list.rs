//! `ralf-tune plugin list`.

use std::collections::BTreeMap;

use super::{
    args::PluginListArgs,
    listing::{document, intensities, listing},
};
use crate::{
    cli::{
        CommandResult,
        exit::ExitStatus,
        installed::{self, Needed},
        plan::{prepare, prepare_named},
        session, ui,
    },
    report::{
        self,
        listing::{PluginListing, intensity_json, plugin_json},
        plugins,
    },
    settings::{Format, Overrides},
};

/// Lists what is there and what each intensity runs; with an intensity, its whole plan.
pub fn run(args: &PluginListArgs) -> CommandResult {
    let (settings, env) = session::settings(&Overrides::from(args))?;
    let (width, colour) = (ui::stdout_width(), ui::stdout_colour());
    if args.intensity.is_some() {
        let registry = session::plugins(&settings, &env)?;
        let intensity = settings.intensity();
        let prepared = prepare(&settings, &registry)?;
        ui::data(&report::plan::render(&prepared.plan, &intensity.name, intensity.budget, width, colour))?;
        return Ok(ExitStatus::Done);
    }
    let installed = installed::locked(&env);
    let lock = installed.as_ref().map(|(_, lock)| lock);
    let registry = session::plugins_with(&settings, &env, Needed::All, installed.as_ref())?;
    let listings: Vec<PluginListing> = registry.all().iter().map(|plugin| listing(plugin, &settings, lock)).collect();
    let intensities = intensities(&settings, |name| {
        prepare_named(&settings, &registry, name).map(|prepared| prepared.plan).map_err(|error| error.to_string())
    });
    let text = match settings.format.value {
        Format::Text => {
            plugins::list(&listings, width, colour) + "\n" + &plugins::intensities(&intensities, width, colour)
        }
        Format::Json => document(BTreeMap::from([
            ("plugins", listings.iter().map(plugin_json).collect()),
            ("intensities", intensities.iter().map(intensity_json).collect()),
        ])),
    };
    ui::data(&text)?;
    Ok(ExitStatus::Done)
}
