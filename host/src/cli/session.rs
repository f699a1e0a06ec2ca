//! What commands share: the settings, the plugins that take part, the runtime.

use std::{collections::BTreeMap, future::Future, sync::Arc};

use super::{
    exit::ExitStatus,
    failure::Failure,
    installed::{self, Needed},
    limits, places, ui,
};
use crate::{
    install::{LockFile, Store, private},
    model::limit::PluginLimit,
    plugin::{PluginEngine, Registry, limits::LimitChanges},
    settings::{self, Origin, Overrides, Setting, Settings},
    simulate::Scenario,
};

/// What was typed, over the environment and the files, with the warnings shown; and the environment itself.
pub fn settings(typed: &Overrides) -> Result<(Settings, BTreeMap<String, String>), Failure> {
    let env = settings::environment();
    let working_dir = std::env::current_dir().map_err(|error| {
        let error = anyhow::Error::new(error).context("the working directory cannot be found");
        Failure::new(ExitStatus::Unfit, error, Some("change to a folder that exists: cd ~".into()))
    })?;
    let settings = settings::load(typed, &env, &working_dir)?;
    for warning in &settings.warnings {
        ui::message(&ui::errors::warning(&warning.what, warning.advice.as_deref()));
    }
    Ok((settings, env))
}

/// The bundled plugins and those of the settings.
pub fn plugins(settings: &Settings, env: &BTreeMap<String, String>) -> Result<Registry, Failure> {
    plugins_with(settings, env, Needed::BySettings, installed::locked(env).as_ref())
}

/// The bundled plugins, the installed ones that are needed, and those of the settings.
pub fn plugins_with(
    settings: &Settings,
    env: &BTreeMap<String, String>,
    needed: Needed<'_>,
    installed: Option<&(Store, LockFile)>,
) -> Result<Registry, Failure> {
    plugins_beside(settings, env, needed, installed).map(|(_, all)| all)
}

/// The plugins without those from files, and all: a file may have the name of a bundled one, and is to be compared with it.
pub fn plugins_beside(
    settings: &Settings,
    env: &BTreeMap<String, String>,
    needed: Needed<'_>,
    installed: Option<&(Store, LockFile)>,
) -> Result<(Registry, Registry), Failure> {
    let mut registry = Registry::with_limits(&engine(env)?, limit_changes(settings))?;
    installed::add(&mut registry, settings, needed, installed)?;
    let usual = registry.clone();
    for file in &settings.plugins.value {
        registry.add_file(file).map_err(|error| Failure::from(error).said_in(&settings.plugins.origin))?;
    }
    installed::add_for_hints(&mut registry, settings, needed, installed);
    limits::check_names(settings, &registry, installed.map(|(_, lock)| lock))?;
    Ok((usual, registry))
}

/// The engine that compiles plugins. What it compiled is kept and executed again: only where nobody else could have put it.
pub fn engine(env: &BTreeMap<String, String>) -> Result<Arc<PluginEngine>, Failure> {
    let cache = places::cache(env).filter(|folder| match private::check(folder) {
        Ok(()) => {
            // Where it cannot be made, the engine says so, and works without.
            let _ = private::make(folder);
            true
        }
        Err(exposed) => {
            let what = format!("compiled plugins are not kept, which makes every start slow: {exposed}");
            ui::message(&ui::errors::warning(&what, Some(&exposed.mend("RALF_TUNE_CACHE_DIR"))));
            false
        }
    });
    Ok(Arc::new(PluginEngine::new(cache.as_deref())?))
}

/// What the settings say about limits.
pub fn limit_changes(settings: &Settings) -> LimitChanges {
    let (caps, changes): (Vec<_>, Vec<_>) =
        settings.limits.iter().cloned().partition(|set| matches!(set.origin, Origin::ProjectFile(_)));
    let values = |set: Vec<Setting<PluginLimit>>| set.into_iter().map(|set| set.value).collect();
    LimitChanges { caps: values(caps), ..LimitChanges::new(values(changes)) }
}

/// Runs a future on a runtime of its own: on the real clock, or, in simulations, on one that jumps over every wait.
pub fn block_on<T>(virtual_clock: bool, future: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(virtual_clock)
        .build()
        .map_err(|error| Failure::new(ExitStatus::Unfit, error, None))?;
    Ok(runtime.block_on(future))
}

/// The scenario that the settings name.
pub fn scenario(settings: &Settings) -> Result<Option<Scenario>, Failure> {
    let Some(name) = settings.simulate.value.as_deref() else { return Ok(None) };
    let origin = &settings.simulate.origin;
    // Whoever types the name of a server wants that server, and not the figures of a machine that does not exist.
    if let (Origin::Flag(host), false) = (&settings.host.origin, matches!(origin, Origin::Flag(_))) {
        let hint = format!("leave {host} out, or take the simulation away: {origin}");
        return Err(Failure::usage(
            format!("{host} names a server, and {origin} asks for a simulated one"),
            Some(hint),
        ));
    }
    named_scenario(name).map(Some).map_err(|failure| failure.said_in(origin))
}

/// The scenarios of the hosts beside it.
pub fn scenarios_beside(settings: &Settings) -> Result<Vec<Scenario>, Failure> {
    let mates = &settings.simulated_mates;
    mates.value.iter().map(|name| named_scenario(name).map_err(|failure| failure.said_in(&mates.origin))).collect()
}

/// A scenario by name, conditions included.
pub fn named_scenario(name: &str) -> Result<Scenario, Failure> {
    Ok(name.parse::<Scenario>()?)
}
