//! `ralf-tune plugin list | info`.

use std::path::{Path, PathBuf};

use super::{
    CommandResult,
    args::{PluginInfoArgs, PluginListArgs},
    exit::ExitStatus,
    failure::Failure,
    plan::prepare,
    session, ui,
};
use crate::{
    model::nearest::nearest,
    plugin::registry::Plugin,
    report,
    report::plugins::{self, PluginListing},
    settings::Overrides,
};

/// Lists what is there; with an intensity, what it runs and in which order.
pub fn list(args: &PluginListArgs) -> CommandResult {
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

/// Shows one plugin, by name or by file.
pub fn info(args: &PluginInfoArgs) -> CommandResult {
    let path = Path::new(&args.plugin);
    let is_file = path.is_file() || args.plugin.contains(std::path::is_separator) || path.extension().is_some();
    let plugins = is_file.then(|| vec![PathBuf::from(&args.plugin)]);
    let overrides = Overrides { plugins, ..Overrides::default() };
    let (settings, env) = session::settings(&overrides)?;
    let registry = session::plugins(&settings, &env)?;
    let found = if is_file {
        registry.all().last()
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
    ui::data(&plugins::info(&listing(plugin), ui::stdout_width(), ui::stdout_colour()))?;
    Ok(ExitStatus::Done)
}

fn listing(plugin: &Plugin) -> PluginListing {
    let component = plugin.component();
    PluginListing {
        kind: component.kind,
        manifest: plugin.manifest().clone(),
        origin: component.id.origin.clone(),
        size_bytes: component.size_bytes as u64,
        imports: component.imports.clone(),
        limits: plugin.limits().describe(),
        api: component.api.clone(),
    }
}
