//! Limits of plugins that were set for nobody.

use std::collections::BTreeSet;

use super::{failure::Failure, ui};
use crate::{
    install::LockFile,
    model::nearest::nearest,
    plugin::{Registry, registry::bundled_names},
    settings::{Origin, Settings},
};

/// Refuses a limit of an unknown plugin where it was typed or set for this run. In a file it may be for a plugin that takes part another time: there
/// it is a warning, and only when a name is near enough to be meant.
pub fn check_names(settings: &Settings, registry: &Registry, installed: Option<&LockFile>) -> Result<(), Failure> {
    let mut known: BTreeSet<String> = BTreeSet::new();
    for plugin in registry.all() {
        known.insert(plugin.manifest().name.clone());
        known.extend(plugin.file_stem());
    }
    known.extend(installed.iter().flat_map(|lock| &lock.plugins).map(|plugin| plugin.name.clone()));
    check(settings, &known)
}

/// The same where a single plugin is looked at, which goes by these names; what was set for a bundled one is idle there and no mistake.
pub fn check_names_for(settings: &Settings, names: [&String; 2]) -> Result<(), Failure> {
    check(settings, &bundled_names().map(str::to_owned).chain(names.map(String::clone)).collect())
}

fn check(settings: &Settings, known: &BTreeSet<String>) -> Result<(), Failure> {
    for set in settings.limits.iter().filter(|set| !known.contains(&set.value.plugin)) {
        let name = &set.value.plugin;
        let nearest = nearest(name, known.iter().map(String::as_str));
        let what = format!("there is no plugin `{name}` to limit");
        let meant = nearest.map(|nearest| format!("did you mean `{nearest}`?"));
        if let Origin::ProjectFile(_) | Origin::UserFile(_) = set.origin {
            if let Some(meant) = meant {
                ui::message(&ui::errors::warning(&format!("{what} ({})", set.origin), Some(&meant)));
            }
            continue;
        }
        let look =
            || "`ralf-tune plugin list` shows all plugins; a file goes by its name without the ending".to_owned();
        return Err(Failure::usage(what, Some(meant.unwrap_or_else(look))).said_in(&set.origin));
    }
    Ok(())
}
