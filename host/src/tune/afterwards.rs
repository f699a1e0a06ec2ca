//! What follows every trial: a look at who else uses the server, and what plugins are told from now on.

use std::time::Duration;

use tokio::time::Instant;

use super::{
    disturbance::{self, is_settled},
    execute::Executor,
    judge::Spent,
    measure::is_worth_retrying,
    noise,
    residuals::requests,
    watch::Look,
};
use crate::model::{
    disturbance::Disturbance,
    machine::{LoadedModel, same_model},
    observation::{FailureCause, Observation, Repetition},
    trial::{Trial, TrialState},
};

/// Facts of a trial: what plugins were told after it of the characters of a token, of the tokens of a prompt without source, and of how
/// well the machine repeats itself (the deviation of the logarithm of a request's time; missing until it is known).
pub const TOLD_CHARS_PER_TOKEN: &str = "told_chars_per_token";
pub const TOLD_OVERHEAD_TOKENS: &str = "told_overhead_tokens";
pub const NOISE_SIGMA: &str = "noise_sigma";

/// Longest wait for `/api/ps`: it is only a look.
const LOOK: Duration = Duration::from_secs(2);

/// The server notes the end of a request a moment after its answer has ended.
const SECOND_LOOK: Duration = Duration::from_millis(300);

impl Executor<'_> {
    /// Looks at the server after a trial, and adds what is known now.
    pub(super) async fn follow_up(&mut self, trial: &mut Trial, deadline: Instant) {
        // Requests that only kept others company are given up: the server may still be at work on them.
        let had_company = self.keep_busy && trial.candidate.max_concurrent_requests > 1;
        self.settled = is_settled(trial) && !had_company;
        self.look_around(trial, deadline).await;
        self.requests.borrow_mut().extend(requests(trial));
        trial.facts.extend(self.told());
    }

    /// Marks the requests that another client disturbed; `before` are earlier ones of the trial.
    pub(super) fn mark(&self, observations: &mut [Observation], before: &[Observation]) {
        let all_well = before.iter().all(|observation| observation.failure.is_none());
        disturbance::mark(observations, self.settled && all_well);
    }

    /// What plugins are told of prompts and noise from now on: a study can be played again only with what was known at each point.
    fn told(&self) -> Vec<(String, f64)> {
        let calibration = self.calibration.borrow();
        let overhead = calibration.overhead_tokens(self.workload.prompt.text.chars().count());
        let mut told = vec![
            (TOLD_CHARS_PER_TOKEN.to_owned(), calibration.chars_per_token()),
            (TOLD_OVERHEAD_TOKENS.to_owned(), f64::from(overhead)),
        ];
        told.extend(noise::spread(&self.requests.borrow()).map(|spread| (NOISE_SIGMA.to_owned(), spread.sigma)));
        told
    }

    /// Reads `/api/ps`: another client shows in it as a model that is not ours, or as ours, loaded otherwise or used since.
    async fn look_around(&mut self, trial: &mut Trial, deadline: Instant) {
        let Some(context) = self.memory.as_ref().map(|memory| memory.context_length) else { return };
        let judged = trial.facts.iter().any(|(name, value)| Spent::FACTS.contains(&name.as_str()) && *value > 0.0);
        let ours_ended = (self.settled && !judged && !trial.observations.is_empty())
            .then(|| (self.clock.elapsed(), most_overhead(&trial.observations)));
        for sure in [false, true] {
            let Some(models) = self.loaded_models(deadline).await else { return };
            if self.server.has_just_gone_live() {
                self.watch.forget_times();
            }
            self.watch.see_others(&models, &self.model.name);
            let ours = models.iter().find(|model| same_model(&model.name, &self.model.name));
            match self.watch.see_ours(ours, context, ours_ended, sure) {
                // Whoever waits past the end of the study learns nothing.
                Look::Doubtful if Instant::now() + SECOND_LOOK < deadline => tokio::time::sleep(SECOND_LOOK).await,
                Look::Intact | Look::Doubtful => return,
                Look::Shared => return mark_shared(&mut trial.observations),
                Look::Replaced => return self.loaded = None,
            }
        }
    }

    /// Whether the server does not answer any more, asked once more where the trial leaves that open.
    pub(super) async fn is_lost(&self, trial: &Trial) -> bool {
        let doubtful = trial.observations.iter().any(|request| request.failure.is_some_and(is_worth_retrying))
            || matches!(trial.state, TrialState::Failed(cause) if cause.is_of_the_server() || cause == FailureCause::OutOfTime);
        doubtful && self.server.loaded_models(Instant::now() + LOOK).await.is_none()
    }

    async fn loaded_models(&self, deadline: Instant) -> Option<Vec<LoadedModel>> {
        let limit = deadline.min(Instant::now() + LOOK);
        self.server.loaded_models(limit).await
    }
}

/// The most seconds between the end of a request for the server and for us: answers can be on their way for long.
fn most_overhead(observations: &[Observation]) -> f64 {
    let overhead = |request: &Observation| Some(request.latency_ms - request.server?.total_ms);
    observations.iter().filter_map(overhead).fold(0.0, f64::max) / 1000.0
}

/// The request that another one was under way with. Of several, nobody knows which: their noise tells, if it is much.
fn mark_shared(observations: &mut [Observation]) {
    let mut measured = observations.iter_mut().filter(|request| request.repetition == Repetition::Measured);
    if let (Some(only), None) = (measured.next(), measured.next()) {
        only.disturbed.get_or_insert(Disturbance::Shared);
    }
}
