//! A native sandbox for tests of plugins: it loads the real component and calls it under the limits of `ralf-tune` itself.
//!
//! Native tests with the SDK come first, they need no component. This is for the last mile: does what was built load, stay
//! within its limits, and pass what `ralf-tune plugin check` asks?
//!
//! ```
//! use ralf_tune_testing::{Sandbox, note};
//!
//! let sandbox = Sandbox::new()?;
//! // A component of your own: sandbox.load("target/wasm32-unknown-unknown/release/my_scorer.wasm")
//! let scorer = sandbox.bundled("repetition")?.scorer()?;
//! let good = scorer.evaluate(&note("a.py", "python", "x = 1", "### SUMMARY\nIt sets x to 1."))?;
//! let bad = scorer.evaluate(&note("a.py", "python", "x = 1", &"It sets x. ".repeat(50)))?;
//! assert!(bad.value < good.value);
//!
//! // Everything that `plugin check` tries.
//! sandbox.conformance_of_bundled("repetition")?.assert_ok();
//! # Ok::<(), ralf_tune_testing::Error>(())
//! ```
//!
//! A strategy plays a stage on a clock that is a number, a selector chooses among recorded candidates:
//!
//! ```
//! use ralf_tune_testing::{Ending, Sandbox, candidates};
//!
//! let sandbox = Sandbox::new()?;
//! let stage = sandbox.bundled("context")?.strategy()?.stage(240.0)?;
//! assert_eq!(stage.ending, Ending::Done);
//!
//! let selection = sandbox.bundled("balanced")?.selector()?.select(candidates())?;
//! assert!(candidates().iter().any(|candidate| candidate.id == selection.winner));
//! # Ok::<(), ralf_tune_testing::Error>(())
//! ```

mod loaded;
mod report;

use std::{path::Path, sync::Arc};

use ralf_tune::{
    conformance,
    plugin::{
        PluginEngine, PluginError,
        limits::LimitChanges,
        registry::{ComponentFile, load_limited},
    },
};

pub use loaded::{Loaded, SandboxedScorer, SandboxedSelector, SandboxedStrategy};
pub use ralf_tune::{
    conformance::{
        notes::{all as recorded_notes, note, odd as odd_notes},
        walk::{Ending, Walk},
    },
    model::{
        finding::{Examination, Finding, FindingState, Section},
        observation::FinishReason,
        score::{NoteEvidence, RequestEvidence, Score},
        selection::{MeasuredCandidate, Selection},
        value::Value,
    },
    plugin::Limits,
};
pub use report::Report;

/// What can go wrong in a sandbox.
#[derive(Debug)]
pub enum Error {
    /// The plugin cannot be loaded, or a call of it failed; says which and why.
    Plugin(PluginError),
    /// There is no bundled plugin of that name, or the plugin is of another kind, or a parameter does not fit.
    Wrong(String),
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Plugin(error) => write!(f, "{error}"),
            Self::Wrong(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Error {}

impl From<PluginError> for Error {
    fn from(error: PluginError) -> Self {
        Self::Plugin(error)
    }
}

/// Loads and calls components as the program does.
pub struct Sandbox {
    engine: Arc<PluginEngine>,
    limits: LimitChanges,
}

impl Sandbox {
    /// A sandbox with the default limits. Compiled code is not kept.
    ///
    /// # Errors
    /// When no WebAssembly can run on this machine.
    pub fn new() -> Result<Self, Error> {
        Ok(Self { engine: Arc::new(PluginEngine::new(None)?), limits: LimitChanges::default() })
    }

    /// The same with other limits, as a user may grant them.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits: LimitChanges { usual: limits, ..LimitChanges::default() }, ..self }
    }

    /// Loads a component from a file.
    ///
    /// # Errors
    /// When it is no plugin that the program would load.
    pub fn load(&self, path: impl AsRef<Path>) -> Result<Loaded, Error> {
        self.loaded(&ComponentFile::read(path.as_ref())?)
    }

    /// Loads a bundled plugin, to compare with.
    ///
    /// # Errors
    /// When there is none of that name.
    pub fn bundled(&self, name: &str) -> Result<Loaded, Error> {
        self.loaded(&bundled(name)?)
    }

    /// Examines a component as `ralf-tune plugin check` does.
    ///
    /// # Errors
    /// When the file cannot be read. What is wrong with the plugin stands in the report.
    pub fn conformance(&self, path: impl AsRef<Path>) -> Result<Report, Error> {
        Ok(self.examined(&ComponentFile::read(path.as_ref())?))
    }

    /// Examines a bundled plugin.
    ///
    /// # Errors
    /// When there is none of that name.
    pub fn conformance_of_bundled(&self, name: &str) -> Result<Report, Error> {
        Ok(self.examined(&bundled(name)?))
    }

    fn examined(&self, file: &ComponentFile) -> Report {
        let terms = conformance::Terms { limits: self.limits.clone(), ..conformance::Terms::default() };
        Report(conformance::examine(&self.engine, file, &terms))
    }

    fn loaded(&self, file: &ComponentFile) -> Result<Loaded, Error> {
        Ok(Loaded::new(load_limited(&self.engine, &file.bytes, &file.name, &file.origin, &self.limits)?))
    }
}

fn bundled(name: &str) -> Result<ComponentFile, Error> {
    ComponentFile::bundled(name).ok_or_else(|| Error::Wrong(format!("there is no bundled plugin `{name}`")))
}

/// The candidates of a recorded study.
#[must_use]
pub fn candidates() -> &'static [MeasuredCandidate] {
    conformance::recorded::study().map(|study| study.candidates.as_slice()).unwrap_or_default()
}
