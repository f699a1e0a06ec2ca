//! Selector `fast`: the most notes a minute at the least quality that the study allows (0.9 of the best).
//!
//! The rule itself is in `selection-rules`.

use ralf_tune_sdk::selector::prelude::*;
use selection_rules::{Rules, choose};

/// The plugin.
pub struct Fast;

impl Selector for Fast {
    fn manifest() -> Manifest {
        Rules::declare(
            Manifest::new(
                "fast",
                "0.1.0",
                "The most notes a minute at the least quality that the study allows (0.9 of the best)",
            ),
            0.0,
        )
    }

    fn select(input: &SelectionInput, arguments: &Arguments) -> Result<Selection, String> {
        choose(input, Rules::of(arguments))
    }
}

ralf_tune_sdk::export!(selector: Fast);
