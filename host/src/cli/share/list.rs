//! `ralf-tune share list` and `forget`: what is kept of others.

use super::args::{ShareForgetArgs, ShareListArgs};
use crate::{
    cli::{CommandResult, deliver, exit::ExitStatus, places, session, ui},
    report,
    settings::Overrides,
    share::{file, store::PackStore},
};

/// Classes that were measured, and by how many; as JSON, the packs themselves.
pub fn list(args: &ShareListArgs) -> CommandResult {
    let (settings, env) = session::settings(&Overrides::from(args))?;
    let (packs, broken) = PackStore::new(&places::needed_data(&env)?).load()?;
    if broken > 0 {
        ui::message(&ui::errors::warning(
            &format!("{broken} of the packs that are kept no longer hold, and are not used"),
            Some("somebody changed their files; import them again"),
        ));
    }
    deliver::show(
        &settings,
        "list",
        |width, colour| report::sharing::list(&packs, width, colour),
        || Ok(file(packs.clone())),
    )?;
    Ok(ExitStatus::Done)
}

/// Forgets what a key signed, or everything.
pub fn forget(args: &ShareForgetArgs) -> CommandResult {
    let (_, env) = session::settings(&Overrides::default())?;
    let gone = PackStore::new(&places::needed_data(&env)?).forget(args.key.as_deref())?;
    ui::message(&if gone == 1 { "1 pack forgotten".to_owned() } else { format!("{gone} packs forgotten") });
    Ok(ExitStatus::Done)
}
