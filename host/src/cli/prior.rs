//! The earlier study that a new one may begin from.

use std::collections::BTreeMap;

use super::{failure::Failure, places, study, ui};
use crate::{
    model::{
        kept::StudyId,
        machine::same_model,
        prior::{Prior, objections},
        profile::Place,
        study::Study,
        workload::Workload,
    },
    store::StudyStore,
};

/// The word for none.
const NONE: &str = "none";

/// Studies that are looked at, the newest first: what is older than these has not been true for long.
const LOOKED_AT: usize = 3;

/// What is there now: the model's name, the place, the batch.
pub struct Now<'a> {
    pub model: &'a str,
    pub place: Place,
    pub workload: &'a Workload,
}

/// The study that was named, or the newest that fits; none where there is none, or nobody wants one. Simulated machines have one only
/// where it is named, so that a seed repeats a study.
pub fn find(env: &BTreeMap<String, String>, named: Option<&str>, now: &Now<'_>) -> Result<Option<Prior>, Failure> {
    match named {
        Some(NONE) => Ok(None),
        Some(meant) => this_one(env, meant, now).map(Some),
        None if now.place.simulated => Ok(None),
        None => Ok(newest(env, now)),
    }
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
