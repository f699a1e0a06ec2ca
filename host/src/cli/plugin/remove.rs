//! `ralf-tune plugin remove`.

use super::args::PluginRemoveArgs;
use crate::{
    cli::{CommandResult, exit::ExitStatus, installed, session, ui},
    install::Locked,
    model::clean::clean,
    settings::Overrides,
};

/// Forgets an installed plugin and deletes its file.
pub fn run(args: &PluginRemoveArgs) -> CommandResult {
    let (_, env) = session::settings(&Overrides::default())?;
    let plugin = installed::store(&env)?.remove(&args.name)?;
    let Locked { kind, name, version, source, .. } = plugin;
    ui::message(&clean(&format!("removed {} `{name}` {version}, from {source}", kind.name())));
    Ok(ExitStatus::Done)
}
