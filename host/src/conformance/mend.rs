//! What an author changes, by what went wrong.

use crate::plugin::{PluginError, PluginErrorKind};

/// What went wrong, without the plugin's name: the page names it once.
pub fn said(error: &PluginError) -> String {
    let function = error.function.map(|name| format!(" in `{name}`")).unwrap_or_default();
    format!("it {}{function}", error.kind)
}

/// What its author changes.
pub fn of(error: &PluginError) -> String {
    match &error.kind {
        PluginErrorKind::Unreadable(_) => "check the path; a bundled plugin is named as `ralf-tune plugin list` does",
        PluginErrorKind::NotAComponent(text) if text.contains("carries the type") => {
            "finish the build: set the linker to `wasm-component-ld`, or run `wasm-tools component new` on the file"
        }
        PluginErrorKind::NotAComponent(text) if text.contains("core module") => {
            "build a component: the SDK's bindings and the linker `wasm-component-ld` make one; see examples/plugins"
        }
        PluginErrorKind::NotAComponent(text) if text.contains("ends too early") => {
            "build or copy the file again: its end is missing"
        }
        PluginErrorKind::NotAComponent(text) if text.contains("not begin") || text.contains("empty") => {
            "name the component, a .wasm file that the build wrote; build commands are in examples/plugins"
        }
        PluginErrorKind::NotAComponent(_) => "build the file again: what is in it is not valid WebAssembly",
        PluginErrorKind::TooLarge(_) => {
            "split the largest functions, or turn the toolchain's inlining down; tables belong into data, not into code"
        }
        PluginErrorKind::NoKnownExport | PluginErrorKind::SeveralKinds(_) => {
            "export exactly one of the worlds strategy-plugin, scorer-plugin, selector-plugin of wit/"
        }
        PluginErrorKind::Version { .. } => "build it again with the SDK, or with the wit/ folder, of this release",
        PluginErrorKind::UnknownInterface { .. } => "leave that interface out, or ask for a later ralf-tune",
        PluginErrorKind::NotGranted(_) => "only a component of the world judging-scorer-plugin may ask a model",
        PluginErrorKind::AskedTooOften(_) => "ask each question once, and give up when an answer is an error",
        PluginErrorKind::ForeignImport(_) => {
            "remove what needs it: a plugin gets values and gives values, and has no file, network or other interface"
        }
        PluginErrorKind::Mismatch { .. } => {
            "build it again with the wit/ folder of this release, unchanged: its functions or types have another shape"
        }
        PluginErrorKind::BadManifest(_) => "correct what `describe` returns; wit/types.wit says what a manifest holds",
        PluginErrorKind::TimedOut { .. } => {
            "bound the work by the size of the input; a loop that waits for something never ends in a plugin"
        }
        PluginErrorKind::OutOfMemory { .. } => {
            "keep less at once: work through the text piece by piece instead of copying it"
        }
        PluginErrorKind::TooMuchOutput { .. } => "hand over less: a few reasons of a sentence each",
        PluginErrorKind::Panicked(_) => {
            "return an error instead of panicking: `Err(reason)` declines; the text says where it happened"
        }
        PluginErrorKind::Trapped(text) if text.contains("stack") => {
            "replace the recursion by a loop: a guest's stack is 512 KiB"
        }
        PluginErrorKind::Trapped(_) => "keep names in the component (strip = \"debuginfo\") to see where it happened",
        PluginErrorKind::BadAnswer(_) => "answer within what wit/ and the manifest allow",
        PluginErrorKind::Declined(_) => "decline only what cannot be answered",
    }
    .to_owned()
}
