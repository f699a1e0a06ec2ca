//! Measurements outside of a study: for examinations of the measuring itself.

use tokio::time::{Duration, Instant};

use super::{
    clock::StudyClock, execute::Executor, forecast::truncation_forecast, prompts::Nonces, score::Panel, server::Server,
};
use crate::{
    model::{
        budget::Budget,
        candidate::Candidate,
        experiment::Proposal,
        forecast::TruncationForecast,
        machine::{ModelProfile, ServerProfile},
        trial::Trial,
        workload::Workload,
    },
    ollama::client::Client,
};

/// Longest that all of it may take.
const LONGEST: Duration = Duration::from_hours(24 * 30);

/// The name of the stage in its trials.
const STAGE: &str = "drill";

/// A server, and what is known before anything was asked of it.
pub struct Drill<'a> {
    pub client: &'a Client,
    pub server: &'a ServerProfile,
    pub model: &'a ModelProfile,
    pub workload: &'a Workload,
    pub panel: &'a Panel,
    pub seed: u64,
}

impl Drill<'_> {
    /// Carries out proposals one after the other, as a study does; then says what it expects of the whole batch at other settings.
    pub async fn run(&self, proposals: &[Proposal], asked: &[Candidate]) -> (Vec<Trial>, Vec<TruncationForecast>) {
        let clock = StudyClock::start(Budget::from_seconds(LONGEST.as_secs_f64()));
        let nonces = Nonces::new(self.seed, 0);
        let mut executor =
            Executor::new(Server::new(self.client), self.server, self.model, self.workload, clock, nonces, self.panel);
        let mut trials = Vec::with_capacity(proposals.len());
        for proposal in proposals {
            trials.push(executor.run(STAGE, proposal, Instant::now() + LONGEST).await);
        }
        let calibration = executor.calibration.borrow();
        let forecast = |candidate: &Candidate| {
            let context = candidate.num_ctx.min(self.model.trained_context.value.unwrap_or(u32::MAX));
            truncation_forecast(candidate, context, &calibration, self.workload)
        };
        let forecasts = asked.iter().map(forecast).collect();
        drop(calibration);
        (trials, forecasts)
    }
}
