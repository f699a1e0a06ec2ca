//! `ralf-tune plugin bench`.

use std::collections::BTreeMap;

use super::{args::PluginBenchArgs, check::component, listing::document};
use crate::{
    cli::{CommandResult, exit::ExitStatus, failure::Failure, limits, session, ui},
    conformance, report,
    settings::{Format, Overrides},
};

/// Times one plugin. Nothing is installed, and nothing is kept.
pub fn run(args: &PluginBenchArgs) -> CommandResult {
    let typed = Overrides { format: args.format, limits: args.limits.limit.clone(), ..Overrides::default() };
    let (settings, _) = session::settings(&typed)?;
    let file = component(&args.plugin)?;
    let scratch = tempfile::tempdir().map_err(|error| {
        let error = anyhow::Error::new(error).context("no temporary folder can be made");
        Failure::new(ExitStatus::Unfit, error, Some("set TMPDIR to a folder that can be written to".into()))
    })?;
    let cost = conformance::cost(&file, &session::limit_changes(&settings), scratch.path())?;
    limits::check_names_for(&settings, [&file.name, &cost.name])?;
    let text = match settings.format.value {
        Format::Text => report::bench::render(&cost, ui::stdout_width(), ui::stdout_colour()),
        Format::Json => document(BTreeMap::from([("cost", serde_json::json!(cost))])),
    };
    ui::data(&text)?;
    Ok(ExitStatus::Done)
}
