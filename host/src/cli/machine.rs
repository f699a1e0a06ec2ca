//! `ralf-tune machine`.

use serde_json::json;

use super::{
    CommandResult,
    args::MachineArgs,
    connection::{Looked, look},
    exit::ExitStatus,
    session, ui,
};
use crate::{
    report,
    settings::{Format, Overrides},
};

/// Shows the machine, the server and the model. A model that nobody named is no error.
pub fn run(args: &MachineArgs) -> CommandResult {
    let (settings, env) = session::settings(&Overrides::from(args))?;
    let scenario = session::scenario(&settings)?;
    let target = super::run::target(&settings, scenario.as_ref());
    let present = super::run::present_settings(target.as_deref())?;
    let present = present.as_ref();
    let Looked { connection, server, model } = look(&settings, scenario.as_ref(), present, &env)?;
    let text = match settings.format.value {
        Format::Text => {
            let (server, model) = (server.as_ref().ok(), model.as_ref().and_then(|model| model.as_ref().ok()));
            report::machine::render(&connection.machine, server, model, ui::stdout_width(), ui::stdout_colour())
        }
        Format::Json => {
            let document = json!({
                "schema_version": crate::model::study::SCHEMA_VERSION,
                "machine": connection.machine,
                "server": server.as_ref().ok(),
                "model": model.as_ref().and_then(|model| model.as_ref().ok()),
            });
            format!("{document:#}\n")
        }
    };
    ui::data(&text)?;
    server?;
    match model {
        // Which model is meant is no mistake of somebody who only looks.
        Some(Err(failure)) if failure.status == ExitStatus::Usage => {
            ui::message(&ui::errors::warning(&failure.error.to_string(), failure.hint.as_deref()));
            Ok(ExitStatus::Done)
        }
        Some(Err(failure)) => Err(failure),
        _ => Ok(ExitStatus::Done),
    }
}
