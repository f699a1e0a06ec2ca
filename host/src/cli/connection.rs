//! The server that is asked, and the model that is meant.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use super::{exit::ExitStatus, failure::Failure, session::block_on, ui};
use crate::{
    emit::ralf_notes::PresentSettings,
    model::machine::{Locality, MachineProfile, ModelProfile, ServerProfile},
    ollama::{address::ServerAddress, client::Client, http::ApiKey, request::Timeouts},
    profile,
    settings::{Origin, Settings},
    simulate::{Scenario, SimulatedServer},
};

/// Longest wait for an answer, however short a budget is: a busy server takes seconds for the simplest question.
const SHORTEST_QUESTION: Duration = Duration::from_secs(10);

/// Names of models that a message lists at most.
const LISTED_MODELS: usize = 8;

/// A server that can be asked, and the machine that it runs on.
pub struct Connection {
    pub client: Client,
    pub address: ServerAddress,
    pub locality: Option<Locality>,
    pub machine: MachineProfile,
    /// Who named the server, when nobody did it by typing.
    named_by: Option<String>,
}

/// What a look at server and model gave, whether they answered or not.
pub struct Looked {
    pub connection: Connection,
    pub server: Result<ServerProfile, Failure>,
    /// None where no server answered.
    pub model: Option<Result<ModelProfile, Failure>>,
}

/// Looks at the server, and at the model where there is a server.
pub fn look(
    settings: &Settings,
    scenario: Option<&Scenario>,
    present: Option<&PresentSettings>,
    env: &BTreeMap<String, String>,
) -> Result<Looked, Failure> {
    block_on(scenario.is_some(), async {
        let connection = connect(settings, scenario, present, env, 0)?;
        let server = connection.server().await;
        let model = match &server {
            Ok(server) => Some(connection.model(settings, present, server).await),
            Err(_) => None,
        };
        Ok(Looked { connection, server, model })
    })?
}

/// Prepares the ways to the hosts that share a study with the first one; nothing is sent yet.
///
/// # Errors
/// When an address cannot be read, or a host is named twice: it would be compared with itself, and be at work on two trials at once.
pub fn connect_mates(
    settings: &Settings,
    simulated: &[Scenario],
    env: &BTreeMap<String, String>,
    seed: u64,
    first: &Connection,
) -> Result<Vec<Connection>, Failure> {
    if first.locality == Some(Locality::Simulated) {
        let mates =
            (1..).zip(simulated).map(|(place, scenario)| simulated_connection(scenario, seed.wrapping_add(place)));
        return Ok(mates.collect());
    }
    let origin = &settings.mates.origin;
    let mut known = vec![first.address.base_url()];
    let mut mates = Vec::new();
    for host in &settings.mates.value {
        let mate = over_http(settings, env, host, named_elsewhere(origin), origin)?;
        let url = mate.address.base_url();
        if known.contains(&url) {
            return Err(Failure::usage(
                format!("{url} is named twice: {origin}"),
                Some("name every host once; machines that are alike share a study, and one is not two".into()),
            ));
        }
        known.push(url);
        mates.push(mate);
    }
    Ok(mates)
}

fn simulated_connection(scenario: &Scenario, seed: u64) -> Connection {
    let server = SimulatedServer::new(scenario.clone(), seed);
    Connection {
        client: Client::new(Arc::new(server), Timeouts::default()),
        address: ServerAddress::default(),
        locality: Some(Locality::Simulated),
        machine: scenario.machine_profile(),
        named_by: None,
    }
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
        return Ok(simulated_connection(scenario, seed));
    }
    let configured = present
        .and_then(|present| Some((present.ollama_host.as_deref()?, key_in("ollama_host", present))))
        .filter(|_| settings.host.is_default());
    let (host, named_by, origin) = match configured {
        Some((host, place)) => (host, Some(place), &settings.config.origin),
        None => (settings.host.value.as_str(), named_elsewhere(&settings.host.origin), &settings.host.origin),
    };
    over_http(settings, env, host, named_by, origin)
}

/// The way to a server that was named, `origin` says by whom.
fn over_http(
    settings: &Settings,
    env: &BTreeMap<String, String>,
    host: &str,
    named_by: Option<String>,
    origin: &Origin,
) -> Result<Connection, Failure> {
    let address = ServerAddress::parse(host).map_err(|error| match &named_by {
        Some(place) => Failure::from(error).said_at(place.clone()),
        None => Failure::from(error),
    })?;
    let key = env.get("OLLAMA_API_KEY").map_or(Ok(None), |key| ApiKey::new(key))?.filter(|_| {
        let may_have_it = is_trusted_with_keys(origin);
        if !may_have_it {
            let what =
                format!("OLLAMA_API_KEY is not sent: {origin} names the server, and a project gets no key of its user");
            ui::message(&ui::errors::warning(
                &what,
                Some(&format!("if you trust that server, name it yourself: --host {host}")),
            ));
        }
        may_have_it
    });
    // A question before a study begins may not take longer than the study.
    let budget = Duration::from_secs_f64(settings.intensity().budget.total_seconds);
    let usual = Timeouts::default();
    let timeouts = Timeouts { first_byte: usual.first_byte.min(budget.max(SHORTEST_QUESTION)), ..usual };
    Ok(Connection {
        client: Client::over_http(&address, key, timeouts)?,
        address,
        locality: None,
        machine: profile::machine::machine(),
        named_by,
    })
}

/// Whether the user's key goes to a server that was named there. Whoever hands over a project could otherwise have it sent to them.
#[must_use]
pub const fn is_trusted_with_keys(named: &Origin) -> bool {
    !matches!(named, Origin::ProjectFile(_))
}

impl Connection {
    /// Asks the server what it is.
    pub async fn server(&self) -> Result<ServerProfile, Failure> {
        profile::server::server(&self.client, &self.address, self.locality).await.map_err(|error| {
            let (url, said) = (self.address.base_url(), error.to_string());
            let failure = Failure::from(error);
            let mut failure = if said.contains(&url) { failure } else { failure.said_at(url) };
            if let (Some(hint), Some(place)) = (&mut failure.hint, &self.named_by) {
                hint.push_str("\nits address is that of ");
                hint.push_str(place);
            }
            failure
        })
    }

    /// The model to tune: the named one, else the configured one, else the loaded one, else the only one that there is.
    pub async fn model(
        &self,
        settings: &Settings,
        present: Option<&PresentSettings>,
        server: &ServerProfile,
    ) -> Result<ModelProfile, Failure> {
        let typed = settings.model.value.clone().map(|name| (name, named_elsewhere(&settings.model.origin)));
        // A simulated server has its own models, whatever the user's is called.
        let present = present.filter(|_| self.locality != Some(Locality::Simulated));
        let configured =
            || present.and_then(|present| Some((present.model_name.clone()?, Some(key_in("model_name", present)))));
        let loaded = || server.loaded_models.first().map(|model| (model.name.clone(), None));
        let (name, named_by) = match typed.or_else(configured).or_else(loaded) {
            Some(found) => found,
            None => (self.only_model().await?, None),
        };
        profile::model::model(&self.client, &name).await.map_err(|error| match named_by {
            Some(place) => Failure::from(error).said_at(place),
            None => Failure::from(error),
        })
    }

    async fn only_model(&self) -> Result<String, Failure> {
        let installed = self.client.tags().await?;
        let mut names: Vec<String> =
            installed.iter().filter(|model| model.generates()).map(|model| model.name.clone()).collect();
        match names.len() {
            0 if installed.is_empty() => Ok(String::new()),
            0 => {
                let names = listed(installed.into_iter().map(|model| model.name));
                Err(Failure::new(
                    ExitStatus::Server,
                    anyhow::anyhow!("no model on the server makes text here: {names}"),
                    Some("`ollama pull` one that does; embedding models and cloud models cannot be tuned".into()),
                ))
            }
            1 => Ok(names.remove(0)),
            _ if self.locality == Some(Locality::Simulated) => Ok(names.remove(0)),
            _ => Err(Failure::usage(
                "several models are installed and none was named".into(),
                Some(format!("name one with --model: {}", listed(names))),
            )),
        }
    }
}

fn key_in(key: &str, present: &PresentSettings) -> String {
    format!("`{key}` in {}", present.path.display())
}

/// Who said it, when that was not the command line.
fn named_elsewhere(origin: &Origin) -> Option<String> {
    match origin {
        Origin::Flag(_) | Origin::Default => None,
        elsewhere => Some(elsewhere.to_string()),
    }
}

fn listed(names: impl IntoIterator<Item = String>) -> String {
    let names: Vec<String> = names.into_iter().collect();
    let more = names.len().saturating_sub(LISTED_MODELS);
    let list = names.into_iter().take(LISTED_MODELS).collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{list} and {more} more") } else { list }
}
