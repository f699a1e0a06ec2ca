//! Which installed plugins a command loads, and what becomes of one that cannot be loaded.

use std::collections::{BTreeMap, BTreeSet};

use super::{exit::ExitStatus, failure::Failure, places, ui};
use crate::{
    install::{FetchError, LockFile, Locked, Store, StoreError},
    plugin::{
        Registry,
        registry::{Plugin, is_bundled_name},
    },
    settings::Settings,
};

/// Which installed plugins are needed.
#[derive(Debug, Clone, Copy)]
pub enum Needed<'a> {
    /// Those that the settings name, and those that stand in the place of a bundled one.
    BySettings,
    /// The one of that name.
    Named(&'a str),
    /// None by name: only those that stand in the place of a bundled one.
    Nobody,
    /// All, to show them.
    All,
}

/// Where installed plugins are kept.
pub fn store(env: &BTreeMap<String, String>) -> Result<Store, Failure> {
    Ok(places::data(env).map(Store::new).ok_or(StoreError::NoPlace)?)
}

/// What is installed. A lock file that cannot be used ends nothing that can do without: it is a warning.
pub fn locked(env: &BTreeMap<String, String>) -> Option<(Store, LockFile)> {
    let store = places::data(env).map(Store::new)?;
    match store.read() {
        Ok(lock) => Some((store, lock)),
        Err(error) => {
            let what = match &error {
                StoreError::Exposed(_) => error.to_string(),
                error => format!("installed plugins are not used: {error}"),
            };
            ui::message(&ui::errors::warning(&what, Some(&error.hint())));
            None
        }
    }
}

/// Loads the installed plugins that are needed. What is needed by name and broken is an error; what is merely there and broken, a warning.
pub fn add(
    registry: &mut Registry,
    settings: &Settings,
    needed: Needed<'_>,
    installed: Option<&(Store, LockFile)>,
) -> Result<(), Failure> {
    let Some((store, lock)) = installed else { return Ok(()) };
    let named = match needed {
        Needed::BySettings => named_by(settings),
        Needed::Named(name) => BTreeSet::from([name.to_owned()]),
        Needed::Nobody | Needed::All => BTreeSet::new(),
    };
    for plugin in &lock.plugins {
        let is_named = named.contains(&plugin.name);
        if !is_named && !matches!(needed, Needed::All) && !is_bundled_name(plugin.kind, &plugin.name) {
            continue;
        }
        match load(registry, store, plugin) {
            Ok(_) => {}
            Err(failure) if is_named => return Err(failure),
            Err(failure) => {
                let what = format!("left out: {}", failure.error);
                ui::message(&ui::errors::warning(&what, failure.hint.as_deref()));
            }
        }
    }
    Ok(())
}

/// Loads the others too, when a name is asked for that nobody has yet: an error then knows what could be meant. Quietly, for it is none of theirs.
pub fn add_for_hints(
    registry: &mut Registry,
    settings: &Settings,
    needed: Needed<'_>,
    installed: Option<&(Store, LockFile)>,
) {
    let Some((store, lock)) = installed else { return };
    let named = match needed {
        Needed::BySettings => named_by(settings),
        Needed::Named(name) => BTreeSet::from([name.to_owned()]),
        Needed::Nobody | Needed::All => return,
    };
    let is_known = |registry: &Registry, name: &str| registry.all().iter().any(|known| known.manifest().name == name);
    if named.iter().all(|name| is_known(registry, name)) {
        return;
    }
    for plugin in &lock.plugins {
        if !is_known(registry, &plugin.name) {
            let _ = load(registry, store, plugin);
        }
    }
}

fn load(registry: &mut Registry, store: &Store, plugin: &Locked) -> Result<Plugin, Failure> {
    let bytes = store.component(plugin)?;
    Ok(registry.add_installed(&plugin.name, plugin.kind, &bytes)?)
}

/// Every plugin that the settings name for what they are about to do.
fn named_by(settings: &Settings) -> BTreeSet<String> {
    let intensity = settings.intensity();
    let scorers = settings.scorers.value.iter().map(|choice| choice.name.clone());
    let owners = intensity.params.iter().map(|(plugin, ..)| plugin.clone());
    let given = settings.params.iter().map(|given| given.value.plugin.clone());
    let strategies = intensity.strategies.iter().cloned();
    strategies.chain(scorers).chain(settings.selector.value.clone()).chain(owners).chain(given).collect()
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let status = match error {
            StoreError::Unknown { .. } | StoreError::Taken { .. } => ExitStatus::Usage,
            StoreError::Missing { .. } | StoreError::Changed { .. } | StoreError::Raced { .. } => ExitStatus::Plugin,
            StoreError::NoPlace
            | StoreError::Read { .. }
            | StoreError::Write { .. }
            | StoreError::Damaged { .. }
            | StoreError::Exposed(_) => ExitStatus::Unfit,
        };
        let hint = Some(error.hint());
        Self::new(status, error, hint)
    }
}

impl From<FetchError> for Failure {
    fn from(error: FetchError) -> Self {
        let status = if matches!(error, FetchError::Source(_) | FetchError::Unencrypted { .. }) {
            ExitStatus::Usage
        } else {
            ExitStatus::Plugin
        };
        let hint = Some(error.hint());
        Self::new(status, error, hint)
    }
}
