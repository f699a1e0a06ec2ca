//! `ralf-tune profile save`, `import` and `remove`.

use super::{
    args::{ProfileImportArgs, ProfileRemoveArgs, ProfileSaveArgs},
    find, store,
};
use crate::{
    cli::{CommandResult, exit::ExitStatus, failure::Failure, run, session, study, ui},
    emit::ralf_notes::ConfigChange,
    model::{
        clean::clean,
        profile::{PROFILE_SCHEMA_VERSION, Place, Profile, ProfileName, Standing},
        proof::ProofVerdict,
        selection::{Confidence, TunedConfig},
        study::Outcome,
    },
    settings::{Overrides, Settings},
    store::{ProfileStore, StoreError, read_profile},
};

/// Keeps the pick of a study, or the present settings.
pub fn save(args: &ProfileSaveArgs) -> CommandResult {
    let (settings, env) = session::settings(&Overrides::from(args))?;
    let name = free(&args.name)?;
    let profile = if args.present { of_present(name, &settings)? } else { of_study(name, args, &env)? };
    keep(&store(&env)?, &profile, settings.yes.value)
}

/// Keeps what somebody exported.
pub fn import(args: &ProfileImportArgs) -> CommandResult {
    let (settings, env) = session::settings(&Overrides::from(args))?;
    let profile = read_profile(&args.file)?;
    let name = free(args.name.as_ref().unwrap_or(&profile.name))?;
    // Whoever wrote the file may have written anything: what no configuration can hold is refused here.
    ConfigChange::plan(&args.file, None, &profile.tuned)?;
    keep(&store(&env)?, &Profile { name, ..profile }, settings.yes.value)
}

/// Forgets one.
pub fn remove(args: &ProfileRemoveArgs) -> CommandResult {
    let (_, env) = session::settings(&Overrides::default())?;
    let profile = find(&env, &args.meant)?;
    store(&env)?.remove(&profile)?;
    ui::message(&format!("removed the profile {} of {}", profile.name, clean(&profile.tuned.model_name)));
    Ok(ExitStatus::Done)
}

/// The name, where it is not one that every study writes.
fn free(name: &ProfileName) -> Result<ProfileName, Failure> {
    if name.is_studied() {
        let hint = "take another name, for the next study would replace it: ralf-tune profile save my-own".to_owned();
        return Err(Failure::usage(format!("the profile `{name}` is made by studies"), Some(hint)));
    }
    Ok(name.clone())
}

fn of_study(
    name: ProfileName,
    args: &ProfileSaveArgs,
    env: &std::collections::BTreeMap<String, String>,
) -> Result<Profile, Failure> {
    let (study, id) = study::load_named(env, &args.study)?;
    let nothing = |what: String| {
        let hint = "`ralf-tune report` shows what it found; `ralf-tune study list` shows others".to_owned();
        Failure::new(ExitStatus::NothingFeasible, anyhow::anyhow!(what), Some(hint))
    };
    let Some(selector) = &args.selector else {
        let tuned = study.tuned.as_ref().ok_or_else(|| nothing("the study ended without a result".to_owned()))?;
        let compared = study.comparison.as_ref().filter(|found| found.is_about(&tuned.candidate));
        let standing = match compared.map(|found| found.proof.verdict) {
            _ if study.outcome != Outcome::Improved => Standing::Present,
            Some(ProofVerdict::Faster) => Standing::Proven,
            _ => Standing::Estimated,
        };
        return Ok(Profile::of(name, (&study, &id), None, (tuned, standing)));
    };
    let picked = study.profiles.iter().find(|one| one.name == *selector).ok_or_else(|| {
        let known: Vec<&str> = study.profiles.iter().map(|one| one.name.as_str()).collect();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        nothing(format!("the study {id} has no pick of a selector `{selector}` (it has: {known})"))
    })?;
    Ok(Profile::of(name, (&study, &id), Some(selector), (&picked.tuned, picked.standing)))
}

fn of_present(name: ProfileName, settings: &Settings) -> Result<Profile, Failure> {
    let target = run::target(settings, None);
    let present = run::present_settings(target.as_deref())?.ok_or_else(|| {
        Failure::usage("there is no configuration".into(), Some("name a file with --config FILE".into()))
    })?;
    let model_name = settings.model.value.clone().or(present.model_name).ok_or_else(|| {
        Failure::usage("the configuration names no model".into(), Some("name one with --model MODEL".into()))
    })?;
    let confidence = Confidence { percent: 0.0, meaning: "nothing was measured".to_owned(), parts: Vec::new() };
    Ok(Profile {
        schema_version: PROFILE_SCHEMA_VERSION,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        name,
        study: None,
        selector: None,
        place: Place::default(),
        tuned: TunedConfig { model_name, candidate: present.candidate, benchmark_date: run::now(), confidence },
        standing: Standing::OwnWord,
        notes_per_minute: None,
        quality: None,
        source_share: None,
        peak_memory_bytes: None,
    })
}

/// Keeps a profile; what the user has under that name is not replaced unasked.
fn keep(store: &ProfileStore, profile: &Profile, yes: bool) -> CommandResult {
    let model = clean(&profile.tuned.model_name);
    let is_there = match store.find(&profile.name, Some(&profile.tuned.model_name)) {
        Ok(known) => known != *profile,
        Err(StoreError::NoProfile { .. }) => false,
        Err(error) => return Err(error.into()),
    };
    if is_there && !yes && !ui::confirm(&format!("Replace the profile {} of {model}?", profile.name)) {
        ui::message("not kept; run again with --yes to replace it, or with another name");
        return Ok(ExitStatus::Done);
    }
    store.save(profile)?;
    ui::message(&format!("kept as profile {} of {model}: ralf-tune profile use {}", profile.name, profile.name));
    Ok(ExitStatus::Done)
}
