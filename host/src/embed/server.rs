//! The server that is tuned: a real one, or a simulated machine.

use std::sync::Arc;

use rand::Rng as _;

use super::EmbedError;
use crate::{
    model::machine::{Locality, MachineProfile, ModelProfile, ServerProfile},
    ollama::{address::ServerAddress, client::Client, request::Timeouts},
    profile,
    simulate::{Scenario, SimulatedServer},
};

/// A server and the model that is meant on it. Nothing is asked of it before a study begins.
#[derive(Clone)]
pub struct Server {
    place: Place,
    model: Option<String>,
}

#[derive(Clone)]
enum Place {
    Address(ServerAddress),
    Simulated(Box<Scenario>),
}

/// What was found when it was looked at.
pub(super) struct Found {
    pub client: Client,
    pub machine: MachineProfile,
    pub server: ServerProfile,
    pub model: ModelProfile,
    /// What makes prompts of two studies of one seed others; none in simulations, which repeat with their seed.
    pub salt: u64,
}

impl Server {
    /// A real server, by the rules of `OLLAMA_HOST`: `127.0.0.1:11434`, `192.168.0.7`, `http://…`.
    ///
    /// # Errors
    /// When that is no address.
    pub fn at(address: &str) -> Result<Self, EmbedError> {
        Ok(Self { place: Place::Address(ServerAddress::parse(address)?), model: None })
    }

    /// A machine that is simulated, with conditions behind a colon: `mid-range`, `vram-cliff:noise=0.15`.
    ///
    /// # Errors
    /// When there is none of that name.
    pub fn simulated(scenario: &str) -> Result<Self, EmbedError> {
        Ok(Self { place: Place::Simulated(Box::new(scenario.parse()?)), model: None })
    }

    /// The model that is meant, where the server has several.
    #[must_use]
    pub fn model(mut self, name: &str) -> Self {
        self.model = Some(name.to_owned());
        self
    }

    /// Whether it is simulated.
    #[must_use]
    pub const fn is_simulated(&self) -> bool {
        matches!(self.place, Place::Simulated(_))
    }

    pub(super) async fn look(&self, seed: u64) -> Result<Found, EmbedError> {
        let (client, address, locality, machine, salt) = match &self.place {
            Place::Address(address) => {
                let client = Client::over_http(address, None, Timeouts::default())?;
                (client, address.clone(), None, profile::machine::machine(), rand::rng().next_u64())
            }
            Place::Simulated(scenario) => {
                let server = SimulatedServer::new((**scenario).clone(), seed);
                let client = Client::new(Arc::new(server), Timeouts::default());
                let address = ServerAddress::default();
                (client, address, Some(Locality::Simulated), scenario.machine_profile(), 0)
            }
        };
        let server = profile::server::server(&client, &address, locality).await?;
        let name = match &self.model {
            Some(name) => name.clone(),
            None => meant(&client, &server, self.is_simulated()).await?,
        };
        let model = profile::model::model(&client, &name).await?;
        Ok(Found { client, machine, server, model, salt })
    }
}

/// The loaded model, else the only one that there is.
async fn meant(client: &Client, server: &ServerProfile, simulated: bool) -> Result<String, EmbedError> {
    if let Some(loaded) = server.loaded_models.first() {
        return Ok(loaded.name.clone());
    }
    let installed = client.tags().await?;
    let mut names: Vec<String> =
        installed.into_iter().filter(crate::ollama::wire::InstalledModel::generates).map(|model| model.name).collect();
    match names.len() {
        0 => Err(EmbedError::NoModel),
        1 => Ok(names.remove(0)),
        _ if simulated => Ok(names.remove(0)),
        _ => Err(EmbedError::SeveralModels(names)),
    }
}

/// The date and time, RFC 3339, in UTC.
pub(super) fn now() -> String {
    let now = time::OffsetDateTime::now_utc();
    let now = now.replace_nanosecond(0).unwrap_or(now);
    now.format(&time::format_description::well_known::Rfc3339).unwrap_or_default()
}
