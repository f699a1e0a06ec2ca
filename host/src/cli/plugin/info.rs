//! `ralf-tune plugin info`.

use std::path::{Path, PathBuf};

use super::{args::PluginInfoArgs, listing};
use crate::{
    cli::{CommandResult, exit::ExitStatus, failure::Failure, session, ui},
    model::nearest::nearest,
    report::plugins,
    settings::Overrides,
};

/// Shows one plugin, by name or by file.
pub fn run(args: &PluginInfoArgs) -> CommandResult {
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
