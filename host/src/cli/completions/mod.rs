//! `ralf-tune completions`, and the answers to a shell that completes a line.
//!
//! The script of a shell knows nothing: it starts the program with [`VARIABLE`] set and asks what could stand there. So what is offered is
//! always that of the program that is installed, with the studies, models and plugins that are there now.

pub mod args;
pub mod candidates;

use clap::CommandFactory as _;
use clap_complete::{CompleteEnv, env::Shells};

use super::{CommandResult, args::Cli, exit::ExitStatus, failure::Failure, ui};
use args::CompletionsArgs;

/// Set by the scripts. Not `COMPLETE`, which others may set for reasons of their own, and not a setting.
const VARIABLE: &str = "_RALF_TUNE_COMPLETE";

/// The program as shells find it.
const PROGRAM: &str = "ralf-tune";

/// Answers a shell, when one asks; None when the program was started for anything else. Nothing may be printed before.
pub fn answer() -> Option<ExitStatus> {
    let here = std::env::current_dir().ok();
    let asked =
        CompleteEnv::with_factory(Cli::command).var(VARIABLE).try_complete(std::env::args_os(), here.as_deref());
    match asked {
        Ok(false) => None,
        Ok(true) => Some(ExitStatus::Done),
        // A line that is being typed must not be torn by a message.
        Err(_) => Some(ExitStatus::Internal),
    }
}

/// Prints the script of a shell.
pub fn run(args: &CompletionsArgs) -> CommandResult {
    let name = args.shell.name();
    let internal = |error: anyhow::Error| Failure::new(ExitStatus::Internal, error, None);
    let shells = Shells::builtins();
    let shell = shells.completer(name).ok_or_else(|| internal(anyhow::anyhow!("no script is known for {name}")))?;
    let mut script = Vec::new();
    shell
        .write_registration(VARIABLE, PROGRAM, PROGRAM, PROGRAM, &mut script)
        .map_err(|error| internal(error.into()))?;
    ui::data(&String::from_utf8_lossy(&script))?;
    Ok(ExitStatus::Done)
}
