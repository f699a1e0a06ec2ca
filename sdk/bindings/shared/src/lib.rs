//! Generated from `wit/`: the types and the log that all worlds share.
#![allow(clippy::all, clippy::pedantic, reason = "generated code")]

wit_bindgen::generate!({
    path: "../../../wit",
    world: "shared",
    additional_derives: [PartialEq],
});

pub use ralf::tune::{log, types};
