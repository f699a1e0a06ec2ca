//! Whole studies on the simulator, on a clock that jumps over every wait.

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

use ralf_tune::{
    model::{
        budget::Intensity,
        candidate::Candidate,
        machine::{Locality, ModelProfile, ServerProfile},
        selection::Constraints,
        study::Study,
        workload::Workload,
    },
    ollama::{address::ServerAddress, client::Client, request::Timeouts, transport::Transport, wire::InstalledModel},
    plugin::{PluginEngine, Registry},
    profile,
    settings::{self, Overrides},
    simulate::{Scenario, SimulatedServer},
    tune::{self, Setup, plan::Prepared},
    workload::generate::generated_workload,
};

/// One engine for all tests, as in the program.
pub fn engine() -> &'static Arc<PluginEngine> {
    static ENGINE: OnceLock<Arc<PluginEngine>> = OnceLock::new();
    ENGINE.get_or_init(|| Arc::new(PluginEngine::new(None).unwrap()))
}

/// The bundled plugins, compiled once.
pub fn bundled() -> Registry {
    static BUNDLED: OnceLock<Registry> = OnceLock::new();
    BUNDLED.get_or_init(|| Registry::bundled(engine()).unwrap()).clone()
}

/// A built-in intensity.
pub fn intensity(name: &str) -> Intensity {
    let overrides = Overrides { intensity: Some(name.into()), ..Overrides::default() };
    settings::resolve(&overrides, &BTreeMap::new(), None, None).unwrap().intensity()
}

/// A runtime on a virtual clock.
pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap()
}

/// A simulated server, and all that a study has to know before it begins.
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
    pub async fn new(scenario: &Scenario, seed: u64) -> Self {
        Self::over(scenario, seed, Arc::new(SimulatedServer::new(scenario.clone(), seed))).await
    }

    /// The same over a transport of the test's own.
    pub async fn over(scenario: &Scenario, seed: u64, transport: Arc<dyn Transport>) -> Self {
        let client = Client::new(transport, Timeouts::default());
        let server =
            profile::server::server(&client, &ServerAddress::default(), Some(Locality::Simulated)).await.unwrap();
        let name = client.tags().await.unwrap().into_iter().find(InstalledModel::generates).unwrap().name;
        let model = profile::model::model(&client, &name).await.unwrap();
        Self { scenario: scenario.clone(), server, model, workload: generated_workload(0), client, seed }
    }

    /// Runs a study to its end.
    pub async fn study(&self, intensity: &Intensity, prepared: Prepared) -> Study {
        let setup = Setup {
            client: &self.client,
            machine: self.scenario.machine_profile(),
            server: self.server.clone(),
            model: self.model.clone(),
            workload: self.workload.clone(),
            baseline: Candidate::default(),
            constraints: Constraints::default(),
            intensity: intensity.name.clone(),
            budget: intensity.budget,
            prepared,
            seed: self.seed,
            salt: 0,
            started_at: "2026-01-01T00:00:00Z".into(),
        };
        let (_stop, stopped) = tokio::sync::watch::channel(false);
        tune::run(setup, stopped, &mut |_| {}).await
    }
}
