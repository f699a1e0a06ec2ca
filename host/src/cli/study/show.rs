//! `ralf-tune report` and `ralf-tune study show`.

use super::{
    args::{ReportArgs, ReportFormat},
    load,
};
use crate::{
    cli::{CommandResult, deliver, exit::ExitStatus, session},
    report,
    settings::Overrides,
};

/// Shows a kept study as it was shown when it ended, or in a form that only kept studies have.
pub fn run(args: &ReportArgs) -> CommandResult {
    let (settings, env) = session::settings(&Overrides::from(args))?;
    let study = load(&env, &args.study)?;
    let document = match args.format {
        Some(ReportFormat::Html) => Some(report::html::render(&study)),
        Some(ReportFormat::Markdown) => Some(report::markdown::render(&study)),
        Some(ReportFormat::Text | ReportFormat::Json) | None => None,
    };
    if let Some(text) = document {
        deliver::deliver(settings.output.value.as_deref(), &text, "report")?;
        return Ok(ExitStatus::Done);
    }
    let page = |width, colour| report::terminal::render(&study, width, colour);
    deliver::show(&settings, "report", page, || report::json::render(&study, true))?;
    Ok(ExitStatus::Done)
}
