//! `ralf-tune study remove`.

use super::{args::StudyRemoveArgs, store};
use crate::{
    cli::{CommandResult, exit::ExitStatus, session, ui},
    settings::Overrides,
};

/// Forgets a study.
pub fn run(args: &StudyRemoveArgs) -> CommandResult {
    let (_, env) = session::settings(&Overrides::default())?;
    let store = store(&env)?;
    let id = store.find(&args.study)?;
    store.remove(&id)?;
    ui::message(&format!("removed study {id}"));
    Ok(ExitStatus::Done)
}
