//! The command line: one file a command.

mod apply;
mod arena;
pub mod arena_args;
pub mod args;
mod batch;
pub mod batch_args;
mod calibration;
mod change;
pub mod common_args;
mod completions;
mod config;
mod connection;
mod deliver;
mod doctor;
mod drift;
pub mod exit;
mod failure;
mod hosts;
mod hub;
mod installed;
mod interrupt;
mod limits;
mod lock;
mod machine;
mod man;
mod memory;
mod notes;
mod places;
mod plan;
mod plugin;
mod prior;
mod profile;
mod proxy;
pub mod proxy_args;
mod proxy_report;
mod recommendations;
mod resume;
mod run;
mod schema;
mod session;
mod share;
mod shared;
mod simulate;
mod studies_args;
mod study;
pub mod ui;
mod verify;
pub mod verify_args;
mod watch;
mod watched;
mod workload;

use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command};
use exit::ExitStatus;
use failure::Failure;

/// Runs the program: the arguments in, the exit code out.
#[must_use]
pub fn main() -> ExitCode {
    if let Some(status) = completions::answer() {
        return status.into();
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no errors; clap knows which stream is meant.
            let status = if error.use_stderr() { ExitStatus::Usage } else { ExitStatus::Done };
            let _ = error.print();
            return status.into();
        }
    };
    start_log();
    let result = match &cli.command {
        Command::Run(args) => run::run(args),
        Command::Machine(args) => machine::run(args),
        Command::Doctor(args) => doctor::run(args),
        Command::Proxy(args) => proxy::run(args),
        Command::Simulate(args) => simulate::run(args),
        Command::Plugin(command) => plugin::run(command),
        Command::Arena(args) => arena::run(args),
        Command::Batch(args) => batch::run(args),
        Command::Verify(args) => verify::run(args),
        Command::Watch(args) => watch::run(args),
        Command::Hub(command) => hub::run(command),
        Command::Apply(args) => apply::run(args),
        Command::Study(command) => study::run(command),
        Command::Share(command) => share::run(command),
        Command::Recommend(args) => share::recommend(args),
        Command::Profile(command) => profile::run(command),
        Command::Report(args) => study::show(args),
        Command::Config(command) => config::run(command),
        Command::Completions(args) => completions::run(args),
        Command::Schema(args) => schema::run(args),
        Command::Man(args) => man::run(args),
    };
    match result {
        Ok(status) => status.into(),
        Err(failure) => {
            failure.show();
            failure.status.into()
        }
    }
}

/// The log is for people who debug: it goes to standard error, and only when `RALF_TUNE_LOG` asks for it.
fn start_log() {
    let Ok(filter) = tracing_subscriber::EnvFilter::try_from_env("RALF_TUNE_LOG") else { return };
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init();
}

/// What a command gives: how the program ends, or what went wrong.
type CommandResult = Result<ExitStatus, Failure>;
