//! The panel of scorers: several opinions, one number.

use std::{cell::RefCell, collections::HashMap, sync::Arc};

use super::judge::Sitting;

use crate::{
    model::{
        plugin::Grant,
        score::{NoteEvidence, NoteScore, Score, ScorerScore},
    },
    plugin::{
        PluginError,
        judge::Docket,
        parameters::Arguments,
        scorer::{Evaluated, Scorer},
    },
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
    /// What each scorer that asks a model said so far: sum and count.
    judged: RefCell<HashMap<String, (f64, f64)>>,
}

impl Panel {
    /// A panel of those scorers.
    #[must_use]
    pub fn new(scorers: Vec<WeightedScorer>) -> Self {
        Self { scorers, failures: RefCell::default(), judged: RefCell::default() }
    }

    /// Name and weight of each.
    pub fn members(&self) -> impl Iterator<Item = (&str, f64)> {
        self.scorers.iter().map(|member| (member.scorer.manifest.name.as_str(), member.weight))
    }

    /// Scores notes. A scorer that fails leaves the note to the others, and is asked no more when it failed three times; a note that
    /// nobody could score is missing. Scorers that ask a model need a judge that sits.
    pub async fn score<'a>(
        &self,
        notes: impl IntoIterator<Item = (usize, &'a NoteEvidence)>,
        judge: Option<&Sitting<'_>>,
    ) -> Vec<NoteScore> {
        let mut scores = Vec::new();
        for (file, note) in notes {
            scores.extend(self.score_one(file, note, judge).await);
        }
        scores
    }

    /// The score of one note.
    async fn score_one(&self, file: usize, note: &NoteEvidence, judge: Option<&Sitting<'_>>) -> Option<NoteScore> {
        let mut by_scorer = Vec::new();
        let mut silent_judges = Vec::new();
        for member in self.scorers.iter().filter(|member| !self.is_out(member)) {
            let evaluated = match judge.filter(|_| member.scorer.asks_a_model()) {
                Some(judge) => evaluate_asking(member, note, judge).await,
                None => member.scorer.evaluate(note, &member.arguments),
            };
            match evaluated {
                // A scorer that had nothing to judge says so and does not count.
                Ok(score) if score.is_not_judged() => {
                    silent_judges.extend(member.scorer.asks_a_model().then_some(member));
                }
                Ok(score) => by_scorer.push(self.opinion(member, score)),
                Err(error) => self.remember(error),
            }
        }
        if !by_scorer.is_empty() {
            by_scorer.extend(silent_judges.into_iter().filter_map(|member| self.usual_opinion(member)));
        }
        let total: f64 = by_scorer.iter().map(|opinion| opinion.weight).sum();
        if total <= 0.0 {
            return None;
        }
        let value = by_scorer.iter().map(|opinion| opinion.weight * opinion.score.value).sum::<f64>() / total;
        Some(NoteScore { file, value, by_scorer })
    }

    fn opinion(&self, member: &WeightedScorer, score: Score) -> ScorerScore {
        let scorer = member.scorer.manifest.name.clone();
        if member.scorer.asks_a_model() {
            let mut judged = self.judged.borrow_mut();
            let (sum, count) = judged.entry(scorer.clone()).or_default();
            (*sum, *count) = (*sum + score.value, *count + 1.0);
        }
        ScorerScore { scorer, weight: member.weight, score }
    }

    /// What a judge mostly says, where the budget left it silent. Otherwise notes that were judged and notes that were not would be on
    /// different scales, and whoever was measured late would win or lose by that alone.
    fn usual_opinion(&self, member: &WeightedScorer) -> Option<ScorerScore> {
        let scorer = member.scorer.manifest.name.clone();
        let (sum, count) = self.judged.borrow().get(&scorer).copied()?;
        let reasons = vec![format!("not judged: the mean of {count:.0} notes that were")];
        Some(ScorerScore {
            scorer,
            weight: member.weight,
            score: Score { value: sum / count, parts: Vec::new(), reasons },
        })
    }

    /// Whether any scorer asks a model.
    #[must_use]
    pub fn asks_a_model(&self) -> bool {
        self.scorers.iter().any(|member| member.scorer.asks_a_model())
    }

    /// Refuses scorers that want what the user did not allow.
    ///
    /// # Errors
    /// The first scorer that does.
    pub fn check_grants(&self, granted: &[Grant]) -> Result<(), PluginError> {
        self.scorers.iter().try_for_each(|member| member.scorer.check_grants(granted))
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

/// Calls a scorer again and again, each time with one more question settled. It ends: a note has a few questions.
async fn evaluate_asking(
    member: &WeightedScorer,
    note: &NoteEvidence,
    judge: &Sitting<'_>,
) -> Result<Score, PluginError> {
    let mut docket = Docket { settled: Vec::new(), room: judge.begin() };
    loop {
        match member.scorer.evaluate_asking(note, &member.arguments, docket.clone())? {
            Evaluated::Score(score) => return Ok(score),
            Evaluated::Asks(question) => {
                let answer = judge.settle(&question).await;
                docket.settled.push((question, answer));
            }
        }
    }
}
