//! `ralf-tune apply --to server`: what is known of the server's own settings, as a text. The running server is left alone.

use super::{args::ApplyArgs, file, say_if_simulated};
use crate::{
    cli::{CommandResult, exit::ExitStatus, ui},
    emit::server::{Platform, known, render},
    model::{machine::Locality, selection::TunedConfig, study::Study},
};

/// Prints the text, or writes it to the file that was named.
pub fn deliver(args: &ApplyArgs, study: &Study, tuned: &TunedConfig, yes: bool) -> CommandResult {
    say_if_simulated(study);
    let known = known(study);
    let Some(text) = render(args.platform.unwrap_or(Platform::at_hand()), &known, tuned) else {
        ui::message("the study has no evidence that a setting of the server would matter:");
        for one in &known {
            ui::message(&format!("  {}", one.line()));
        }
        return Ok(ExitStatus::Done);
    };
    if study.server.locality == Locality::Remote && args.platform.is_none() {
        let advice = "--platform names what starts it there";
        ui::message(&ui::errors::warning("the server of the study is on another machine", Some(advice)));
    }
    file::deliver(args.output.as_deref(), text, yes)
}
