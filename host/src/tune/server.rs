//! The server as a study sees it: asked within a limit, and remembered where the study is to be gone on with.

use std::time::Duration;

use tokio::time::Instant;

use super::recording::{AT_HOST, End, GENERATE, Recording};
use crate::{
    model::{candidate::LoadKey, digest::Digest, machine::LoadedModel},
    ollama::{
        client::Client,
        error::OllamaError,
        generation::Generation,
        request::{GenerateRequest, LoadRequest},
    },
};

/// A way to the server.
#[derive(Clone, Copy)]
pub struct Server<'a> {
    client: &'a Client,
    recording: Option<&'a Recording>,
    host: Option<u32>,
}

/// What came of asking.
pub struct Settled<T> {
    /// `None` when the limit was there first.
    pub outcome: Option<Result<T, OllamaError>>,
    /// Milliseconds that it was held back before it was sent, because the study was interrupted while it was under way.
    pub held_ms: f64,
    /// Client clock, in milliseconds.
    pub took_ms: f64,
}

impl<'a> Server<'a> {
    /// A way that nobody remembers.
    #[must_use]
    pub const fn new(client: &'a Client) -> Self {
        Self { client, recording: None, host: None }
    }

    /// A way that is remembered.
    #[must_use]
    pub const fn remembered(client: &'a Client, recording: Option<&'a Recording>) -> Self {
        Self { client, recording, host: None }
    }

    /// The same as one of several hosts, by its place among them.
    #[must_use]
    pub const fn as_host(self, host: u32) -> Self {
        Self { host: Some(host), ..self }
    }

    /// Which of several hosts it is; `None` where there is one.
    #[must_use]
    pub const fn host(&self) -> Option<u32> {
        self.host
    }

    /// Whoever needs no memory: what is asked here is not part of the study. From now on the server itself answers.
    pub fn directly(&self) -> &'a Client {
        if let Some(recording) = self.recording {
            recording.go_live();
        }
        self.client
    }

    /// Whether the answers began to come from the server itself since this was asked last.
    pub(super) fn has_just_gone_live(&self) -> bool {
        self.recording.is_some_and(|recording| recording.has_just_gone_live(self.host))
    }

    /// Sends a prompt.
    pub async fn generate(&self, request: &GenerateRequest, limit: Duration) -> Settled<Generation> {
        let name = || {
            let digest = Digest::of(format!("{request:?}").as_bytes());
            format!("{GENERATE} {}", digest.hex())
        };
        let unpack = |end| match end {
            End::Generated(generation) => Some(generation),
            _ => None,
        };
        self.settle(name, Limit::Of(limit), self.client.generate(request), End::Generated, unpack).await
    }

    /// Loads a model, and says how many seconds that took.
    pub async fn load(&self, request: &LoadRequest, deadline: Instant) -> Settled<f64> {
        let key = LoadKey { num_ctx: request.num_ctx, num_thread: request.num_thread, num_batch: request.num_batch };
        let name = || format!("load {} {} {}", key.num_ctx, key.num_thread, key.num_batch);
        let ask = async { self.client.load(request).await.map(|took| took.as_secs_f64()) };
        let unpack = |end| match end {
            End::Loaded { seconds, .. } => Some(seconds),
            _ => None,
        };
        self.settle(name, Limit::At(deadline), ask, |seconds| End::Loaded { key, seconds }, unpack).await
    }

    /// The models that are loaded.
    pub async fn loaded_models(&self, deadline: Instant) -> Option<Vec<LoadedModel>> {
        let unpack = |end| match end {
            End::Listed(models) => Some(models),
            _ => None,
        };
        let settled = self.settle(|| "ps".to_owned(), Limit::At(deadline), self.client.ps(), End::Listed, unpack).await;
        settled.outcome?.ok()
    }

    /// The request's name in the memory: the first host's are those of a study of one host.
    fn name(&self, request: String) -> String {
        match self.host {
            None | Some(0) => request,
            Some(host) => format!("{request}{AT_HOST}{host}"),
        }
    }

    async fn settle<T: Clone>(
        &self,
        name: impl FnOnce() -> String,
        limit: Limit,
        ask: impl Future<Output = Result<T, OllamaError>>,
        pack: impl FnOnce(T) -> End,
        unpack: impl FnOnce(End) -> Option<T>,
    ) -> Settled<T> {
        let started = Instant::now();
        let since = |started: Instant| (Instant::now() - started).as_secs_f64() * 1000.0;
        let Some(recording) = self.recording else {
            let outcome = tokio::time::timeout_at(limit.from(started), ask).await.ok();
            return Settled { outcome, held_ms: 0.0, took_ms: since(started) };
        };
        let request = self.name(name());
        if let Some(known) = recording.recall(&request).await {
            let outcome = match known.end {
                End::Failed(error) => Some(Err(error)),
                End::TimedOut => None,
                end => unpack(end).map(Ok),
            };
            return Settled { outcome, held_ms: 0.0, took_ms: known.took_ms };
        }
        let held_ms = recording.catch_up().await;
        let started = Instant::now();
        let mut open = Open { recording, request: Some(request), started };
        let outcome = tokio::time::timeout_at(limit.from(started), ask).await.ok();
        let took_ms = since(started);
        let end = match &outcome {
            None => End::TimedOut,
            Some(Err(error)) => End::Failed(error.clone()),
            Some(Ok(answer)) => pack(answer.clone()),
        };
        if let Some(request) = open.request.take() {
            recording.keep(request, started, end).await;
        }
        Settled { outcome, held_ms, took_ms }
    }
}

/// When a request is given up.
#[derive(Clone, Copy)]
enum Limit {
    /// So long after it was sent.
    Of(Duration),
    At(Instant),
}

impl Limit {
    fn from(self, started: Instant) -> Instant {
        match self {
            Self::Of(limit) => started + limit,
            Self::At(deadline) => deadline,
        }
    }
}

/// A request under way. Who drops it gives it up.
struct Open<'a> {
    recording: &'a Recording,
    request: Option<String>,
    started: Instant,
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        if let Some(request) = self.request.take() {
            self.recording.keep_given_up(request, self.started);
        }
    }
}
