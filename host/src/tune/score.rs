//! The panel of scorers: several opinions, one number.

use std::sync::{Arc, Mutex};

use crate::{
    model::score::{NoteEvidence, NoteScore, ScorerScore},
    plugin::{PluginError, parameters::Arguments, scorer::Scorer},
};

/// A scorer, its parameters, and how much its opinion counts.
pub struct WeightedScorer {
    pub scorer: Arc<Scorer>,
    pub weight: f64,
    pub arguments: Arguments,
}

/// All scorers of a study.
#[derive(Clone, Default)]
pub struct Panel {
    scorers: Arc<Vec<WeightedScorer>>,
    failures: Arc<Mutex<Vec<PluginError>>>,
}

impl Panel {
    /// A panel of those scorers.
    #[must_use]
    pub fn new(scorers: Vec<WeightedScorer>) -> Self {
        Self { scorers: Arc::new(scorers), failures: Arc::default() }
    }

    /// Name and weight of each.
    pub fn members(&self) -> impl Iterator<Item = (&str, f64)> {
        self.scorers.iter().map(|member| (member.scorer.manifest.name.as_str(), member.weight))
    }

    /// Scores notes on a thread of its own, so that clocks and connections go on. A scorer that fails leaves the note to the
    /// others; a note that nobody could score is missing.
    pub async fn score(&self, notes: Vec<(usize, NoteEvidence)>) -> Vec<NoteScore> {
        let panel = self.clone();
        let scored = tokio::task::spawn_blocking(move || {
            notes.iter().filter_map(|(file, note)| panel.score_one(*file, note)).collect::<Vec<_>>()
        });
        scored.await.unwrap_or_else(|error| {
            tracing::error!("scoring ended early: {error}");
            Vec::new()
        })
    }

    /// The score of one note, at once.
    #[must_use]
    pub fn score_one(&self, file: usize, note: &NoteEvidence) -> Option<NoteScore> {
        let mut by_scorer = Vec::new();
        for member in self.scorers.iter() {
            match member.scorer.evaluate(note, &member.arguments) {
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
        if let Ok(mut failures) = self.failures.lock()
            && !failures.iter().any(|known| known.plugin == error.plugin && known.kind == error.kind)
        {
            failures.push(error);
        }
    }

    /// The failures so far, each kind once.
    #[must_use]
    pub fn failures(&self) -> Vec<PluginError> {
        self.failures.lock().map(|failures| failures.clone()).unwrap_or_default()
    }
}
