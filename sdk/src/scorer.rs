//! Scorers: how good is one note?
//!
//! ```
//! use ralf_tune_sdk::{scorer::prelude::*, testing};
//!
//! struct Whole;
//!
//! impl Scorer for Whole {
//!     fn manifest() -> Manifest {
//!         Manifest::new("whole", "0.1.0", "Likes notes that the model ended by itself")
//!     }
//!
//!     fn evaluate(note: &Note, _: &Arguments) -> Result<Score, String> {
//!         let cut = note.requests.iter().filter(|request| request.finish == FinishReason::Length).count();
//!         Ok(Score::new(if cut == 0 { 1.0 } else { 0.5 }).part("cut", cut as f64))
//!     }
//! }
//!
//! let note = Note::new("a.py", "print(1)").answer("### SUMMARY\nPrints one.");
//! assert_eq!(testing::score::<Whole>(&note).unwrap().value, 1.0);
//! ```

mod note;

pub use note::{NoteExt, RequestExt};
pub use ralf_tune_bindings_scorer::scorer::{FinishReason, Note, Request, Score};

/// The part of a score that says whether the note could be judged at all: 0 when not. See [`ScoreExt::not_judged`].
pub const JUDGED: &str = "judged";

use crate::{
    Arguments,
    types::{Fact, Manifest},
};

/// Everything that a scorer needs.
pub mod prelude {
    pub use super::{FinishReason, Note, NoteExt, Request, RequestExt, Score, ScoreExt, Scorer};
    pub use crate::{
        Arguments, ManifestExt, ParameterExt, Settings,
        types::{Manifest, Parameter, Value},
    };
}

/// Judges one note. It must be a pure function of what it is given.
pub trait Scorer {
    /// Name, version, parameters.
    fn manifest() -> Manifest;

    /// The score of a note, from 0 (worthless) to 1 (nothing to wish for). What there is nothing to say of is
    /// [`ScoreExt::not_judged`]; a bad note scores 0.
    ///
    /// # Errors
    /// A sentence for the user, when this note cannot be judged: the trial is then left unscored by this scorer.
    fn evaluate(note: &Note, arguments: &Arguments) -> Result<Score, String>;
}

/// Builds a score.
pub trait ScoreExt: Sized {
    /// A score without parts or reasons; the value is clamped to 0..=1.
    fn new(value: f64) -> Self;
    /// This scorer has nothing to say of this note: there is nothing in it that it knows how to judge.
    ///
    /// The value is 1, the same for every candidate, so that it can never change who is better; the part
    /// [`JUDGED`] is 0, so that a host can leave the score out of the mean. Not for notes that are bad, nor for
    /// missing answers: those score 0.
    fn not_judged(reason: impl Into<String>) -> Self;
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

    fn not_judged(reason: impl Into<String>) -> Self {
        Self::new(1.0).part(JUDGED, 0.0).reason(reason)
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

/// What [`export!`](crate::export) does for a scorer.
#[doc(hidden)]
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
