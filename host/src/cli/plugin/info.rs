//! `ralf-tune plugin info`.

use std::collections::BTreeMap;

use super::{
    args::PluginInfoArgs,
    listing::{document, listing},
    named,
};
use crate::{
    cli::{
        CommandResult,
        exit::ExitStatus,
        installed::{self, Needed},
        session, ui,
    },
    report::{listing::plugin_json, plugins},
    settings::{Format, Overrides},
};

/// Shows one plugin, by name or by file.
pub fn run(args: &PluginInfoArgs) -> CommandResult {
    let file = named::file(&args.plugin);
    let plugins = file.map(|path| vec![path.to_owned()]);
    let overrides =
        Overrides { plugins, limits: args.limits.limit.clone(), format: args.format, ..Overrides::default() };
    let (settings, env) = session::settings(&overrides)?;
    let installed = installed::locked(&env);
    let needed = if file.is_some() { Needed::Nobody } else { Needed::Named(&args.plugin) };
    let registry = session::plugins_with(&settings, &env, needed, installed.as_ref())?;
    let found = if file.is_some() {
        registry.all().iter().rfind(|plugin| plugin.is_file())
    } else {
        registry.all().iter().find(|plugin| plugin.manifest().name == args.plugin)
    };
    let Some(plugin) = found else {
        let names = registry.all().iter().map(|plugin| plugin.manifest().name.as_str());
        return Err(named::unknown(&args.plugin, names));
    };
    let listing = listing(plugin, &settings, installed.as_ref().map(|(_, lock)| lock));
    let text = match settings.format.value {
        Format::Text => plugins::info(&listing, ui::stdout_width(), ui::stdout_colour()),
        Format::Json => document(BTreeMap::from([("plugin", plugin_json(&listing))])),
    };
    ui::data(&text)?;
    Ok(ExitStatus::Done)
}
