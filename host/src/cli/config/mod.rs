//! `ralf-tune config`: the settings as they count now.

pub mod args;

use std::path::Path;

use clap::Parser as _;
use serde_json::{Map, Value, json};

use super::{
    CommandResult,
    args::{Cli, Command},
    exit::ExitStatus,
    places, session, ui,
};
use crate::{
    emit::ralf_notes,
    report::config::{File, Row, render},
    settings::{self, Format, Listed, Origin, Overrides, PROJECT_FILE},
};
use args::{ConfigCommand, ConfigShowArgs};

/// Version of the JSON form. It grows when a field changes its meaning or goes away.
const SCHEMA_VERSION: u32 = 1;

/// What the user asked for.
pub fn run(command: &ConfigCommand) -> CommandResult {
    match command {
        ConfigCommand::Show(args) => show(args),
    }
}

fn show(args: &ConfigShowArgs) -> CommandResult {
    let typed = match as_typed(args) {
        Ok(typed) => typed,
        Err(error) => {
            let _ = error.print();
            return Ok(ExitStatus::Usage);
        }
    };
    let (mut settings, env) = session::settings(&typed)?;
    if settings.config.is_default() && settings.simulate.value.is_none() {
        settings.config.value = places::home().and_then(|home| ralf_notes::default_target(&home));
    }
    let here = std::env::current_dir().unwrap_or_default().join(PROJECT_FILE);
    let files = [("project", Some(here)), ("user", settings::user_file(&env))];
    let files = files.into_iter().filter_map(|(whose, path)| Some((whose, path?)));
    let files: Vec<File> = files.map(|(whose, path)| file(whose, &path)).collect();
    let text = match settings.format.value {
        Format::Text => {
            let rows: Vec<Row> = settings.listed().into_iter().map(row).collect();
            render(&rows, &files, ui::stdout_width(), ui::stdout_colour())
        }
        Format::Json => format!("{:#}\n", document(settings.listed(), &files)),
    };
    ui::data(&text)?;
    Ok(ExitStatus::Done)
}

/// What `ralf-tune run` would be given. A slip there is clap's to explain.
fn as_typed(args: &ConfigShowArgs) -> Result<Overrides, clap::Error> {
    let line = ["ralf-tune".into(), "run".into()].into_iter().chain(args.run.iter().cloned());
    let typed = match Cli::try_parse_from(line)?.command {
        Command::Run(run) => Overrides::from(run.as_ref()),
        _ => Overrides::default(),
    };
    Ok(Overrides { format: args.format.or(typed.format), ..typed })
}

fn file(whose: &'static str, path: &Path) -> File {
    File { whose, path: path.display().to_string(), found: path.is_file() }
}

fn row(listed: Listed) -> Row {
    let said = !matches!(listed.origin, Origin::Default | Origin::Intensity(_));
    let value = match listed.value {
        Value::Null => None,
        Value::String(text) => Some(text),
        Value::Array(items) if items.is_empty() => None,
        Value::Array(items) => {
            let words = items.into_iter().map(|item| match item {
                Value::String(text) => text,
                other => other.to_string(),
            });
            Some(words.collect::<Vec<_>>().join(", "))
        }
        other => Some(other.to_string()),
    };
    Row { name: listed.name, value, origin: listed.origin.to_string(), said }
}

fn document(listed: Vec<Listed>, files: &[File]) -> Value {
    let settings: Map<String, Value> = listed
        .into_iter()
        .map(|one| {
            let (kind, said) = origin(&one.origin);
            (one.name, json!({ "value": one.value, "origin": kind, "said_by": said }))
        })
        .collect();
    let files: Map<String, Value> =
        files.iter().map(|file| (file.whose.to_owned(), json!({ "path": file.path, "found": file.found }))).collect();
    json!({ "schema_version": SCHEMA_VERSION, "settings": settings, "files": files })
}

/// Where a value comes from, and the flag, the variable, the file or the intensity that said it.
fn origin(origin: &Origin) -> (&'static str, Option<String>) {
    match origin {
        Origin::Flag(name) => ("command-line", Some((*name).to_owned())),
        Origin::Environment(name) => ("environment", Some((*name).to_owned())),
        Origin::ProjectFile(path) => ("project-file", Some(path.display().to_string())),
        Origin::UserFile(path) => ("user-file", Some(path.display().to_string())),
        Origin::Intensity(name) => ("intensity", Some(name.clone())),
        Origin::Default => ("default", None),
    }
}
