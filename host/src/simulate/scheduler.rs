//! Loading, reloading and unloading, as the server's scheduler does it.
//!
//! A request that a loaded runner can serve goes straight to it, without any limit. Everything else waits in one
//! queue for one worker; only that queue can be full.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use tokio::time::{Instant, sleep_until};

use super::{
    SimulatedServer,
    convert::span,
    events::{Event, Job, KeepAlive, Work},
    faults::BUSY,
    heat::Heat,
    performance::Performance,
    prefix_cache::PrefixCache,
    settings::LoadSettings,
    slots::{NewRunner, Runner},
};
use crate::model::machine::Era;

/// Everything in the server that changes.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) runners: Vec<Runner>,
    /// Requests that need a load, behind the one that the worker has in hand.
    pending: VecDeque<Job>,
    working: bool,
    loads: u64,
    /// Models whose files were read: their pages are in memory.
    read: BTreeSet<usize>,
    /// When another program takes memory of the GPU, which idle models leave for it.
    taken_at: Option<Instant>,
    heat: Heat,
    /// Generation requests so far: each has its own luck.
    pub(super) requests: u64,
}

/// What the worker can do next for its job.
enum Next {
    Granted,
    /// The model's runner, or another one, is in the way and busy.
    WaitForIdle,
    Unload(u64),
    Load,
}

impl State {
    /// Nothing is loaded.
    pub(super) fn new(taken_at: Option<Instant>) -> Self {
        Self { taken_at, ..Self::default() }
    }

    /// Drops runners whose keep-alive is over, or whose memory somebody took.
    pub(super) fn expire(&mut self, now: Instant) {
        let taken_at = self.taken_at.filter(|at| *at <= now);
        let over = |runner: &Runner| {
            let is_taken = taken_at.is_some_and(|at| runner.loaded_at < at);
            runner.is_idle() && (is_taken || runner.expires_at.is_some_and(|at| at <= now))
        };
        self.runners.retain(|runner| !over(runner));
    }

    /// A loaded model among those of `suits`, and what it is loaded with.
    pub(super) fn loaded(&mut self, now: Instant, suits: impl Fn(usize) -> bool) -> Option<(usize, LoadSettings)> {
        self.expire(now);
        let staying = self.runners.iter().find(|runner| !runner.leaving && suits(runner.model));
        staying.map(|runner| (runner.model, runner.settings))
    }

    /// Generation requests that loaded models have.
    pub(super) fn requests_in_hand(&self) -> usize {
        self.runners.iter().map(Runner::requests).sum()
    }

    fn of_model(&mut self, model: usize) -> Option<&mut Runner> {
        self.runners.iter_mut().find(|runner| runner.model == model)
    }
}

impl SimulatedServer {
    /// Takes a request in: to its runner, to the queue for a load, or back with 503.
    pub(super) fn submit(self: &Arc<Self>, job: Job) {
        let now = Instant::now();
        let mut state = self.state();
        state.expire(now);
        let slots = self.scenario.server.num_parallel;
        let usable = state.of_model(job.model).is_some_and(|runner| runner.serves(&job.settings, slots));
        if usable {
            let load = span(self.scenario.machine.loading.warm_seconds);
            self.grant(&mut state, job, load, now);
        } else if !state.working {
            state.working = true;
            drop(state);
            tokio::spawn(Arc::clone(self).work(job));
        } else if state.pending.len() >= self.scenario.server.max_queue as usize {
            let _ = job.events.send(Event::Failed { status: 503, message: BUSY.to_owned() });
        } else {
            state.pending.push_back(job);
        }
    }

    /// Unloads a model as soon as it is idle.
    pub(super) fn unload(&self, model: usize) {
        let now = Instant::now();
        let mut state = self.state();
        let pause = span(self.scenario.machine.loading.unload_seconds);
        if let Some(runner) = state.of_model(model) {
            runner.leaving = true;
            runner.keep_alive = Some(Duration::ZERO);
            runner.expires_at = Some(now + pause);
        }
    }

    /// Hands a job to the loaded runner of its model.
    fn grant(self: &Arc<Self>, state: &mut State, job: Job, load: Duration, now: Instant) {
        let Some(runner) = state.of_model(job.model) else { return };
        if let Some(KeepAlive(span)) = job.keep_alive {
            runner.keep_alive = span;
        }
        runner.touch(now);
        let ended = match job.work {
            Work::Load => Event::Loaded { at: now },
            Work::Refuse { status, message } => Event::Failed { status, message },
            Work::Generate(generation) => {
                runner.push(generation, job.events, job.arrived, load);
                if !runner.driven {
                    runner.driven = true;
                    tokio::spawn(Arc::clone(self).drive(runner.id));
                }
                return;
            }
        };
        let _ = job.events.send(ended);
    }

    /// The scheduler's one worker: one job after the other, until none waits.
    async fn work(self: Arc<Self>, first: Job) {
        let mut next = Some(first);
        while let Some(job) = next {
            if !job.events.is_closed() {
                self.serve_cold(job).await;
            }
            let mut state = self.state();
            next = state.pending.pop_front();
            state.working = next.is_some();
        }
    }

    /// Loads what one job needs and hands it over.
    async fn serve_cold(self: &Arc<Self>, job: Job) {
        loop {
            // Registered before looking, so that no runner becomes idle in between unnoticed.
            let idle = self.became_idle.notified();
            match self.next_for(&job) {
                Next::Granted => {
                    let now = Instant::now();
                    let waited = now - job.arrived;
                    self.grant(&mut self.state(), job, waited, now);
                    return;
                }
                Next::WaitForIdle => idle.await,
                Next::Unload(id) => {
                    self.state().runners.retain(|runner| runner.id != id);
                    pause(self.scenario.machine.loading.unload_seconds).await;
                }
                Next::Load => match self.load(&job).await {
                    None => return,
                    Some(now) => {
                        let waited = now - job.arrived;
                        self.grant(&mut self.state(), job, waited, now);
                        return;
                    }
                },
            }
        }
    }

    fn next_for(&self, job: &Job) -> Next {
        let mut state = self.state();
        state.expire(Instant::now());
        if let Some(runner) = state.of_model(job.model) {
            return match (runner.serves(&job.settings, self.scenario.server.num_parallel), runner.is_idle()) {
                (true, _) => Next::Granted,
                (false, true) => Next::Unload(runner.id),
                (false, false) => Next::WaitForIdle,
            };
        }
        if state.runners.len() < self.scenario.server.max_loaded_models.max(1) as usize {
            return Next::Load;
        }
        let idle = state.runners.iter().filter(|runner| runner.is_idle());
        idle.min_by_key(|runner| runner.expires_at).map_or(Next::WaitForIdle, |runner| Next::Unload(runner.id))
    }

    /// Loads the model of a job. `None`: it failed, or its client went away, and the job has heard of it.
    async fn load(&self, job: &Job) -> Option<Instant> {
        let model = self.model(job.model)?;
        let performance = match Performance::new(&self.present_scenario(), &model, &job.settings) {
            Ok(performance) => performance,
            Err(failure) => {
                pause(self.scenario.machine.loading.start_seconds).await;
                let _ = job.events.send(Event::Failed { status: 500, message: failure.to_string() });
                return None;
            }
        };
        let cold =
            if self.state().read.contains(&job.model) { 1.0 } else { self.scenario.machine.loading.cold_file_factor };
        let done = Instant::now() + span(performance.load_seconds + (cold - 1.0) * performance.read_seconds);
        tokio::select! {
            biased;
            // A client that goes away while its model loads aborts the load.
            () = job.events.closed() => return None,
            () = sleep_until(done) => {}
        }
        let slots = self.scenario.server.num_parallel.max(1) as usize;
        let mut state = self.state();
        state.loads += 1;
        state.read.insert(job.model);
        let runner = Runner::new(NewRunner {
            id: state.loads,
            model: job.model,
            settings: job.settings,
            slots,
            cache: PrefixCache::new(slots, self.era == Era::C, model.kv_bytes_per_token()),
            keep_alive: self.default_keep_alive(),
            now: done,
            lazy: span(self.scenario.machine.loading.first_request_seconds),
            counts_cached: self.era != Era::A,
            performance,
        });
        state.runners.push(runner);
        Some(done)
    }

    /// Factor on durations by which a hot machine is slower.
    fn throttling(&self, heat: &Heat, at: Instant) -> f64 {
        let share = self.scenario.noise.throttle_share;
        if share > 0.0 { 1.0 / (1.0 - share * heat.level(at)) } else { 1.0 }
    }

    /// Steps a runner until it has nothing to do.
    async fn drive(self: Arc<Self>, id: u64) {
        loop {
            let end = {
                let mut guard = self.state();
                let State { runners, heat, .. } = &mut *guard;
                let Some(runner) = runners.iter_mut().find(|runner| runner.id == id) else { return };
                let Some(end) = runner.begin_step(Instant::now(), |at| self.drift(at) * self.throttling(heat, at))
                else {
                    runner.driven = false;
                    drop(guard);
                    self.became_idle.notify_waiters();
                    return;
                };
                if self.scenario.noise.throttle_share > 0.0 {
                    heat.work(runner.clock(), end);
                }
                end
            };
            sleep_until(end).await;
            let mut state = self.state();
            if let Some(runner) = state.runners.iter_mut().find(|runner| runner.id == id) {
                runner.end_step(end);
            }
        }
    }
}

/// Waits that many seconds.
async fn pause(seconds: f64) {
    sleep_until(Instant::now() + span(seconds)).await;
}
