//! Whose settings are applied: those of a study, or of a profile.

use std::collections::BTreeMap;

use super::args::ApplyArgs;
use crate::{
    cli::{exit::ExitStatus, failure::Failure, places, profile, study, ui},
    model::{
        kept::is_simulated,
        nearest::nearest,
        profile::{Profile, ProfileName},
        selection::TunedConfig,
        study::{Outcome, Study},
    },
    store::{ProfileStore, StoreError, StudyStore},
};

/// What says which of both is meant, where a name is that of a study and of a profile. No name of either has a colon.
const STUDY: &str = "study:";
const PROFILE: &str = "profile:";

/// Settings with what is known of them.
pub enum Meant {
    Study(Box<Study>),
    /// With the study that made it, where that is kept.
    Profile(Box<Profile>, Option<Box<Study>>),
}

impl Meant {
    /// What was typed, or the newest study.
    pub fn find(args: &ApplyArgs, env: &BTreeMap<String, String>) -> Result<Self, Failure> {
        let typed = args.meant.as_deref().unwrap_or("last");
        let model = args.model.as_deref();
        if let Some(name) = typed.strip_prefix(PROFILE) {
            return profile(name, model, env);
        }
        let is_study = typed == "last" || typed.starts_with(STUDY);
        let meant = if is_study {
            Self::study(typed.strip_prefix(STUDY).unwrap_or(typed), env)?
        } else {
            either(typed, model, env)?
        };
        if let (Self::Study(_), Some(model)) = (&meant, model) {
            let hint = "a study has one model; it is for profiles, of which several models may have one of a name";
            return Err(Failure::usage(format!("--model {model} says nothing to a study"), Some(hint.into())));
        }
        Ok(meant)
    }

    fn study(name: &str, env: &BTreeMap<String, String>) -> Result<Self, Failure> {
        let (study, id) = study::load_named(env, name)?;
        if study::is_imported(env, &id) {
            let what = format!("the study {id} was imported: its settings are a guess on this machine");
            ui::message(&ui::errors::warning(&what, Some("ralf-tune verify proves them")));
        }
        Ok(Self::Study(Box::new(study)))
    }

    /// The settings: those of a profile, or those that a study ended with, new ones or those that it kept.
    pub fn tuned(&self) -> Result<&TunedConfig, Failure> {
        let study = match self {
            Self::Profile(profile, _) => return Ok(&profile.tuned),
            Self::Study(study) => study,
        };
        if let (Outcome::Improved | Outcome::KeepBaseline, Some(tuned)) = (study.outcome, &study.tuned) {
            return Ok(tuned);
        }
        let hint = "`ralf-tune report` shows why; `ralf-tune study list` shows others".to_owned();
        Err(Failure::new(ExitStatus::NothingFeasible, anyhow::anyhow!("the study ended without a result"), Some(hint)))
    }

    /// Whether they are of a machine that does not exist.
    pub fn is_simulated(&self) -> bool {
        match self {
            Self::Study(study) => is_simulated(study),
            Self::Profile(profile, _) => profile.place.simulated,
        }
    }

    /// What measured them, where that is known.
    pub fn evidence(&self) -> Option<&Study> {
        match self {
            Self::Study(study) => Some(study),
            Self::Profile(_, study) => study.as_deref(),
        }
    }

    /// The server that was measured.
    pub fn host(&self) -> Option<&str> {
        let elsewhere = match self {
            Self::Study(_) => None,
            Self::Profile(profile, _) => profile.place.remote_host.as_deref(),
        };
        self.evidence().map(|study| study.server.host.as_str()).or(elsewhere)
    }

    /// The digest of the model that was measured.
    pub fn digest(&self) -> Option<&str> {
        match self {
            Self::Study(study) => study.model.digest.value.as_deref(),
            Self::Profile(profile, _) => profile.place.model_digest.as_deref(),
        }
    }

    /// `study` or `profile`.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Study(_) => "study",
            Self::Profile(..) => "profile",
        }
    }
}

fn profile(name: &str, model: Option<&str>, env: &BTreeMap<String, String>) -> Result<Meant, Failure> {
    let name: ProfileName = name.parse().map_err(|error| {
        Failure::new(ExitStatus::Usage, error, Some("`ralf-tune profile list` shows those that are kept".into()))
    })?;
    Ok(with_its_study(profile::named(env, &name, model)?, env))
}

fn with_its_study(profile: Profile, env: &BTreeMap<String, String>) -> Meant {
    // It may have been removed since: the settings are those of the profile all the same.
    let study = profile.study.as_ref().and_then(|id| study::load(env, id.as_str()).ok());
    Meant::Profile(Box::new(profile), study.map(Box::new))
}

/// What has that name. Studies are looked up by parts of their names, so that a profile may be called like one.
fn either(name: &str, model: Option<&str>, env: &BTreeMap<String, String>) -> Result<Meant, Failure> {
    let data = places::needed_data(env)?;
    let profiles = ProfileStore::new(&data);
    let profile = match name.parse::<ProfileName>().map(|name| profiles.find(&name, model)) {
        Err(_) | Ok(Err(StoreError::NoProfile { .. })) => None,
        Ok(found) => Some(found),
    };
    let study = match StudyStore::new(&data).find(name) {
        Err(StoreError::Empty | StoreError::Unknown { .. }) => None,
        found => Some(found),
    };
    match (profile, study) {
        (Some(_), Some(_)) => Err(Failure::usage(
            format!("`{name}` is a profile, and the name of a study"),
            Some(format!("say which is meant: {PROFILE}{name} or {STUDY}{name}")),
        )),
        (Some(found), None) => Ok(with_its_study(found?, env)),
        (None, Some(found)) => Meant::study(found?.as_str(), env),
        (None, None) => {
            let kept = profiles.list().map(|profiles| profiles.all).unwrap_or_default();
            let of_model = match (model, name.parse::<ProfileName>()) {
                (Some(model), Ok(meant)) if kept.iter().any(|one| one.name == meant) => format!(" of {model}"),
                _ => String::new(),
            };
            let meant = nearest(name, kept.iter().map(|profile| profile.name.as_str()));
            let meant = meant
                .filter(|meant| meant != name)
                .map_or_else(String::new, |meant| format!("did you mean `{meant}`? "));
            Err(Failure::usage(
                format!("there is no study and no profile `{name}`{of_model}"),
                Some(format!("{meant}`ralf-tune study list` and `ralf-tune profile list` show those that are kept")),
            ))
        }
    }
}
