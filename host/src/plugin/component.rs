//! What a file is, read from the file itself before anything in it runs.

use std::sync::Arc;

use semver::Version;
use wasmtime::{
    Store,
    component::{Component, InstancePre},
};

use super::{
    API_VERSION,
    bindings::types,
    call::{self, CallState},
    convert,
    engine::PluginEngine,
    error::{PluginError, PluginErrorKind, PluginId},
    limits::Limits,
};
use crate::model::{
    limit,
    plugin::{Manifest, PluginKind},
};

/// Interfaces of WASI that may be imported: what the standard libraries of common languages ask for. None of them gives
/// access to a file, a directory or the network.
const HARMLESS_WASI: [&str; 5] = ["wasi:io/", "wasi:cli/", "wasi:clocks/", "wasi:random/", "wasi:logging/"];

/// A component that passed all checks that need no call.
pub struct CheckedComponent {
    pub kind: PluginKind,
    pub id: PluginId,
    pub component: Component,
    /// Names of what it imports.
    pub imports: Vec<String>,
    /// The version of `ralf:tune` that it was made for.
    pub api: String,
    pub size_bytes: usize,
    pub(super) engine: Arc<PluginEngine>,
}

impl CheckedComponent {
    pub(super) fn needs_wasi(&self) -> bool {
        self.imports.iter().any(|import| import.starts_with("wasi:"))
    }

    /// Runs a call. A guest that imports WASI gets a thread that is no part of an async runtime, because WASI blocks its thread.
    pub(super) fn isolated<T: Send>(&self, call: impl FnOnce() -> T + Send) -> T {
        if !self.needs_wasi() {
            return call();
        }
        std::thread::scope(|scope| match scope.spawn(call).join() {
            Ok(value) => value,
            Err(panic) => std::panic::resume_unwind(panic),
        })
    }

    /// Links it, once for all calls; `fit` looks up the functions of its kind.
    pub(super) fn linked<P>(
        &self,
        fit: impl FnOnce(InstancePre<CallState>) -> wasmtime::Result<P>,
    ) -> Result<P, PluginError> {
        let linker = self.engine.linker(self.needs_wasi());
        let linked = linker.instantiate_pre(&self.component).and_then(fit);
        linked.map_err(|error| self.error(None, PluginErrorKind::Mismatch(format!("{error:#}"))))
    }

    /// Reads its manifest, whose name it has from then on.
    pub(super) fn described(
        &mut self,
        limits: Limits,
        describe: impl FnOnce(&mut Store<CallState>) -> wasmtime::Result<types::Manifest> + Send,
    ) -> Result<Manifest, PluginError> {
        let mut store = call::store(&self.engine, &self.id, limits);
        let described = self.isolated(|| describe(&mut store));
        let given = described.map_err(|error| call::failure(&store, "describe", &error))?;
        let manifest = convert::manifest(given)
            .and_then(|manifest| match self.kind {
                PluginKind::Strategy if manifest.decides.is_empty() => Err("a strategy must decide something".into()),
                _ => Ok(manifest),
            })
            .map_err(|why| self.error(Some("describe"), PluginErrorKind::BadManifest(why)))?;
        self.id.name.clone_from(&manifest.name);
        self.id.version = Some(manifest.version.clone());
        self.id.asks = limit::asked(&manifest.extra);
        Ok(manifest)
    }

    pub(super) fn error(&self, function: Option<&'static str>, kind: PluginErrorKind) -> PluginError {
        PluginError { plugin: Box::new(self.id.clone()), function, kind }
    }
}

/// Compiles a file (or takes it from the cache) and checks kind, version and imports.
///
/// # Errors
/// When it is not a component, of no known kind or version, or imports what no plugin may have.
pub fn check(
    engine: &Arc<PluginEngine>,
    bytes: &[u8],
    name: &str,
    origin: &str,
) -> Result<CheckedComponent, PluginError> {
    let id = PluginId::unread(name, origin);
    let fail = |kind| PluginError { plugin: Box::new(id.clone()), function: None, kind };

    if let Some(what) = not_a_component(bytes) {
        return Err(fail(PluginErrorKind::NotAComponent(what.to_owned())));
    }
    let component = Component::new(engine.wasmtime(), bytes).map_err(|error| {
        let text = format!("{error:#}").lines().next().unwrap_or_default().to_owned();
        fail(PluginErrorKind::NotAComponent(text))
    })?;
    let types = component.component_type();
    let exports: Vec<String> = types.exports(engine.wasmtime()).map(|(name, _)| name.to_owned()).collect();
    let imports: Vec<String> = types.imports(engine.wasmtime()).map(|(name, _)| name.to_owned()).collect();
    let (kind, api) = kind_and_version(&exports).map_err(fail)?;
    if let Some(import) = imports.iter().find(|import| !is_allowed(import)) {
        return Err(fail(PluginErrorKind::ForeignImport(import.clone())));
    }
    Ok(CheckedComponent {
        kind,
        id: PluginId { kind: Some(kind), ..id },
        component,
        imports,
        api,
        size_bytes: bytes.len(),
        engine: Arc::clone(engine),
    })
}

/// What the first bytes say, when they say that this is no component.
fn not_a_component(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0, b'a', b's', b'm', 1, 0, 0, 0, ..] => Some("it is a core module, which has to be linked as a component"),
        [0, b'a', b's', b'm', _, _, 1, 0, ..] => None,
        [] => Some("the file is empty"),
        _ => Some("it does not begin as WebAssembly does"),
    }
}

fn is_allowed(import: &str) -> bool {
    import.starts_with("ralf:tune/types@")
        || import.starts_with("ralf:tune/log@")
        || HARMLESS_WASI.iter().any(|prefix| import.starts_with(prefix))
}

/// The kind and the API version, from the names of the exports alone.
fn kind_and_version(exports: &[String]) -> Result<(PluginKind, String), PluginErrorKind> {
    let mut found = Vec::new();
    for export in exports {
        let Some((interface, version)) = export.strip_prefix("ralf:tune/").and_then(|rest| rest.split_once('@')) else {
            continue;
        };
        let kind = match interface {
            "strategy" => PluginKind::Strategy,
            "scorer" => PluginKind::Scorer,
            "selector" => PluginKind::Selector,
            _ => continue,
        };
        found.push((kind, version.to_owned()));
    }
    match found.as_slice() {
        [] => Err(PluginErrorKind::NoKnownExport),
        [(kind, version)] => {
            if is_compatible(version) {
                Ok((*kind, version.clone()))
            } else {
                Err(PluginErrorKind::Version { found: version.clone(), supported: API_VERSION })
            }
        }
        several => {
            let names: Vec<_> = several.iter().map(|(kind, _)| kind.name()).collect();
            Err(PluginErrorKind::SeveralKinds(names.join(", ")))
        }
    }
}

/// Until 1.0 the second number is the compatible one.
fn is_compatible(version: &str) -> bool {
    let (Ok(theirs), Ok(ours)) = (Version::parse(version), Version::parse(API_VERSION)) else { return false };
    theirs.major == ours.major && theirs.minor == ours.minor
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exports(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn kind_and_version_come_from_the_export_names() {
        assert_eq!(
            kind_and_version(&exports(&["ralf:tune/scorer@0.1.7", "other:thing/x@1.0.0"])),
            Ok((PluginKind::Scorer, "0.1.7".into()))
        );
        assert_eq!(kind_and_version(&exports(&["wasi:cli/run@0.2.0"])), Err(PluginErrorKind::NoKnownExport));
        assert_eq!(
            kind_and_version(&exports(&["ralf:tune/scorer@0.2.0"])),
            Err(PluginErrorKind::Version { found: "0.2.0".into(), supported: API_VERSION })
        );
        assert!(matches!(
            kind_and_version(&exports(&["ralf:tune/scorer@0.1.0", "ralf:tune/selector@0.1.0"])),
            Err(PluginErrorKind::SeveralKinds(_))
        ));
    }

    #[test]
    fn only_harmless_imports_are_allowed() {
        for name in
            ["ralf:tune/log@0.1.0", "ralf:tune/types@0.1.0", "wasi:io/streams@0.2.6", "wasi:random/random@0.2.6"]
        {
            assert!(is_allowed(name), "{name}");
        }
        for name in [
            "wasi:filesystem/types@0.2.6",
            "wasi:sockets/tcp@0.2.6",
            "wasi:http/types@0.2.6",
            "my:own/thing@1.0.0",
            "f",
        ] {
            assert!(!is_allowed(name), "{name}");
        }
    }
}
