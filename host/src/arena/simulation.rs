//! One simulated server, and all that a study of it has to know before it begins.

use std::sync::Arc;

use crate::{
    model::{
        begun::Begun,
        budget::Intensity,
        candidate::Candidate,
        machine::{Locality, ModelProfile, ServerProfile},
        selection::Constraints,
        study::Study,
        workload::Workload,
    },
    ollama::{
        address::ServerAddress, client::Client, error::OllamaError, request::Timeouts, transport::Transport,
        wire::InstalledModel,
    },
    profile::{self, model::ModelError},
    simulate::{Scenario, SimulatedServer},
    tune::{self, Panel, Setup, oracle::Oracle, plan::Prepared},
    workload::generate::generated_workload,
};

/// Seed of the workload: the same files in every study, so that a scenario has one best.
const WORKLOAD_SEED: u64 = 0;

/// When simulated studies are said to begin.
const STARTED_AT: &str = "2026-01-01T00:00:00Z";

/// A simulated server could not be looked at: a bug of the simulator.
#[derive(Debug, thiserror::Error)]
pub enum SimulationError {
    #[error("the simulated server does not answer")]
    Server(#[from] OllamaError),
    #[error("the simulated server has no model")]
    Model(#[from] ModelError),
}

/// A simulated server, and all that a study has to know before it begins. Must be used on a paused clock.
pub struct Simulation {
    pub scenario: Scenario,
    pub server: ServerProfile,
    pub model: ModelProfile,
    pub workload: Workload,
    client: Client,
    seed: u64,
}

impl Simulation {
    /// Looks at a server of that scenario.
    ///
    /// # Errors
    /// When the simulated server does not answer as a server does.
    pub async fn new(scenario: &Scenario, seed: u64) -> Result<Self, SimulationError> {
        Self::over(scenario, seed, Arc::new(SimulatedServer::new(scenario.clone(), seed))).await
    }

    /// The same over another transport, one that records or disturbs, for example.
    ///
    /// # Errors
    /// As [`Simulation::new`].
    pub async fn over(scenario: &Scenario, seed: u64, transport: Arc<dyn Transport>) -> Result<Self, SimulationError> {
        let client = Client::new(transport, Timeouts::default());
        let server = profile::server::server(&client, &ServerAddress::default(), Some(Locality::Simulated)).await?;
        let name = client.tags().await?.into_iter().find(InstalledModel::generates).map(|model| model.name);
        let model = profile::model::model(&client, &name.unwrap_or_default()).await?;
        let workload = generated_workload(WORKLOAD_SEED);
        Ok(Self { scenario: scenario.clone(), server, model, workload, client, seed })
    }

    /// The same server, for another batch.
    #[must_use]
    pub fn with_workload(self, workload: Workload) -> Self {
        Self { workload, ..self }
    }

    /// Runs a study to its end, from the settings of somebody who never changed them.
    pub async fn study(&self, intensity: &Intensity, prepared: Prepared) -> Study {
        self.study_from(Candidate::default(), intensity, prepared).await
    }

    /// The same from other settings.
    pub async fn study_from(&self, baseline: Candidate, intensity: &Intensity, prepared: Prepared) -> Study {
        let setup = self.setup(baseline, intensity, prepared);
        let (_stop, stopped) = tokio::sync::watch::channel(false);
        tune::run(setup, stopped, &mut |_| {}).await
    }

    /// All that such a study needs.
    #[must_use]
    pub fn setup(&self, baseline: Candidate, intensity: &Intensity, prepared: Prepared) -> Setup<'_> {
        let begun = Begun {
            started_at: STARTED_AT.into(),
            seed: self.seed,
            salt: 0,
            intensity: intensity.name.clone(),
            budget: intensity.budget,
            machine: self.scenario.machine_profile(),
            server: self.server.clone(),
            model: self.model.clone(),
            workload: self.workload.clone(),
            baseline,
            constraints: Constraints::default(),
            files: None,
            prior: None,
        };
        Setup { client: &self.client, prepared, begun, recording: None, notes: None }
    }

    /// The way to the server.
    #[must_use]
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// Who knows the truth of this scenario and these files.
    #[must_use]
    pub fn oracle<'a>(&'a self, panel: &'a Panel) -> Oracle<'a> {
        Oracle { scenario: &self.scenario, model: &self.model, workload: &self.workload, panel, seed: 0 }
    }
}
