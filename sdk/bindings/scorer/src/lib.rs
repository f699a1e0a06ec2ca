//! Generated from `wit/`: the scorer world. A crate of its own, because a component carries the type of
//! every world whose bindings are linked into it.
#![allow(clippy::all, clippy::pedantic, reason = "generated code")]

wit_bindgen::generate!({
    path: "../../../wit",
    world: "scorer-plugin",
    with: {
        "ralf:tune/types@0.1.0": ralf_tune_bindings_shared::types,
        "ralf:tune/log@0.1.0": ralf_tune_bindings_shared::log,
    },
    pub_export_macro: true,
    default_bindings_module: "ralf_tune_bindings_scorer",
    additional_derives: [PartialEq],
});

pub use exports::ralf::tune::scorer;
