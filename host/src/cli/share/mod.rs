//! `ralf-tune share` and `ralf-tune recommend`: what studies say to others, and what theirs say here.

pub mod args;
mod export;
mod import;
mod list;
mod recommend;

use super::{CommandResult, exit::ExitStatus, failure::Failure};
use crate::share::{KeyError, store::PackStoreError};
use args::ShareCommand;
pub use recommend::{asked, others, run as recommend};

/// What the user asked for.
pub fn run(command: &ShareCommand) -> CommandResult {
    match command {
        ShareCommand::Export(args) => export::run(args),
        ShareCommand::Import(args) => import::run(args),
        ShareCommand::List(args) => list::list(args),
        ShareCommand::Forget(args) => list::forget(args),
    }
}

impl From<KeyError> for Failure {
    fn from(error: KeyError) -> Self {
        let hint = Some(error.hint());
        Self::new(ExitStatus::Unfit, error, hint)
    }
}

impl From<PackStoreError> for Failure {
    fn from(error: PackStoreError) -> Self {
        let hint = Some(error.hint());
        Self::new(ExitStatus::Unfit, error, hint)
    }
}
