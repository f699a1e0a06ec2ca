//! How a scorer asks a model, without any call that waits.
//!
//! The call of `evaluate` carries the questions that are settled. A question among them is answered at once; another one is noted and
//! the call ends. Whoever called then asks the model in its own time, adds the answer and calls again, in a fresh instance: the guest
//! is pure, so it comes to the same question, and now gets on.

use super::{bindings::judge as wit, call::CallState};
use crate::model::judge::{Answer, Question, Settled};

/// Questions about one note that a model is asked; a rubric needs one a piece.
pub const MOST_QUESTIONS: usize = 4;

/// Questions of one call at all, refused ones included: whoever asks on then is ended.
const MOST_ASKED: u32 = 64;

/// Most tokens of one answer: a judgement is no essay.
const MOST_ANSWER_TOKENS: u32 = 512;

/// What one call may know and ask.
#[derive(Debug, Clone, Default)]
pub struct Docket {
    /// Questions about this note that are settled.
    pub settled: Vec<Settled>,
    /// Tokens of prompt and answer together that fit, and characters in one of them.
    pub room: Room,
}

/// How much fits into the context that is loaded.
#[derive(Debug, Clone, Copy, Default)]
pub struct Room {
    pub tokens: f64,
    pub chars_per_token: f64,
}

impl Room {
    /// More than any question needs.
    pub const ENOUGH: Self = Self { tokens: 1e6, chars_per_token: 4.0 };

    /// Characters of question that leave room for the answer.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a context is some million tokens at most"
    )]
    fn chars(self, answer_tokens: u32) -> usize {
        ((self.tokens - f64::from(answer_tokens)) * self.chars_per_token).max(0.0) as usize
    }
}

/// The state of a call that may ask.
#[derive(Debug)]
pub struct Asking {
    docket: Docket,
    asked: u32,
    /// The question that ended the call.
    pub(super) open: Option<Question>,
}

impl Asking {
    pub(super) const fn new(docket: Docket) -> Self {
        Self { docket, asked: 0, open: None }
    }
}

/// Why a call ended within `ask`. Told apart from traps by its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AskEnded {
    #[error("the question is not settled yet")]
    Unsettled,
    #[error("it was not allowed to ask")]
    NotGranted,
    #[error("it asked more than {MOST_ASKED} times in one call")]
    TooOften,
}

impl wit::Host for CallState {
    fn ask(&mut self, question: wit::Question) -> wasmtime::Result<Result<wit::Answer, String>> {
        let Some(asking) = &mut self.asking else { return Err(AskEnded::NotGranted.into()) };
        asking.asked += 1;
        if asking.asked > MOST_ASKED {
            return Err(AskEnded::TooOften.into());
        }
        let question = Question {
            instructions: question.instructions,
            material: question.material,
            most_tokens: question.max_tokens.clamp(1, MOST_ANSWER_TOKENS),
        };
        let docket = &asking.docket;
        if let Some((_, answer)) = docket.settled.iter().find(|(known, _)| *known == question) {
            return Ok(answer.clone().map(to_wit));
        }
        let fits = docket.room.chars(question.most_tokens);
        if question.chars() > fits {
            return Ok(Err(format!("too long to judge: {} characters, and {fits} fit the context", question.chars())));
        }
        if docket.settled.len() >= MOST_QUESTIONS {
            return Ok(Err(format!("no more judgements: a note has {MOST_QUESTIONS} questions")));
        }
        asking.open = Some(question);
        Err(AskEnded::Unsettled.into())
    }
}

fn to_wit(answer: Answer) -> wit::Answer {
    let fact = |name: &str, value: f64| super::bindings::types::Fact { name: name.to_owned(), value };
    wit::Answer {
        facts: vec![
            fact("prompt-tokens", f64::from(answer.prompt_tokens)),
            fact("answer-tokens", f64::from(answer.answer_tokens)),
            fact("cut", f64::from(u8::from(answer.cut))),
        ],
        text: answer.text,
    }
}
