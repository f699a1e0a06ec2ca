//! WebAssembly plugins: every decision of a study is made by one of them.
//!
//! [`engine`] compiles and limits, [`inspect`] and [`component`] check a file before anything in it runs, [`strategy`], [`scorer`] and
//! [`selector`] call the three kinds, [`registry`] holds what takes part. Bundled plugins go the same way as a stranger's.
//! Everything here is synchronous: a call computes, it never waits.

mod bindings;
mod bundled;
mod call;
pub mod compile_cost;
pub mod component;
mod convert;
pub mod engine;
pub mod error;
pub mod inspect;
pub mod judge;
pub mod kept;
pub mod limits;
pub mod meter;
pub mod pack;
pub mod parameters;
pub mod registry;
pub mod scorer;
pub mod selector;
pub mod strategy;
mod wasi;

pub use engine::PluginEngine;
pub use error::{PluginError, PluginErrorKind, PluginId};
pub use limits::Limits;
pub use registry::Registry;

/// The API version that this host speaks.
pub const API_VERSION: &str = "0.1.0";
