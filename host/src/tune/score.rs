//! The panel of scorers: several opinions, one number.

use std::{cell::RefCell, sync::Arc};

use crate::{
    model::score::{NoteEvidence, NoteScore, ScorerScore},
    plugin::{PluginError, parameters::Arguments, scorer::Scorer},
};

/// The part by which a scorer says that it could not judge a note: value 0.
const NOT_JUDGED: &str = "judged";

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
    failures: RefCell<Vec<PluginError>>,
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

    /// Scores notes. A scorer that fails leaves the note to the others; a note that nobody could score is missing.
    #[must_use]
    pub fn score<'a>(&self, notes: impl IntoIterator<Item = (usize, &'a NoteEvidence)>) -> Vec<NoteScore> {
        notes.into_iter().filter_map(|(file, note)| self.score_one(file, note)).collect()
    }

    /// The score of one note.
    fn score_one(&self, file: usize, note: &NoteEvidence) -> Option<NoteScore> {
        let mut by_scorer = Vec::new();
        for member in &self.scorers {
            match member.scorer.evaluate(note, &member.arguments) {
                // A scorer that had nothing to judge says so and does not count.
                Ok(score) if score.parts.iter().any(|part| part.name == NOT_JUDGED && part.value <= 0.0) => {}
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
        if !failures.iter().any(|known| known.plugin == error.plugin && known.kind == error.kind) {
            failures.push(error);
        }
    }

    /// The failures so far, each kind once.
    #[must_use]
    pub fn failures(&self) -> Vec<PluginError> {
        self.failures.borrow().clone()
    }
}
