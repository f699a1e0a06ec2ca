//! Write strategies, scorers and selectors for `ralf-tune`.
//!
//! A plugin is a type with one of three traits, exported with one macro:
//!
//! ```
//! use ralf_tune_sdk::scorer::prelude::*;
//!
//! struct Short;
//!
//! impl Scorer for Short {
//!     fn manifest() -> Manifest {
//!         Manifest::new("short", "0.1.0", "Likes short notes")
//!             .parameter(Parameter::integer("characters", 2000, "the longest note that scores 1").bounds(1.0, 1e6))
//!     }
//!
//!     fn evaluate(note: &Note, arguments: &Arguments) -> Result<Score, String> {
//!         let length = note.requests.iter().map(|request| request.answer.len()).sum::<usize>();
//!         Ok(Score::new((arguments.number("characters") / length as f64).min(1.0)).reason(format!("{length} bytes")))
//!     }
//! }
//!
//! ralf_tune_sdk::export!(scorer: Short);
//! ```
//!
//! The macro's code exists only on WebAssembly targets, so unit tests of a plugin link and run natively: `testing` has what
//! they need. [`scorer`], [`strategy`] and [`selector`] begin with a whole plugin and its test.

mod arguments;
mod export;
mod manifest;
mod settings;

pub mod judge;
pub mod markdown;
pub mod scorer;
pub mod selector;
pub mod strategy;
pub mod study;

#[cfg(not(target_family = "wasm"))]
pub mod testing;

pub use arguments::Arguments;
pub use ralf_tune_bindings_shared::types;
pub use settings::{Settings, setting};

/// Extensions of the generated records: constructors and builders.
pub use manifest::{ManifestExt, ParameterExt};

/// Used by the export macros; not for plugins.
#[doc(hidden)]
pub mod internal {
    pub use ralf_tune_bindings_scorer as scorer;
    pub use ralf_tune_bindings_selector as selector;
    pub use ralf_tune_bindings_strategy as strategy;

    /// Makes a panic arrive at the host as text with a place, and not as a bare trap.
    pub fn report_panics() {
        std::panic::set_hook(Box::new(|info| {
            super::log(super::types::Level::Warn, &info.to_string());
        }));
    }
}

/// Says something to whoever debugs the plugin; in native tests it goes nowhere.
pub fn log(level: types::Level, message: &str) {
    #[cfg(target_family = "wasm")]
    ralf_tune_bindings_shared::log::log(level, message);
    #[cfg(not(target_family = "wasm"))]
    let _ = (level, message);
}
