//! The truth of a simulated server: what a candidate really does there, and what the best one would be.
//!
//! It runs the batch itself on a copy of the scenario without noise, stalls and faults, so that it needs no second model of the server.

use std::{cell::RefCell, sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{
    batch::make_notes,
    calibrate::Calibration,
    clock::StudyClock,
    measure::{Bench, Contexts, keep_alive},
    prompts::Nonces,
    score::Panel,
    server::Server,
    summarise,
};
use crate::{
    model::{
        budget::Budget, candidate::Candidate, machine::ModelProfile, observation::FailureCause, workload::Workload,
    },
    ollama::{
        client::Client,
        request::{LoadRequest, Timeouts},
    },
    simulate::{Scenario, SimulatedServer},
    stats::summary::mean,
    workload::pick::mixed,
};

/// The context sizes of the user's document, and others between them: a smaller one may just fit where the next does not.
const CONTEXTS: [u32; 11] = [2048, 3072, 4096, 5120, 6144, 7168, 8192, 10_240, 12_288, 16_384, 32_768];

/// How many requests at a time are looked at first, and then where it is fastest.
const PARALLEL: [u32; 3] = [1, 2, 4];
const MORE_PARALLEL: [u32; 3] = [3, 6, 8];

/// Tokens of a prefill batch, and parts of the cores as threads, where the server's own choice may be a bad one.
const BATCHES: [u32; 6] = [32, 64, 128, 256, 512, 2048];
const PARTS_OF_CORES: [f64; 4] = [0.5, 0.63, 0.75, 1.0];

/// Temperatures that are looked at where low ones do harm.
const TEMPERATURES: [f64; 3] = [0.3, 0.5, 0.7];

/// Contexts that are looked at closely, the fastest ones.
const CLOSELY: usize = 3;

/// How many characters of a file are read at most; the largest file is added.
const CONTENTS: [u32; 7] = [2000, 4000, 6000, 8000, 12_000, 16_000, 24_000];

/// Characters of one token that pieces are cut by: low, so that every piece fits.
const CHARS_PER_TOKEN: f64 = 2.7;

/// Scores that are all below this say nothing of quality.
pub const SIGNAL: f64 = 0.05;

/// How often all files are made into notes: the first round warms up, the second is measured, the third keeps the workers busy.
const ROUNDS: usize = 3;

/// Loads and numbers of requests at a time are looked at with every third file; what is read, with all of them.
const ROUGHLY: usize = 3;

/// Longest that a batch may take on the virtual clock; slower settings are no answer.
const LONGEST_BATCH: Duration = Duration::from_hours(48);

/// What the best may read of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reads {
    /// Whatever the floor of quality allows.
    Anything,
    /// No less than it reads to begin with, unless no such notes are good enough: reading less is no way to be fast.
    NoLess,
}

/// What a candidate really does.
#[derive(Debug, Clone, PartialEq)]
pub struct Truth {
    pub candidate: Candidate,
    pub notes_per_minute: f64,
    /// Mean score.
    pub quality: f64,
    /// A setting that must never be chosen: a prompt was cut or refused, the answer had no room, the model did not load or lies
    /// partly outside GPU memory.
    pub infeasible: Option<FailureCause>,
}

/// Knows the truth of one scenario and workload.
pub struct Oracle<'a> {
    pub scenario: &'a Scenario,
    pub model: &'a ModelProfile,
    pub workload: &'a Workload,
    pub panel: &'a Panel,
    pub seed: u64,
}

impl Oracle<'_> {
    /// What a candidate really does. Needs a paused clock, or patience.
    pub async fn evaluate(&self, candidate: &Candidate) -> Truth {
        self.evaluate_with(candidate, 1).await
    }

    /// The same with every so many-th file; with fewer than all of them quality is not looked at.
    async fn evaluate_with(&self, candidate: &Candidate, step: usize) -> Truth {
        let mut truth = Truth { candidate: candidate.clone(), notes_per_minute: 0.0, quality: 0.0, infeasible: None };
        let server = SimulatedServer::new(self.scenario.noise_free(), self.seed);
        let client = Client::new(Arc::new(server), Timeouts::default());
        let request = LoadRequest::new(&self.model.name, candidate.load_key());
        if let Err(error) = client.load(&request).await {
            truth.infeasible = Some(error.cause());
            return truth;
        }
        let spilled =
            client.ps().await.is_ok_and(|models| models.iter().any(crate::model::machine::LoadedModel::is_spilled));
        let calibration = RefCell::new(Calibration::default());
        let bench = Bench {
            server: Server::new(&client),
            model: self.model,
            workload: self.workload,
            clock: StudyClock::start(Budget::from_seconds(f64::from(u32::MAX))),
            nonces: &Nonces::new(self.seed, 0),
            calibration: &calibration,
            contexts: Contexts::default(),
            keep_alive: Some(keep_alive()),
        };
        // Without timeouts: how slow it is shows in the rate.
        let patient = Candidate { request_timeout_seconds: 24 * 3600, batch_size: u32::MAX, ..candidate.clone() };
        let sorted: Vec<usize> = (0..self.workload.files.len()).step_by(step).collect();
        let files: Vec<usize> = mixed(&sorted).into_iter().cycle().take(ROUNDS * sorted.len()).collect();
        let run = make_notes(&bench, &patient, &files, Instant::now() + LONGEST_BATCH).await;
        let made = run.notes.iter().filter(|note| note.lost.is_none() && step == 1);
        let scores = self.panel.score(made.map(|note| (note.file, &note.evidence)), None).await;
        truth.notes_per_minute = steady_notes_per_minute(&run.finished, sorted.len());
        truth.quality = mean(&scores.iter().map(|score| score.value).collect::<Vec<_>>());
        truth.infeasible =
            summarise::verdict(&run.observations, run.complete).or(spilled.then_some(FailureCause::Spilled));
        truth
    }

    /// Other threads and batches than the server's own choice: only where that may be a bad one, for each costs a batch.
    fn loads(&self, start: &Candidate) -> Vec<(u32, u32)> {
        let (machine, quirks) = (&self.scenario.machine, self.scenario.quirks);
        let without_order = quirks.lottery.is_some();
        let limited = machine.usable_threads < machine.physical_cores;
        let mut threads = vec![start.num_thread];
        if machine.gpu.is_none() && (without_order || limited || quirks.contention.is_some()) {
            let cores = f64::from(machine.physical_cores.min(machine.usable_threads));
            threads.extend(PARTS_OF_CORES.map(|part| whole(cores * part)));
        }
        let mut batches = vec![start.num_batch];
        if without_order || quirks.best_batch.is_some() {
            batches.extend(BATCHES);
        }
        let all = threads.iter().flat_map(|threads| batches.iter().map(|batch| (*threads, *batch)));
        all.filter(|load| *load != (start.num_thread, start.num_batch)).collect()
    }

    /// Where other threads and batches are looked at: the fastest contexts, and one of each size where speed has no order.
    fn promising(&self, rough: &[Truth]) -> Vec<Candidate> {
        match self.scenario.quirks.lottery {
            Some(_) => fastest_each(rough, |candidate| candidate.num_ctx.max(1).ilog2()),
            None => fastest(rough),
        }
    }

    fn temperatures(&self, start: &Candidate) -> Vec<f64> {
        let low_is_bad = start.temperature < self.scenario.behaviour.loops_below;
        std::iter::once(start.temperature).chain(TEMPERATURES.into_iter().filter(|_| low_is_bad)).collect()
    }

    /// The best candidate over a grid around the user's document, at a quality of at least `floor` of the best attainable; and that best
    /// quality. `None` when nothing is feasible.
    pub async fn best(&self, start: &Candidate, floor: f64, reads: Reads) -> Option<(Truth, f64)> {
        let largest = u32::try_from(self.workload.batch_chars.last().copied().unwrap_or(0)).unwrap_or(u32::MAX);
        let trained = self.model.trained_context.value.unwrap_or(u32::MAX);
        let mut rough: Vec<Truth> = Vec::new();
        for num_ctx in CONTEXTS.into_iter().filter(|size| *size <= trained) {
            for max_concurrent_requests in PARALLEL {
                let candidate = fitted(&Candidate { num_ctx, max_concurrent_requests, ..start.clone() });
                rough.push(self.evaluate_with(&candidate, ROUGHLY).await);
            }
        }
        let loads = self.loads(start);
        for promising in self.promising(&rough) {
            for (num_thread, num_batch) in &loads {
                for max_concurrent_requests in PARALLEL {
                    let load = Candidate { num_thread: *num_thread, num_batch: *num_batch, ..promising.clone() };
                    rough.push(self.evaluate_with(&Candidate { max_concurrent_requests, ..load }, ROUGHLY).await);
                }
            }
        }
        for fast in fastest(&rough) {
            for max_concurrent_requests in MORE_PARALLEL {
                let candidate = Candidate { max_concurrent_requests, ..fast.clone() };
                rough.push(self.evaluate_with(&candidate, ROUGHLY).await);
            }
        }
        let mut truths: Vec<Truth> = Vec::new();
        for fast in fastest(&rough) {
            for max_content_length in CONTENTS.into_iter().chain([largest.max(500)]) {
                for temperature in self.temperatures(start) {
                    let candidate = fitted(&Candidate { temperature, max_content_length, ..fast.clone() });
                    truths.push(self.evaluate(&candidate).await);
                }
            }
        }
        let feasible = || truths.iter().filter(|truth| truth.infeasible.is_none());
        let best_quality = feasible().map(|truth| truth.quality).fold(0.0, f64::max);
        let good = |truth: &&Truth| truth.quality >= floor * best_quality;
        let reads_enough = |truth: &&Truth| truth.candidate.max_content_length >= start.max_content_length;
        // Where nothing can be judged, reading less is never a way to be fast.
        let must = (reads == Reads::NoLess || best_quality < SIGNAL)
            && feasible().filter(good).any(|truth| reads_enough(&truth));
        feasible()
            .filter(|truth| good(truth) && (reads_enough(truth) || !must))
            .max_by(|a, b| a.notes_per_minute.total_cmp(&b.notes_per_minute))
            .map(|best| (best.clone(), best_quality))
    }
}

/// The fastest feasible candidates, one a context.
fn fastest(truths: &[Truth]) -> Vec<Candidate> {
    let mut found = fastest_each(truths, |candidate| candidate.num_ctx);
    found.truncate(CLOSELY);
    found
}

/// The fastest feasible candidate of each kind, the fastest first.
fn fastest_each(truths: &[Truth], kind: impl Fn(&Candidate) -> u32) -> Vec<Candidate> {
    let mut by_speed: Vec<&Truth> = truths.iter().filter(|truth| truth.infeasible.is_none()).collect();
    by_speed.sort_by(|a, b| b.notes_per_minute.total_cmp(&a.notes_per_minute));
    let mut found: Vec<Candidate> = Vec::new();
    for truth in by_speed {
        if !found.iter().any(|known| kind(known) == kind(&truth.candidate)) {
            found.push(truth.candidate.clone());
        }
    }
    found
}

/// Notes in a minute from the end of the first round to the end of the second: the beginning, when all workers start at once, and the
/// end, when they fall idle, are left out.
#[expect(clippy::cast_precision_loss, reason = "some dozen files")]
fn steady_notes_per_minute(finished: &[(f64, f64)], files: usize) -> f64 {
    let reached = |amount: f64| {
        let mut done = 0.0;
        finished
            .iter()
            .find(|(_, share)| {
                done += share;
                done >= amount - 1e-6
            })
            .map(|(end, _)| *end)
    };
    match (reached(files as f64), reached(2.0 * files as f64)) {
        (Some(from), Some(to)) if to > from => 60_000.0 * files as f64 / (to - from),
        _ => 0.0,
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "settings are far below 2^32")]
const fn whole(value: f64) -> u32 {
    value as u32
}

/// The candidate with pieces that fit its context.
fn fitted(candidate: &Candidate) -> Candidate {
    let room = f64::from(candidate.num_ctx) - f64::from(candidate.num_predict) - 700.0;
    let fits = whole(room.max(200.0) * CHARS_PER_TOKEN);
    Candidate { chunk_size: candidate.chunk_size.min(fits), ..candidate.clone() }
}
