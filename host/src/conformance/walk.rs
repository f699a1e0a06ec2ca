//! Plays one stage of a study: ask, answer, tell, until the strategy is done or its time is over.

use super::server::Server;
use crate::{
    model::{
        experiment::{Decision, Proposal, StrategyAnswer},
        observation::FailureCause,
        trial::{Trial, TrialState},
    },
    plugin::{
        PluginError,
        parameters::Arguments,
        strategy::{MOST_REPEATS, MOST_TRIALS, Strategy, StudyView, WorkloadView},
    },
};

/// How a stage ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    Done,
    OutOfTime,
    /// It had time left and asked on: the host would have ended it.
    NeverDone,
    /// It asked for the same again and again.
    Repeats,
}

/// What a stage did.
#[derive(Debug, Clone)]
pub struct Walk {
    pub ending: Ending,
    pub decision: Decision,
    pub asks: usize,
    pub trials: usize,
    pub seconds: f64,
    /// Trials that the end of the time cut off.
    pub cut_off: usize,
    /// Every answer as text, in order: two walks are alike when these are.
    pub transcript: Vec<String>,
}

/// Where a stage begins.
pub struct Start<'a> {
    pub view: StudyView<'a>,
    pub server: Server,
    pub seconds: f64,
}

/// Plays a stage.
///
/// # Errors
/// The failure of a call.
pub fn walk(strategy: &Strategy, start: Start<'_>, arguments: &Arguments) -> Result<Walk, PluginError> {
    let Start { view, mut server, seconds } = start;
    let workload: &WorkloadView = view.workload;
    let mut history: Vec<Trial> = view.history.to_vec();
    let first = history.len();
    let mut proposed: Vec<Proposal> = Vec::new();
    let (mut spent, mut cut_off, mut asks) = (0.0, 0, 0);
    let mut transcript = Vec::new();
    let ending = loop {
        let trials = history.len() - first;
        if spent >= seconds {
            break Ending::OutOfTime;
        }
        if trials >= MOST_TRIALS as usize {
            break Ending::NeverDone;
        }
        asks += 1;
        let answer =
            strategy.ask(&StudyView { history: &history, seconds_left: seconds - spent, ..view }, arguments)?;
        transcript.push(format!("{answer:?}"));
        let proposals = match answer {
            StrategyAnswer::Done(decision) => {
                return Ok(Walk { ending: Ending::Done, decision, asks, trials, seconds: spent, cut_off, transcript });
            }
            StrategyAnswer::Measure(proposals) => proposals,
        };
        let is_old = |proposal: &Proposal| proposed.iter().filter(|known| *known == proposal).count() >= MOST_REPEATS;
        if proposals.iter().all(is_old) {
            break Ending::Repeats;
        }
        for proposal in proposals {
            if spent >= seconds || history.len() - first >= MOST_TRIALS as usize {
                break;
            }
            let trial = server.run(history.len(), &strategy.manifest.name, &proposal, workload, seconds - spent);
            spent += trial.seconds;
            cut_off +=
                usize::from(trial.state == TrialState::Failed(FailureCause::OutOfTime) && server.failing.is_none());
            history.push(trial);
            proposed.push(proposal);
        }
    };
    let decision = strategy.conclude(&StudyView { history: &history, seconds_left: 0.0, ..view }, arguments)?;
    transcript.push(format!("{decision:?}"));
    Ok(Walk { ending, decision, asks, trials: history.len() - first, seconds: spent, cut_off, transcript })
}
