//! A recorded study, played to a strategy: what it would have asked at each point, and decided.

use std::{collections::BTreeMap, time::Instant};

use super::record::Record;
use crate::{
    model::{
        candidate::Candidate,
        experiment::{Decision, Experiment, Proposal, StrategyAnswer},
        rehearsal::{REHEARSAL_SCHEMA_VERSION, RecordedStage, ReplayEnd, ReplayStep, ReplayedProposal, StrategyReplay},
        space::Parameter,
        study::{PlannedStage, StageOutcome},
        trial::Trial,
    },
    plugin::{PluginError, parameters::Arguments, strategy::Strategy},
    tune::{
        describe_proposal,
        plan::{CONFIRM_SHARE, stage_share, weight_of},
    },
};

/// Most answers of one replay.
const MOST_STEPS: usize = 200;

/// Plays the record to a strategy. Its stage begins where that of the strategy began that decided the same; without such a one, where
/// measuring had ended. What it asks for is answered by the recorded trial that measured the same; the first question that no
/// trial answers is the last one.
#[must_use]
pub fn replay(strategy: &Strategy, arguments: &Arguments, record: &Record) -> StrategyReplay {
    let start = Start::of(strategy, record);
    let mut stage = Stage {
        strategy,
        arguments,
        record,
        incumbent: start.incumbent,
        pool: record.study.trials.iter().filter(|trial| !start.history.contains(trial)).collect(),
        history: start.history,
        seconds: 0.0,
        reloads: 0,
        slowest_milliseconds: 0.0,
        repeats: true,
    };
    let trials_before = stage.history.len();
    let mut steps = Vec::new();
    let (end, answer) = stage.play(start.seconds, &mut steps);
    let (end, decision, failure) = match answer {
        Ok(decision) => (end, Some(decision), None),
        Err(error) => (ReplayEnd::Failed, None, Some(error.to_string())),
    };
    StrategyReplay {
        schema_version: REHEARSAL_SCHEMA_VERSION,
        strategy: strategy.manifest.name.clone(),
        record: record.title(),
        in_place_of: start.recorded,
        trials_before,
        steps,
        end,
        decision,
        failure,
        repeats: stage.repeats,
        seconds: stage.seconds,
        reloads: stage.reloads,
        slowest_milliseconds: stage.slowest_milliseconds,
        notices: record.notices.clone(),
    }
}

/// Where the strategy's stage begins.
struct Start {
    history: Vec<Trial>,
    incumbent: Candidate,
    /// That the stage may take.
    seconds: f64,
    recorded: Option<RecordedStage>,
}

impl Start {
    fn of(strategy: &Strategy, record: &Record) -> Self {
        let study = &record.study;
        // The first is the baseline, the last the confirmation.
        let stages: Vec<&PlannedStage> = study.plan.stages.iter().collect();
        let measuring = stages.len().saturating_sub(1);
        let decides = &strategy.manifest.decides;
        let rival = |stage: &&PlannedStage| stage.decides.iter().any(|name| decides.contains(name));
        let place = stages.iter().take(measuring).position(rival);
        let before: Vec<&str> =
            stages.iter().take(place.unwrap_or(measuring)).map(|stage| stage.name.as_str()).collect();
        // What a stage made and decided when it was asked once more came after all of them.
        let first = |name: &str| study.stages.iter().find(|stage| stage.name == name).map(StageOutcome::at_first);
        let mut made: BTreeMap<String, u32> = BTreeMap::new();
        let is_before = |trial: &&Trial| {
            let number = made.entry(trial.stage.clone()).or_default();
            *number += 1;
            before.contains(&trial.stage.as_str()) && first(&trial.stage).is_none_or(|first| *number <= first.trials)
        };
        let history: Vec<Trial> = study.trials.iter().filter(is_before).cloned().collect();
        let mut incumbent = study.baseline.clone();
        for stage in study.stages.iter().filter(|stage| before.contains(&stage.name.as_str())) {
            for (name, value) in stage.at_first().settings {
                if let Some(parameter) = Parameter::from_name(&name) {
                    incumbent.set(parameter, value);
                }
            }
        }
        let gone: f64 = history.iter().map(|trial| trial.seconds).sum();
        let total = study.budget.total_seconds;
        let confirm = stages.last().map_or(CONFIRM_SHARE * total, |stage| stage.seconds);
        let left = (total - confirm - gone).max(0.0);
        let later = stages.iter().take(measuring).skip(place.map_or(measuring, |place| place + 1));
        let own = weight_of(decides);
        let share = stage_share(left, own, later.map(|stage| weight_of(&stage.decides)));
        let planned = place.and_then(|place| stages.get(place));
        let outcome = planned.and_then(|planned| Some((planned.name.clone(), first(&planned.name)?)));
        // Whoever takes a stage's place has its time; studies of before did not note it.
        let seconds = outcome.as_ref().and_then(|(_, first)| first.seconds_given).unwrap_or(share);
        let recorded = outcome.map(|(name, first)| RecordedStage {
            name,
            trials: first.trials,
            seconds: first.seconds,
            settings: first.settings,
        });
        Self { history, incumbent, seconds, recorded }
    }
}

/// A stage that is being played.
struct Stage<'a> {
    strategy: &'a Strategy,
    arguments: &'a Arguments,
    record: &'a Record,
    incumbent: Candidate,
    history: Vec<Trial>,
    /// Recorded trials that were not told yet.
    pool: Vec<&'a Trial>,
    seconds: f64,
    reloads: u32,
    slowest_milliseconds: f64,
    repeats: bool,
}

impl Stage<'_> {
    fn play(&mut self, budget: f64, steps: &mut Vec<ReplayStep>) -> (ReplayEnd, Result<Decision, PluginError>) {
        while steps.len() < MOST_STEPS {
            let seconds_left = budget - self.seconds;
            if seconds_left <= 0.0 {
                break;
            }
            let proposals = match self.ask(seconds_left) {
                Err(error) => return (ReplayEnd::Failed, Err(error)),
                Ok(StrategyAnswer::Done(decision)) => return (ReplayEnd::Done, Ok(decision)),
                Ok(StrategyAnswer::Measure(proposals)) => proposals,
            };
            let mut asked = Vec::new();
            for proposal in proposals {
                let trial = self.answer(&proposal);
                let changes = proposal.candidate.differences(&self.incumbent).into_iter();
                asked.push(ReplayedProposal {
                    what: describe_proposal(&proposal, &self.incumbent),
                    changes: changes.map(|name| (name.name().to_owned(), proposal.candidate.get(name))).collect(),
                    experiment: proposal.experiment,
                    why: proposal.why,
                    trial,
                });
            }
            let unknown = asked.iter().any(|proposal| proposal.trial.is_none());
            steps.push(ReplayStep { seconds_left, proposals: asked });
            if unknown {
                return (ReplayEnd::NotInRecord, self.conclude());
            }
        }
        (ReplayEnd::OutOfTime, self.conclude())
    }

    fn ask(&mut self, seconds_left: f64) -> Result<StrategyAnswer, PluginError> {
        let workload = self.record.workload(&self.history);
        let view = self.record.view(&workload, &self.incumbent, &self.history, seconds_left);
        let began = Instant::now();
        let answer = self.strategy.ask(&view, self.arguments);
        let milliseconds = began.elapsed().as_secs_f64() * 1000.0;
        self.repeats &= self.strategy.ask(&view, self.arguments) == answer;
        self.slowest_milliseconds = self.slowest_milliseconds.max(milliseconds);
        answer
    }

    fn conclude(&self) -> Result<Decision, PluginError> {
        let workload = self.record.workload(&self.history);
        self.strategy.conclude(&self.record.view(&workload, &self.incumbent, &self.history, 0.0), self.arguments)
    }

    /// Tells the recorded trial that measured this, as the strategy's own.
    fn answer(&mut self, proposal: &Proposal) -> Option<u32> {
        let found = self.pool.iter().position(|trial| is_of(trial, proposal))?;
        let trial = self.pool.remove(found);
        self.seconds += trial.seconds;
        self.reloads += trial.reloads;
        let number = u32::try_from(self.history.len()).unwrap_or(u32::MAX);
        let told =
            Trial { number, stage: self.strategy.manifest.name.clone(), why: proposal.why.clone(), ..trial.clone() };
        self.history.push(told);
        Some(trial.number)
    }
}

/// Whether a trial measured what is proposed. Numbers went through a file, so their last digit may differ.
fn is_of(trial: &Trial, proposal: &Proposal) -> bool {
    let same = |a: &Candidate, b: &Candidate| a.differences(b).is_empty();
    let experiments = match (&trial.experiment, &proposal.experiment) {
        (
            Experiment::Needle { content_chars: a, depths: ours },
            Experiment::Needle { content_chars: b, depths: theirs },
        ) => {
            let near = ours.iter().zip(theirs).all(|(a, b)| (a - b).abs() < 1e-9);
            a == b && ours.len() == theirs.len() && near
        }
        (Experiment::Compare { other: a, files: ours }, Experiment::Compare { other: b, files: theirs }) => {
            same(a, b) && ours == theirs
        }
        (a, b) => a == b,
    };
    experiments && same(&trial.candidate, &proposal.candidate)
}
