//! `ralf-tune machine`.

use serde_json::json;

use super::{
    CommandResult,
    args::MachineArgs,
    exit::ExitStatus,
    failure::Failure,
    session::{self, block_on, connect},
    ui,
};
use crate::{
    report,
    settings::{self, Format, Overrides},
};

/// Shows the machine, the server and the model. What the server does not tell is no error unless somebody asked for it by name.
pub fn run(args: &MachineArgs) -> CommandResult {
    let env = settings::environment();
    let settings = settings::load(&Overrides::from(args), &env, &std::env::current_dir()?)?;
    let scenario = session::scenario(&settings)?;
    let present = super::run::present_settings(&settings)?;
    let present = present.as_ref().filter(|_| scenario.is_none());
    let (connection, server, model) = block_on(scenario.is_some(), async {
        let connection = connect(&settings, scenario.as_ref(), present, &env, 0)?;
        let server = connection.server().await;
        let model = match &server {
            Ok(server) => Some(connection.model(&settings, present, server).await),
            Err(_) => None,
        };
        Ok::<_, Failure>((connection, server, model))
    })??;
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
        Some(Err(failure)) => Err(Failure { status: ExitStatus::Server, ..failure }),
        _ => Ok(ExitStatus::Done),
    }
}
