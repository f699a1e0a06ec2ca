//! `ralf-tune share withdraw`: a hub removes what a key has there, because its owner says so.

use super::{hub_args::ShareWithdrawArgs, named};
use crate::{
    cli::{CommandResult, exit::ExitStatus, failure::Failure, hub, places, session, ui},
    share::Key,
};

pub fn run(args: &ShareWithdrawArgs) -> CommandResult {
    let (client, env) = named(args.hub.as_ref())?;
    let data = places::needed_data(&env)?;
    let Some(key) = Key::load(&data)? else {
        return Err(Failure::usage("there is no key, so nothing was shared from here".to_owned(), None));
    };
    let what =
        args.pack.as_deref().map_or_else(|| "all that your key has there".to_owned(), |hash| format!("pack {hash}"));
    if !args.yes && !ui::confirm(&format!("take {what} back from {}?", client.url())) {
        ui::message("nothing was taken back; --yes does so without asking");
        return Ok(ExitStatus::Done);
    }
    let removed = session::block_on(false, client.remove(&key, args.pack.as_deref(), hub::now()))??;
    ui::message(&format!("{removed} packs are gone from {}", client.url()));
    Ok(ExitStatus::Done)
}
