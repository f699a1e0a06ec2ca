//! Strategies: what to measure next?
//!
//! ```
//! use ralf_tune_sdk::{strategy::prelude::*, testing::{Host, Server}};
//!
//! struct Four;
//!
//! impl Strategy for Four {
//!     fn manifest() -> Manifest {
//!         Manifest::new("four", "0.1.0", "Tries four requests at once").decides(&["max_concurrent_requests"])
//!     }
//!
//!     fn ask(study: &Study, arguments: &Arguments) -> Result<Answer, String> {
//!         if study.trials_of("four").count() == 0 {
//!             let notes = Proposal::new(Experiment::Notes(vec![0, 1]), "four at once");
//!             return Ok(Answer::Measure(vec![notes.set("max_concurrent_requests", 4.0)]));
//!         }
//!         Self::conclude(study, arguments).map(Answer::Done)
//!     }
//!
//!     fn conclude(study: &Study, _: &Arguments) -> Result<Decision, String> {
//!         let worked = study.trials_of("four").any(TrialExt::is_complete);
//!         let decision = Decision::new().set("max_concurrent_requests", if worked { 4.0 } else { 1.0 });
//!         Ok(decision.reason(if worked { "four at once work" } else { "four at once fail" }))
//!     }
//! }
//!
//! let outcome = Host::new(Server::default(), &[500, 2_000]).run::<Four>(60.0).unwrap();
//! assert_eq!(outcome.value("max_concurrent_requests"), 4.0);
//! ```

pub use ralf_tune_bindings_strategy::strategy::{Answer, Decision, Proposal, Study};

use crate::{
    Arguments,
    types::{Experiment, Manifest, Setting},
};

/// Everything that a strategy needs.
pub mod prelude {
    pub use super::{Answer, Decision, DecisionExt, Proposal, ProposalExt, Strategy, Study};
    pub use crate::{
        Arguments, ManifestExt, ParameterExt, Settings,
        settings::setting,
        study::{StudyExt, TrialExt},
        types::{Compare, Experiment, Manifest, Needle, Parameter, Probe, Sample, Setting, Trial, TrialState, Value},
    };
}

/// Asks for measurements until it can decide. It must be a pure function of the study: what it learned stands in the history.
pub trait Strategy {
    /// Name, version, parameters, what it decides and what it needs decided.
    fn manifest() -> Manifest;

    /// The next measurements, or the decision.
    ///
    /// # Errors
    /// A sentence for the user; the stage ends with what `conclude` says of the history.
    fn ask(study: &Study, arguments: &Arguments) -> Result<Answer, String>;

    /// The best decision from what there is, when the time is over. Unless it is written, nothing is decided then.
    ///
    /// # Errors
    /// A sentence for the user; the stage then decides nothing.
    fn conclude(study: &Study, arguments: &Arguments) -> Result<Decision, String> {
        let _ = (study, arguments);
        Ok(Decision::new().not_found("the time was over before a decision"))
    }
}

/// Builds a proposal.
pub trait ProposalExt: Sized {
    /// An experiment with the settings of the incumbent.
    fn new(experiment: Experiment, why: impl Into<String>) -> Self;
    /// Changes a setting.
    #[must_use]
    fn set(self, name: &str, value: f64) -> Self;
}

impl ProposalExt for Proposal {
    fn new(experiment: Experiment, why: impl Into<String>) -> Self {
        Self { changes: Vec::new(), experiment, why: why.into() }
    }

    fn set(mut self, name: &str, value: f64) -> Self {
        self.changes.retain(|change: &Setting| change.name != name);
        self.changes.push(Setting { name: name.to_owned(), value });
        self
    }
}

/// Builds a decision.
pub trait DecisionExt: Sized {
    /// A decision for nothing in particular.
    fn new() -> Self;
    /// Decides a setting.
    #[must_use]
    fn set(self, name: &str, value: f64) -> Self;
    /// Adds a reason.
    #[must_use]
    fn reason(self, reason: impl Into<String>) -> Self;
    /// Adds something that was looked for and not found.
    #[must_use]
    fn not_found(self, what: impl Into<String>) -> Self;
}

impl DecisionExt for Decision {
    fn new() -> Self {
        Self { settings: Vec::new(), reasons: Vec::new(), not_found: Vec::new() }
    }

    fn set(mut self, name: &str, value: f64) -> Self {
        self.settings.retain(|setting: &Setting| setting.name != name);
        self.settings.push(Setting { name: name.to_owned(), value });
        self
    }

    fn reason(mut self, reason: impl Into<String>) -> Self {
        self.reasons.push(reason.into());
        self
    }

    fn not_found(mut self, what: impl Into<String>) -> Self {
        self.not_found.push(what.into());
        self
    }
}

/// What [`export!`](crate::export) does for a strategy.
#[doc(hidden)]
#[macro_export]
macro_rules! export_strategy {
    ($plugin:ty) => {
        #[cfg(target_family = "wasm")]
        const _: () = {
            use $crate::internal::strategy as bindings;
            struct Component;
            impl bindings::strategy::Guest for Component {
                fn describe() -> $crate::types::Manifest {
                    $crate::internal::report_panics();
                    <$plugin as $crate::strategy::Strategy>::manifest()
                }
                fn ask(study: bindings::strategy::Study) -> Result<bindings::strategy::Answer, String> {
                    $crate::internal::report_panics();
                    let arguments = $crate::Arguments::new(study.arguments.clone());
                    <$plugin as $crate::strategy::Strategy>::ask(&study, &arguments)
                }
                fn conclude(study: bindings::strategy::Study) -> Result<bindings::strategy::Decision, String> {
                    $crate::internal::report_panics();
                    let arguments = $crate::Arguments::new(study.arguments.clone());
                    <$plugin as $crate::strategy::Strategy>::conclude(&study, &arguments)
                }
            }
    bindings::export!(Component with_types_in bindings);
        };
    };
}
