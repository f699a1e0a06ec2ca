//! A file that is said to be a plugin: looked at from the outside in, and asked for its manifest under tight limits.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use ralf_tune::{
    model::{
        plugin::{Manifest, is_plugin_name},
        space::Parameter,
    },
    plugin::{Limits, PluginEngine, PluginErrorKind, component::kind_and_version, inspect::inspect, registry::load},
};

use super::is_fit_to_show;

pub fn check(input: &[u8]) {
    let inspected = inspect(input);
    match &inspected {
        Ok(inspection) => {
            assert!(
                inspection.cost.code_bytes <= input.len()
                    && inspection.cost.largest_function <= inspection.cost.code_bytes
            );
            inspection.imports.iter().chain(&inspection.exports).for_each(|name| is_fit_to_show(name));
        }
        Err(error) => is_fit_to_show(&error.to_string()),
    }
    let loaded = loaded(input);
    // What is refused without compiling is refused in the same words when it is loaded.
    if let (Err(refused), Ok(_)) = (&inspected, &loaded) {
        panic!("{refused}, and yet it is a plugin");
    }
    if let (Ok(inspection), Ok(manifest)) = (&inspected, &loaded) {
        assert!(kind_and_version(&inspection.exports).is_ok());
        is_within_bounds(manifest);
    }
}

/// The manifest, or why there is none.
pub fn loaded(bytes: &[u8]) -> Result<Manifest, PluginErrorKind> {
    static ENGINE: OnceLock<Arc<PluginEngine>> = OnceLock::new();
    let engine = ENGINE.get_or_init(|| Arc::new(PluginEngine::new(None).unwrap()));
    let limits =
        Limits { memory_bytes: 4 << 20, call: Duration::from_millis(100), output_bytes: 64 << 10, ..Limits::default() };
    match load(engine, bytes, "fuzzed", "fuzzed.wasm", limits) {
        Ok(plugin) => Ok(plugin.manifest().clone()),
        Err(error) => {
            is_fit_to_show(&error.hint());
            // Up to fifty reasons, each of them bounded.
            assert!(error.to_string().len() < 200_000);
            assert!(!error.to_string().contains(char::is_control), "{error:?}");
            Err(error.kind)
        }
    }
}

/// What everybody may rely on who reads a manifest.
pub fn is_within_bounds(manifest: &Manifest) {
    assert!(is_plugin_name(&manifest.name) && semver::Version::parse(&manifest.version).is_ok());
    is_fit_to_show(&manifest.summary);
    for name in manifest.decides.iter().chain(&manifest.needs) {
        assert!(Parameter::from_name(name).is_some(), "{name}");
    }
    for parameter in &manifest.parameters {
        is_fit_to_show(&parameter.name);
        is_fit_to_show(&parameter.help);
    }
    for (name, value) in &manifest.extra {
        is_fit_to_show(name);
        is_fit_to_show(value);
    }
    let mut names: Vec<&String> = manifest.parameters.iter().map(|parameter| &parameter.name).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), manifest.parameters.len(), "two parameters have one name");
    let defaults = ralf_tune::plugin::parameters::Arguments::defaults(manifest).0;
    assert!(ralf_tune::plugin::parameters::resolve(manifest, &defaults).is_ok(), "its own defaults do not fit it");
}
