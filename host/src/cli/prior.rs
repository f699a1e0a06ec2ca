//! What a new study may begin from: an earlier one, or what others measured.

use std::collections::BTreeMap;

use super::{failure::Failure, places, share, study, ui};
use crate::{
    model::{
        candidate::Candidate,
        kept::StudyId,
        machine::{MachineProfile, ModelProfile, ServerProfile, same_model},
        prior::{Prior, objections},
        profile::Place,
        study::Study,
        workload::Workload,
    },
    share::recommend::recommend,
    store::StudyStore,
};

/// The word for none.
const NONE: &str = "none";

/// The word for what others measured.
const SHARED: &str = "shared";

/// Studies that are looked at, the newest first: what is older than these has not been true for long.
const LOOKED_AT: usize = 3;

/// The greatest distance at which what others measured is tried unasked.
const NEAR: f64 = 1.0;

/// What is there now: the model's name, the place, the batch.
pub struct Now<'a> {
    pub model: &'a str,
    pub place: Place,
    pub workload: &'a Workload,
    pub machine: &'a MachineProfile,
    pub server: &'a ServerProfile,
    pub profile: &'a ModelProfile,
    /// The settings that are in use.
    pub present: &'a Candidate,
}

/// The study that was named, or the newest that fits, or what others measured; none where there is none, or nobody wants one. Simulated machines
/// have one only where it is named, so that a seed repeats a study. `prove`: nothing but that is wanted.
pub fn find(
    env: &BTreeMap<String, String>,
    named: Option<&str>,
    prove: bool,
    now: &Now<'_>,
) -> Result<Option<Prior>, Failure> {
    match named {
        Some(NONE) if prove => Err(Failure::usage(
            "there is nothing to prove with --prior none".to_owned(),
            Some("leave one of the two out".into()),
        )),
        Some(NONE) => Ok(None),
        Some(SHARED) => of_others(env, prove, now).map(Some),
        Some(meant) => Ok(Some(Prior { alone: prove, ..this_one(env, meant, now)? })),
        None if prove => of_others(env, true, now).map(Some),
        None if now.place.simulated => Ok(None),
        None => Ok(newest(env, now).or_else(|| near(env, now))),
    }
}

/// What others measured.
fn of_others(env: &BTreeMap<String, String>, alone: bool, now: &Now<'_>) -> Result<Prior, Failure> {
    let packs = share::others(env)?;
    let asked = share::asked(env, now.machine, now.server, now.profile, now.workload, now.present)?;
    let found = recommend(&asked, &packs).ok_or_else(|| {
        let hint = "--prior none measures without; ralf-tune share import brings more".to_owned();
        Failure::usage("nothing that others measured is near this machine and model".to_owned(), Some(hint))
    })?;
    Ok(Prior::shared(&found, now.present, alone))
}

/// The same, where nobody asked for it: what cannot be read is no prior, and what is far is none either.
fn near(env: &BTreeMap<String, String>, now: &Now<'_>) -> Option<Prior> {
    let packs = share::others(env).ok()?;
    let asked = share::asked(env, now.machine, now.server, now.profile, now.workload, now.present).ok()?;
    let found = recommend(&asked, &packs)?;
    if found.nearest.first().is_none_or(|nearest| nearest.distance > NEAR) {
        return None;
    }
    ui::message(
        "others measured a machine like this one: their settings are tried first (--prior none begins without)",
    );
    Some(Prior::shared(&found, now.present, false))
}

fn this_one(env: &BTreeMap<String, String>, meant: &str, now: &Now<'_>) -> Result<Prior, Failure> {
    let (study, id) = study::load_named(env, meant)?;
    if !same_model(&study.model.name, now.model) {
        let what = format!("the study {id} is of {}, and this one of {}", study.model.name, now.model);
        return Err(Failure::usage(what, Some(format!("`ralf-tune study list --model {}` shows others", now.model))));
    }
    for objection in objections_to(&study, now) {
        let what = format!("the study {id} may not hold here: {objection}");
        ui::message(&ui::errors::warning(&what, Some("it is checked; --prior none asks nothing of it")));
    }
    Prior::of(&study, &id).ok_or_else(|| {
        let hint = "`ralf-tune study list` shows others; --prior none begins without one".to_owned();
        Failure::usage(format!("the study {id} ended without a pick whose speed it knows"), Some(hint))
    })
}

/// The newest that nothing speaks against. What cannot be read is no prior, and costs no study.
fn newest(env: &BTreeMap<String, String>, now: &Now<'_>) -> Option<Prior> {
    let store = StudyStore::new(&places::data(env)?);
    let kept = store.list().ok()?.studies;
    let same = |digest: Option<&String>| digest.is_some() && digest == now.place.model_digest.as_ref();
    let alike = kept.iter().filter(|kept| !kept.simulated && !kept.imported && same(kept.model_digest.as_ref()));
    let (prior, id): (Prior, &StudyId) = alike.take(LOOKED_AT).find_map(|kept| {
        let study = store.load(&kept.id).ok()?;
        if !objections_to(&study, now).is_empty() {
            return None;
        }
        Some((Prior::of(&study, &kept.id)?, &kept.id))
    })?;
    ui::message(&format!(
        "study {id} found settings for this already: they are checked first (--prior none begins anew)"
    ));
    Some(prior)
}

fn objections_to(study: &Study, now: &Now<'_>) -> Vec<String> {
    objections(study, &now.place, &now.workload.batch_chars, &now.workload.prompt.origin)
}
