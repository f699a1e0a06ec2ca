//! Calling a scorer.

use super::{
    bindings::scorer::{ScorerPlugin, ScorerPluginPre, exports::ralf::tune::scorer as wit},
    call,
    component::CheckedComponent,
    convert,
    error::{PluginError, PluginErrorKind},
    judge::{Asking, Docket, Room},
    limits::Limits,
    meter::texts_bytes,
    parameters::Arguments,
};
use crate::model::{
    judge::{Answer, Question},
    observation::FinishReason,
    plugin::{Grant, Manifest},
    score::{NoteEvidence, Score, ScorePart},
};

/// Most parts of a score that are kept.
const MOST_PARTS: usize = 50;

/// What a call of a scorer that may ask came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Evaluated {
    Score(Score),
    /// It needs the answer to this first.
    Asks(Question),
}

/// A scorer that is ready to be called, any number of times, each in a fresh instance.
pub struct Scorer {
    pub(super) checked: CheckedComponent,
    pre: ScorerPluginPre<call::CallState>,
    pub limits: Limits,
    pub manifest: Manifest,
}

impl Scorer {
    /// Links a checked component and reads its manifest.
    ///
    /// # Errors
    /// When it does not fit the interface, or its manifest is bad.
    pub fn new(mut checked: CheckedComponent, limits: Limits) -> Result<Self, PluginError> {
        let pre = checked.linked(ScorerPluginPre::new)?;
        let manifest = describe(&checked, &pre, limits)?;
        checked.named(&manifest);
        Ok(Self { checked, pre, limits, manifest })
    }

    /// Asks again what it says of itself.
    ///
    /// # Errors
    /// As of [`new`](Self::new).
    pub fn describe(&self) -> Result<Manifest, PluginError> {
        describe(&self.checked, &self.pre, self.limits)
    }

    /// The score of one note, by a scorer that asks nobody.
    ///
    /// # Errors
    /// When the call fails, the score is no number between 0 and 1, or the scorer asks.
    pub fn evaluate(&self, note: &NoteEvidence, arguments: &Arguments) -> Result<Score, PluginError> {
        match self.call(note, arguments, None)? {
            Evaluated::Score(score) => Ok(score),
            Evaluated::Asks(_) => Err(self.error(PluginErrorKind::NotGranted(Grant::Judge))),
        }
    }

    /// The score of one note, or the first question that is not settled. See [`super::judge`].
    ///
    /// # Errors
    /// When the call fails or the score is no number between 0 and 1.
    pub fn evaluate_asking(
        &self,
        note: &NoteEvidence,
        arguments: &Arguments,
        docket: Docket,
    ) -> Result<Evaluated, PluginError> {
        self.call(note, arguments, Some(Asking::new(docket)))
    }

    /// The score of one note, by a scorer that may ask whoever answers here: for trying it out, away from a study.
    ///
    /// # Errors
    /// As of [`evaluate`](Self::evaluate).
    pub fn evaluate_with(
        &self,
        note: &NoteEvidence,
        arguments: &Arguments,
        answer: &mut dyn FnMut(&Question) -> Result<Answer, String>,
    ) -> Result<Score, PluginError> {
        let mut docket = Docket { settled: Vec::new(), room: Room::ENOUGH };
        loop {
            match self.evaluate_asking(note, arguments, docket.clone())? {
                Evaluated::Score(score) => return Ok(score),
                Evaluated::Asks(question) => {
                    let given = answer(&question);
                    docket.settled.push((question, given));
                }
            }
        }
    }

    /// Whether it may ask a model.
    #[must_use]
    pub fn asks_a_model(&self) -> bool {
        self.checked.asks_a_model()
    }

    /// Refuses what it wants and was not allowed.
    ///
    /// # Errors
    /// The first thing that is missing.
    pub fn check_grants(&self, granted: &[Grant]) -> Result<(), PluginError> {
        match self.checked.wants().into_iter().find(|wanted| !granted.contains(wanted)) {
            Some(missing) => Err(self.checked.error(None, PluginErrorKind::NotGranted(missing))),
            None => Ok(()),
        }
    }

    fn call(
        &self,
        note: &NoteEvidence,
        arguments: &Arguments,
        asking: Option<Asking>,
    ) -> Result<Evaluated, PluginError> {
        let mut store = self.checked.store(self.limits);
        store.data_mut().asking = asking;
        let result = self.checked.isolated(|| {
            self.pre.instantiate(&mut store).and_then(|plugin: ScorerPlugin| {
                plugin.ralf_tune_scorer().call_evaluate(&mut store, &to_wit(note), &convert::arguments(arguments))
            })
        });
        if result.is_err()
            && let Some(question) = store.data_mut().asking.as_mut().and_then(|asking| asking.open.take())
        {
            return Ok(Evaluated::Asks(question));
        }
        let given = match result {
            Err(error) => return Err(call::failure(&store, "evaluate", &error)),
            Ok(Err(reason)) => return Err(self.error(PluginErrorKind::Declined(convert::clean(&reason)))),
            Ok(Ok(given)) => given,
        };
        let parts: usize = given.parts.iter().map(|part| part.name.len() + 16).sum();
        store.data_mut().handed_over(parts + texts_bytes(&given.reasons));
        if !(0.0..=1.0).contains(&given.value) {
            return Err(
                self.error(PluginErrorKind::BadAnswer(format!("a score of {} is not within 0 to 1", given.value)))
            );
        }
        if let Some(part) = given.parts.iter().find(|part| !part.value.is_finite()) {
            let why = format!("part `{}` of the score is {}", convert::clean(&part.name), part.value);
            return Err(self.error(PluginErrorKind::BadAnswer(why)));
        }
        Ok(Evaluated::Score(Score {
            value: given.value,
            parts: given
                .parts
                .into_iter()
                .take(MOST_PARTS)
                .map(|part| ScorePart { name: convert::clean(&part.name), value: part.value })
                .collect(),
            reasons: convert::texts(&given.reasons),
        }))
    }

    fn error(&self, kind: PluginErrorKind) -> PluginError {
        self.checked.error(Some("evaluate"), kind)
    }
}

fn describe(
    checked: &CheckedComponent,
    pre: &ScorerPluginPre<call::CallState>,
    limits: Limits,
) -> Result<Manifest, PluginError> {
    checked.described(limits, |store| pre.instantiate(&mut *store)?.ralf_tune_scorer().call_describe(store))
}

fn to_wit(note: &NoteEvidence) -> wit::Note {
    let small = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    wit::Note {
        path: note.path.clone(),
        language: note.language.clone(),
        source: note.source.clone(),
        requests: note
            .requests
            .iter()
            .map(|request| wit::Request {
                prompt: request.prompt.clone(),
                answer: request.answer.clone(),
                finish: match request.finish {
                    FinishReason::Stop => wit::FinishReason::Stop,
                    FinishReason::Length => wit::FinishReason::Length,
                    FinishReason::Aborted => wit::FinishReason::Aborted,
                    FinishReason::None => wit::FinishReason::None,
                },
                prompt_tokens: request.prompt_tokens,
                answer_tokens: request.answer_tokens,
                truncated: request.truncated,
                start_char: small(request.start_char),
                end_char: small(request.end_char),
            })
            .collect(),
        settings: convert::named(&note.settings),
    }
}
