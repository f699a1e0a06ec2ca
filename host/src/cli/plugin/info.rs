//! `ralf-tune plugin info`.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::{
    args::PluginInfoArgs,
    listing::{document, listing},
};
use crate::{
    cli::{
        CommandResult,
        exit::ExitStatus,
        failure::Failure,
        installed::{self, Needed},
        session, ui,
    },
    model::nearest::nearest,
    report::{listing::plugin_json, plugins},
    settings::{Format, Overrides},
};

/// Shows one plugin, by name or by file.
pub fn run(args: &PluginInfoArgs) -> CommandResult {
    let path = Path::new(&args.plugin);
    let is_file = path.is_file() || args.plugin.contains(std::path::is_separator) || path.extension().is_some();
    let plugins = is_file.then(|| vec![PathBuf::from(&args.plugin)]);
    let overrides = Overrides { plugins, limits: args.limit.clone(), format: args.format, ..Overrides::default() };
    let (settings, env) = session::settings(&overrides)?;
    let installed = installed::locked(&env);
    let needed = if is_file { Needed::Nobody } else { Needed::Named(&args.plugin) };
    let registry = session::plugins_with(&settings, &env, needed, installed.as_ref())?;
    let found = if is_file {
        registry.all().iter().rfind(|plugin| plugin.is_file())
    } else {
        registry.all().iter().find(|plugin| plugin.manifest().name == args.plugin)
    };
    let Some(plugin) = found else {
        let names = registry.all().iter().map(|plugin| plugin.manifest().name.as_str());
        let hint = match nearest(&args.plugin, names) {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => "`ralf-tune plugin list` shows all plugins; a file is named by its path, such as ./my_scorer.wasm"
                .into(),
        };
        return Err(Failure::usage(format!("there is no plugin `{}`", args.plugin), Some(hint)));
    };
    let listing = listing(plugin, &settings, installed.as_ref().map(|(_, lock)| lock));
    let text = match settings.format.value {
        Format::Text => plugins::info(&listing, ui::stdout_width(), ui::stdout_colour()),
        Format::Json => document(BTreeMap::from([("plugin", plugin_json(&listing))])),
    };
    ui::data(&text)?;
    Ok(ExitStatus::Done)
}
