//! A change of a file of the user's: shown, agreed to, written.

use super::{failure::Failure, ui};
use crate::{emit::FileChange, model::clean::clean};

/// What takes a change of RALF Note's configuration back.
pub const UNDO: &str = "ralf-tune apply --undo";

/// Shows the difference, asks, writes. Whether it was written. `undo` is the command that takes it back.
pub fn carry_out(change: &impl FileChange, yes: bool, undo: &str) -> Result<bool, Failure> {
    ui::message(&change.render(ui::stderr_colour()));
    let question = format!("Save to {}?", clean(&change.path().display().to_string()));
    if !yes && !ui::confirm(&question) {
        ui::message("not saved; run again with --yes to save without a question");
        return Ok(false);
    }
    let saved = change.write()?;
    ui::message(&match &saved.backup {
        Some(backup) => {
            format!("saved to {}; what it was before is in {} ({undo})", saved.path.display(), backup.display())
        }
        None => format!("saved to {}", saved.path.display()),
    });
    Ok(true)
}
