//! `ralf-tune share`: measurements go to others, and come from them. Only the hub that the user named is asked.

pub mod args;
mod pull;
mod push;
mod withdraw;

use std::collections::BTreeMap;

use super::{CommandResult, exit::ExitStatus, failure::Failure, session};
use crate::{
    hub::client::{ClientError, HubClient},
    settings::Overrides,
    share::KeyError,
};
use args::ShareCommand;

/// What the user asked for.
pub fn run(command: &ShareCommand) -> CommandResult {
    match command {
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
