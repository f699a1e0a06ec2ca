//! The stages in their turn, and once more those that had too little time, where time is left.

use super::{
    bound::Bound,
    candidates,
    execute::Executor,
    facts::{Facts, Progress},
    fleet::Fleet,
    plan::{PreparedStage, stage_share, weight},
    shrink::{Pace, given_up},
    stage::{self, StageEnd},
};
use crate::model::{
    candidate::Candidate,
    plugin::Manifest,
    space::Parameter,
    study::{NotAsked, StudyEvent, Warning},
    workload::Workload,
};

/// What the stages share while they run.
struct Turns<'a, 'f> {
    fleet: &'a mut Fleet<'f>,
    /// With the settings that the search begins from in the place of the present ones.
    facts: &'a Facts<'a>,
    stages: &'a [PreparedStage],
    progress: &'a mut Progress,
    /// Seconds after the start at which all of them are over.
    ends: f64,
    /// What each of them began with, and how many trials there were when it decided: those that had their turn.
    turned: Vec<Option<(Candidate, usize)>>,
    emit: &'a mut dyn FnMut(StudyEvent),
}

/// Share of what is kept for the comparison that stages may use which are asked again, where so far nothing would be compared.
const SPARE: f64 = 0.5;

/// Runs the stages until `kept` seconds before the end. What earlier ones did not use, and what later ones leave because they are given up, goes to the others;
/// when all were asked, those are asked again that would measure something in what is left, or that know more by what came after them. Where the last trial failed, nobody is: a
/// server that does not answer has no use for more questions.
pub async fn run(
    fleet: &mut Fleet<'_>,
    (present, facts): (&Facts<'_>, &Facts<'_>),
    stages: &[PreparedStage],
    progress: &mut Progress,
    kept: f64,
    emit: &mut dyn FnMut(StudyEvent),
) {
    let ends = progress.total_seconds - kept;
    let mut turns = Turns { fleet, facts, stages, progress, ends, turned: vec![None; stages.len()], emit };
    for again in [false, true] {
        if again && turns.progress.history.last().is_some_and(|last| !last.is_complete()) {
            break;
        }
        if again && turns.progress.incumbent.works_like(present.baseline) {
            turns.ends += SPARE * kept;
        }
        for (index, stage) in stages.iter().enumerate() {
            if turns.turn(index, stage, again).await {
                report_incumbent(present, turns.progress, turns.emit);
            }
        }
    }
}

impl Turns<'_, '_> {
    /// One stage, where it has time. Whether it had its turn.
    async fn turn(&mut self, index: usize, stage: &PreparedStage, again: bool) -> bool {
        let manifests: Vec<&Manifest> = self.stages.iter().map(|stage| &stage.strategy.manifest).collect();
        let now = self.fleet.clock.elapsed().as_secs_f64();
        let left = (self.ends - now).max(0.0);
        let ahead = manifests.get(index..).unwrap_or_default();
        let given_up =
            given_up(&manifests, ahead.len(), left, pace(self.fleet, self.progress, self.facts.workload, now));
        let gone = given_up.first().copied().flatten();
        if again {
            if gone.is_some() || left <= 0.0 || !self.has_more_to_say(index, stage, left) {
                return false;
            }
        } else if let Some(needs_seconds) = gone {
            let stage = stage.strategy.manifest.name.clone();
            self.progress.not_asked.push(NotAsked { stage, needs_seconds, seconds_left: left });
            return false;
        }
        let later = self.stages.iter().enumerate().skip(index).zip(&given_up).skip(1);
        let later = later.filter(|(_, gone)| gone.is_none());
        let later: Vec<f64> = later.map(|((place, later), _)| self.weight_now(place, later, left)).collect();
        let share = stage_share(left, weight(&stage.strategy.manifest), later.into_iter());
        self.ask(index, stage, (now + share, (now + share * 1.3).min(self.ends))).await;
        true
    }

    /// Whether a stage that had its turn would measure something in so many seconds, or knows more by what came after it.
    fn has_more_to_say(&self, index: usize, stage: &PreparedStage, seconds: f64) -> bool {
        let name = &stage.strategy.manifest.name;
        let has_failed = self.progress.stages.iter().any(|end| end.name == *name && end.failure.is_some());
        let turned = self.turned.get(index).and_then(Option::as_ref);
        let knows_more = turned.is_some_and(|(_, knew)| self.progress.history.len() > *knew);
        !has_failed && (knows_more || self.would_measure(index, stage, seconds))
    }

    /// Asks a stage from now on, and takes what it decides. `soft` and `hard`, in seconds after the start: when it should be over, and when it is cut off.
    async fn ask(&mut self, index: usize, stage: &PreparedStage, (soft, hard): (f64, f64)) {
        let name = stage.strategy.manifest.name.clone();
        let of = self.stages.len() + 2;
        (self.emit)(StudyEvent::StageStarted { name: name.clone(), index: index + 1, of });
        let until = (self.fleet.clock.at(soft), self.fleet.clock.at(hard));
        let incumbent = self.incumbent_of(index, stage);
        let history = &mut self.progress.history;
        let end = stage::run(self.fleet, self.facts, stage, &incumbent, history, until, self.emit).await;
        let StageEnd { outcome, decision, failure } = end;
        for (name, value) in &decision.settings {
            if let Some(parameter) = Parameter::from_name(name) {
                self.progress.incumbent.set(parameter, *value);
            }
        }
        if let Some(error) = &failure {
            let warning = Warning { what: error.to_string(), advice: Some(error.hint()) };
            (self.emit)(StudyEvent::Warned { warning: warning.clone() });
            self.progress.warnings.push(warning);
        }
        (self.emit)(StudyEvent::StageFinished { name, decided: outcome.settings.clone() });
        self.progress.keep(outcome, decision.not_found);
        if let Some(turned) = self.turned.get_mut(index) {
            *turned = Some((incumbent, self.progress.history.len()));
        }
    }

    /// What a later stage is worth beside the one that begins: nothing, where it would measure nothing and does not merely follow from the others.
    fn weight_now(&self, index: usize, stage: &PreparedStage, seconds: f64) -> f64 {
        let weight = weight(&stage.strategy.manifest);
        let idle = weight >= 1.0 && !self.would_measure(index, stage, seconds);
        if idle { 0.0 } else { weight }
    }

    fn would_measure(&self, index: usize, stage: &PreparedStage, seconds: f64) -> bool {
        let (incumbent, history) = (self.incumbent_of(index, stage), &self.progress.history);
        stage::would_measure(self.fleet, self.facts, stage, &incumbent, history, seconds)
    }

    /// What is decided so far, as a stage is told: what it decided itself before is what it began with.
    fn incumbent_of(&self, index: usize, stage: &PreparedStage) -> Candidate {
        let Some((begun, _)) = self.turned.get(index).and_then(Option::as_ref) else {
            return self.progress.incumbent.clone();
        };
        let own = stage.strategy.manifest.decides.iter().filter_map(|name| Parameter::from_name(name));
        own.fold(self.progress.incumbent.clone(), |settings, own| settings.with(own, begun.get(own)))
    }
}

/// What a note takes with what was decided so far, as far as the trials tell, even if only probes; without any, longer than the study has
/// lasted, and than those that did not end.
fn pace(executor: &Executor<'_>, progress: &Progress, workload: &Workload, elapsed_seconds: f64) -> Pace {
    let speed = candidates::speed_of(&progress.history, workload, &progress.incumbent).map(|speed| speed.value);
    let most = || Bound::of(&progress.history, workload, &progress.incumbent).at_most;
    let note_seconds =
        speed.map_or_else(|| most().map_or(0.0, |most| 60.0 / most).max(elapsed_seconds), |speed| 60.0 / speed);
    Pace { note_seconds, load_seconds: executor.last_load_seconds }
}

fn report_incumbent(facts: &Facts<'_>, progress: &Progress, emit: &mut dyn FnMut(StudyEvent)) {
    let all =
        candidates::measured(&progress.history, facts.baseline, &progress.incumbent, facts.workload, facts.constraints);
    let best = all
        .iter()
        .filter(|candidate| candidate.violations.is_empty())
        .filter_map(|candidate| Some((candidate.notes_per_minute?.value, candidate.quality)))
        .max_by(|a, b| a.0.total_cmp(&b.0));
    if let Some((notes_per_minute, quality)) = best {
        emit(StudyEvent::Incumbent { notes_per_minute, quality: quality.map(|estimate| estimate.value) });
    }
}
