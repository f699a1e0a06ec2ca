//! The panel of scorers: several opinions, one number.

use std::{cell::RefCell, sync::Arc};

use crate::{
    model::score::{NoteEvidence, NoteScore, ScorerScore},
    plugin::{PluginError, parameters::Arguments, scorer::Scorer},
};

/// How often a scorer may fail before it is asked no more.
const MOST_FAILURES: u32 = 3;

/// A scorer, its parameters, and how much its opinion counts.
pub struct WeightedScorer {
    pub scorer: Arc<Scorer>,
    pub weight: f64,
    pub arguments: Arguments,
}

/// All scorers of a study.
#[derive(Default)]
pub struct Panel {
    scorers: Vec<WeightedScorer>,
    /// Each kind of failure once, and how often it happened.
    failures: RefCell<Vec<(PluginError, u32)>>,
}

impl Panel {
    /// A panel of those scorers.
    #[must_use]
    pub fn new(scorers: Vec<WeightedScorer>) -> Self {
        Self { scorers, failures: RefCell::default() }
    }

    /// Name and weight of each.
    pub fn members(&self) -> impl Iterator<Item = (&str, f64)> {
        self.scorers.iter().map(|member| (member.scorer.manifest.name.as_str(), member.weight))
    }

    /// Scores notes. A scorer that fails leaves the note to the others, and is asked no more when it failed three times; a note that
    /// nobody could score is missing.
    #[must_use]
    pub fn score<'a>(&self, notes: impl IntoIterator<Item = (usize, &'a NoteEvidence)>) -> Vec<NoteScore> {
        notes.into_iter().filter_map(|(file, note)| self.score_one(file, note)).collect()
    }

    /// The score of one note.
    fn score_one(&self, file: usize, note: &NoteEvidence) -> Option<NoteScore> {
        let mut by_scorer = Vec::new();
        for member in self.scorers.iter().filter(|member| !self.is_out(member)) {
            match member.scorer.evaluate(note, &member.arguments) {
                // A scorer that had nothing to judge says so and does not count.
                Ok(score) if score.is_not_judged() => {}
                Ok(score) => by_scorer.push(ScorerScore {
                    scorer: member.scorer.manifest.name.clone(),
                    weight: member.weight,
                    score,
                }),
                Err(error) => self.remember(error),
            }
        }
        let total: f64 = by_scorer.iter().map(|opinion| opinion.weight).sum();
        if total <= 0.0 {
            return None;
        }
        let value = by_scorer.iter().map(|opinion| opinion.weight * opinion.score.value).sum::<f64>() / total;
        Some(NoteScore { file, value, by_scorer })
    }

    fn remember(&self, error: PluginError) {
        tracing::warn!("{error}");
        let mut failures = self.failures.borrow_mut();
        let same = |known: &PluginError| {
            known.plugin == error.plugin && std::mem::discriminant(&known.kind) == std::mem::discriminant(&error.kind)
        };
        match failures.iter_mut().find(|(known, _)| same(known)) {
            Some((_, count)) => *count += 1,
            None => failures.push((error, 1)),
        }
    }

    /// Whether a scorer failed too often: one that always runs out of time would cost seconds for each note.
    fn is_out(&self, member: &WeightedScorer) -> bool {
        let name = &member.scorer.manifest.name;
        let failures = self.failures.borrow();
        failures.iter().filter(|(error, _)| error.plugin.name == *name).map(|(_, count)| count).sum::<u32>()
            >= MOST_FAILURES
    }

    /// The failures so far, each kind once.
    #[must_use]
    pub fn failures(&self) -> Vec<PluginError> {
        self.failures.borrow().iter().map(|(error, _)| error.clone()).collect()
    }
}
