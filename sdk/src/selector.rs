//! Selectors: which measured candidate wins?
//!
//! ```
//! use ralf_tune_sdk::{selector::prelude::*, testing};
//!
//! struct Fastest;
//!
//! impl Selector for Fastest {
//!     fn manifest() -> Manifest {
//!         Manifest::new("fastest", "0.1.0", "The most notes a minute")
//!     }
//!
//!     fn select(input: &SelectionInput, _: &Arguments) -> Result<Selection, String> {
//!         let speed = |one: &Candidate| one.notes_per_minute.map_or(0.0, |estimate| estimate.value);
//!         let winner = input.eligible().max_by(|left, right| speed(left).total_cmp(&speed(right)));
//!         let winner = winner.ok_or("every candidate has a violation")?;
//!         Ok(Selection::new(winner.id).reason(format!("{:.1} notes a minute", speed(winner))))
//!     }
//! }
//!
//! let candidates = vec![Candidate::new(0).speed(2.0), Candidate::new(1).speed(3.0)];
//! assert_eq!(testing::select::<Fastest>(candidates).unwrap().winner, 1);
//! ```

mod candidate;

pub use candidate::{CandidateExt, SelectionExt, SelectionInputExt};
pub use ralf_tune_bindings_selector::selector::{Candidate, Estimate, Selection, SelectionInput};

use crate::{Arguments, types::Manifest};

/// Everything that a selector needs.
pub mod prelude {
    pub use super::{
        Candidate, CandidateExt, Estimate, Selection, SelectionExt, SelectionInput, SelectionInputExt, Selector,
    };
    pub use crate::{
        Arguments, ManifestExt, ParameterExt, Settings,
        settings::setting,
        types::{Experiment, Manifest, Parameter, Sample, Setting, Trial, TrialState, Value},
    };
}

/// Picks a winner. It must be a pure function of what it is given.
pub trait Selector {
    /// Name, version, parameters.
    fn manifest() -> Manifest;

    /// The winner among `input.candidates`, by id. It must be [eligible](SelectionInputExt::eligible): the host refuses others.
    ///
    /// # Errors
    /// A sentence for the user, when nothing can be chosen.
    fn select(input: &SelectionInput, arguments: &Arguments) -> Result<Selection, String>;
}

/// What [`export!`](crate::export) does for a selector.
#[doc(hidden)]
#[macro_export]
macro_rules! export_selector {
    ($plugin:ty) => {
        #[cfg(target_family = "wasm")]
        const _: () = {
            use $crate::internal::selector as bindings;
            struct Component;
            impl bindings::selector::Guest for Component {
                fn describe() -> $crate::types::Manifest {
                    $crate::internal::report_panics();
                    <$plugin as $crate::selector::Selector>::manifest()
                }
                fn select(input: bindings::selector::SelectionInput) -> Result<bindings::selector::Selection, String> {
                    $crate::internal::report_panics();
                    let arguments = $crate::Arguments::new(input.arguments.clone());
                    <$plugin as $crate::selector::Selector>::select(&input, &arguments)
                }
            }
    bindings::export!(Component with_types_in bindings);
        };
    };
}
