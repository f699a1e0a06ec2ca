//! `ralf-tune plugin …`: one file a command.

mod add;
pub mod args;
mod bench;
mod candidate;
mod check;
mod info;
mod list;
mod listing;
mod named;
mod new;
mod pack;
mod remove;
mod test;
pub mod test_args;
mod update;

use super::CommandResult;
use args::PluginCommand;
pub use candidate::agreed;

/// Runs the command.
pub fn run(command: &PluginCommand) -> CommandResult {
    match command {
        PluginCommand::List(args) => list::run(args),
        PluginCommand::Info(args) => info::run(args),
        PluginCommand::Add(args) => add::run(args),
        PluginCommand::Update(args) => update::run(args),
        PluginCommand::Remove(args) => remove::run(args),
        PluginCommand::Check(args) => check::run(args),
        PluginCommand::Bench(args) => bench::run(args),
        PluginCommand::New(args) => new::run(args),
        PluginCommand::Test(args) => test::run(args),
        PluginCommand::Pack(args) => pack::run(args),
    }
}
