//! Tuning inside another program: plan, run, hear what happens, select again.
//!
//! This is the library's interface, with the data of [`crate::model`] that it takes and gives. The other modules are the program's own; they can be
//! reached, and change as it needs. A study here reads no settings file, no environment and no configuration, keeps nothing on the disk, and
//! writes nothing for anybody: what comes of a [`Study`] is the caller's affair.
//!
//! ```no_run
//! use ralf_tune::embed::{Server, Tuner};
//!
//! # fn main() -> Result<(), ralf_tune::embed::EmbedError> {
//! let tuner = Tuner::new()?.intensity("quick")?.seed(1);
//! let study = tuner.run_blocking(&Server::simulated("mid-range")?, |event| tracing::info!("{event:?}"))?;
//! let fast = tuner.select(&study, "fast")?;
//! assert!(study.candidates.iter().any(|candidate| candidate.id == fast.winner));
//! # Ok(())
//! # }
//! ```
//!
//! `examples/embedding` does a little more, and runs: `cargo run --release -p ralf-tune --example embedding`.

mod error;
mod server;

use std::{future::Future, path::Path, sync::Arc, time::Duration};

use tokio::sync::watch;

pub use error::EmbedError;
pub use server::Server;

use crate::{
    model::{
        begun::Begun,
        budget::{Budget, Intensity},
        candidate::Candidate,
        selection::{Constraints, Selection},
        study::{Plan, Study, StudyEvent},
        value::Value,
        workload::{PromptTemplate, Workload},
    },
    plugin::{PluginEngine, Registry, parameters::Arguments},
    rehearsal::record::Record,
    settings::{self, Overrides},
    tune::{
        self, Setup,
        plan::{Choices, DEFAULT_SELECTOR, Prepared},
    },
    workload::{
        generate::generated_workload,
        samples::{self, SampleOptions},
    },
};

/// What is to be tuned and how. Each method changes one thing of it; [`Tuner::run`] can be called any number of times.
pub struct Tuner {
    registry: Registry,
    intensity: Intensity,
    choices: Choices,
    present: Candidate,
    seed: u64,
    quality_floor: Option<f64>,
    workload: Option<Workload>,
}

impl Tuner {
    /// Normal intensity, the bundled plugins, RALF Note's own settings as the present ones, generated files. Plugins are compiled anew, which takes seconds:
    /// [`Tuner::with_cache`] keeps what was compiled.
    ///
    /// # Errors
    /// When the bundled plugins cannot be used on this machine.
    pub fn new() -> Result<Self, EmbedError> {
        Self::over(None)
    }

    /// The same, with compiled plugins kept in a folder. What lies there is executed: nobody else may be able to write to it.
    ///
    /// # Errors
    /// As [`Tuner::new`].
    pub fn with_cache(folder: &Path) -> Result<Self, EmbedError> {
        Self::over(Some(folder))
    }

    fn over(cache: Option<&Path>) -> Result<Self, EmbedError> {
        let registry = Registry::bundled(&Arc::new(PluginEngine::new(cache)?))?;
        Ok(Self {
            registry,
            intensity: intensity("normal")?,
            choices: Choices::default(),
            present: Candidate::default(),
            seed: 0,
            quality_floor: None,
            workload: None,
        })
    }

    /// How much is asked: `quick` (four minutes), `normal` (eight) or `full` (thirty).
    ///
    /// # Errors
    /// When there is none of that name.
    pub fn intensity(mut self, name: &str) -> Result<Self, EmbedError> {
        self.intensity = intensity(name)?;
        Ok(self)
    }

    /// How long a study may take at most, in place of the intensity's own budget.
    #[must_use]
    pub fn budget(mut self, longest: Duration) -> Self {
        self.intensity.budget = Budget { total_seconds: longest.as_secs_f64() };
        self
    }

    /// The settings that are measured first and compared with the winner.
    #[must_use]
    pub fn present(mut self, settings: Candidate) -> Self {
        self.present = settings;
        self
    }

    /// The seed of everything random. On a simulated server the same seed gives the same study.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The least quality of the winner, as a share of the best that was attained, 0 to 1.
    #[must_use]
    pub const fn quality_floor(mut self, share: f64) -> Self {
        self.quality_floor = Some(share);
        self
    }

    /// The selector that picks the winner, in place of `balanced`.
    #[must_use]
    pub fn selector(mut self, name: &str) -> Self {
        self.choices.selector = Some(name.to_owned());
        self
    }

    /// The files of a folder as the batch, in place of generated ones.
    ///
    /// # Errors
    /// When the folder cannot be read, or has no file that could become a note.
    pub fn samples(mut self, folder: &Path) -> Result<Self, EmbedError> {
        let options = SampleOptions { seed: self.seed, prompt: PromptTemplate::built_in(), ..SampleOptions::default() };
        self.workload = Some(samples::from_directory(folder, &options)?);
        Ok(self)
    }

    /// A strategy, scorer or selector from a file. A scorer joins the others, a selector takes the place of the usual one, a strategy the stage that
    /// decides the same settings.
    ///
    /// # Errors
    /// When the file is no plugin that this release can use.
    pub fn plugin(mut self, file: &Path) -> Result<Self, EmbedError> {
        self.registry.add_file(file)?;
        Ok(self)
    }

    /// What would be done, stage by stage, with the share of the budget that each may use. Nothing is measured.
    ///
    /// # Errors
    /// When the choices make no plan.
    pub fn plan(&self) -> Result<Plan, EmbedError> {
        Ok(self.prepared()?.plan)
    }

    /// Runs a study. `hear` is told of everything that happens, in its order, between measurements; it should not take long. When `stop` ends, so does
    /// the study, with what was measured until then. The server is left as it was found.
    ///
    /// A simulated server waits on tokio's clock: pause that one (`start_paused`), or the study takes as long as a real one. [`Tuner::run_blocking`] does.
    ///
    /// # Errors
    /// When there is no plan, or the server does not answer or lacks the model. What goes wrong later is in the study.
    pub async fn run(
        &self,
        server: &Server,
        stop: impl Future<Output = ()>,
        mut hear: impl FnMut(StudyEvent),
    ) -> Result<Study, EmbedError> {
        let prepared = self.prepared()?;
        let found = server.look(self.seed).await?;
        let begun = Begun {
            started_at: server::now(),
            seed: self.seed,
            salt: found.salt,
            intensity: self.intensity.name.clone(),
            budget: self.intensity.budget,
            machine: found.machine,
            server: found.server,
            model: found.model,
            workload: self.workload.clone().unwrap_or_else(|| generated_workload(self.seed)),
            baseline: self.present.clone(),
            constraints: self.constraints(),
            files: None,
            prior: None,
            hosts: None,
        };
        let setup =
            Setup { client: &found.client, mates: &[], prepared, begun, shared: None, recording: None, notes: None };
        let (stopping, stopped) = watch::channel(false);
        let mut study = std::pin::pin!(tune::run(setup, stopped, &mut hear));
        tokio::select! {
            biased;
            study = &mut study => return Ok(study),
            () = stop => {}
        }
        let _ = stopping.send(true);
        Ok(study.await)
    }

    /// The same on a runtime of its own, to its end; in a simulation on a clock that jumps over every wait, so that a study takes a moment. Not from within
    /// another runtime.
    ///
    /// # Errors
    /// As [`Tuner::run`], and when the system gives no runtime.
    pub fn run_blocking(&self, server: &Server, hear: impl FnMut(StudyEvent)) -> Result<Study, EmbedError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(server.is_simulated())
            .build()
            .map_err(EmbedError::Runtime)?;
        runtime.block_on(self.run(server, std::future::pending(), hear))
    }

    /// What a selector picks among the candidates of a study: a bundled one (`balanced`, `fast`, `quality`, `threshold`) or one from a file. Nothing is
    /// measured, so nothing is proven.
    ///
    /// # Errors
    /// When there is none of that name, or it gives no usable answer.
    pub fn select(&self, study: &Study, selector: &str) -> Result<Selection, EmbedError> {
        let selector = self.registry.selector(selector).map_err(tune::PlanError::from)?;
        let mut record = Record::of(study.clone());
        record.constraints = self.constraints();
        let workload = record.workload(&study.trials);
        let view = record.view(&workload, &study.baseline, &study.trials, 0.0);
        Ok(selector.select(&study.candidates, &view, &Arguments::defaults(&selector.manifest))?)
    }

    fn prepared(&self) -> Result<Prepared, EmbedError> {
        let mut choices = self.choices.clone();
        if let Some(floor) = self.quality_floor {
            choices.parameters.push((DEFAULT_SELECTOR.to_owned(), "floor".to_owned(), Value::Number(floor)));
        }
        Ok(tune::plan(&self.intensity, &self.registry, &choices)?)
    }

    fn constraints(&self) -> Constraints {
        let usual = Constraints::default();
        Constraints { quality_floor: self.quality_floor.unwrap_or(usual.quality_floor), ..usual }
    }
}

/// A built-in intensity.
fn intensity(name: &str) -> Result<Intensity, EmbedError> {
    let overrides = Overrides { intensity: Some(name.to_owned()), ..Overrides::default() };
    Ok(settings::resolve(&overrides, &std::collections::BTreeMap::new(), None, None)?.intensity())
}
