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
    inspect::{Inspection, inspect},
    limits::Limits,
    meter::{Meter, Usage},
};
use crate::model::{
    limit,
    plugin::{Grant, Manifest, PluginKind},
};

/// Interfaces of WASI that may be imported: what the standard libraries of common languages ask for. None of them gives
/// access to a file, a directory or the network.
const HARMLESS_WASI: [&str; 5] = ["wasi:io/", "wasi:cli/", "wasi:clocks/", "wasi:random/", "wasi:logging/"];

/// The interface through which scorers, when the user allows it, ask a model.
pub const JUDGE: &str = "ralf:tune/judge@";

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
    meter: Arc<Meter>,
}

impl CheckedComponent {
    /// The most that a call of it used so far.
    #[must_use]
    pub fn usage(&self) -> Usage {
        self.meter.usage()
    }

    /// A store for one call, with its limits in force.
    pub(super) fn store(&self, limits: Limits) -> Store<CallState> {
        call::store(&self.engine, &self.id, limits, &self.meter)
    }

    pub(super) fn needs_wasi(&self) -> bool {
        self.imports.iter().any(|import| import.starts_with("wasi:"))
    }

    pub(super) fn asks_a_model(&self) -> bool {
        self.wants().contains(&Grant::Judge)
    }

    /// What it may only do when the user allows it.
    #[must_use]
    pub fn wants(&self) -> Vec<Grant> {
        let asks = self.imports.iter().any(|import| import.starts_with(JUDGE));
        asks.then_some(Grant::Judge).into_iter().collect()
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
        let all = self.engine.linker(self.needs_wasi(), self.asks_a_model());
        all.instantiate_pre(&self.component).and_then(fit).map_err(|error| {
            self.error(
                None,
                PluginErrorKind::Mismatch { api: self.api.clone(), why: convert::clean(&format!("{error:#}")) },
            )
        })
    }

    /// Asks for its manifest.
    pub(super) fn described(
        &self,
        limits: Limits,
        describe: impl FnOnce(&mut Store<CallState>) -> wasmtime::Result<types::Manifest> + Send,
    ) -> Result<Manifest, PluginError> {
        let mut store = self.store(limits);
        let described = self.isolated(|| describe(&mut store));
        let given = described.map_err(|error| call::failure(&store, "describe", &error))?;
        let idle = self.kind == PluginKind::Strategy && given.decides.is_empty();
        let (manifest, mut problems) = convert::manifest(given);
        if idle {
            problems.push("a strategy must decide something".into());
        }
        if problems.is_empty() {
            Ok(manifest)
        } else {
            Err(self.error(Some("describe"), PluginErrorKind::BadManifest(problems)))
        }
    }

    /// From now on it has the name that its manifest gives it.
    pub(super) fn named(&mut self, manifest: &Manifest) {
        self.id.name.clone_from(&manifest.name);
        self.id.version = Some(manifest.version.clone());
        self.id.asks = limit::asked(&manifest.extra);
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

    // All that can be told without compiling comes first: compiling costs the most, and what is refused has not cost it.
    let Inspection { exports, imports, .. } = inspect(bytes).map_err(fail)?;
    let (kind, api) = kind_and_version(&exports).map_err(fail)?;
    for import in &imports {
        check_import(import, kind).map_err(fail)?;
    }
    let component = Component::new(engine.wasmtime(), bytes).map_err(|error| {
        // Names in the file are somebody's text.
        let text = format!("{error:#}");
        fail(PluginErrorKind::NotAComponent(convert::clean(text.lines().next().unwrap_or_default())))
    })?;
    Ok(CheckedComponent {
        kind,
        id: PluginId { kind: Some(kind), ..id },
        component,
        imports,
        api,
        size_bytes: bytes.len(),
        engine: Arc::clone(engine),
        meter: Arc::default(),
    })
}

/// Whether an interface is one of ours, and not merely harmless.
#[must_use]
pub fn is_ours(import: &str) -> bool {
    import.starts_with("ralf:tune/")
}

/// Whether a plugin of that kind may import it. A part of ours that is not known here comes from a later release.
///
/// # Errors
/// Why not.
pub fn check_import(import: &str, kind: PluginKind) -> Result<(), PluginErrorKind> {
    let Some((interface, version)) = import.strip_prefix("ralf:tune/").and_then(|rest| rest.split_once('@')) else {
        let harmless = HARMLESS_WASI.iter().any(|prefix| import.starts_with(prefix));
        return if harmless { Ok(()) } else { Err(PluginErrorKind::ForeignImport(import.to_owned())) };
    };
    match interface {
        "types" | "log" | "judge" if !is_compatible(version) => {
            Err(PluginErrorKind::Version { found: version.to_owned(), supported: API_VERSION })
        }
        "types" | "log" => Ok(()),
        "judge" if kind == PluginKind::Scorer => Ok(()),
        "judge" => Err(PluginErrorKind::ForeignImport(import.to_owned())),
        _ => Err(PluginErrorKind::UnknownInterface { import: import.to_owned(), supported: API_VERSION }),
    }
}

/// The kind and the API version, from the names of the exports alone.
///
/// # Errors
/// When there is no export of ours, more than one, or one of another version.
pub fn kind_and_version(exports: &[String]) -> Result<(PluginKind, String), PluginErrorKind> {
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
            assert_eq!(check_import(name, PluginKind::Strategy), Ok(()), "{name}");
        }
        assert_eq!(check_import("ralf:tune/judge@0.1.0", PluginKind::Scorer), Ok(()));
        for name in [
            "wasi:filesystem/types@0.2.6",
            "wasi:sockets/tcp@0.2.6",
            "wasi:http/types@0.2.6",
            "my:own/thing@1.0.0",
            "f",
            "ralf:tune/judge@0.1.0",
        ] {
            let foreign = PluginErrorKind::ForeignImport(name.to_owned());
            assert_eq!(check_import(name, PluginKind::Strategy), Err(foreign), "{name}");
        }
        let later = PluginErrorKind::UnknownInterface { import: "ralf:tune/maps@0.1.9".into(), supported: API_VERSION };
        assert_eq!(check_import("ralf:tune/maps@0.1.9", PluginKind::Scorer), Err(later));
        let version = PluginErrorKind::Version { found: "0.2.0".into(), supported: API_VERSION };
        assert_eq!(check_import("ralf:tune/log@0.2.0", PluginKind::Scorer), Err(version));
    }
}
