//! A measured proposal.

use serde::{Deserialize, Serialize};

use super::{
    candidate::Candidate,
    experiment::Experiment,
    metric::{Metric, Sample},
    observation::{FailureCause, Observation, Repetition},
    score::NoteScore,
};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TrialState {
    Complete,
    /// Stopped because its answer no longer mattered.
    Pruned,
    Failed(FailureCause),
}

/// One measurement of one candidate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// 0, 1, 2 … in the order of execution.
    pub number: u32,
    /// The stage, that is the strategy's name, or `"baseline"`, `"confirm"`.
    pub stage: String,
    pub why: String,
    pub candidate: Candidate,
    pub experiment: Experiment,
    pub state: TrialState,
    /// Client clock: how long the trial took, loads and warm-up included.
    pub seconds: f64,
    pub reloads: u32,
    pub samples: Vec<Sample>,
    /// Named numbers that are no metric: `loaded_context_tokens`, for example.
    pub facts: Vec<(String, f64)>,
    pub scores: Vec<NoteScore>,
    pub observations: Vec<Observation>,
    /// What was noticed on the way, for people.
    pub notices: Vec<String>,
}

impl Trial {
    /// The sample of a metric.
    #[must_use]
    pub fn sample(&self, metric: Metric) -> Option<&Sample> {
        self.samples.iter().find(|sample| sample.metric == metric)
    }

    /// The mean of a metric.
    #[must_use]
    pub fn mean(&self, metric: Metric) -> Option<f64> {
        self.sample(metric).map(|sample| sample.summary.mean)
    }

    /// A named number.
    #[must_use]
    pub fn fact(&self, name: &str) -> Option<f64> {
        self.facts.iter().find(|(known, _)| known == name).map(|(_, value)| *value)
    }

    /// The requests that count: no warm-up.
    pub fn measured(&self) -> impl Iterator<Item = &Observation> {
        self.observations.iter().filter(|request| request.repetition == Repetition::Measured)
    }

    /// Whether it ended well.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.state == TrialState::Complete
    }
}

/// How a server failed in the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerFailure {
    pub cause: FailureCause,
    /// What the last request, or the last load, said of it.
    pub said: Option<String>,
}

/// A request that fails and its retry may be bad luck of the one moment; more in a row, and nothing good after them, is a server that fails.
const FEWEST_FAILURES: usize = 2;

/// That the server gave nothing any more at the end of these trials: its last answers, or its last load, failed, and it is to blame. Trials that
/// ended with their time, and without any answer, say nothing.
#[must_use]
pub fn server_failure(trials: &[Trial]) -> Option<ServerFailure> {
    let mut failures = 0;
    let mut last = None;
    for trial in trials.iter().rev() {
        let mut requests: Vec<&Observation> = trial.measured().collect();
        requests.sort_by(|a, b| (b.started_ms + b.latency_ms).total_cmp(&(a.started_ms + a.latency_ms)));
        match trial.state {
            TrialState::Failed(cause) if requests.is_empty() && cause.is_of_the_server() => {
                let said = trial.notices.last().cloned();
                return Some(last.unwrap_or(ServerFailure { cause, said }));
            }
            TrialState::Failed(FailureCause::OutOfTime) => {}
            _ if requests.is_empty() => return None,
            _ => {}
        }
        for request in requests {
            let cause = request.failure.filter(|cause| cause.is_of_the_server());
            let Some(cause) = cause else { return last.filter(|_| failures >= FEWEST_FAILURES) };
            failures += 1;
            last.get_or_insert(ServerFailure { cause, said: request.message.clone() });
        }
    }
    last.filter(|_| failures >= FEWEST_FAILURES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::observation::FinishReason;

    fn request(repetition: Repetition, failure: Option<FailureCause>) -> Observation {
        Observation {
            repetition,
            file: Some(0),
            piece: 0,
            attempt: 1,
            started_ms: 0.0,
            latency_ms: 1.0,
            time_to_first_token_ms: None,
            server: None,
            prompt_tokens: 1,
            answer_tokens: 1,
            expected_prompt_tokens: None,
            finish: FinishReason::Stop,
            failure,
            message: failure.map(|cause| cause.name().to_owned()),
            disturbed: None,
        }
    }

    fn trial(state: TrialState, requests: &[Option<FailureCause>]) -> Trial {
        let warm = request(Repetition::Warmup, None);
        let measured = requests
            .iter()
            .zip(1_u8..)
            .map(|(failure, at)| Observation { started_ms: f64::from(at), ..request(Repetition::Measured, *failure) });
        Trial {
            number: 0,
            stage: "baseline".into(),
            why: String::new(),
            candidate: Candidate::default(),
            experiment: Experiment::Notes { files: vec![0] },
            state,
            seconds: 1.0,
            reloads: 0,
            samples: vec![],
            facts: vec![],
            scores: vec![],
            observations: std::iter::once(warm).chain(measured).collect(),
            notices: vec!["loading failed".into()],
        }
    }

    #[test]
    fn a_server_is_lost_when_its_last_answers_were_its_faults() {
        use FailureCause::{OutOfMemory, OutOfTime, ServerError, Unreachable};
        let good = || trial(TrialState::Complete, &[None]);
        let silent = || trial(TrialState::Failed(OutOfTime), &[]);
        let lost = |trials: Vec<Trial>| server_failure(&trials).map(|failure| failure.cause);
        assert_eq!(lost(vec![]), None);
        assert_eq!(lost(vec![good(), silent()]), None, "a trial that was cut off says nothing");
        let broken = || trial(TrialState::Failed(ServerError), &[Some(Unreachable), Some(ServerError)]);
        assert_eq!(lost(vec![good(), broken(), silent()]), Some(ServerError));
        assert_eq!(lost(vec![broken(), good()]), None, "it works again");
        assert_eq!(lost(vec![trial(TrialState::Failed(OutOfTime), &[Some(ServerError); 2])]), Some(ServerError));
        assert_eq!(lost(vec![trial(TrialState::Failed(ServerError), &[Some(ServerError), None])]), None, "one of two");
        assert_eq!(lost(vec![trial(TrialState::Failed(ServerError), &[None, Some(ServerError)])]), None, "only once");
        let ended = trial(TrialState::Failed(ServerError), &[None, Some(ServerError), Some(ServerError)]);
        assert_eq!(lost(vec![ended]), Some(ServerError), "within a trial");
        assert_eq!(lost(vec![good(), trial(TrialState::Failed(OutOfMemory), &[])]), None, "an answer to a setting");
        let load = server_failure(&[good(), trial(TrialState::Failed(Unreachable), &[])]).unwrap();
        assert_eq!(load.said.as_deref(), Some("loading failed"));
    }
}
