//! Asking a model for a judgement, where the user allows it (`--allow judge`). For scorers only.
//!
//! A scorer that calls [`ask`] imports `ralf:tune/judge`; one that does not stays as it is. The host answers from what it knows, and
//! otherwise ends the call, asks the model and calls `evaluate` again: so everything before the question is computed anew, and
//! the same input must lead to the same question. Ask little and early.
//!
//! ```
//! use ralf_tune_sdk::{judge::{self, QuestionExt as _}, scorer::prelude::*};
//!
//! struct Clear;
//!
//! impl Scorer for Clear {
//!     fn manifest() -> Manifest {
//!         Manifest::new("clear", "0.1.0", "Asks a model whether the note is clear").off_by_default()
//!     }
//!
//!     fn evaluate(note: &Note, _arguments: &Arguments) -> Result<Score, String> {
//!         let text = note.requests.iter().map(|request| request.answer.as_str()).collect::<String>();
//!         let question = judge::Question::new("Is this text clear? Answer yes or no.", &text).max_tokens(4);
//!         Ok(match judge::ask(&question) {
//!             Ok(answer) => Score::new(f64::from(u8::from(answer.text.to_lowercase().contains("yes")))),
//!             Err(why) => Score::not_judged(why),
//!         })
//!     }
//! }
//!
//! ralf_tune_sdk::export_scorer!(Clear);
//!
//! // In native tests the answers are the test's.
//! let note = Note { path: "a".into(), language: "text".into(), source: String::new(), requests: vec![], settings: vec![] };
//! let arguments = Arguments::defaults(&Clear::manifest());
//! let score = judge::with_answers(|_question| Ok("Yes.".to_owned()), || Clear::evaluate(&note, &arguments));
//! assert_eq!(score.map(|score| score.value), Ok(1.0));
//! ```

pub use ralf_tune_bindings_judge::judge::{Answer, Question};

/// Tokens of an answer when nobody says.
const MAX_TOKENS: u32 = 64;

/// Builds a question.
pub trait QuestionExt: Sized {
    /// What to judge and in which form to answer, and what is judged.
    fn new(instructions: &str, material: &str) -> Self;
    /// Most tokens of the answer: 64 otherwise. They cost the user's time.
    #[must_use]
    fn max_tokens(self, tokens: u32) -> Self;
}

impl QuestionExt for Question {
    fn new(instructions: &str, material: &str) -> Self {
        Self {
            instructions: instructions.to_owned(),
            material: material.to_owned(),
            max_tokens: MAX_TOKENS,
            extra: Vec::new(),
        }
    }

    fn max_tokens(mut self, tokens: u32) -> Self {
        self.max_tokens = tokens;
        self
    }
}

/// Asks the model. The same question has the same answer.
///
/// # Errors
/// A sentence that says why there is no answer: the material does not fit the context, the note or the study has had its judgements, the
/// model failed. The usual thing to do is [`not_judged`](crate::scorer::ScoreExt::not_judged) with it.
pub fn ask(question: &Question) -> Result<Answer, String> {
    #[cfg(target_family = "wasm")]
    return ralf_tune_bindings_judge::judge::ask(question);
    #[cfg(not(target_family = "wasm"))]
    scripted::ask(question)
}

#[cfg(not(target_family = "wasm"))]
pub use scripted::with_answers;

#[cfg(not(target_family = "wasm"))]
mod scripted {
    use std::cell::RefCell;

    use super::{Answer, Question};

    type Script = Box<dyn Fn(&Question) -> Result<String, String>>;

    thread_local! {
        static SCRIPT: RefCell<Option<Script>> = const { RefCell::new(None) };
    }

    /// Native tests: runs something while `answer` is the model.
    pub fn with_answers<T>(
        answer: impl Fn(&Question) -> Result<String, String> + 'static,
        run: impl FnOnce() -> T,
    ) -> T {
        /// Takes the script away, also when the test panics.
        struct End;
        impl Drop for End {
            fn drop(&mut self) {
                SCRIPT.set(None);
            }
        }
        SCRIPT.set(Some(Box::new(answer)));
        let _end = End;
        run()
    }

    pub(super) fn ask(question: &Question) -> Result<Answer, String> {
        SCRIPT.with_borrow(|script| match script {
            Some(script) => script(question).map(|text| Answer { text, facts: Vec::new() }),
            None => Err("there is no model in this test: see `judge::with_answers`".to_owned()),
        })
    }
}
