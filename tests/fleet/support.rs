//! Studies of several simulated hosts.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};

use futures_util::{FutureExt as _, future::BoxFuture};
use ralf_tune::{
    model::{
        candidate::Candidate,
        fleet::{Hosts, Mate},
        machine::LoadedModel,
        study::Study,
    },
    ollama::{
        client::Client,
        transport::{Request, Response, Transport, TransportError},
    },
    simulate::{Scenario, SimulatedServer},
    tune::{self, Ledger, Recording, Remembered},
};

use crate::support::studies::{Simulation, bundled, intensity, runtime};

/// A simulated server that is gone after some prompts, and the prompts that it got.
pub struct Mortal {
    server: Arc<SimulatedServer>,
    lives: u64,
    pub prompts: AtomicU64,
}

impl Mortal {
    pub fn new(scenario: &Scenario, seed: u64, lives: u64) -> Arc<Self> {
        Arc::new(Self { server: SimulatedServer::new(scenario.clone(), seed), lives, prompts: AtomicU64::new(0) })
    }
}

impl Transport for Mortal {
    fn send(&self, request: Request) -> BoxFuture<'static, Result<Response, TransportError>> {
        let asked = match request.path.as_str() {
            "/api/generate" => self.prompts.fetch_add(1, Ordering::Relaxed),
            _ => self.prompts.load(Ordering::Relaxed),
        };
        if asked >= self.lives {
            let refused = TransportError::Connect("connection refused".to_owned());
            return async { Err(refused) }.boxed();
        }
        self.server.send(request)
    }
}

/// What is asked of a fleet.
pub struct Asked<'a> {
    /// Each host's machine, and how many prompts it lives for.
    pub hosts: Vec<(&'a str, u64)>,
    pub intensity: &'a str,
    pub seed: u64,
    pub known: Vec<Remembered>,
    /// What the servers say that they are, where it is not what simulated ones say.
    pub versions: Vec<&'a str>,
}

impl<'a> Asked<'a> {
    pub fn of(hosts: &[&'a str], intensity: &'a str, seed: u64) -> Self {
        let hosts = hosts.iter().map(|name| (*name, u64::MAX)).collect();
        Self { hosts, intensity, seed, known: Vec::new(), versions: Vec::new() }
    }
}

#[derive(Default)]
struct InMemory(Mutex<Vec<Remembered>>);

impl Ledger for InMemory {
    fn keep(&self, exchange: &Remembered) -> Result<(), String> {
        self.0.lock().unwrap().push(exchange.clone());
        Ok(())
    }
}

/// What came of it.
pub struct Made {
    pub study: Study,
    /// What was asked of the servers, and not known.
    pub asked: Vec<Remembered>,
    pub events: Vec<String>,
    /// Whether the same models are loaded in the end as in the beginning, by host; `None` where it does not answer.
    pub as_found: Vec<Option<bool>>,
}

pub fn study(asked: &Asked<'_>) -> Made {
    runtime().block_on(run(asked))
}

async fn run(asked: &Asked<'_>) -> Made {
    let mut simulations = Vec::new();
    for (place, (name, lives)) in (0..).zip(&asked.hosts) {
        let mut scenario: Scenario = name.parse().unwrap();
        if let Some(version) = asked.versions.get(usize::try_from(place).unwrap()) {
            (*version).clone_into(&mut scenario.server.version);
        }
        let seed = asked.seed + place;
        let transport = Mortal::new(&scenario, seed, *lives);
        simulations.push(Simulation::over(&scenario, asked.seed, transport).await.unwrap());
    }
    let ledger = Arc::new(InMemory::default());
    let recording = Recording::new(Arc::clone(&ledger) as Arc<dyn Ledger>, asked.known.clone(), false);
    let intensity = intensity(asked.intensity);
    let prepared = tune::plan(&intensity, &bundled(), &tune::plan::Choices::default()).unwrap();
    let (first, mates) = simulations.split_first().unwrap();
    let ways: Vec<Client> = mates.iter().map(|mate| mate.client().clone()).collect();
    let mut setup = first.setup(Candidate::default(), &intensity, prepared);
    if !mates.is_empty() {
        let mate = |(number, mate): (usize, &Simulation)| Mate {
            name: format!("host-{number}"),
            server: Some(mate.server.clone()),
            left_out: None,
        };
        let mates = (1..).zip(mates).map(mate).collect();
        setup.begun.hosts = Some(Hosts { first: "host-0".to_owned(), mates });
    }
    setup.mates = &ways;
    setup.recording = Some(&recording);
    let (_stop, stopped) = tokio::sync::watch::channel(false);
    let mut events = Vec::new();
    let study = tune::run(setup, stopped, &mut |event| events.push(format!("{event:?}"))).await;
    let asked = ledger.0.lock().unwrap().clone();
    // Unloading takes a moment.
    tokio::time::sleep(std::time::Duration::from_mins(1)).await;
    let mut as_found = Vec::new();
    for simulation in &simulations {
        let names = |models: &[LoadedModel]| -> Vec<(String, Option<u32>)> {
            models.iter().map(|model| (model.name.clone(), model.context_length)).collect()
        };
        let after = simulation.client().ps().await.ok();
        as_found.push(after.map(|after| names(&after) == names(&simulation.server.loaded_models)));
    }
    Made { study, asked, events, as_found }
}

/// The settings that a study ends with.
pub fn pick(study: &Study) -> Candidate {
    study.tuned.as_ref().map_or_else(|| study.baseline.clone(), |tuned| tuned.candidate.clone())
}
