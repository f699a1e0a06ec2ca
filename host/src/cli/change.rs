//! A change of the user's configuration: shown, agreed to, written.

use super::{failure::Failure, ui};
use crate::{emit::ralf_notes::ConfigChange, model::clean::clean};

/// Shows the difference, asks, writes. Whether it was written.
pub fn carry_out(change: &ConfigChange, yes: bool) -> Result<bool, Failure> {
    ui::message(&change.render(ui::stderr_colour()));
    let question = format!("Save to {}?", clean(&change.path().display().to_string()));
    if !yes && !ui::confirm(&question) {
        ui::message("not saved; run again with --yes to save without a question");
        return Ok(false);
    }
    let saved = change.write()?;
    ui::message(&match &saved.backup {
        Some(backup) => format!(
            "saved to {}; what it was before is in {} (ralf-tune apply --undo)",
            saved.path.display(),
            backup.display()
        ),
        None => format!("saved to {}", saved.path.display()),
    });
    Ok(true)
}
