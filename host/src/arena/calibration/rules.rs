//! Fixed rules to stand beside: three repeats of one prompt for each context, ten for latencies, five or ten for throughput; thresholds
//! decide, and a formula says how sure that is. This is the user's design document to the letter, without our care: the same prompt
//! each time, loads counted as latency, no comparison with what the user has.

use tokio::time::Instant;

use crate::{
    model::{
        candidate::Candidate,
        workload::{SourceFile, cut},
    },
    ollama::request::GenerateRequest,
    stats::summary::{mean, quantile, sorted},
};

use super::super::Simulation;

/// Contexts that are tried, in tokens, and what is taken when none works.
const CONTEXTS: [u32; 5] = [2048, 4096, 8192, 16_384, 32_768];
const USUAL_CONTEXT: u32 = 8192;

/// Repeats for each context, and requests that latencies are taken from.
const REPEATS: usize = 3;
const LATENCIES: usize = 10;

/// Waits between requests that are tried one at a time, in seconds, and their requests.
const DELAYS: [f64; 4] = [0.0, 0.5, 1.0, 2.0];
const SEQUENTIAL: usize = 5;

/// Requests of a run in parallel.
const PARALLEL: usize = 10;

/// Characters of a sample: the middle one of small, medium and large.
const SAMPLE_CHARS: usize = 2_000;

/// Characters that are read, for each token of context.
const CONTENT_SHARE: f64 = 0.75;

/// What the rules decided.
pub struct Ruled {
    pub pick: Candidate,
    /// 0 to 100, by the formula.
    pub confidence: f64,
    pub seconds: f64,
    pub requests: usize,
}

struct Rules<'a> {
    simulation: &'a Simulation,
    prompt: String,
    start: &'a Candidate,
    requests: std::cell::Cell<usize>,
}

/// Tunes by the rules. Must be used on a paused clock.
pub async fn tune(simulation: &Simulation, start: &Candidate) -> Ruled {
    let began = Instant::now();
    let rules = Rules { simulation, prompt: sample(simulation, start), start, requests: std::cell::Cell::new(0) };
    let num_ctx = rules.context().await;
    let at = Candidate { num_ctx, ..start.clone() };
    let (mut latencies, mut failed) = (Vec::new(), 0_usize);
    for _ in 0..LATENCIES {
        match rules.ask(&at).await {
            Some(seconds) => latencies.push(seconds),
            None => failed += 1,
        }
    }
    let ordered = sorted(&latencies);
    let (typical, worst) =
        if ordered.is_empty() { (30.0, 120.0) } else { (quantile(&ordered, 0.5), quantile(&ordered, 0.99)) };
    #[expect(clippy::cast_precision_loss, reason = "ten requests")]
    let error_rate = failed as f64 / LATENCIES as f64;
    let (parallel, delay) = rules.throughput(&at).await;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped, and a context is small")]
    let pick = Candidate {
        max_concurrent_requests: parallel,
        request_delay_seconds: delay,
        max_content_length: (f64::from(num_ctx) * CONTENT_SHARE) as u32,
        request_timeout_seconds: (3.0 * worst).clamp(60.0, 300.0) as u32,
        batch_size: if parallel > 1 { 50 } else { 10 },
        ..at
    };
    let confidence = 100.0
        - 30.0 * error_rate
        - if worst > 3.0 * typical { 10.0 } else { 0.0 }
        - if num_ctx >= 32_768 { 5.0 } else { 0.0 };
    Ruled {
        pick,
        confidence: confidence.clamp(0.0, 100.0),
        seconds: began.elapsed().as_secs_f64(),
        requests: rules.requests.get(),
    }
}

/// The same prompt for every request.
fn sample(simulation: &Simulation, start: &Candidate) -> String {
    let workload = &simulation.workload;
    let nearest = workload.files.iter().min_by_key(|file: &&SourceFile| file.chars.abs_diff(SAMPLE_CHARS));
    nearest.map_or_else(String::new, |file| {
        let pieces = cut(file, start);
        pieces.first().map_or_else(String::new, |piece| workload.prompt.render("", file, piece, pieces.len()))
    })
}

impl Rules<'_> {
    /// Seconds of one request, loads included; `None` when it failed.
    async fn ask(&self, candidate: &Candidate) -> Option<f64> {
        self.requests.set(self.requests.get() + 1);
        let began = Instant::now();
        let request = GenerateRequest {
            model: self.simulation.model.name.clone(),
            prompt: self.prompt.clone(),
            num_ctx: candidate.num_ctx,
            num_predict: candidate.num_predict,
            num_thread: candidate.num_thread,
            num_batch: candidate.num_batch,
            temperature: candidate.temperature,
            seed: None,
            keep_alive: None,
            raw: false,
            think: None,
            timeouts: None,
        };
        self.simulation.client().generate(&request).await.ok().map(|_| began.elapsed().as_secs_f64())
    }

    /// The largest context whose mean latency is at most a fifth above the smallest's.
    async fn context(&self) -> u32 {
        let mut good: Vec<(u32, f64)> = Vec::new();
        let trained = self.simulation.model.trained_context.value.unwrap_or(u32::MAX);
        for num_ctx in CONTEXTS.into_iter().filter(|size| *size <= trained) {
            let candidate = Candidate { num_ctx, ..self.start.clone() };
            let mut latencies = Vec::new();
            for _ in 0..REPEATS {
                latencies.extend(self.ask(&candidate).await);
            }
            if latencies.len() == REPEATS {
                good.push((num_ctx, mean(&latencies)));
            }
        }
        let least = good.first().map_or(f64::MAX, |(_, latency)| *latency);
        good.iter().rev().find(|(_, latency)| *latency <= 1.2 * least).map_or(USUAL_CONTEXT, |(num_ctx, _)| *num_ctx)
    }

    /// Requests at a time and the wait between them that gave the most requests a second.
    #[expect(clippy::cast_precision_loss, reason = "a few requests")]
    async fn throughput(&self, candidate: &Candidate) -> (u32, f64) {
        let mut best = (0.0, (1, 0.0));
        let mut offer = |rate: f64, setting: (u32, f64)| {
            if rate > best.0 {
                best = (rate, setting);
            }
        };
        for delay in DELAYS {
            let began = Instant::now();
            for _ in 0..SEQUENTIAL {
                self.ask(candidate).await;
                tokio::time::sleep(std::time::Duration::from_secs_f64(delay)).await;
            }
            offer(SEQUENTIAL as f64 / began.elapsed().as_secs_f64().max(1e-6), (1, delay));
        }
        let threads = self.simulation.scenario.machine.logical_threads;
        if threads >= 4 {
            for parallel in [2, 4, threads.min(8)] {
                let began = Instant::now();
                let mut left = PARALLEL;
                while left > 0 {
                    let now = left.min(parallel as usize);
                    futures_util::future::join_all((0..now).map(|_| self.ask(candidate))).await;
                    left -= now;
                }
                offer(PARALLEL as f64 / began.elapsed().as_secs_f64().max(1e-6), (parallel, 0.0));
            }
        }
        best.1
    }
}
