//! `ralf-tune apply --to server`: what is known of the server's own settings, as a text. The running server is left alone.

use super::{args::ApplyArgs, file, meant::Meant, say_if_simulated};
use crate::{
    cli::{CommandResult, exit::ExitStatus, failure::Failure, ui},
    emit::server::{Platform, known, render},
    model::machine::Locality,
};

/// Prints the text, or writes it to the file that was named.
pub fn deliver(args: &ApplyArgs, meant: &Meant, yes: bool) -> CommandResult {
    let tuned = meant.tuned()?;
    let Some(study) = meant.evidence() else {
        let what = "what is known of the server is in the study that made a profile, and this one's is not kept";
        return Err(Failure::usage(what.into(), Some("name a study: ralf-tune study list".into())));
    };
    say_if_simulated(meant);
    let known = known(study, &tuned.candidate);
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
