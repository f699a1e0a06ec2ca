//! What others found is tried beside the present settings: a place to begin from, and never a detour. What is measured of it counts as any other measurement, and it is
//! dropped where it is no better here.

use tokio::time::Instant;

use super::{
    baseline,
    bound::Bound,
    candidates::speed_of,
    clock::seconds_until,
    compare,
    facts::{Facts, Progress},
    fleet::Fleet,
    obedience::well,
    prior::STAGE,
    short_proof::{self, ShortProof},
    stage,
    summarise::effective_slots,
};
use crate::model::{
    candidate::Candidate,
    experiment::{Experiment, Proposal},
    metric::{Estimate, Metric},
    observation::FailureCause,
    prior::Prior,
    study::{StageOutcome, StudyEvent, Warning},
    trial::{Trial, TrialState},
};

/// Share of the budget that the trial of what others found may take, and the present settings beside it: what it costs where it is of no use.
const TRIAL_SHARE: f64 = 0.15;

/// Seconds that are kept at the end where nothing else is asked, besides what a load takes.
const KEPT_SECONDS: f64 = 1.0;

/// Notes that are made with each of the two, but for one for each request at once: more of them only make sure of what the comparison decides.
const NOTES: usize = 2;

/// Share of the requests at once that the server must work on at a time.
const SERVED: f64 = 0.6;

/// Share of the speed that was foretold below which it is no more than a place to begin from: whoever made it so fast had something that is not here.
const AS_FORETOLD: f64 = 0.75;

/// How many times as fast as the present settings it must seem, so that nothing else is searched for: notes this few are not sure of less. Where nothing
/// else would be searched for anyway, the comparison decides.
const BETTER: f64 = 1.2;
const BETTER_ALONE: f64 = 1.0;

/// How many times as fast it must seem so that the search begins from it.
const WORTH_BEGINNING: f64 = 1.03;

/// Share of the time that is left which one trial of short requests may take: each of the two has one, and then one more.
const SHORT_SHARE: f64 = 0.2;

/// Share of it that those of the present settings may take where they are slower than the others.
const SHORT_MOST: f64 = 0.7;

/// How people know the two.
const WHO: &str = "what others found";
const PRESENT: &str = "your present settings";

/// Rounds of short requests at most.
const MOST_ROUNDS: usize = 4;

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// It is as good as was said, and nothing else has to be searched for.
    Holds,
    /// It is better than what is there: the search begins from it.
    Better,
    /// It is of no use here.
    Dropped,
}

/// The trial of it: who measures what for whom, and what is known so far.
struct Trying<'a, 'f> {
    fleet: &'a mut Fleet<'f>,
    facts: &'a Facts<'a>,
    prior: &'a Prior,
    progress: &'a mut Progress,
    emit: &'a mut dyn FnMut(StudyEvent),
    /// Until when it may go on.
    deadline: Instant,
    are_present: bool,
}

/// Tries what others found.
pub async fn check(
    fleet: &mut Fleet<'_>,
    facts: &Facts<'_>,
    prior: &Prior,
    progress: &mut Progress,
    emit: &mut dyn FnMut(StudyEvent),
) -> Found {
    let started = fleet.clock.elapsed();
    emit(StudyEvent::StageStarted { name: STAGE.into(), index: 0, of: 2 });
    let now = started.as_secs_f64();
    let total = progress.total_seconds;
    let until = if prior.alone { total - KEPT_SECONDS } else { now + TRIAL_SHARE * total };
    let (deadline, are_present) = (fleet.clock.at(until), prior.settings.works_like(facts.baseline));
    let first = progress.history.len();
    let mut trying = Trying { fleet, facts, prior, progress, emit, deadline, are_present };
    let said = trying.measure().await;
    let who = format!("what {} of others say", measurements(prior.shared.unwrap_or_default().packs));
    let trials = u32::try_from(progress.history.len() - first).unwrap_or(0);
    let (found, reason) = match said {
        Err(why) => {
            let then = if prior.alone { "nothing else was asked" } else { "everything was measured as without it" };
            let warning = Warning {
                what: format!("{who} does not hold here ({why}), so {then}"),
                advice: prior.alone.then(|| "`ralf-tune run` finds what does".into()),
            };
            emit(StudyEvent::Warned { warning: warning.clone() });
            progress.warnings.push(warning);
            return Found::Dropped;
        }
        Ok((found, how)) => (found, format!("{who}{how}")),
    };
    progress.incumbent = prior.settings.clone();
    progress.stages.push(StageOutcome {
        name: STAGE.into(),
        trials,
        seconds: fleet.clock.seconds_since(started),
        seconds_given: None,
        settings: Vec::new(),
        reasons: vec![reason],
        failure: None,
        cut_short: false,
        first_turn: None,
    });
    found
}

impl Trying<'_, '_> {
    /// Measures it, and the present settings beside it. What came of it and how, for people; or why it is dropped.
    async fn measure(&mut self) -> Result<(Found, String), String> {
        let (prior, facts) = (self.prior, self.facts);
        self.trial((&prior.settings, WHO), Experiment::Load, self.deadline).await;
        let none = "it was not even loaded in the time that there was";
        if let Some(why) = self.progress.history.last().map_or(Some(none.into()), spoiled_load) {
            return Err(why);
        }
        let left = seconds_until(self.deadline);
        // Where nothing else is asked, the present settings and the comparison have to fit as well.
        let left = if prior.alone { (left - 2.0 * self.fleet.last_load_seconds) / 4.0 } else { left };
        let Some(wanted) = wanted(self.fleet, facts, &prior.settings, left) else {
            return self.short_requests().await;
        };
        let tried = self.progress.history.len();
        self.notes((&prior.settings, WHO), wanted, self.deadline).await;
        if let Some(why) = self.progress.history.get(tried).and_then(spoiled) {
            return Err(why);
        }
        let slots = self.progress.history.get(tried).and_then(|trial| effective_slots(&well(trial)));
        let is_alike = self.are_present || self.measure_present().await;
        let history = &self.progress.history;
        let last = history.len().saturating_sub(1);
        let is_pair = |trial: &Trial| matches!(&trial.experiment, Experiment::Notes { files } if files.len() >= NOTES);
        if !self.are_present && is_alike && last > tried && history.get(last).is_some_and(is_pair) {
            self.progress.tried_beside = Some((tried, last));
        }
        // Those who measured had about so many slots; where most of the requests wait, few notes do not show it.
        let at_once = f64::from(prior.settings.max_concurrent_requests.max(1));
        let has_slots = slots.is_none_or(|slots| slots >= SERVED * at_once);
        let speed = |settings: &Candidate| speed_of(&self.progress.history, facts.workload, settings);
        let (now, before) = (speed(&prior.settings), speed(facts.baseline));
        self.judge(now, before.filter(|_| !self.are_present), (is_alike, has_slots))
    }

    /// Measures the present settings on the first of the same files: they are measured in every study, so that this takes nothing from it. Whether as in the middle of a
    /// long batch: where that takes too long, by single notes.
    async fn measure_present(&mut self) -> bool {
        let (facts, present) = (self.facts, self.facts.baseline);
        let until = self.until_present();
        self.trial((present, PRESENT), Experiment::Load, until).await;
        if !self.progress.history.last().is_some_and(Trial::is_complete) {
            return false;
        }
        let left = seconds_until(until);
        let Some(wanted) = wanted(self.fleet, facts, present, left) else {
            let why = ("what your present settings do", NOTES);
            baseline::run(self.fleet, facts, self.progress, why, (until, until), self.emit).await;
            return present.max_concurrent_requests <= 1;
        };
        self.notes((present, PRESENT), wanted, until).await;
        true
    }

    /// When the present settings must be done.
    fn until_present(&self) -> Instant {
        if self.prior.alone {
            return self.deadline;
        }
        let clock = self.fleet.clock;
        clock.at(clock.elapsed().as_secs_f64() + TRIAL_SHARE * self.progress.total_seconds)
    }

    /// One trial of the stage; none where nobody made it.
    async fn trial(&mut self, (settings, who): (&Candidate, &str), experiment: Experiment, until: Instant) {
        let why = format!("how fast {who} {} here", if who.ends_with('s') { "are" } else { "is" });
        let proposal = Proposal { candidate: settings.clone(), experiment, why };
        let what = format!("{} with {who}", stage::describe(&proposal, settings));
        let made = self.fleet.run_all(STAGE, vec![(proposal, what)], false, None, until, self.emit).await;
        self.progress.history.extend(made);
    }

    /// Notes of the first so many files, as the middle of a long batch makes them.
    async fn notes(&mut self, (settings, who): (&Candidate, &str), wanted: usize, until: Instant) {
        let files = baseline::files(self.facts.workload.files.len(), wanted);
        let history = &mut self.progress.history;
        compare::measure(self.fleet, STAGE, settings, who, &files, until, history, self.emit).await;
    }

    /// The most notes a minute that the present settings can make, where they made none.
    fn bound(&self) -> Option<f64> {
        Bound::of(&self.progress.history, self.facts.workload, self.facts.baseline).at_most
    }

    /// What notes said. `is_alike`: both were measured alike, as the middle of a long batch; `has_slots`: the server works on as many at once as it asks for.
    fn judge(
        &self,
        now: Option<Estimate>,
        before: Option<Estimate>,
        (is_alike, has_slots): (bool, bool),
    ) -> Result<(Found, String), String> {
        let now = now.ok_or("no note was made with it in the time")?;
        let foretold = &self.prior.notes_per_minute;
        let how = format!(
            "{:.2} notes a minute; {:.2} to {:.2} were foretold",
            now.value, foretold.interval.low, foretold.interval.high
        );
        let alone = self.prior.alone;
        let as_foretold = now.value >= AS_FORETOLD * foretold.value;
        let is_sure = alone || (is_alike && has_slots && as_foretold);
        let better = if alone { BETTER_ALONE } else { BETTER };
        match before {
            None if self.are_present || alone => Ok((Found::Holds, holds(&how))),
            // Where the present settings make no note, what is scarce here may not be scarce where others measured: unless it is as fast as there, and they are surely slower.
            None if has_slots && as_foretold && self.bound().is_some_and(|bound| now.value >= BETTER * bound) => {
                Ok((Found::Holds, holds(&how)))
            }
            None => Ok((Found::Better, begins(&how))),
            Some(before) if now.value >= better * before.value && is_sure => Ok((Found::Holds, holds(&how))),
            Some(before) if now.value >= WORTH_BEGINNING * before.value && !alone => Ok((Found::Better, begins(&how))),
            Some(before) => Err(format!(
                "{:.2} notes a minute, and {:.2} with your present settings on the same files",
                now.value, before.value
            )),
        }
    }

    /// What short requests with both say, in turns, where there is no time for notes.
    async fn short_requests(&mut self) -> Result<(Found, String), String> {
        let (facts, ours) = (self.facts, &self.prior.settings);
        let same_notes = short_proof::make_the_same_notes(ours, facts.baseline, facts.workload);
        if self.prior.alone && !same_notes {
            return Err(
                "there is no time for notes, and it makes other ones than your present settings: how good they are, short requests do not tell".into(),
            );
        }
        let none = || "not even a short request ended with it in the time that there was".to_owned();
        let share = if self.prior.alone { SHORT_SHARE } else { 2.0 * SHORT_SHARE };
        let rest = (seconds_until(self.deadline) - self.fleet.last_load_seconds).max(0.0);
        let shape_of = |fleet: &Fleet<'_>, settings: &Candidate, seconds: f64| {
            short_proof::shape(fleet.first?, settings.max_concurrent_requests, seconds)
        };
        let mut shapes = [shape_of(self.fleet, ours, share * rest).ok_or_else(none)?; 2];
        let sides = [(ours, WHO), (facts.baseline, PRESENT)];
        let until = self.until_present();
        // A B, B A, A B …: what drifts meets both alike, and a load is saved at each turn.
        for round in 0..MOST_ROUNDS {
            let began = Instant::now();
            let order = if round % 2 == 0 { [0, 1] } else { [1, 0] };
            let only_ours = self.are_present;
            for side in order.into_iter().filter(|side| *side == 0 || !only_ours) {
                let Some((settings, who)) = sides.get(side).copied() else { continue };
                if round == 0 && side == 1 {
                    // They may be far slower: then their requests are shorter.
                    self.trial((settings, who), Experiment::Load, until).await;
                    let seconds = seconds_until(until);
                    let [_, theirs] = &mut shapes;
                    *theirs = shape_of(self.fleet, settings, SHORT_MOST * seconds).unwrap_or(*theirs).min(*theirs);
                }
                let Some(tokens) = shapes.get(side).copied() else { continue };
                self.trial((settings, who), short_proof::requests(tokens, settings), until).await;
            }
            if self.are_present {
                return Ok((Found::Holds, ": it is what you have".into()));
            }
            let proof = ShortProof::of(&self.progress.history, facts.workload, ours, facts.baseline);
            let decided = proof.is_none_or(|proof| proof.is_faster() || proof.is_slower() || proof.trials.1 == 0);
            // Another round takes as long as this one.
            let next = Instant::now() + began.elapsed();
            if decided || !self.prior.alone || next > self.deadline {
                break;
            }
        }
        let proof = ShortProof::of(&self.progress.history, facts.workload, ours, facts.baseline).ok_or_else(none)?;
        let how = proof.describe();
        if self.prior.alone {
            return Ok((Found::Holds, format!(" was tried: {how}")));
        }
        if proof.is_faster() { Ok((Found::Better, begins(&how))) } else { Err(how) }
    }
}

/// Ends of the sentence that says what came of it.
fn holds(how: &str) -> String {
    format!(" holds here ({how}): nothing else was searched for")
}

fn begins(how: &str) -> String {
    format!(" is better here ({how}): the search began from it")
}

/// Notes that show how fast settings are: one for each request at once at least, or they only show how a batch begins; none where there is no time for them.
fn wanted(fleet: &Fleet<'_>, facts: &Facts<'_>, settings: &Candidate, seconds: f64) -> Option<usize> {
    let wanted = NOTES.max(settings.max_concurrent_requests as usize);
    notes_fit(fleet, facts, settings, wanted, seconds).then_some(wanted)
}

/// Whether there is time for so many notes, by the first request after the load.
#[expect(clippy::cast_precision_loss, reason = "a few notes")]
fn notes_fit(fleet: &Fleet<'_>, facts: &Facts<'_>, settings: &Candidate, wanted: usize, seconds: f64) -> bool {
    match fleet.first {
        Some(first) => short_proof::note_seconds(first, facts.workload, settings) * wanted as f64 <= seconds,
        None => !fleet.first_was_cut_off,
    }
}

/// So many measurements, for people.
fn measurements(count: usize) -> String {
    if count == 1 { "1 measurement".to_owned() } else { format!("{count} measurements") }
}

/// What makes a load worthless, if anything does.
fn spoiled_load(trial: &Trial) -> Option<String> {
    match trial.state {
        TrialState::Failed(FailureCause::OutOfTime) => Some("it was not even loaded in the time that there was".into()),
        TrialState::Failed(cause) => Some(format!("it does not load: {}", cause.name().replace('-', " "))),
        _ => None,
    }
}

/// What makes a trial of notes worthless, if anything does.
fn spoiled(trial: &Trial) -> Option<String> {
    match &trial.state {
        // Notes that ended before the time did are as good as others.
        TrialState::Failed(FailureCause::OutOfTime) if trial.sample(Metric::FileBusyMs).is_some() => None,
        TrialState::Failed(FailureCause::OutOfTime) => {
            Some("not even its first notes ended in the time that there was".into())
        }
        TrialState::Failed(cause) => Some(format!("its notes fail: {}", cause.name().replace('-', " "))),
        _ if trial.mean(Metric::SuccessRate).is_some_and(|share| share < 1.0) => {
            Some("some of its requests fail".into())
        }
        _ => None,
    }
}
