//! An Ollama server with a known performance model: in process on a clock that tests can pause, or over HTTP.
//!
//! A [`Scenario`] describes a machine, its models and the server's settings. A [`SimulatedServer`] plays it: it loads,
//! queues, batches, caches, truncates, answers and fails as the real one does. It writes its own JSON and shares no type
//! with the client, so that agreement between the two means something.
//!
//! A request goes this way: `routes` reads it with `request`; `prepare` checks it, renders and truncates the prompt and
//! composes the answer; `scheduler` loads what is needed; `slots` advances all sequences of a model step by step, at the
//! speed that `performance` says; `lines` writes what comes out.

mod answers;
mod attention;
mod catalog;
mod chance;
mod clock;
mod conditions;
mod convert;
mod create;
mod events;
mod faults;
mod heat;
mod http;
mod json;
mod judgement;
mod lines;
mod memory;
mod model_facts;
mod needles;
mod note;
mod other_clients;
mod performance;
mod prefix_cache;
mod prepare;
mod preset_models;
mod presets;
mod prose;
mod quirks;
mod request;
mod routes;
mod scenario;
mod scheduler;
mod seed;
mod settings;
mod slots;
mod symbols;
mod tokens;
mod truncation;

use std::{
    borrow::Cow,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::AtomicBool},
};

use futures_util::future::BoxFuture;
use tokio::{sync::Notify, time::Instant};

pub use conditions::{Condition, ScenarioError};
pub use http::serve;
pub use model_facts::ModelFacts;
pub use quirks::Quirks;
pub use scenario::{
    Behaviour, Changes, Faults, GpuDevice, IgnoredOption, Loading, Machine, Noise, OtherClients, Scenario,
    ServerSettings, Speed, Swapping,
};

use crate::{
    model::machine::Era,
    ollama::transport::{Request, Response, Transport, TransportError},
};

/// A server that plays a scenario.
///
/// Must be used inside a tokio runtime: all its waiting is on tokio's clock. With the same scenario, seed and order of
/// requests it gives the same answers at the same times.
#[derive(Debug)]
pub struct SimulatedServer {
    scenario: Scenario,
    era: Era,
    seed: u64,
    born: Instant,
    state: Mutex<scheduler::State>,
    /// What is installed: the scenario's, and what clients made of it. Its order is that of the numbers by which runners know models.
    models: Mutex<Vec<Arc<ModelFacts>>>,
    became_idle: Notify,
    others_came: AtomicBool,
}

impl SimulatedServer {
    /// A server with nothing loaded.
    #[must_use]
    pub fn new(scenario: Scenario, seed: u64) -> Arc<Self> {
        let born = Instant::now();
        let taken_at = (scenario.changes.taken_gpu_bytes > 0)
            .then(|| born + std::time::Duration::from_secs_f64(scenario::CHANGES_AFTER_SECONDS));
        Arc::new(Self {
            era: era(&scenario.server.version),
            models: Mutex::new(scenario.models.iter().cloned().map(Arc::new).collect()),
            scenario,
            seed,
            born,
            state: Mutex::new(scheduler::State::new(taken_at)),
            became_idle: Notify::new(),
            others_came: AtomicBool::new(false),
        })
    }

    /// What it plays.
    #[must_use]
    pub const fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// Never held across an await. A panic elsewhere leaves nothing half done that matters here.
    fn state(&self) -> MutexGuard<'_, scheduler::State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The installed models.
    fn models(&self) -> Vec<Arc<ModelFacts>> {
        self.models_mut().clone()
    }

    /// The installed model of that number.
    fn model(&self, number: usize) -> Option<Arc<ModelFacts>> {
        self.models_mut().get(number).cloned()
    }

    /// Never held across an await, nor while the state is asked for.
    fn models_mut(&self) -> MutexGuard<'_, Vec<Arc<ModelFacts>>> {
        self.models.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of a generation request: its luck depends on it, not on the time at which it comes.
    fn next_request(&self) -> u64 {
        let mut state = self.state();
        state.requests += 1;
        state.requests
    }

    /// Factor on durations at a time: machines warm up and cool down.
    fn drift(&self, at: Instant) -> f64 {
        let noise = self.scenario.noise;
        let seconds = at.saturating_duration_since(self.born).as_secs_f64();
        let turns = seconds / noise.drift_period_seconds.max(1.0);
        (1.0 + noise.drift_share * (turns * std::f64::consts::TAU).sin()) * self.scenario.changes.factor(seconds)
    }

    fn has_changed(&self) -> bool {
        self.born.elapsed().as_secs_f64() >= scenario::CHANGES_AFTER_SECONDS
    }

    /// What models are loaded into now.
    fn present_scenario(&self) -> Cow<'_, Scenario> {
        if self.scenario.changes.taken_gpu_bytes > 0 && self.has_changed() {
            Cow::Owned(self.scenario.with_memory_taken())
        } else {
            Cow::Borrowed(&self.scenario)
        }
    }

    /// What the server says it is: after an upgrade the next minor version.
    fn version(&self) -> String {
        let version = &self.scenario.server.version;
        let is_upgraded = self.scenario.changes.upgrade.is_some() && self.has_changed();
        let parts: Vec<&str> = version.split('.').collect();
        match (is_upgraded, parts.as_slice()) {
            (true, [major, minor, ..]) => {
                format!("{major}.{}.0", minor.parse::<u32>().map_or(0, |minor| minor + 1))
            }
            _ => version.clone(),
        }
    }

    fn default_keep_alive(&self) -> Option<std::time::Duration> {
        u64::try_from(self.scenario.server.keep_alive_seconds).ok().map(std::time::Duration::from_secs)
    }
}

impl Transport for Arc<SimulatedServer> {
    fn send(&self, request: Request) -> BoxFuture<'static, Result<Response, TransportError>> {
        Box::pin(routes::answer(Self::clone(self), request))
    }
}

/// The era of a version: `0.3.14`, `0.32.15`.
fn era(version: &str) -> Era {
    let minor = version.split('.').nth(1).and_then(|minor| minor.parse::<u32>().ok());
    match minor {
        Some(0..=3) => Era::A,
        Some(4..=29) => Era::B,
        _ => Era::C,
    }
}
