//! Scorers: how good is one note?

pub use ralf_tune_bindings_scorer::scorer::{FinishReason, Note, Request, Score};

use crate::{
    Arguments,
    types::{Fact, Manifest},
};

/// Everything that a scorer needs.
pub mod prelude {
    pub use super::{FinishReason, Note, Request, Score, ScoreExt, Scorer};
    pub use crate::{
        Arguments, ManifestExt, ParameterExt, Settings,
        types::{Manifest, Parameter, Value},
    };
}

/// Judges one note. It must be a pure function of what it is given.
pub trait Scorer {
    /// Name, version, parameters.
    fn manifest() -> Manifest;

    /// The score of a note, from 0 (worthless) to 1 (nothing to wish for).
    ///
    /// # Errors
    /// A sentence for the user, when this note cannot be judged: the trial is then left unscored by this scorer.
    fn evaluate(note: &Note, arguments: &Arguments) -> Result<Score, String>;
}

/// Builds a score.
pub trait ScoreExt: Sized {
    /// A score without parts or reasons; the value is clamped to 0..=1.
    fn new(value: f64) -> Self;
    /// Adds a part.
    #[must_use]
    fn part(self, name: &str, value: f64) -> Self;
    /// Adds a reason.
    #[must_use]
    fn reason(self, reason: impl Into<String>) -> Self;
}

impl ScoreExt for Score {
    fn new(value: f64) -> Self {
        let value = if value.is_finite() { value.clamp(0.0, 1.0) } else { 0.0 };
        Self { value, parts: Vec::new(), reasons: Vec::new() }
    }

    fn part(mut self, name: &str, value: f64) -> Self {
        self.parts.push(Fact { name: name.to_owned(), value });
        self
    }

    fn reason(mut self, reason: impl Into<String>) -> Self {
        self.reasons.push(reason.into());
        self
    }
}

/// Exports a type with the trait [`Scorer`] as a component.
#[macro_export]
macro_rules! export_scorer {
    ($plugin:ty) => {
        #[cfg(target_family = "wasm")]
        const _: () = {
            use $crate::internal::scorer as bindings;
            struct Component;
            impl bindings::scorer::Guest for Component {
                fn describe() -> $crate::types::Manifest {
                    $crate::internal::report_panics();
                    <$plugin as $crate::scorer::Scorer>::manifest()
                }
                fn evaluate(
                    note: bindings::scorer::Note,
                    arguments: Vec<$crate::types::Argument>,
                ) -> Result<bindings::scorer::Score, String> {
                    $crate::internal::report_panics();
                    <$plugin as $crate::scorer::Scorer>::evaluate(&note, &$crate::Arguments::new(arguments))
                }
            }
    bindings::export!(Component with_types_in bindings);
        };
    };
}
