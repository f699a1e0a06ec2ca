//! Selector `balanced`: the most notes a minute at 0.95 of the best quality: the default.
//!
//! The rule itself is in `selection-rules`.

use ralf_tune_sdk::selector::prelude::*;
use selection_rules::{Rules, choose};

/// The plugin.
pub struct Balanced;

impl Selector for Balanced {
    fn manifest() -> Manifest {
        Rules::declare(
            Manifest::new("balanced", "0.1.0", "The most notes a minute at 0.95 of the best quality: the default"),
            0.95,
        )
    }

    fn select(input: &SelectionInput, arguments: &Arguments) -> Result<Selection, String> {
        choose(input, Rules::of(arguments))
    }
}

ralf_tune_sdk::export!(selector: Balanced);
