//! A text that is ours as a whole: to standard output, or into a file with the usual care.

use std::path::Path;

use crate::{
    cli::{CommandResult, change::carry_out, exit::ExitStatus, failure::Failure, ui},
    emit::{self, FileChange as _, ralf_notes::ConfigError, text::TextChange},
    model::clean::clean,
};

/// Prints the text, or writes it after showing the difference and asking.
pub fn deliver(output: Option<&Path>, text: String, yes: bool) -> CommandResult {
    let Some(path) = output else {
        ui::data(&text)?;
        return Ok(ExitStatus::Done);
    };
    emit::target::check(path).map_err(|error| of_output(error.into()))?;
    let change = TextChange::prepare(path, text).map_err(|error| of_output(error.into()))?;
    if change.is_nothing() {
        ui::message(&format!("{} says that already", shown(path)));
        return Ok(ExitStatus::Done);
    }
    carry_out(&change, yes, &undo_command(path))?;
    Ok(ExitStatus::Done)
}

/// Puts back what a file was before it was last written.
pub fn undo(path: &Path, yes: bool) -> CommandResult {
    let change = TextChange::undo(path).map_err(of_output)?;
    if change.is_nothing() {
        ui::message(&format!("{} is what it was before already", shown(path)));
        return Ok(ExitStatus::Done);
    }
    carry_out(&change, yes, &undo_command(path))?;
    Ok(ExitStatus::Done)
}

fn undo_command(path: &Path) -> String {
    format!("ralf-tune apply --undo --output {}", shown(path))
}

fn shown(path: &Path) -> String {
    clean(&path.display().to_string())
}

/// The same error, with what helps where `--output` names the file.
fn of_output(error: ConfigError) -> Failure {
    let hint = match &error {
        ConfigError::File(error) => error.hint_naming("--output FILE"),
        ConfigError::NoBackup { path, .. } => {
            Some(format!("nothing was there before ralf-tune wrote it, or it never did: rm {}", shown(path)))
        }
        other => other.hint(),
    };
    let mut failure = Failure::from(error);
    failure.hint = hint;
    failure
}
