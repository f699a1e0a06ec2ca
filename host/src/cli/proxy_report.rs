//! `ralf-tune proxy --report`: what the records say.

use super::{CommandResult, drift, exit::ExitStatus, failure::Failure, places, proxy_args::ProxyArgs, ui};
use crate::{
    learning::traffic::traffic,
    model::machine::same_model,
    proxy::advice::Adviser,
    report,
    settings::{self, Format},
    store::Requests,
};

/// Shows what clients did.
pub fn run(args: &ProxyArgs) -> CommandResult {
    let env = settings::environment();
    let Requests { mut records, unreadable } = Requests::read(&places::needed_data(&env)?)?;
    if let Some(wanted) = &args.model {
        records.retain(|record| record.model.as_deref().is_some_and(|model| same_model(model, wanted)));
    }
    let mut adviser = Adviser::default();
    for record in &records {
        adviser.hear(record);
    }
    let mut models: Vec<&str> = Vec::new();
    for model in records.iter().filter_map(|record| record.model.as_deref()) {
        if !models.iter().any(|known| same_model(known, model)) {
            models.push(model);
        }
    }
    let studies = models.into_iter().filter_map(|model| drift::of_newest(&env, model, &records)).collect();
    let found = traffic(&records, unreadable, adviser.summary(), studies, env!("CARGO_PKG_VERSION"));
    let text = match args.format.unwrap_or_default() {
        Format::Text => report::traffic::render(&found, ui::stdout_width(), ui::stdout_colour()),
        Format::Json => {
            report::traffic::json(&found).map_err(|error| Failure::new(ExitStatus::Internal, error, None))?
        }
    };
    ui::data(&text)?;
    Ok(ExitStatus::Done)
}
