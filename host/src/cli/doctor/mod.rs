//! `ralf-tune doctor`: what stands in the way, before anything is measured.

pub mod args;
mod fix;
mod own;
mod way;

use std::{collections::BTreeMap, path::PathBuf};

use super::{
    CommandResult,
    connection::{Connection, Looked, look},
    drift,
    exit::ExitStatus,
    failure::Failure,
    places, session, ui,
};
use crate::{
    emit::ralf_notes::PresentSettings,
    model::{
        checkup::{Found, Gravity},
        machine::{ModelProfile, ServerProfile},
        profile::Place,
        study::Study,
    },
    report::{
        self,
        checkup::{Seen, examine},
    },
    settings::{Format, Overrides},
    store::{Journals, Requests, StudyStore},
};
use args::DoctorArgs;

/// Looks, and says what mends what it found; mends what is the program's own where that is asked for.
pub fn run(args: &DoctorArgs) -> CommandResult {
    let (settings, env) = session::settings(&Overrides::from(args))?;
    let scenario = session::scenario(&settings)?;
    let target = super::run::target(&settings, scenario.as_ref());
    let present = super::run::present_settings(target.as_deref());
    let is_missing = |path: &PathBuf| !path.exists();
    let missing = settings.config.value.clone().filter(is_missing);
    let mut found = own::look(&env);
    let mut status = ExitStatus::Done;
    let mut refuse = |subject, failure: &Failure| {
        let evidence = ui::errors::chain(&failure.error).join(": ");
        // Which of several models is meant is a question, and no fault.
        let gravity = if failure.status == ExitStatus::Usage { Gravity::Note } else { Gravity::Bad };
        if gravity == Gravity::Bad {
            status = failure.status;
        }
        Found::at(gravity, subject, evidence, failure.hint.clone())
    };
    let present = match present {
        Ok(present) => present,
        Err(failure) => {
            found.push(Found { gravity: Gravity::Bad, ..refuse("config", &failure) });
            None
        }
    };
    if let Some(path) = missing {
        let evidence = format!("there is no {}", path.display());
        let hint = "name the file that your batch reads with --config; `ralf-tune run` makes one that is not there";
        found.push(Found::at(Gravity::Warning, "config", evidence, Some(hint.to_owned())));
    }
    let Looked { connection, server, model } = look(&settings, scenario.as_ref(), present.as_ref(), &env)?;
    match (&server, &model) {
        (Err(failure), _) => found.push(refuse("server", failure)),
        (Ok(server), model) => {
            if let Some(Err(failure)) = model {
                found.push(refuse("model", failure));
            }
            let model = model.as_ref().and_then(|model| model.as_ref().ok());
            found.extend(seen(&env, &connection, server, model, present.as_ref()));
        }
    }
    let page = match settings.format.value {
        Format::Text => report::checkup::render(&found, ui::stdout_width(), ui::stdout_colour()),
        Format::Json => report::checkup::json(&found),
    };
    ui::data(&page)?;
    if args.fix {
        fix::carry_out(&found, settings.yes.value);
    }
    Ok(status)
}

fn seen(
    env: &BTreeMap<String, String>,
    connection: &Connection,
    server: &ServerProfile,
    model: Option<&ModelProfile>,
    present: Option<&PresentSettings>,
) -> Vec<Found> {
    let place = present.map(|present| present.path.display().to_string()).unwrap_or_default();
    let data = places::data(env);
    let study: Option<Study> =
        data.as_ref().zip(model).and_then(|(data, model)| newest(&StudyStore::new(data), server, model));
    let mut found = way::look(connection, server);
    if let Some(model) = model {
        found.extend(own::stale(env, &model.name, &Place::of(&connection.machine, server, model)));
    }
    let requests = data.as_ref().and_then(|data| Requests::read(data).ok()).unwrap_or_default();
    let drift = study.as_ref().and_then(|study| drift::since(study, &requests.records));
    let drift = drift.as_ref().zip(model).map(|(drift, model)| (drift, drift::mend(&model.name, drift)));
    found.extend(examine(&Seen {
        drift,
        machine: &connection.machine,
        server,
        model,
        present: present.map(|present| (&present.candidate, place.as_str())),
        study: study.as_ref(),
        keep_alive: way::keep_alive(env, server, model.map(|model| model.name.as_str()), &super::run::now()),
        interrupted: data.is_some_and(|data| Journals::new(&data).find("last").is_ok()),
    }));
    found
}

/// The newest whole study of this model on this server.
fn newest(store: &StudyStore, server: &ServerProfile, model: &ModelProfile) -> Option<Study> {
    let kept = store.list().ok()?.studies;
    let fits = kept.iter().find(|kept| !kept.imported && kept.model == model.name && kept.host == server.host)?;
    store.load(&fits.id).ok()
}
