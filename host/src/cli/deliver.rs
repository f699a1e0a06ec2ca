//! How results leave: on standard output or in a file, and how a run that is stopped twice ends.

use std::path::Path;

use super::{exit::ExitStatus, failure::Failure, ui};
use crate::settings::{Format, Settings};

/// Writes a text to standard output, or to the file that was named. What took minutes is not lost because a path is wrong.
pub fn deliver(output: Option<&Path>, text: &str, what: &str) -> Result<(), Failure> {
    let Some(path) = output else { return Ok(ui::data(text)?) };
    if let Err(error) = std::fs::write(path, text) {
        ui::data(text)?;
        let hint = Some(format!("the {what} was written to standard output instead"));
        let error = anyhow::Error::new(error).context(format!("cannot write {}", path.display()));
        return Err(Failure::new(ExitStatus::Unfit, error, hint));
    }
    ui::message(&format!("the {what} is in {}", path.display()));
    Ok(())
}

/// Shows a result in the form and the place that the settings say. A page in a file is as wide as one in a pipe.
pub fn show(
    settings: &Settings,
    what: &str,
    page: impl FnOnce(usize, bool) -> String,
    json: impl FnOnce() -> serde_json::Result<String>,
) -> Result<(), Failure> {
    let output = settings.output.value.as_deref();
    let text = match settings.format.value {
        Format::Json => json().map_err(|error| Failure::new(ExitStatus::Internal, error, None))?,
        Format::Text if output.is_some() => page(ui::output::PIPE_WIDTH, false),
        Format::Text => page(ui::stdout_width(), ui::stdout_colour()),
    };
    deliver(output, &text, what)
}

/// The second Ctrl-C: everything stops at once.
#[expect(clippy::exit, reason = "the user asked twice; there is nothing left that may take time")]
pub fn leave(status: ExitStatus) -> ! {
    std::process::exit(i32::from(status.code()))
}
