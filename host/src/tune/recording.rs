//! What the server said in a study, remembered so that a study that was killed can go on.
//!
//! A study is a function of what the server says and when: strategies, scorers and the orchestrator keep nothing that would not come out the same again.
//! So nothing but exchanges is remembered. A study that goes on is run from its beginning, each request that is known is answered from memory at
//! the moment at which it was answered then, and the first that is not known is asked for. Until then the clock is virtual: minutes pass in a moment.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::measure::KEEP_ALIVE_SECONDS;
use crate::{
    model::{candidate::LoadKey, machine::LoadedModel, study::Warning},
    ollama::{
        client::Client,
        error::OllamaError,
        generation::Generation,
        request::{KeepAlive, LoadRequest},
    },
};

/// A request that was given up then is given up again at the same moment; if not within so long, it is asked for.
const SLACK: Duration = Duration::from_millis(100);

/// How an exchange with the server ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    Generated(Generation),
    Loaded {
        key: LoadKey,
        seconds: f64,
    },
    Listed(Vec<LoadedModel>),
    Failed(OllamaError),
    /// Our own limit.
    TimedOut,
    /// Nobody waited for it any longer.
    GivenUp,
}

/// One exchange with the server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Remembered {
    /// What was asked, in short: the same request has the same.
    pub request: String,
    /// Milliseconds since the study began.
    pub started_ms: f64,
    /// Milliseconds that it took.
    pub took_ms: f64,
    pub end: End,
}

/// Where exchanges are kept.
pub trait Ledger: Send + Sync {
    /// Keeps one. When this returns, it outlives the process.
    ///
    /// # Errors
    /// Why it cannot be kept, for people.
    fn keep(&self, exchange: &Remembered) -> Result<(), String>;
}

/// The memory of one study.
pub struct Recording {
    ledger: Arc<dyn Ledger>,
    /// A real clock runs on while something is written.
    real_clock: bool,
    known: RefCell<BTreeMap<String, VecDeque<Remembered>>>,
    /// What each host was loaded with last.
    last_loads: BTreeMap<u32, LoadKey>,
    /// Milliseconds after the beginning at which the last known exchange ended.
    known_until_ms: f64,
    began: Cell<Option<Instant>>,
    paused: Cell<bool>,
    live: Cell<bool>,
    /// Whether it went live after something was known, and the hosts that were told.
    turned_live: Cell<bool>,
    told: RefCell<BTreeSet<Option<u32>>>,
    lost: RefCell<Option<String>>,
}

impl Recording {
    /// A memory that is kept in `ledger`, and holds what is known already.
    #[must_use]
    pub fn new(ledger: Arc<dyn Ledger>, known: Vec<Remembered>, real_clock: bool) -> Self {
        let loads = known.iter().filter_map(|exchange| match exchange.end {
            End::Loaded { key, .. } => Some((host_of(&exchange.request), key)),
            _ => None,
        });
        let last_loads = loads.collect();
        let ends = known.iter().map(|exchange| exchange.started_ms + exchange.took_ms);
        let known_until_ms = ends.fold(0.0, f64::max);
        let mut by_request: BTreeMap<String, VecDeque<Remembered>> = BTreeMap::new();
        for exchange in known {
            by_request.entry(exchange.request.clone()).or_default().push_back(exchange);
        }
        Self {
            ledger,
            real_clock,
            last_loads,
            known_until_ms,
            live: Cell::new(by_request.is_empty()),
            known: RefCell::new(by_request),
            began: Cell::new(None),
            paused: Cell::new(false),
            turned_live: Cell::new(false),
            told: RefCell::default(),
            lost: RefCell::new(None),
        }
    }

    /// Begins: each server is loaded as it was when the study was interrupted, and the clock stands still where there is something to remember.
    pub(super) async fn begin(&self, hosts: &[(u32, &Client)], model: &str) {
        let loads = hosts.iter().filter_map(|(host, client)| Some((client, *self.last_loads.get(host)?)));
        let loads = loads.map(|(client, key)| async move {
            let keep_alive = Some(KeepAlive::seconds(KEEP_ALIVE_SECONDS));
            let request = LoadRequest { keep_alive, ..LoadRequest::new(model, key) };
            // Whether it worked shows in the first request.
            let _ = client.load(&request).await;
        });
        join_all(loads).await;
        if self.real_clock && !self.live.get() {
            tokio::time::pause();
            self.paused.set(true);
        }
        self.began.set(Some(Instant::now()));
    }

    /// From now on the server is asked.
    pub(super) fn go_live(&self) {
        if self.paused.replace(false) {
            tokio::time::resume();
        }
        if !self.live.replace(true) {
            self.turned_live.set(true);
            // Requests that were under way at the same time may still be known; what the server looks like is not.
            self.known.borrow_mut().retain(|request, _| request.starts_with(GENERATE));
        }
    }

    /// Whether it went live since this was asked last for that host.
    pub(super) fn has_just_gone_live(&self, host: Option<u32>) -> bool {
        self.turned_live.get() && self.told.borrow_mut().insert(host)
    }

    /// That the study cannot be gone on with any more, if so.
    pub(super) fn lost(&self) -> Option<Warning> {
        let why = self.lost.borrow().clone()?;
        Some(Warning {
            what: format!("the study could not have been gone on with after a crash: {why}"),
            advice: Some("RALF_TUNE_DATA_DIR names another folder for what is kept".into()),
        })
    }

    /// The server is to be asked, but not in the past: what was under way together then would measure nothing of each other now. Milliseconds that
    /// were waited.
    pub(super) async fn catch_up(&self) -> f64 {
        let now = Instant::now();
        if !self.live.get() {
            tokio::time::sleep_until(self.at(self.known_until_ms)).await;
        }
        self.go_live();
        (Instant::now() - now).as_secs_f64() * 1000.0
    }

    /// How the request ended then, at the moment at which it did. `None` when it must be asked.
    pub(super) async fn recall(&self, request: &str) -> Option<Remembered> {
        let exchange = self.known.borrow_mut().get_mut(request)?.pop_front()?;
        let started = self.at(exchange.started_ms);
        let ended = self.at(exchange.started_ms + exchange.took_ms).max(Instant::now());
        if exchange.end == End::GivenUp {
            tokio::time::sleep_until(ended + SLACK).await;
            return None;
        }
        tokio::time::sleep_until(started).await;
        tokio::time::sleep_until(ended).await;
        Some(exchange)
    }

    /// Keeps an exchange.
    pub(super) async fn keep(&self, request: String, started: Instant, end: End) {
        let exchange = self.exchange(request, started, end);
        let kept = if self.real_clock {
            // Whoever streams an answer meanwhile is not to wait for the disk.
            let ledger = Arc::clone(&self.ledger);
            let written = tokio::task::spawn_blocking(move || ledger.keep(&exchange)).await;
            written.unwrap_or_else(|error| Err(error.to_string()))
        } else {
            self.ledger.keep(&exchange)
        };
        self.note(kept);
    }

    /// Keeps that a request was given up: whoever gives up does not wait.
    pub(super) fn keep_given_up(&self, request: String, started: Instant) {
        self.note(self.ledger.keep(&self.exchange(request, started, End::GivenUp)));
    }

    fn note(&self, kept: Result<(), String>) {
        if let Err(why) = kept {
            self.lost.borrow_mut().get_or_insert(why);
        }
    }

    fn exchange(&self, request: String, started: Instant, end: End) -> Remembered {
        let since = |earlier: Instant| (Instant::now() - earlier).as_secs_f64() * 1000.0;
        let took_ms = since(started);
        Remembered { request, started_ms: self.began.get().map_or(0.0, since) - took_ms, took_ms, end }
    }

    fn at(&self, ms: f64) -> Instant {
        let began = self.began.get().unwrap_or_else(Instant::now);
        began + Duration::from_secs_f64((ms / 1000.0).max(0.0))
    }
}

/// How requests with a prompt begin in the memory.
pub(super) const GENERATE: &str = "generate";

/// What stands before the number of a host that is not the first, at the end of the name of a request.
pub(super) const AT_HOST: &str = " @";

fn host_of(request: &str) -> u32 {
    request.rsplit_once(AT_HOST).and_then(|(_, host)| host.parse().ok()).unwrap_or(0)
}
