//! A core module becomes a component: the last step for languages whose linkers make core modules, such as C.

use wit_component::{ComponentEncoder, metadata};

/// How a component and a core module begin.
const COMPONENT: [u8; 8] = [0, b'a', b's', b'm', 0x0d, 0, 1, 0];
const CORE_MODULE: [u8; 8] = [0, b'a', b's', b'm', 1, 0, 0, 0];

/// A file that does not become a component.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackError {
    #[error("is a component already")]
    Component,
    #[error("is no core module of WebAssembly")]
    NoModule,
    #[error("does not say which plugin it is: it has no type of ralf:tune in it")]
    NoType,
    #[error("does not become a component: {0}")]
    Refused(String),
}

impl PackError {
    /// The next thing to do.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Component => "use it as it is: `ralf-tune plugin info FILE` shows it".into(),
            Self::NoModule => "it is what a compiler for WebAssembly makes; see `ralf-tune plugin new --list`".into(),
            Self::NoType => {
                "link the `…_component_type.o` that wit-bindgen makes too; a project of `plugin new` does".into()
            }
            Self::Refused(why) if why.contains("wasi_snapshot_preview1") => {
                "a plugin has no files and no output: leave out printf, fopen and the like (snprintf is fine)".into()
            }
            Self::Refused(_) => "build it again with the bindings of this release".into(),
        }
    }
}

/// The component of a core module that was linked with what wit-bindgen makes. Only what is in the module decides: no file of WIT is read.
///
/// # Errors
/// When it is no core module, carries no type, or imports what the type does not have.
pub fn pack(module: &[u8]) -> Result<Vec<u8>, PackError> {
    if module.starts_with(&COMPONENT) {
        return Err(PackError::Component);
    }
    if !module.starts_with(&CORE_MODULE) {
        return Err(PackError::NoModule);
    }
    let refused = |error: &anyhow::Error| {
        // The innermost sentence names the import or the export; the outer ones name the library's steps.
        PackError::Refused(super::convert::clean(&error.root_cause().to_string()))
    };
    let (typed, _) = metadata::decode(module).map_err(|error| refused(&error))?;
    if typed.is_none() {
        return Err(PackError::NoType);
    }
    let encoder = ComponentEncoder::default().validate(true).module(module);
    encoder.and_then(|mut encoder| encoder.encode()).map_err(|error| refused(&error))
}
