//! `ralf-tune plugin check`.

use std::collections::BTreeMap;

use super::{args::PluginCheckArgs, listing::document, named};
use crate::{
    cli::{CommandResult, exit::ExitStatus, failure::Failure, limits, session, ui},
    conformance,
    plugin::registry::{ComponentFile, bundled_names},
    report,
    settings::{Format, Overrides},
};

/// Examines one plugin. What failed ends it with the exit code of plugins, warnings do not.
pub fn run(args: &PluginCheckArgs) -> CommandResult {
    let (settings, env) = session::settings(&Overrides {
        format: args.format,
        limits: args.limits.limit.clone(),
        ..Overrides::default()
    })?;
    let component = component(&args.plugin)?;
    let engine = session::engine(&env)?;
    let terms = conformance::Terms {
        limits: session::limit_changes(&settings),
        set: args.set.iter().map(|set| (set.plugin.clone(), set.param.clone(), set.value.clone())).collect(),
    };
    let examination = conformance::examine(&engine, &component, &terms);
    // What does not load has not said its name.
    if examination.version.is_some() {
        limits::check_names_for(&settings, [&component.name, &examination.name])?;
    }
    let text = match settings.format.value {
        Format::Text => report::check::render(&examination, ui::stdout_width(), ui::stdout_colour()),
        Format::Json => {
            let mut fields = BTreeMap::from([("ok", examination.is_ok().into())]);
            let examined = serde_json::to_value(&examination).unwrap_or_default();
            fields
                .extend(examined.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value.clone())));
            document(fields)
        }
    };
    ui::data(&text)?;
    Ok(if examination.is_ok() { ExitStatus::Done } else { ExitStatus::Plugin })
}

/// The file that is meant, or the bundled plugin of that name.
pub fn component(text: &str) -> Result<ComponentFile, Failure> {
    match named::file(text) {
        Some(path) => Ok(ComponentFile::read(path)?),
        None => ComponentFile::bundled(text).ok_or_else(|| named::unknown(text, bundled_names())),
    }
}
