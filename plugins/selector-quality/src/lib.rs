//! Selector `quality`: the most notes a minute at 0.99 of the best quality.
//!
//! The rule itself is in `selection-rules`.

use ralf_tune_sdk::selector::prelude::*;
use selection_rules::{Rules, choose};

/// The plugin.
pub struct Quality;

impl Selector for Quality {
    fn manifest() -> Manifest {
        Rules::declare(Manifest::new("quality", "0.1.0", "The most notes a minute at 0.99 of the best quality"), 0.99)
    }

    fn select(input: &SelectionInput, arguments: &Arguments) -> Result<Selection, String> {
        choose(input, Rules::of(arguments))
    }
}

ralf_tune_sdk::export!(selector: Quality);
