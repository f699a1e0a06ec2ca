//! `ralf-tune run --resume`: goes on with a study that was interrupted or killed.

use clap::Parser as _;

use super::{
    CommandResult,
    args::{Cli, Command, RunArgs},
    exit::ExitStatus,
    failure::Failure,
    memory::{Header, Memory},
    places, run, ui,
};
use crate::{
    model::begun::Begun,
    settings,
    store::{Journal, Journals, Reopened},
    tune::Remembered,
};

/// A study that was interrupted, and what it had learned.
pub struct Resumed {
    header: Header,
    journal: Journal,
    known: Vec<Remembered>,
}

/// Goes on with the study that is meant, with what was typed then.
pub fn run(meant: &str) -> CommandResult {
    let data = places::needed_data(&settings::environment())?;
    let journals = Journals::new(&data);
    let id = journals.find(meant)?;
    let found: Reopened<Header, Remembered> = journals.open(&id, true)?;
    let header = found.header;
    if found.dropped_bytes > 0 {
        ui::message(&format!(
            "the last {} bytes of what was kept are damaged: what stands before them is used",
            found.dropped_bytes
        ));
    }
    let args = typed(&header)?;
    std::env::set_current_dir(&header.directory).map_err(|error| {
        let error = anyhow::Error::new(error).context(format!("cannot go to {}", header.directory.display()));
        Failure::new(ExitStatus::Unfit, error, Some("the study began there: begin a new one with ralf-tune run".into()))
    })?;
    ui::message(&format!(
        "going on with the study of {}: {} answers are known",
        header.begun.started_at,
        found.records.len()
    ));
    run::study(&args, Some(Resumed { header, journal: found.journal, known: found.records }))
}

/// What was typed then.
fn typed(header: &Header) -> Result<RunArgs, Failure> {
    let words = std::iter::once("ralf-tune").chain(header.arguments.iter().flatten().map(String::as_str));
    match Cli::try_parse_from(words).map(|cli| cli.command) {
        Ok(Command::Run(args)) if args.resume.is_none() => Ok(*args),
        _ => Err(differs("this release of ralf-tune does not understand what was typed then")),
    }
}

impl Resumed {
    /// What it began with.
    pub const fn begun(&self) -> &Begun {
        &self.header.begun
    }

    /// Checks that it is still the same study, and gives what it began with and its memory.
    pub fn go_on(self, now: &Header, real_clock: bool) -> Result<(Begun, Option<Memory>), Failure> {
        let (header, then, found) = (&self.header, &self.header.begun, &now.begun);
        if header.tool_version != now.tool_version {
            return Err(differs(&format!("it was begun by release {} of ralf-tune", header.tool_version)));
        }
        if header.plan != now.plan {
            return Err(differs("the plugins or the settings are not those that it began with"));
        }
        if then.model.name != found.model.name || then.model.digest.value != found.model.digest.value {
            return Err(differs(&format!("the model {} is not the one that it began with", then.model.name)));
        }
        if then.server.version.value != found.server.version.value {
            return Err(differs("the server is not of the version that it began with"));
        }
        let names = |begun: &Begun| -> Vec<String> {
            begun.hosts.iter().flat_map(|hosts| hosts.names().map(str::to_owned)).collect()
        };
        if names(then) != names(found) {
            return Err(differs("the hosts are not those that it began with"));
        }
        let memory = Memory::new(self.journal, self.known, real_clock);
        Ok((self.header.begun, Some(memory)))
    }
}

fn differs(why: &str) -> Failure {
    let hint = "begin a new study: ralf-tune run".to_owned();
    Failure::new(ExitStatus::Unfit, anyhow::anyhow!("the study cannot be gone on with: {why}"), Some(hint))
}
