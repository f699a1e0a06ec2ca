//! Calling a scorer.

use super::{
    bindings::scorer::{ScorerPlugin, ScorerPluginPre, exports::ralf::tune::scorer as wit},
    call,
    component::CheckedComponent,
    convert,
    error::{PluginError, PluginErrorKind},
    limits::Limits,
    meter::texts_bytes,
    parameters::Arguments,
};
use crate::model::{
    observation::FinishReason,
    plugin::Manifest,
    score::{NoteEvidence, Score, ScorePart},
};

/// Most parts of a score that are kept.
const MOST_PARTS: usize = 50;

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

    /// The score of one note.
    ///
    /// # Errors
    /// When the call fails or the score is no number between 0 and 1.
    pub fn evaluate(&self, note: &NoteEvidence, arguments: &Arguments) -> Result<Score, PluginError> {
        let mut store = self.checked.store(self.limits);
        let result = self.checked.isolated(|| {
            self.pre.instantiate(&mut store).and_then(|plugin: ScorerPlugin| {
                plugin.ralf_tune_scorer().call_evaluate(&mut store, &to_wit(note), &convert::arguments(arguments))
            })
        });
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
        Ok(Score {
            value: given.value,
            parts: given
                .parts
                .into_iter()
                .take(MOST_PARTS)
                .map(|part| ScorePart { name: convert::clean(&part.name), value: part.value })
                .collect(),
            reasons: convert::texts(&given.reasons),
        })
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
