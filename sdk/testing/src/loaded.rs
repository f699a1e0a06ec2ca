use std::sync::Arc;

use ralf_tune::{
    conformance::{self, walk::Walk},
    model::{
        plugin::Manifest,
        score::{NoteEvidence, Score},
        selection::{MeasuredCandidate, Selection},
        value::Value,
    },
    plugin::{
        meter::Usage,
        parameters::{Arguments, resolve},
        registry::Plugin,
        scorer::Scorer,
        selector::Selector,
        strategy::Strategy,
    },
};

use crate::Error;

/// A component that loaded, and values for its parameters.
pub struct Loaded {
    plugin: Plugin,
    given: Vec<(String, Value)>,
}

impl Loaded {
    pub(crate) fn new(plugin: Plugin) -> Self {
        Self { plugin, given: Vec::new() }
    }

    /// What it says of itself.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        self.plugin.manifest()
    }

    /// The most that a call of it used so far: memory, time, output, log.
    #[must_use]
    pub fn usage(&self) -> Usage {
        self.plugin.component().usage()
    }

    /// Sets a parameter in place of its default.
    #[must_use]
    pub fn set(mut self, name: &str, value: Value) -> Self {
        self.given.push((name.to_owned(), value));
        self
    }

    /// It as a scorer.
    ///
    /// # Errors
    /// When it is another kind, or a parameter does not fit its manifest.
    pub fn scorer(&self) -> Result<SandboxedScorer, Error> {
        let Plugin::Scorer(plugin) = &self.plugin else { return Err(self.is_no("scorer")) };
        Ok(SandboxedScorer { plugin: Arc::clone(plugin), arguments: self.arguments()? })
    }

    /// It as a strategy.
    ///
    /// # Errors
    /// As of [`scorer`](Self::scorer).
    pub fn strategy(&self) -> Result<SandboxedStrategy, Error> {
        let Plugin::Strategy(plugin) = &self.plugin else { return Err(self.is_no("strategy")) };
        Ok(SandboxedStrategy { plugin: Arc::clone(plugin), arguments: self.arguments()? })
    }

    /// It as a selector.
    ///
    /// # Errors
    /// As of [`scorer`](Self::scorer).
    pub fn selector(&self) -> Result<SandboxedSelector, Error> {
        let Plugin::Selector(plugin) = &self.plugin else { return Err(self.is_no("selector")) };
        Ok(SandboxedSelector { plugin: Arc::clone(plugin), arguments: self.arguments()? })
    }

    fn arguments(&self) -> Result<Arguments, Error> {
        resolve(self.manifest(), &self.given).map_err(|error| Error::Wrong(format!("{error}; {}", error.hint())))
    }

    fn is_no(&self, kind: &str) -> Error {
        Error::Wrong(format!(
            "`{}` is no {kind}, it is a {}",
            self.manifest().name,
            self.plugin.component().kind.name()
        ))
    }
}

/// A scorer; each call has a fresh instance.
pub struct SandboxedScorer {
    plugin: Arc<Scorer>,
    arguments: Arguments,
}

impl SandboxedScorer {
    /// The score of one note, checked and cleaned as the host does. A scorer that asks a model gets a fixed answer, with marks of 7.
    ///
    /// # Errors
    /// When the call fails, declines, or gives what is no score.
    pub fn evaluate(&self, note: &NoteEvidence) -> Result<Score, Error> {
        Ok(conformance::evaluate(&self.plugin, note, &self.arguments)?)
    }
}

/// A strategy.
pub struct SandboxedStrategy {
    plugin: Arc<Strategy>,
    arguments: Arguments,
}

impl SandboxedStrategy {
    /// Plays a stage of that many seconds, after a recorded baseline, against a small model of a server.
    ///
    /// # Errors
    /// When a call fails, or an answer breaks the contract.
    pub fn stage(&self, seconds: f64) -> Result<Walk, Error> {
        let study = conformance::recorded::study().ok_or_else(|| Error::Wrong("no study was recorded".to_owned()))?;
        Ok(conformance::stage(&self.plugin, study, seconds, &self.arguments)?)
    }
}

/// A selector.
pub struct SandboxedSelector {
    plugin: Arc<Selector>,
    arguments: Arguments,
}

impl SandboxedSelector {
    /// The winner among candidates, with the recorded study around them.
    ///
    /// # Errors
    /// When the call fails, declines, or names what must not be chosen.
    pub fn select(&self, candidates: &[MeasuredCandidate]) -> Result<Selection, Error> {
        let study = conformance::recorded::study().ok_or_else(|| Error::Wrong("no study was recorded".to_owned()))?;
        let workload = study.workload();
        Ok(self.plugin.select(candidates, &study.view(&workload, &study.trials, 0.0), &self.arguments)?)
    }
}
