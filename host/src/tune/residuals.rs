//! What is left of the time of a request when everything that its settings and its size explain is taken away. Pure.
//!
//! Two requests are never equally long. What repeats is the time of a token: reading one and writing one take as long as the settings
//! say, and a little longer the deeper in the context it stands. The rest is noise, drift, and others.

use crate::{
    model::{
        candidate::LoadKey,
        experiment::Experiment,
        observation::{Observation, Repetition},
        trial::Trial,
    },
    ollama::rates::{decode_tokens_per_second, prefill_tokens_per_second},
    stats::{summary::median, trend::Point},
};

/// Fewest pairs of requests that say how much longer a token takes deeper in the context.
const FEWEST_SLOPES: usize = 6;

/// Share of a service at either end that is not looked at for an overlap.
const SLACK: f64 = 0.02;

/// What counts of one request.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    key: Key,
    /// Middle of its time, in seconds since the study began.
    at_seconds: f64,
    /// The server worked on no other request of ours.
    pub alone: bool,
    prompt_tokens: f64,
    answer_steps: f64,
    prefill_ms: f64,
    decode_ms: f64,
}

/// Requests that take the same time by their nature, size aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Key {
    load: LoadKey,
    workers: u32,
    kind: u32,
}

/// The logarithm of observed by expected time of each request, its group and its time.
pub struct Residuals {
    pub points: Vec<Point>,
    /// Coefficients that were fitted besides the level of each group.
    pub fitted: usize,
}

impl Residuals {
    /// The values of each group.
    #[must_use]
    pub fn groups(&self) -> Vec<Vec<f64>> {
        let most = self.points.iter().map(|point| point.group).max().map_or(0, |last| last + 1);
        let mut groups = vec![Vec::new(); most];
        for point in &self.points {
            if let Some(group) = groups.get_mut(point.group) {
                group.push(point.value);
            }
        }
        groups
    }
}

/// The requests of a trial whose times are whole and undisturbed.
#[must_use]
pub fn requests(trial: &Trial) -> Vec<Request> {
    let (workers, kind) = match &trial.experiment {
        Experiment::Load => return Vec::new(),
        // Short prompts are read in fewer, and emptier, batches than long ones.
        Experiment::Probe { parallel, prompt_tokens, .. } => (*parallel, 2 + prompt_tokens.max(&1).ilog2()),
        Experiment::Notes { .. } | Experiment::Compare { .. } => (trial.candidate.max_concurrent_requests, 0),
        Experiment::Needle { .. } => (1, 1),
    };
    let key = Key { load: trial.candidate.load_key(), workers, kind };
    let request = |observation: &Observation| {
        let server = observation.server?;
        let counts = observation.repetition == Repetition::Measured
            && observation.failure.is_none()
            && observation.disturbed.is_none();
        let rated = prefill_tokens_per_second(observation.prompt_tokens, &server).is_some()
            && decode_tokens_per_second(observation.answer_tokens, &server).is_some();
        (counts && rated).then(|| Request {
            key,
            at_seconds: (observation.started_ms + observation.latency_ms / 2.0) / 1000.0,
            alone: is_served_alone(observation, &trial.observations),
            prompt_tokens: f64::from(observation.prompt_tokens),
            answer_steps: f64::from(observation.answer_tokens) - 1.0,
            prefill_ms: server.prefill_ms,
            decode_ms: server.decode_ms,
        })
    };
    trial.observations.iter().filter_map(request).collect()
}

/// Whether no other of the requests was under way at the same time, from the sending to the last byte.
#[must_use]
pub fn is_alone(observation: &Observation, all: &[Observation]) -> bool {
    let (start, end) = (observation.started_ms, observation.started_ms + observation.latency_ms);
    let meets = |other: &Observation| {
        other.host == observation.host && other.started_ms < end && other.started_ms + other.latency_ms > start
    };
    all.iter().filter(|other| meets(other)).count() <= 1
}

/// Whether the server worked on no other of the requests at the same time; they may have waited.
fn is_served_alone(observation: &Observation, all: &[Observation]) -> bool {
    let service = |observation: &Observation| {
        let end = observation.started_ms + observation.latency_ms;
        let span = observation.server.map_or(observation.latency_ms, |server| server.prefill_ms + server.decode_ms);
        // The next one begins while the last token travels.
        (end - span + SLACK * span, end - SLACK * span)
    };
    let (start, end) = service(observation);
    let beside = all.iter().filter(|other| other.host == observation.host);
    beside.map(service).filter(|(other_start, other_end)| *other_start < end && *other_end > start).count() <= 1
}

/// Observed by expected time of each request, on a logarithmic scale. Requests that nothing is alike are left out.
#[must_use]
pub fn residuals<'a>(requests: impl IntoIterator<Item = &'a Request>) -> Residuals {
    let groups = grouped(requests, |request| request.key);
    let depth = |request: &Request| request.prompt_tokens;
    let read = |request: &Request| (request.prefill_ms / request.prompt_tokens).ln();
    let write = |request: &Request| (request.decode_ms / request.answer_steps).ln();
    let (deeper_read, deeper_write) = (common_slope(&groups, depth, read), common_slope(&groups, depth, write));
    let fitted = usize::from(deeper_read.is_some() || deeper_write.is_some());
    let (deeper_read, deeper_write) = (deeper_read.unwrap_or(0.0), deeper_write.unwrap_or(0.0));
    let mut points = Vec::new();
    for (group, requests) in groups.iter().enumerate() {
        let reading = level(requests, |request| read(request) - deeper_read * depth(request));
        let writing = level(requests, |request| write(request) - deeper_write * depth(request));
        points.extend(requests.iter().map(|request| {
            let expected = request.prompt_tokens * (reading + deeper_read * depth(request)).exp()
                + request.answer_steps * (writing + deeper_write * depth(request)).exp();
            let value = ((request.prefill_ms + request.decode_ms) / expected).ln();
            Point { group, time: request.at_seconds, value }
        }));
    }
    Residuals { points, fitted }
}

/// The same of the time of writing a token alone: it is that of its settings in requests of every kind, so that more of them are alike.
#[must_use]
pub fn writing_residuals<'a>(requests: impl IntoIterator<Item = &'a Request>) -> Vec<Point> {
    let groups = grouped(requests, |request| Key { kind: 0, workers: 1, ..request.key });
    let depth = |request: &Request| request.prompt_tokens + request.answer_steps / 2.0;
    let write = |request: &Request| (request.decode_ms / request.answer_steps).ln();
    let deeper = common_slope(&groups, depth, write).unwrap_or(0.0).max(0.0);
    let mut points = Vec::new();
    for (group, requests) in groups.iter().enumerate() {
        let value = |request: &Request| write(request) - deeper * depth(request);
        let level = level(requests, value);
        points.extend(requests.iter().map(|request| Point {
            group,
            time: request.at_seconds,
            value: value(request) - level,
        }));
    }
    points
}

/// Groups of more than one request.
fn grouped<'a>(
    requests: impl IntoIterator<Item = &'a Request>,
    key: impl Fn(&Request) -> Key,
) -> Vec<Vec<&'a Request>> {
    let mut groups: Vec<(Key, Vec<&Request>)> = Vec::new();
    for request in requests {
        let key = key(request);
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, group)) => group.push(request),
            None => groups.push((key, vec![request])),
        }
    }
    groups.into_iter().map(|(_, group)| group).filter(|group| group.len() > 1).collect()
}

fn level(requests: &[&Request], value: impl Fn(&Request) -> f64) -> f64 {
    median(&requests.iter().map(|request| value(request)).collect::<Vec<_>>())
}

/// How much `y` grows with `x` within groups: the median of the slopes between any two of a group (Theil 1950). `None` with too few.
fn common_slope(groups: &[Vec<&Request>], x: impl Fn(&Request) -> f64, y: impl Fn(&Request) -> f64) -> Option<f64> {
    let mut slopes = Vec::new();
    for group in groups {
        for (index, one) in group.iter().enumerate() {
            for other in group.get(index + 1..).unwrap_or_default() {
                let span = x(other) - x(one);
                // Requests of about one length say nothing of it but noise.
                if span.abs() > 0.1 * x(one).max(x(other)) {
                    slopes.push((y(other) - y(one)) / span);
                }
            }
        }
    }
    (slopes.len() >= FEWEST_SLOPES).then(|| median(&slopes))
}
