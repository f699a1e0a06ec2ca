//! `ralf-tune report` and `ralf-tune study show`.

use super::{args::ReportArgs, load};
use crate::{
    cli::{CommandResult, deliver, exit::ExitStatus, session},
    report,
    settings::Overrides,
};

/// Shows a kept study as it was shown when it ended.
pub fn run(args: &ReportArgs) -> CommandResult {
    let (settings, env) = session::settings(&Overrides::from(args))?;
    let study = load(&env, &args.study)?;
    let page = |width, colour| report::terminal::render(&study, width, colour);
    deliver::show(&settings, "report", page, || report::json::render(&study, true))?;
    Ok(ExitStatus::Done)
}
