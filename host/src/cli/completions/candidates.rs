//! What could stand in a place, as it is now. Whatever cannot be found out is not offered; nothing is said about it, and nothing is written.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use clap_complete::engine::{
    ArgValueCandidates, ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter as _,
};

use crate::{
    cli::{connection::is_trusted_with_keys, places, session::block_on},
    install::Store,
    model::{clean::clean, plugin::PluginKind},
    ollama::{address::ServerAddress, client::Client, http::ApiKey, request::Timeouts, wire::InstalledModel},
    plugin::registry::bundled_of,
    settings::{self, Overrides, Settings},
    simulate::Scenario,
    store::{Journals, ProfileStore, StudyStore},
};

/// How long somebody who pressed a key waits for a server.
const PATIENCE: Duration = Duration::from_millis(500);

/// Kept studies, the newest first.
pub fn studies() -> ArgValueCandidates {
    ArgValueCandidates::new(study_names)
}

/// Kept studies, the newest first, and then profiles.
pub fn studies_and_profiles() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        let studies = study_names();
        let behind = studies.len();
        let profiles = profile_names().into_iter().enumerate();
        studies.into_iter().chain(profiles.map(|(at, profile)| profile.display_order(Some(behind + at)))).collect()
    })
}

/// Studies that were interrupted.
pub fn unfinished() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        let journals = places::data(&settings::environment()).map(|data| Journals::new(&data));
        let ids = journals.and_then(|journals| journals.ids().ok()).unwrap_or_default();
        ids.into_iter().map(|id| CompletionCandidate::new(id.as_str())).collect()
    })
}

/// Profiles: those that studies make, and those that are kept.
pub fn profiles() -> ArgValueCandidates {
    ArgValueCandidates::new(profile_names)
}

/// Models that the server has, and those that studies were made of.
pub fn models() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        let mut names: BTreeSet<String> = kept_studies().into_iter().map(|study| study.model).collect();
        names.extend(settings().and_then(|settings| served(&settings)).unwrap_or_default());
        names.into_iter().map(|name| CompletionCandidate::new(clean(&name))).collect()
    })
}

/// Bundled and installed plugins of a kind.
pub fn plugins(kind: PluginKind) -> ArgValueCandidates {
    ArgValueCandidates::new(move || plugin_names(&[kind]))
}

/// Bundled and installed plugins of every kind, and files.
pub fn plugins_and_files() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &std::ffi::OsStr| {
        let typed = current.to_string_lossy();
        let fits = |name: &CompletionCandidate| name.get_value().to_string_lossy().starts_with(&*typed);
        let names = plugin_names(&PluginKind::ALL).into_iter().filter(fits);
        names.chain(PathCompleter::any().complete(current)).collect()
    })
}

/// Installed plugins.
pub fn installed_plugins() -> ArgValueCandidates {
    ArgValueCandidates::new(|| installed().into_iter().map(|(name, _)| CompletionCandidate::new(name)).collect())
}

/// Intensities: the built-in ones, and those of the settings files.
pub fn intensities() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        let settings = settings();
        let names = settings.iter().flat_map(|settings| settings.intensities().keys());
        names.map(|name| CompletionCandidate::new(clean(name))).collect()
    })
}

/// Machines to simulate.
pub fn scenarios() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        let all = Scenario::NAMES.into_iter().filter_map(|name| Some((name, Scenario::named(name)?)));
        all.map(|(name, scenario)| named(name, &scenario.summary)).collect()
    })
}

/// A name and what it is, on one line.
fn named(name: &str, what: &str) -> CompletionCandidate {
    CompletionCandidate::new(name).help(Some(clean(what).into()))
}

fn study_names() -> Vec<CompletionCandidate> {
    let kept = kept_studies();
    let last = (!kept.is_empty()).then(|| named("last", "the newest"));
    let studies = kept.into_iter().map(|study| {
        let what = format!("{}, {}", study.model, study.intensity);
        named(study.id.as_str(), &what)
    });
    last.into_iter().chain(studies).enumerate().map(|(at, study)| study.display_order(Some(at))).collect()
}

/// Each name once, with the models that have one.
fn profile_names() -> Vec<CompletionCandidate> {
    let store = places::data(&settings::environment()).map(|data| ProfileStore::new(&data));
    let kept = store.and_then(|store| store.list().ok()).map(|profiles| profiles.all).unwrap_or_default();
    let mut models: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for profile in kept {
        models.entry(profile.name.to_string()).or_default().push(profile.tuned.model_name);
    }
    models.iter().map(|(name, models)| named(name, &format!("profile of {}", models.join(", ")))).collect()
}

fn kept_studies() -> Vec<crate::model::kept::StudySummary> {
    let store = places::data(&settings::environment()).map(|data| StudyStore::new(&data));
    store.and_then(|store| store.list().ok()).map(|listing| listing.studies).unwrap_or_default()
}

fn plugin_names(kinds: &[PluginKind]) -> Vec<CompletionCandidate> {
    let bundled = kinds.iter().flat_map(|kind| bundled_of(*kind).map(move |name| (name.to_owned(), *kind)));
    let installed = installed().into_iter().filter(|(_, kind)| kinds.contains(kind));
    let mut all: Vec<(String, PluginKind)> = bundled.chain(installed).collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all.dedup_by(|a, b| a.0 == b.0);
    all.into_iter().map(|(name, kind)| named(&name, kind.name())).collect()
}

fn installed() -> Vec<(String, PluginKind)> {
    let lock = places::data(&settings::environment()).and_then(|data| Store::new(data).read().ok());
    lock.into_iter().flat_map(|lock| lock.plugins).map(|plugin| (plugin.name, plugin.kind)).collect()
}

fn settings() -> Option<Settings> {
    let here = std::env::current_dir().ok()?;
    settings::load(&Overrides::default(), &settings::environment(), &here).ok()
}

/// Models that make text, as the server lists them.
fn served(settings: &Settings) -> Option<Vec<String>> {
    let address = ServerAddress::parse(&settings.host.value).ok()?;
    let key = std::env::var("OLLAMA_API_KEY").ok().and_then(|key| ApiKey::new(&key).ok()?);
    let key = key.filter(|_| is_trusted_with_keys(&settings.host.origin));
    let timeouts = Timeouts { connect: PATIENCE, first_byte: PATIENCE, idle: PATIENCE };
    let models =
        block_on(false, async { Client::over_http(&address, key, timeouts).ok()?.tags().await.ok() }).ok()??;
    Some(models.into_iter().filter(InstalledModel::generates).map(|model| model.name).collect())
}
