//! When a server has failed, and not the settings.

use super::{
    observation::{FailureCause, Observation},
    parting::{Parting, Reply},
    trial::{Trial, TrialState},
};

/// How a server failed in the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerFailure {
    pub cause: FailureCause,
    /// What the last request, or the last load, said of it.
    pub said: Option<String>,
}

/// A request that fails and its retry may be bad luck of the one moment; more in a row, and nothing good after them, is a server that fails.
const FEWEST_FAILURES: usize = 2;

/// Measurements in a row whose time ended first that say something of the server, where it still says its version: one setting may be too much for a
/// machine.
const FEWEST_CUT: usize = 2;

/// That the server gave nothing any more at the end of these trials: its last answers, or its last load, failed, and it is to blame; or they were
/// waited for until their time was over, and what it was asked when they were over was not answered either.
#[must_use]
pub fn server_failure(trials: &[Trial], parting: Option<&Parting>) -> Option<ServerFailure> {
    faulty_answers(trials).or_else(|| no_answers(trials, parting?))
}

/// Trials that ended with their time, and without any answer, say nothing.
fn faulty_answers(trials: &[Trial]) -> Option<ServerFailure> {
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

fn no_answers(trials: &[Trial], parting: &Parting) -> Option<ServerFailure> {
    let cut = trials.iter().rev().take_while(|trial| is_cut(trial)).count();
    let in_a_row = trials.iter().rev().take_while(|trial| is_unanswered(trial)).count();
    let is_gone = parting.to_version != Reply::Answered && cut > 0;
    let is_stuck = matches!(parting.to_restore, Reply::Silent | Reply::Endless) && in_a_row > 0 && cut >= FEWEST_CUT;
    if !is_gone && !is_stuck {
        return None;
    }
    let (cause, how) = match (parting.to_restore, parting.to_version) {
        (Reply::Endless, _) => (FailureCause::TimedOut, "its answers do not end"),
        (_, Reply::Failed) => (FailureCause::Unreachable, "it is gone"),
        _ => (FailureCause::TimedOut, "it is silent"),
    };
    let waited = match in_a_row {
        0 => String::new(),
        1 => "the last measurement got no whole answer in its time, and ".to_owned(),
        more => format!("the last {more} measurements got no whole answer in their time, and "),
    };
    Some(ServerFailure { cause, said: Some(format!("{how}: {waited}what it was asked in the end was not answered")) })
}

/// Whether a trial was waited for until its time was over.
fn is_cut(trial: &Trial) -> bool {
    matches!(trial.state, TrialState::Failed(FailureCause::OutOfTime | FailureCause::TimedOut))
}

/// Whether nothing came of it besides: no load, no request.
fn is_unanswered(trial: &Trial) -> bool {
    is_cut(trial) && trial.reloads == 0 && trial.observations.iter().all(|request| request.failure.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        candidate::Candidate,
        experiment::Experiment,
        observation::{FinishReason, Repetition},
    };

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
            host: None,
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
        let lost = |trials: Vec<Trial>| server_failure(&trials, None).map(|failure| failure.cause);
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
        let load = server_failure(&[good(), trial(TrialState::Failed(Unreachable), &[])], None).unwrap();
        assert_eq!(load.said.as_deref(), Some("loading failed"));
    }

    #[test]
    fn a_server_is_lost_when_nothing_is_answered_any_more() {
        use FailureCause::{OutOfTime, ServerError, TimedOut, Unreachable};
        use Reply::{Answered, Endless, Failed, Silent};
        let good = || trial(TrialState::Complete, &[None]);
        let cut = || Trial { observations: vec![], ..trial(TrialState::Failed(OutOfTime), &[]) };
        let said = |trials: &[Trial], to_version, to_restore| {
            let parting = Parting { to_version, version: None, to_restore };
            server_failure(trials, Some(&parting)).map(|failure| (failure.cause, failure.said.unwrap_or_default()))
        };
        let lost = |trials: &[Trial], to_version, to_restore| said(trials, to_version, to_restore).map(|lost| lost.0);
        assert_eq!(lost(&[good(), cut(), cut()], Answered, Answered), None, "it was only slow");
        assert_eq!(lost(&[good(), cut()], Answered, Silent), None, "one setting was too much");
        assert_eq!(lost(&[good(), cut(), cut()], Answered, Silent), Some(TimedOut), "the model does not answer");
        assert_eq!(lost(&[good(), cut()], Silent, Silent), Some(TimedOut), "nothing answers");
        assert_eq!(lost(&[good(), cut()], Failed, Failed), Some(Unreachable), "nobody is there");
        assert_eq!(lost(&[cut(), good()], Silent, Silent), None, "everything was measured before");
        let warm = trial(TrialState::Failed(OutOfTime), &[]);
        assert_eq!(lost(&[cut(), warm], Answered, Silent), None, "its warm-up was answered");
        let broken = trial(TrialState::Failed(ServerError), &[Some(ServerError), Some(ServerError)]);
        assert_eq!(lost(&[broken, cut()], Silent, Silent), Some(ServerError), "an answer says more than none");
        let (_, endless) = said(&[cut(), cut()], Answered, Endless).unwrap();
        assert!(endless.starts_with("its answers do not end: the last 2 measurements"), "{endless}");
    }
}
