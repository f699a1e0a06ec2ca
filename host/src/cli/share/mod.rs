//! `ralf-tune share` and `ralf-tune recommend`: what studies say to others, and what theirs say here. Only the hub that the user named is asked.

pub mod args;
mod export;
pub mod hub_args;
mod import;
mod list;
mod pull;
mod push;
mod recommend;
mod withdraw;

use std::collections::BTreeMap;

use super::{CommandResult, exit::ExitStatus, failure::Failure, session};
use crate::{
    hub::client::{ClientError, HubClient},
    settings::Overrides,
    share::{KeyError, store::PackStoreError},
};
use args::ShareCommand;
pub use recommend::{asked, others, run as recommend};

/// What the user asked for.
pub fn run(command: &ShareCommand) -> CommandResult {
    match command {
        ShareCommand::Export(args) => export::run(args),
        ShareCommand::Import(args) => import::run(args),
        ShareCommand::List(args) => list::list(args),
        ShareCommand::Forget(args) => list::forget(args),
        ShareCommand::Push(args) => push::run(args),
        ShareCommand::Pull(args) => pull::run(args),
        ShareCommand::Withdraw(args) => withdraw::run(args),
    }
}

/// The hub that the user named, and the environment. Nothing is sent yet.
fn named(hub: Option<&String>) -> Result<(HubClient, BTreeMap<String, String>), Failure> {
    let (settings, env) = session::settings(&Overrides { hub: hub.cloned(), ..Overrides::default() })?;
    let Some(address) = settings.hub.value.as_deref() else {
        let hint = "name one: --hub https://hub.example.com; or write hub = \"…\" into your own settings file";
        return Err(Failure::usage("no hub is named".to_owned(), Some(hint.to_owned())));
    };
    let client = HubClient::new(address).map_err(|error| Failure::from(error).said_in(&settings.hub.origin))?;
    Ok((client, env))
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let status = match error {
            ClientError::Address(_) | ClientError::Unencrypted(_) => ExitStatus::Usage,
            ClientError::Unreachable { .. } | ClientError::Refused { .. } | ClientError::NoHub(_) => ExitStatus::Server,
        };
        let hint = Some(error.hint());
        Self::new(status, error, hint)
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
