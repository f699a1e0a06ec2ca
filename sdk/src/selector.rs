//! Selectors: which measured candidate wins?

pub use ralf_tune_bindings_selector::selector::{Candidate, Estimate, Selection, SelectionInput};

use crate::{Arguments, types::Manifest};

/// Everything that a selector needs.
pub mod prelude {
    pub use super::{Candidate, Estimate, Selection, SelectionInput, Selector};
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

    /// The winner among `input.candidates`, by id.
    ///
    /// # Errors
    /// A sentence for the user, when nothing can be chosen.
    fn select(input: &SelectionInput, arguments: &Arguments) -> Result<Selection, String>;
}

/// Exports a type with the trait [`Selector`] as a component.
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
