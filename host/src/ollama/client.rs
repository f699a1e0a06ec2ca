//! Asks the server. Never retries: whether a try counts is the caller's business.

use std::{sync::Arc, time::Duration};

use serde::de::DeserializeOwned;
use serde_json::json;
use tokio::time::{Instant, sleep, timeout};

use super::{
    address::ServerAddress,
    classify,
    error::OllamaError,
    exchange::Exchange,
    generation::{Collector, Generation},
    http::{ApiKey, HttpTransport},
    request::{CreateRequest, GenerateRequest, KeepAlive, LoadRequest, Timeouts, get, post},
    transport::{Request, Transport},
    wire::{CreateAnswer, GenerateLine, InstalledModel, ProxyAnswer, PsAnswer, ShowAnswer, TagsAnswer, VersionAnswer},
};
use crate::model::{exchange::PROXY_PATH, machine::LoadedModel};

/// Longest wait for an answer that needs no model. On a busy machine even these take seconds.
const QUESTION: Duration = Duration::from_secs(30);

/// Most bytes of an answer of one object without any text of the model, such as that to a load; a real one has some two hundred.
const SMALL: usize = 64 << 10;

/// Most bytes of the lists of models: two thousand installed ones, and more loaded ones than any machine has room for.
const MOST_INSTALLED: usize = 4 << 20;
const MOST_LOADED: usize = 1 << 20;

/// Most bytes of what is known of a model: licences and templates are some ten thousand. Verbose, with every token, some ten million.
const MOST_SHOWN: usize = 4 << 20;
const MOST_SHOWN_VERBOSE: usize = 24 << 20;

/// How often `/api/ps` is asked while a model goes away.
const POLL: Duration = Duration::from_millis(200);

/// A client of one server. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    transport: Arc<dyn Transport>,
    timeouts: Timeouts,
}

impl Client {
    /// A client over any transport. `timeouts.connect` is the transport's affair.
    #[must_use]
    pub fn new(transport: Arc<dyn Transport>, timeouts: Timeouts) -> Self {
        Self { transport, timeouts }
    }

    /// A client over HTTP.
    ///
    /// # Errors
    ///
    /// `Unreachable` when TLS cannot be set up.
    pub fn over_http(address: &ServerAddress, key: Option<ApiKey>, timeouts: Timeouts) -> Result<Self, OllamaError> {
        let transport = HttpTransport::new(address, key, timeouts.connect)?;
        Ok(Self::new(Arc::new(transport), timeouts))
    }

    /// The timeouts of requests that bring none of their own.
    #[must_use]
    pub const fn timeouts(&self) -> Timeouts {
        self.timeouts
    }

    /// The same client, but it waits no longer than that for the beginning of an answer, nor for the next part of one.
    #[must_use]
    pub fn within(&self, limit: Duration) -> Self {
        Self {
            transport: Arc::clone(&self.transport),
            timeouts: Timeouts { first_byte: limit, idle: limit, ..self.timeouts },
        }
    }

    /// The server's version, `0.32.15` for example.
    ///
    /// # Errors
    ///
    /// Any [`OllamaError`] of the connection; `Protocol` when something else answers.
    pub async fn version(&self) -> Result<String, OllamaError> {
        self.ask::<VersionAnswer>(get("/api/version"), None, SMALL).await.map(|answer| answer.version)
    }

    /// The server behind, where what answers is this program's own proxy; `None` where it is not, or nothing answers.
    pub async fn proxy_before_server(&self) -> Option<String> {
        self.ask::<ProxyAnswer>(get(PROXY_PATH), None, SMALL).await.ok().map(|answer| answer.ralf_tune_proxy.before)
    }

    /// The installed models.
    ///
    /// # Errors
    ///
    /// As [`Client::version`].
    pub async fn tags(&self) -> Result<Vec<InstalledModel>, OllamaError> {
        self.ask::<TagsAnswer>(get("/api/tags"), None, MOST_INSTALLED).await.map(|answer| answer.models)
    }

    /// What is known of a model. A verbose answer has the arrays, and takes megabytes.
    ///
    /// # Errors
    ///
    /// `ModelMissing`, or as [`Client::version`].
    pub async fn show(&self, model: &str, verbose: bool) -> Result<ShowAnswer, OllamaError> {
        let body = if verbose { json!({ "model": model, "verbose": true }) } else { json!({ "model": model }) };
        self.ask(post("/api/show", &body), Some(model), if verbose { MOST_SHOWN_VERBOSE } else { MOST_SHOWN }).await
    }

    /// The loaded models.
    ///
    /// # Errors
    ///
    /// As [`Client::version`].
    pub async fn ps(&self) -> Result<Vec<LoadedModel>, OllamaError> {
        let answer = self.ask::<PsAnswer>(get("/api/ps"), None, MOST_LOADED).await?;
        Ok(answer.models.into_iter().map(LoadedModel::from).collect())
    }

    /// Makes a model of another one. Nothing is loaded.
    ///
    /// # Errors
    ///
    /// Any [`OllamaError`]; `Status` with the server's words when it refuses.
    pub async fn create(&self, request: &CreateRequest) -> Result<(), OllamaError> {
        let answer: CreateAnswer = self.ask(post("/api/create", &request.body()), Some(&request.from), SMALL).await?;
        match answer.error {
            Some(error) => Err(classify::from_line(&error)),
            None if answer.status == "success" => Ok(()),
            None => Err(classify::not_json(answer.status.as_bytes())),
        }
    }

    /// Loads a model and gives the wall time of it: the server does not say. A model that is loaded so already takes milliseconds.
    ///
    /// # Errors
    ///
    /// Any [`OllamaError`]; `OutOfMemory` and `RunnerStopped` are answers to the setting.
    pub async fn load(&self, request: &LoadRequest) -> Result<Duration, OllamaError> {
        let timeouts = request.timeouts.unwrap_or(self.timeouts);
        let started = Instant::now();
        self.expect_done(request.to_wire(), &timeouts, &request.model).await?;
        Ok(started.elapsed())
    }

    /// Tells the server to unload a model. The answer comes at once, the model goes later: see [`Client::wait_until_unloaded`].
    ///
    /// # Errors
    ///
    /// Any [`OllamaError`].
    pub async fn unload(&self, model: &str) -> Result<(), OllamaError> {
        let body = json!({ "model": model, "stream": false, "keep_alive": KeepAlive::UNLOAD });
        self.expect_done(post("/api/generate", &body), &self.timeouts, model).await
    }

    /// Waits until a model is no longer listed, at most `limit`; false when it still is.
    ///
    /// # Errors
    ///
    /// As [`Client::version`].
    pub async fn wait_until_unloaded(&self, model: &str, limit: Duration) -> Result<bool, OllamaError> {
        let started = Instant::now();
        loop {
            if !self.ps().await?.iter().any(|loaded| loaded.name == model) {
                return Ok(true);
            }
            if started.elapsed() >= limit {
                return Ok(false);
            }
            sleep(POLL).await;
        }
    }

    /// Sends a prompt and collects the answer as it streams.
    ///
    /// An answer that the server broke off without a final object is `Ok` with `FinishReason::Aborted` and the text so far: a batch receives
    /// it as an answer, too. A connection that broke, or fell silent, is an error that holds the text so far.
    ///
    /// # Errors
    ///
    /// Any [`OllamaError`].
    pub async fn generate(&self, request: &GenerateRequest) -> Result<Generation, OllamaError> {
        let timeouts = request.timeouts.unwrap_or(self.timeouts);
        let started = Instant::now();
        let elapsed_ms = || started.elapsed().as_secs_f64() * 1000.0;
        let transport = self.transport.as_ref();
        let mut exchange = Exchange::begin(transport, request.to_wire(), &timeouts, Some(&request.model)).await?;
        let mut splitter = request.splitter();
        let mut collector = Collector::default();
        while let Some(chunk) = exchange.next().await.map_err(|error| error.with_partial(collector.answer()))? {
            for line in splitter.push(&chunk)? {
                let is_last = collector.take(&line, elapsed_ms())?;
                request.refuse_too_much(collector.answer())?;
                if is_last {
                    let generation = collector.finish(elapsed_ms());
                    exchange.close().await;
                    return generation;
                }
            }
        }
        if let Some(rest) = splitter.finish() {
            collector.take_rest(&rest, elapsed_ms())?;
            request.refuse_too_much(collector.answer())?;
        }
        collector.finish(elapsed_ms())
    }

    /// A question whose answer is one document, of that many bytes at most, and needs no model.
    async fn ask<T: DeserializeOwned>(
        &self,
        request: Request,
        model: Option<&str>,
        most: usize,
    ) -> Result<T, OllamaError> {
        let timeouts = Timeouts { first_byte: self.timeouts.first_byte.min(QUESTION), ..self.timeouts };
        let transport = self.transport.as_ref();
        let answer = async { Exchange::begin(transport, request, &timeouts, model).await?.whole(most).await };
        // The whole of it: a server that sends a byte now and then would be waited for without end.
        let limit = timeouts.first_byte;
        let after_ms = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
        let bytes = timeout(limit, answer).await.map_err(|_| OllamaError::FirstByteTimeout { after_ms })??;
        serde_json::from_slice(&bytes).map_err(|_| classify::not_json(&bytes))
    }

    /// A request without a prompt: its answer is one final object.
    async fn expect_done(&self, request: Request, timeouts: &Timeouts, model: &str) -> Result<(), OllamaError> {
        let exchange = Exchange::begin(self.transport.as_ref(), request, timeouts, Some(model)).await?;
        let bytes = exchange.whole(SMALL).await?;
        let answer: GenerateLine = serde_json::from_slice(&bytes).map_err(|_| classify::not_json(&bytes))?;
        match (&answer.error, answer.done) {
            (Some(error), _) => Err(classify::from_line(error)),
            (None, Some(true)) => Ok(()),
            (None, _) => Err(classify::not_json(&bytes)),
        }
    }
}
