//! Generated from `wit/`: the import of the judge alone. A crate of its own, because a component imports what is linked into it:
//! only a scorer that asks shall import this.
#![allow(clippy::all, clippy::pedantic, reason = "generated code")]

wit_bindgen::generate!({
    path: "../../../wit",
    inline: "
        package ralf:guest;
        world asking { import ralf:tune/judge@0.1.0; }
    ",
    with: {
        "ralf:tune/types@0.1.0": ralf_tune_bindings_shared::types,
        "ralf:tune/judge@0.1.0": generate,
    },
    additional_derives: [PartialEq],
});

pub use ralf::tune::judge;
