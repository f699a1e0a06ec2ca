//! A probe of a server that others work with: a few short requests with the settings that are loaded, and nothing that others would notice.
//!
//! Nothing is loaded for it, nothing stays loaded longer for it, and it ends at the first sign of somebody else.

use std::{cell::RefCell, time::Duration};

use futures_util::future::join_all;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tokio::time::sleep;

use super::{
    calibrate::Calibration,
    clock::StudyClock,
    disturbance::{LOAD_MS, mark},
    execute::leaves_out_cached,
    measure::{Ask, Bench, Contexts},
    prompts::Nonces,
    server::Server,
    summarise::effective_slots,
};
use crate::{
    model::{
        budget::Budget,
        candidate::Candidate,
        disturbance::Disturbance,
        experiment::Experiment,
        machine::{LoadedModel, ModelProfile, ServerProfile, same_model},
        metric::Metric,
        observation::{Observation, Repetition},
        trial::{Trial, TrialState},
        workload::{PromptTemplate, Workload},
    },
    ollama::{
        client::Client,
        error::OllamaError,
        rates::{decode_tokens_per_second, prefill_tokens_per_second},
        request::KeepAlive,
    },
    stats::summary::{median, sample},
    workload::probe::probe_prompt,
};

/// Tokens of prompt and answer that count, and how many such requests there are: the median of three is hardly moved by one slow one.
pub const SIZE: (u32, u32) = (192, 24);
const REQUESTS: u64 = 3;

/// The first request, so short that it costs nobody anything: it feels whether the server is at work.
const FEELER: (u32, u32) = (24, 2);

/// Requests that are sent at once to see how many are worked on at once, at most.
const AT_ONCE: (u32, u32) = (24, 12);
const MOST_AT_ONCE: u32 = 4;

/// Tokens that a prompt has more than it is asked for: the model's template, the nonce.
const TEMPLATE: u64 = 40;

/// Between two looks at `/api/ps`: whoever uses a model in between moves its expiry.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// How far the expiry of our model, counted from the end of each of our requests, may move, in seconds.
const STEADY: f64 = 1.0;

/// A feeler that takes so many times as long as usual, and so many milliseconds more, found the server at work.
const BUSY_TIMES: f64 = 2.5;
const BUSY_MS: f64 = 500.0;

/// Longest time of one request.
const LIMIT: Duration = Duration::from_mins(3);

/// A model that never expires is said to expire after the longest duration of the server's clock, 292 years.
const FOR_EVER_YEAR: i32 = 2200;

/// Longest time that a model is said to stay loaded for a probe: a clock that is wrong must not keep it for years.
const LONGEST_STAY: i64 = 14 * 24 * 3600;

/// What a probe needs.
pub struct Probing<'a> {
    pub client: &'a Client,
    pub server: &'a ServerProfile,
    pub model: &'a ModelProfile,
    pub settings: &'a Candidate,
    /// Now.
    pub now: OffsetDateTime,
    /// What the feeler usually takes; `None` while nobody knows.
    pub usual_feeler_ms: Option<f64>,
    pub seed: u64,
    /// Tells probes of the same seed apart.
    pub salt: u64,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Probed {
    /// The model is not loaded.
    NotLoaded,
    /// It is loaded with another context, or with one that the server does not tell.
    OtherContext(Option<u32>),
    /// The server is at work for others.
    Busy(&'static str),
    /// A request of ours loaded the model again: it was loaded with other load-time options than ours.
    LoadedOtherwise,
    /// Others came in between.
    Disturbed,
    Failed(String),
    Done(Box<Probe>),
}

/// A probe that counts. Milliseconds of one request of the standard size, alone on the server.
#[derive(Debug, Clone, PartialEq)]
pub struct Probe {
    pub read_ms: f64,
    pub write_ms: f64,
    /// By the server's clock.
    pub load_ms: f64,
    /// Outside of the server's clock.
    pub way_ms: f64,
    pub read_tokens_per_second: f64,
    pub write_tokens_per_second: f64,
    pub feeler_ms: f64,
    /// Requests of ours that the server worked on at once, of those that were sent at once; `None` where one at a time is all that the settings want.
    pub slots: Option<f64>,
    /// Share of the model in the GPU's memory.
    pub gpu_share: Option<f64>,
    /// Other models are loaded.
    pub other_models: bool,
}

/// Tokens that a probe with these settings takes, about.
#[must_use]
pub fn tokens(settings: &Candidate) -> u64 {
    let request = |(prompt, answer): (u32, u32)| u64::from(prompt) + u64::from(answer) + TEMPLATE;
    request(FEELER) + REQUESTS * request(SIZE) + u64::from(at_once(settings)) * request(AT_ONCE)
}

fn at_once(settings: &Candidate) -> u32 {
    if settings.max_concurrent_requests > 1 { settings.max_concurrent_requests.min(MOST_AT_ONCE) } else { 0 }
}

/// Probes of settings, each with the milliseconds of reading and of writing a request of the standard size, as a trial: what a study begins with that
/// need not ask for it again. It has no requests of its own, and took none of its time.
#[must_use]
pub fn told(settings: &Candidate, probes: &[(f64, f64)], gpu_share: Option<f64>) -> Trial {
    let (prompt_tokens, output_tokens) = SIZE;
    let rates = |tokens: u32, part: &dyn Fn(&(f64, f64)) -> f64| -> Vec<f64> {
        probes.iter().map(|probe| 1000.0 * f64::from(tokens) / part(probe).max(0.001)).collect()
    };
    let samples = [
        sample(Metric::RequestLatencyMs, probes.iter().map(|(read, write)| read + write).collect()),
        sample(Metric::PrefillTokensPerSecond, rates(prompt_tokens, &|(read, _)| *read)),
        sample(Metric::DecodeTokensPerSecond, rates(output_tokens, &|(_, write)| *write)),
        sample(Metric::GpuShare, gpu_share.into_iter().collect()),
    ];
    Trial {
        number: 0,
        stage: "baseline".to_owned(),
        why: "what probes found just before".to_owned(),
        candidate: settings.clone(),
        experiment: Experiment::Probe {
            prompt_tokens,
            output_tokens,
            parallel: 1,
            requests: u32::try_from(probes.len()).unwrap_or(u32::MAX),
        },
        state: TrialState::Complete,
        seconds: 0.0,
        reloads: 0,
        samples: samples.into_iter().flatten().collect(),
        facts: gpu_share
            .map(|share| ("spilled".to_owned(), f64::from(u8::from(share > 0.0 && share < 1.0))))
            .into_iter()
            .collect(),
        scores: Vec::new(),
        observations: Vec::new(),
        notices: Vec::new(),
    }
}

/// Makes a probe, and says how many tokens that took.
pub async fn probe(setup: &Probing<'_>) -> (Probed, u64) {
    let ours = match quiet(setup).await {
        Ok(ours) => ours,
        Err(end) => return (end, 0),
    };
    let workload = Workload {
        origin: "probes".to_owned(),
        files: Vec::new(),
        batch_chars: Vec::new(),
        prompt: PromptTemplate::built_in(),
        notices: Vec::new(),
        learned: None,
    };
    let (nonces, calibration) = (Nonces::new(setup.seed, setup.salt), RefCell::new(Calibration::default()));
    let bench = Bench {
        server: Server::new(setup.client),
        model: setup.model,
        workload: &workload,
        clock: StudyClock::start(Budget::from_seconds(LIMIT.as_secs_f64() * 10.0)),
        nonces: &nonces,
        calibration: &calibration,
        contexts: Contexts { loaded: ours.context_length, leaves_out_cached: leaves_out_cached(setup.server) },
        keep_alive: as_long(&ours, setup.now),
    };
    let mut visit = Visit { setup, bench: &bench, spent: 0, offsets: Vec::new() };
    let end = visit.made(&ours).await.unwrap_or_else(|end| end);
    (end, visit.spent)
}

/// Our model, where it is loaded as it should be and nobody uses the server.
async fn quiet(setup: &Probing<'_>) -> Result<LoadedModel, Probed> {
    let failed = |error: OllamaError| Probed::Failed(error.to_string());
    let before = setup.client.ps().await.map_err(failed)?;
    let ours = find(&before, setup)?;
    sleep(LOOK_AGAIN).await;
    let after = setup.client.ps().await.map_err(failed)?;
    let used = |models: &[LoadedModel]| -> Vec<(String, Option<String>)> {
        models.iter().map(|model| (model.name.clone(), model.expires_at.clone())).collect()
    };
    let never = |model: &LoadedModel| expiry(model).is_some_and(|at| at.year() >= FOR_EVER_YEAR);
    // What never expires is said to expire later at each look.
    let moving: Vec<LoadedModel> = before.iter().filter(|model| !never(model)).cloned().collect();
    let moved: Vec<LoadedModel> = after.iter().filter(|model| !never(model)).cloned().collect();
    if used(&moving) != used(&moved) || before.len() != after.len() {
        return Err(Probed::Busy("a model was used between two looks at /api/ps"));
    }
    Ok(ours)
}

fn find(models: &[LoadedModel], setup: &Probing<'_>) -> Result<LoadedModel, Probed> {
    let ours = models.iter().find(|model| same_model(&model.name, &setup.model.name)).ok_or(Probed::NotLoaded)?;
    if ours.context_length == Some(setup.settings.num_ctx) {
        Ok(ours.clone())
    } else {
        Err(Probed::OtherContext(ours.context_length))
    }
}

fn expiry(model: &LoadedModel) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(model.expires_at.as_deref()?, &Rfc3339).ok()
}

/// How long it stays loaded anyway: a probe keeps it no longer. `None` where that cannot be told; then the server decides.
fn as_long(model: &LoadedModel, now: OffsetDateTime) -> Option<KeepAlive> {
    let at = expiry(model)?;
    if at.year() >= FOR_EVER_YEAR {
        return Some(KeepAlive::FOREVER);
    }
    let left = (at - now).whole_seconds();
    u32::try_from(left).ok().filter(|left| *left > 0 && i64::from(*left) < LONGEST_STAY).map(KeepAlive::seconds)
}

/// One visit.
struct Visit<'a> {
    setup: &'a Probing<'a>,
    bench: &'a Bench<'a>,
    spent: u64,
    /// Expiry of our model less the end of each of our requests: always the same while nobody else uses it.
    offsets: Vec<Option<f64>>,
}

impl Visit<'_> {
    async fn made(&mut self, ours: &LoadedModel) -> Result<Probed, Probed> {
        let feeler = self.ask(FEELER).await?;
        if feeler.server.is_some_and(|server| server.load_ms > LOAD_MS) {
            return Err(Probed::LoadedOtherwise);
        }
        let mut all = vec![feeler];
        mark(&mut all, true);
        let felt = all.first().map_or(0.0, |feeler| feeler.latency_ms);
        if all.iter().any(|request| request.disturbed.is_some()) {
            return Err(Probed::Busy("a short request had to wait"));
        }
        if self.setup.usual_feeler_ms.is_some_and(|usual| felt > BUSY_TIMES * usual && felt > usual + BUSY_MS) {
            return Err(Probed::Busy("a short request took much longer than usual"));
        }
        self.look(self.bench.clock.elapsed()).await?;
        for _ in 0..REQUESTS {
            all.push(self.ask(SIZE).await?);
            self.look(self.bench.clock.elapsed()).await?;
        }
        mark(&mut all, true);
        self.mark_shared(&mut all);
        let slots = self.slots().await;
        let models = self.setup.client.ps().await.map_err(|error| Probed::Failed(error.to_string()))?;
        // Whoever changed it in the meantime changed what was measured.
        let after = find(&models, self.setup).map_err(|_| Probed::Disturbed)?;
        let clean: Vec<&Observation> =
            all.iter().skip(1).filter(|request| request.disturbed.is_none() && request.failure.is_none()).collect();
        let [read_ms, write_ms, load_ms, way_ms, reads, writes] = middle(&clean).ok_or(Probed::Disturbed)?;
        Ok(Probed::Done(Box::new(Probe {
            read_ms,
            write_ms,
            load_ms,
            way_ms,
            read_tokens_per_second: reads,
            write_tokens_per_second: writes,
            feeler_ms: felt,
            slots,
            gpu_share: after.gpu_share().or_else(|| ours.gpu_share()),
            other_models: models.len() > 1,
        })))
    }

    /// One request. A failure ends the probe: it says nothing of speed.
    async fn ask(&mut self, (prompt, answer): (u32, u32)) -> Result<Observation, Probed> {
        let observation = self.bench.ask(self.setup.settings, self.request(prompt, answer)).await.observation;
        self.spent += u64::from(observation.prompt_tokens) + u64::from(observation.answer_tokens);
        match &observation.message {
            Some(message) if observation.failure.is_some() => Err(Probed::Failed(message.clone())),
            _ => Ok(observation),
        }
    }

    fn request(&self, prompt: u32, answer: u32) -> Ask {
        let (nonces, ratio) = (self.bench.nonces, self.bench.calibration.borrow().chars_per_token());
        Ask {
            prompt: probe_prompt(&nonces.next(), prompt, ratio, nonces.next_seed()),
            num_predict: answer,
            repetition: Repetition::Measured,
            file: None,
            piece: 0,
            attempt: 1,
            raw: false,
            timeout: LIMIT,
        }
    }

    /// Looks at the expiry after a request that ended then.
    async fn look(&mut self, ended: Duration) -> Result<(), Probed> {
        let models = self.setup.client.ps().await.map_err(|error| Probed::Failed(error.to_string()))?;
        let ours = find(&models, self.setup).map_err(|_| Probed::Disturbed)?;
        let at = expiry(&ours).filter(|at| at.year() < FOR_EVER_YEAR);
        self.offsets.push(at.map(|at| (at - OffsetDateTime::UNIX_EPOCH).as_seconds_f64() - ended.as_secs_f64()));
        Ok(())
    }

    /// A request at whose end another one was under way: the server counts the time that a model stays from the end of the last one.
    fn mark_shared(&self, all: &mut [Observation]) {
        let known: Vec<f64> = self.offsets.iter().flatten().copied().collect();
        let usual = median(&known);
        for (request, offset) in all.iter_mut().zip(&self.offsets) {
            if offset.is_some_and(|offset| (offset - usual).abs() > STEADY) {
                request.disturbed.get_or_insert(Disturbance::Shared);
            }
        }
    }

    /// How many of some requests, sent at once, are worked on at once.
    async fn slots(&mut self) -> Option<f64> {
        let number = at_once(self.setup.settings);
        if number == 0 {
            return None;
        }
        let (prompt, answer) = AT_ONCE;
        let asks: Vec<Ask> = (0..number).map(|_| self.request(prompt, answer)).collect();
        let answered = join_all(asks.into_iter().map(|ask| self.bench.ask(self.setup.settings, ask))).await;
        let requests: Vec<Observation> = answered.into_iter().map(|answered| answered.observation).collect();
        self.spent += requests
            .iter()
            .map(|request| u64::from(request.prompt_tokens) + u64::from(request.answer_tokens))
            .sum::<u64>();
        if requests.iter().any(|request| request.failure.is_some()) { None } else { effective_slots(&requests) }
    }
}

/// The middle one of some requests, by its whole time, brought to the standard size: read, write, load, way, and the two rates.
fn middle(requests: &[&Observation]) -> Option<[f64; 6]> {
    let parts = |request: &&Observation| {
        let server = request.server?;
        let (read, write) = (
            prefill_tokens_per_second(request.prompt_tokens, &server)?,
            decode_tokens_per_second(request.answer_tokens, &server)?,
        );
        let way = (request.latency_ms - server.total_ms).max(0.0);
        let (prompt, answer) = SIZE;
        Some([1000.0 * f64::from(prompt) / read, 1000.0 * f64::from(answer) / write, server.load_ms, way, read, write])
    };
    let mut all: Vec<[f64; 6]> = requests.iter().filter_map(parts).collect();
    let time = |[read, write, load, way, ..]: &[f64; 6]| read + write + load + way;
    all.sort_by(|a, b| time(a).total_cmp(&time(b)));
    // One alone is too few to tell a slow one from a slow server.
    if all.len() < 2 {
        return None;
    }
    let (low, high) = (all.get((all.len() - 1) / 2)?, all.get(all.len() / 2)?);
    Some(std::array::from_fn(|part| {
        f64::midpoint(low.get(part).copied().unwrap_or(0.0), high.get(part).copied().unwrap_or(0.0))
    }))
}
