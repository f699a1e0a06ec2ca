//! `ralf-tune profile`: settings under a name.

pub mod args;
mod look;
mod save;
mod take;

use std::collections::BTreeMap;

use super::{CommandResult, failure::Failure, places, ui};
use crate::{
    model::{
        kept::StudyId,
        profile::{Profile, ProfileName, StudyProfile},
        study::Study,
    },
    store::ProfileStore,
};
use args::{Meant, ProfileCommand};
pub use take::{put, say_whether_it_fits};

/// What the user asked for.
pub fn run(command: &ProfileCommand) -> CommandResult {
    match command {
        ProfileCommand::List(args) => look::list(args),
        ProfileCommand::Show(args) => look::show(args),
        ProfileCommand::Diff(args) => look::diff(args),
        ProfileCommand::Export(args) => look::export(args),
        ProfileCommand::Use(args) => take::run(args),
        ProfileCommand::Save(args) => save::save(args),
        ProfileCommand::Import(args) => save::import(args),
        ProfileCommand::Remove(args) => save::remove(args),
    }
}

/// Where profiles are kept.
fn store(env: &BTreeMap<String, String>) -> Result<ProfileStore, Failure> {
    Ok(ProfileStore::new(&places::needed_data(env)?))
}

/// The profile that is meant.
fn find(env: &BTreeMap<String, String>, meant: &Meant) -> Result<Profile, Failure> {
    named(env, &meant.name, meant.model.as_deref())
}

/// The profile of that name, and of that model where one is named.
pub fn named(env: &BTreeMap<String, String>, name: &ProfileName, model: Option<&str>) -> Result<Profile, Failure> {
    Ok(store(env)?.find(name, model)?)
}

/// Keeps the profiles that a study made, in place of those of the last one of its model.
pub fn keep(env: &BTreeMap<String, String>, study: &Study, id: &StudyId) {
    let Some(store) = places::data(env).map(|data| ProfileStore::new(&data)) else { return };
    let of = |one: &StudyProfile| {
        let name: ProfileName = one.name.parse().ok()?;
        Some(Profile::of(name, (study, id), Some(&one.name), (&one.tuned, one.standing)))
    };
    let mut names = Vec::new();
    for profile in study.profiles.iter().filter_map(of) {
        match store.save(&profile) {
            Ok(()) => names.push(profile.name.to_string()),
            Err(error) => {
                let hint = error.hint();
                let error: anyhow::Error = error.into();
                let what =
                    format!("the profile {} is not kept: {}", profile.name, ui::errors::chain(&error).join(": "));
                return ui::message(&ui::errors::warning(&what, Some(&hint)));
            }
        }
    }
    if !names.is_empty() {
        ui::message(&format!("its profiles {}: ralf-tune profile list", names.join(", ")));
    }
}
