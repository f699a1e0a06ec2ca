//! `ralf-tune plugin …`: one file a command.

pub mod args;
mod info;
mod list;
mod new;
mod pack;

use super::CommandResult;
use crate::{plugin::registry::Plugin, report::plugins::PluginListing};
use args::PluginCommand;

/// Runs the command.
pub fn run(command: &PluginCommand) -> CommandResult {
    match command {
        PluginCommand::List(args) => list::run(args),
        PluginCommand::Info(args) => info::run(args),
        PluginCommand::New(args) => new::run(args),
        PluginCommand::Pack(args) => pack::run(args),
    }
}

/// A plugin, as the pages show it.
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
