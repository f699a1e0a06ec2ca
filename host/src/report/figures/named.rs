//! The candidates of a study under the names that figures give them, and what was measured of each.

use super::plot::Tone;
use crate::{
    model::{
        candidate::Candidate, experiment::Experiment, observation::Observation, selection::MeasuredCandidate,
        study::Study, trial::Trial,
    },
    report::view::{View, differences},
};

/// A candidate, together with those that make the same notes in the same time.
#[derive(Clone, Copy)]
pub(super) struct Named<'a> {
    pub measured: &'a MeasuredCandidate,
    pub is_tuned: bool,
}

impl Named<'_> {
    /// `present`, `tuned` or `#3`.
    pub fn name(&self) -> String {
        match (self.measured.is_baseline, self.is_tuned) {
            (true, true) => "present, tuned".to_owned(),
            (true, false) => "present".to_owned(),
            (false, true) => "tuned".to_owned(),
            (false, false) => format!("#{}", self.measured.id),
        }
    }

    pub const fn tone(&self) -> Tone {
        match (self.measured.is_baseline, self.is_tuned) {
            (_, true) => Tone::Tuned,
            (true, false) => Tone::Present,
            (false, false) => Tone::Other,
        }
    }

    /// How it differs from the present settings.
    pub fn differs(&self, study: &Study) -> String {
        let differs = differences(&self.measured.candidate, &study.baseline);
        if differs.is_empty() { "nothing".to_owned() } else { differs }
    }
}

/// The candidates, each kind of notes once.
pub(super) fn candidates(study: &Study) -> Vec<Named<'_>> {
    let view = View::new(study);
    let winner = view.tuned().and(view.winner).map(|winner| winner.id);
    let mut named: Vec<Named> = Vec::new();
    for measured in &study.candidates {
        let is_tuned = winner == Some(measured.id);
        match named.iter_mut().find(|known| known.measured.candidate.works_like(&measured.candidate)) {
            Some(known) => known.is_tuned |= is_tuned,
            None => named.push(Named { measured, is_tuned }),
        }
    }
    named
}

/// The trials that made notes with these settings.
pub(super) fn notes_trials<'a>(study: &'a Study, candidate: &'a Candidate) -> impl Iterator<Item = &'a Trial> {
    study.trials.iter().filter(move |trial| {
        matches!(trial.experiment, Experiment::Notes { .. }) && trial.candidate.works_like(candidate)
    })
}

/// The requests of a trial that say how long requests take: no warm-up, no failure, nothing that another client disturbed.
pub(super) fn undisturbed(trial: &Trial) -> impl Iterator<Item = &Observation> {
    trial.measured().filter(|request| request.failure.is_none() && request.disturbed.is_none())
}

/// What the tones of candidates mean, as far as they are there.
pub(super) fn key(named: &[Named]) -> Vec<(Tone, String)> {
    let meanings =
        [(Tone::Present, "present settings"), (Tone::Tuned, "tuned settings"), (Tone::Other, "other candidates")];
    meanings
        .into_iter()
        .filter(|(tone, _)| named.iter().any(|one| one.tone() == *tone))
        .map(|(tone, meaning)| (tone, meaning.to_owned()))
        .collect()
}
