//! `ralf-tune plugin check`.

use std::path::Path;

use super::args::PluginCheckArgs;
use crate::{
    cli::{CommandResult, exit::ExitStatus, failure::Failure, limits, session, ui},
    conformance,
    model::{nearest::nearest, study::SCHEMA_VERSION},
    plugin::registry::{ComponentFile, bundled_names},
    report,
    settings::{Format, Overrides},
};

/// Examines one plugin. What failed ends it with the exit code of plugins, warnings do not.
pub fn run(args: &PluginCheckArgs) -> CommandResult {
    let (settings, env) =
        session::settings(&Overrides { format: args.format, limits: args.limit.clone(), ..Overrides::default() })?;
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
            let mut document = serde_json::json!({ "schema_version": SCHEMA_VERSION, "ok": examination.is_ok() });
            if let (Some(document), Ok(serde_json::Value::Object(fields))) =
                (document.as_object_mut(), serde_json::to_value(&examination))
            {
                document.extend(fields);
            }
            format!("{document:#}\n")
        }
    };
    ui::data(&text)?;
    Ok(if examination.is_ok() { ExitStatus::Done } else { ExitStatus::Plugin })
}

/// The file that is meant, or the bundled plugin of that name.
pub fn component(named: &str) -> Result<ComponentFile, Failure> {
    let path = Path::new(named);
    if path.is_file() || named.contains(std::path::is_separator) || path.extension().is_some() {
        return Ok(ComponentFile::read(path)?);
    }
    ComponentFile::bundled(named).ok_or_else(|| {
        let hint = match nearest(named, bundled_names()) {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => {
                "`ralf-tune plugin list` shows the bundled ones; a file is named by its path: ./my_scorer.wasm".into()
            }
        };
        Failure::usage(format!("there is no plugin `{named}`"), Some(hint))
    })
}
