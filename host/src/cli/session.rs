//! What commands share: the plugins that take part, and the server that is asked.

use std::{collections::BTreeMap, future::Future, sync::Arc, time::Duration};

use super::{exit::ExitStatus, failure::Failure, places};
use crate::{
    emit::ralf_notes::PresentSettings,
    model::{
        machine::{Locality, MachineProfile, ModelProfile, ServerProfile},
        nearest::nearest,
    },
    ollama::{address::ServerAddress, client::Client, http::ApiKey, request::Timeouts},
    plugin::{PluginEngine, Registry},
    profile,
    settings::Settings,
    simulate::{Scenario, SimulatedServer},
};

/// The bundled plugins and those of the settings.
pub fn plugins(settings: &Settings, env: &BTreeMap<String, String>) -> Result<Registry, Failure> {
    let cache = places::cache(env);
    let engine = Arc::new(PluginEngine::new(cache.as_deref())?);
    let mut registry = Registry::bundled(&engine)?;
    for file in &settings.plugins.value {
        registry.add_file(file)?;
    }
    Ok(registry)
}

/// Runs a future on a runtime of its own: on the real clock, or, in simulations, on one that jumps over every wait.
pub fn block_on<T>(virtual_clock: bool, future: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(virtual_clock)
        .build()
        .map_err(|error| Failure::new(ExitStatus::Unfit, error, None))?;
    Ok(runtime.block_on(future))
}

/// The scenario that the settings name.
pub fn scenario(settings: &Settings) -> Result<Option<Scenario>, Failure> {
    settings.simulate.value.as_deref().map(named_scenario).transpose()
}

/// A scenario by name.
pub fn named_scenario(name: &str) -> Result<Scenario, Failure> {
    Scenario::named(name).ok_or_else(|| {
        let hint = match nearest(name, Scenario::NAMES) {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => format!("known are {}", Scenario::NAMES.join(", ")),
        };
        Failure::usage(format!("there is no scenario `{name}`"), Some(hint))
    })
}

/// A server that can be asked, and the machine that it runs on.
pub struct Connection {
    pub client: Client,
    pub address: ServerAddress,
    pub locality: Option<Locality>,
    pub machine: MachineProfile,
}

/// Prepares the way to the server; nothing is sent yet.
pub fn connect(
    settings: &Settings,
    scenario: Option<&Scenario>,
    present: Option<&PresentSettings>,
    env: &BTreeMap<String, String>,
    seed: u64,
) -> Result<Connection, Failure> {
    if let Some(scenario) = scenario {
        let server = SimulatedServer::new(scenario.clone(), seed);
        return Ok(Connection {
            client: Client::new(Arc::new(server), Timeouts::default()),
            address: ServerAddress::default(),
            locality: Some(Locality::Simulated),
            machine: scenario.machine_profile(),
        });
    }
    let configured = present.and_then(|present| present.ollama_host.as_deref()).filter(|_| settings.host.is_default());
    let address = ServerAddress::parse(configured.unwrap_or(&settings.host.value))?;
    let key = env.get("OLLAMA_API_KEY").map_or(Ok(None), |key| ApiKey::new(key))?;
    let timeouts = Timeouts { connect: Duration::from_secs(5), ..Timeouts::default() };
    Ok(Connection {
        client: Client::over_http(&address, key, timeouts)?,
        address,
        locality: None,
        machine: profile::machine::machine(),
    })
}

impl Connection {
    /// Asks the server what it is.
    pub async fn server(&self) -> Result<ServerProfile, Failure> {
        Ok(profile::server::server(&self.client, &self.address, self.locality).await?)
    }

    /// The model to tune: the named one, else the configured one, else the loaded one, else the only one that there is.
    pub async fn model(
        &self,
        settings: &Settings,
        present: Option<&PresentSettings>,
        server: &ServerProfile,
    ) -> Result<ModelProfile, Failure> {
        let configured = present.and_then(|present| present.model_name.clone());
        let loaded = server.loaded_models.first().map(|model| model.name.clone());
        let name = match settings.model.value.clone().or(configured).or(loaded) {
            Some(name) => name,
            None => self.only_model().await?,
        };
        Ok(profile::model::model(&self.client, &name).await?)
    }

    async fn only_model(&self) -> Result<String, Failure> {
        let mut names: Vec<String> = self
            .client
            .tags()
            .await?
            .into_iter()
            .filter(super::super::ollama::wire::InstalledModel::generates)
            .map(|model| model.name)
            .collect();
        match names.len() {
            0 => Ok(String::new()),
            1 => Ok(names.remove(0)),
            _ if self.locality == Some(Locality::Simulated) => Ok(names.remove(0)),
            _ => Err(Failure::usage(
                "several models are installed and none was named".into(),
                Some(format!("name one with --model: {}", names.join(", "))),
            )),
        }
    }
}
