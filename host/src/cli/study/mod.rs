//! `ralf-tune study` and `ralf-tune report`: studies that are kept.

pub mod args;
mod export;
mod history;
mod list;
mod remove;
mod reselect;
mod show;

use std::collections::BTreeMap;

use super::{CommandResult, exit::ExitStatus, failure::Failure, places, profile, ui};
use crate::{
    model::{
        kept::{StudyId, StudySummary},
        machine::same_model,
        study::{Outcome, Study},
    },
    store::{StoreError, StudyStore},
};
use args::StudyCommand;
pub use show::run as show;

/// What the user asked for.
pub fn run(command: &StudyCommand) -> CommandResult {
    match command {
        StudyCommand::List(args) => list::run(args),
        StudyCommand::Show(args) => show::run(args),
        StudyCommand::Compare(args) => history::compare(args),
        StudyCommand::Trend(args) => history::trend(args),
        StudyCommand::Reselect(args) => reselect::run(args),
        StudyCommand::Export(args) => export::export(args),
        StudyCommand::Import(args) => export::import(args),
        StudyCommand::Remove(args) => remove::run(args),
    }
}

/// Where studies are kept.
fn store(env: &BTreeMap<String, String>) -> Result<StudyStore, Failure> {
    Ok(StudyStore::new(&places::needed_data(env)?))
}

/// The study that is meant.
pub fn load(env: &BTreeMap<String, String>, meant: &str) -> Result<Study, Failure> {
    Ok(load_named(env, meant)?.0)
}

/// The same, with its name.
pub fn load_named(env: &BTreeMap<String, String>, meant: &str) -> Result<(Study, StudyId), Failure> {
    let store = store(env)?;
    let id = store.find(meant)?;
    Ok((store.load(&id)?, id))
}

/// Whether a study was made elsewhere and brought here.
pub fn is_imported(env: &BTreeMap<String, String>, id: &StudyId) -> bool {
    store(env).ok().and_then(|store| store.summary(id).ok()).is_some_and(|summary| summary.imported)
}

/// The newest study of a model that was made here, on a simulated machine or on a real one, with its name.
pub fn last_of(
    env: &BTreeMap<String, String>,
    model: &str,
    simulated: bool,
) -> Result<Option<(Study, StudyId)>, Failure> {
    let store = store(env)?;
    let fits = |one: &StudySummary| {
        let is_own = one.simulated == simulated && !one.imported;
        is_own && same_model(&one.model, model) && one.outcome != Outcome::NothingFeasible
    };
    let Some(found) = store.list()?.studies.into_iter().find(fits) else { return Ok(None) };
    Ok(Some((store.load(&found.id)?, found.id)))
}

/// Keeps a study that has just ended. What was measured is shown all the same where that fails; false then.
pub fn keep(env: &BTreeMap<String, String>, study: &Study) -> bool {
    let Some(store) = places::data(env).map(|data| StudyStore::new(&data)).filter(|_| !study.trials.is_empty()) else {
        return true;
    };
    match store.save(study) {
        Ok(summary) => {
            ui::message(&format!("kept as study {}: ralf-tune report {}", summary.id, summary.id.mark()));
            profile::keep(env, study, &summary.id);
            true
        }
        Err(error) => {
            let error: anyhow::Error = error.into();
            let what = format!("the study is not kept: {}", ui::errors::chain(&error).join(": "));
            let hint = error.downcast_ref::<StoreError>().map(StoreError::hint);
            ui::message(&ui::errors::warning(&what, hint.as_deref()));
            false
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let status = match &error {
            StoreError::Empty
            | StoreError::Unknown { .. }
            | StoreError::Several { .. }
            | StoreError::NoProfile { .. }
            | StoreError::SeveralProfiles { .. }
            | StoreError::NoneUnfinished
            | StoreError::UnknownUnfinished { .. } => ExitStatus::Usage,
            StoreError::Unsayable(_) => ExitStatus::Internal,
            StoreError::Read { .. }
            | StoreError::Write { .. }
            | StoreError::Broken { .. }
            | StoreError::NotAProfile { .. }
            | StoreError::NotAStudy { .. }
            | StoreError::Running { .. }
            | StoreError::NoBeginning { .. }
            | StoreError::Busy { .. }
            | StoreError::Newer { .. } => ExitStatus::Unfit,
        };
        let hint = Some(error.hint());
        Self::new(status, error, hint)
    }
}
