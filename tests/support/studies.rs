//! Whole studies on the simulator, on a clock that jumps over every wait.

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

pub use ralf_tune::arena::Simulation;
use ralf_tune::{
    model::budget::Intensity,
    plugin::{PluginEngine, Registry},
    settings::{self, Overrides},
};

/// One engine for all tests, as in the program.
pub fn engine() -> &'static Arc<PluginEngine> {
    static ENGINE: OnceLock<Arc<PluginEngine>> = OnceLock::new();
    ENGINE.get_or_init(|| Arc::new(PluginEngine::new(None).unwrap()))
}

/// The bundled plugins, compiled once.
pub fn bundled() -> Registry {
    static BUNDLED: OnceLock<Registry> = OnceLock::new();
    BUNDLED.get_or_init(|| Registry::bundled(engine()).unwrap()).clone()
}

/// A built-in intensity.
pub fn intensity(name: &str) -> Intensity {
    let overrides = Overrides { intensity: Some(name.into()), ..Overrides::default() };
    settings::resolve(&overrides, &BTreeMap::new(), None, None).unwrap().intensity()
}

/// A runtime on a virtual clock.
pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap()
}
