//! `ralf-tune plugin remove`.

use super::args::PluginRemoveArgs;
use crate::{
    cli::{CommandResult, exit::ExitStatus, installed, session, ui},
    settings::Overrides,
};

/// Forgets an installed plugin and deletes its file.
pub fn run(args: &PluginRemoveArgs) -> CommandResult {
    let (_, env) = session::settings(&Overrides::default())?;
    let plugin = installed::store(&env)?.remove(&args.name)?;
    ui::message(&format!(
        "removed {} `{}` {}, from {}",
        plugin.kind.name(),
        plugin.name,
        plugin.version,
        plugin.source
    ));
    Ok(ExitStatus::Done)
}
