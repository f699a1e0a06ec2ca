//! `ralf-tune plugin pack`.

use std::fs;

use super::args::PluginPackArgs;
use crate::{
    cli::{CommandResult, exit::ExitStatus, failure::Failure, ui},
    files,
    model::plugin::LARGEST_COMPONENT_BYTES,
    plugin::pack::pack,
};

/// Makes a component of a core module.
pub fn run(args: &PluginPackArgs) -> CommandResult {
    let (from, to) = (args.module.display(), args.output.display());
    let module = files::bytes(&args.module, LARGEST_COMPONENT_BYTES).map_err(|error| {
        let error = anyhow::Error::new(error).context(format!("cannot read {from}"));
        Failure::new(ExitStatus::Plugin, error, Some("build the core module first, or check the path".into()))
    })?;
    let component = pack(&module).map_err(|error| {
        let hint = error.hint();
        Failure::new(ExitStatus::Plugin, anyhow::Error::msg(format!("{from} {error}")), Some(hint))
    })?;
    fs::write(&args.output, &component).map_err(|error| {
        let error = anyhow::Error::new(error).context(format!("cannot write {to}"));
        Failure::new(ExitStatus::Unfit, error, Some("free some space there, or write to another place".into()))
    })?;
    ui::message(&format!("{to}: a component of {} bytes", component.len()));
    Ok(ExitStatus::Done)
}
