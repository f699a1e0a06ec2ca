//! A scorer that asks a model, mostly more than it should.

use misbehaving::{MODE, long_text, misbehave};
use ralf_tune_sdk::{
    judge::{Question, QuestionExt as _, ask},
    scorer::prelude::*,
};

struct Guest;

impl Scorer for Guest {
    fn manifest() -> Manifest {
        Manifest::new("judging", "1.2.3", "Asks what it is told to ask").parameter(Parameter::text(
            MODE,
            "once",
            "what it asks",
        ))
    }

    fn evaluate(note: &Note, arguments: &Arguments) -> Result<Score, String> {
        let mode = arguments.text(MODE);
        let about = |number: u32| Question::new(&format!("Question {number}"), &note.source).max_tokens(8);
        let mut answers = 0;
        match mode {
            "once" => answers += u32::from(ask(&about(0)).is_ok()),
            "twice-the-same" => {
                answers += u32::from(ask(&about(0)).is_ok());
                answers += u32::from(ask(&about(0)).is_ok());
            }
            // Until it is told that there is no more.
            "many" => answers = (0..).take_while(|number| ask(&about(*number)).is_ok()).count() as u32,
            // Whatever it is told.
            "for-ever" => (0..).for_each(|number| drop(ask(&about(number)))),
            "the-same-for-ever" => loop {
                drop(ask(&about(0)));
            },
            "long" => answers += u32::from(ask(&Question::new("long", &long_text(200_000))).is_ok()),
            "huge" => answers += u32::from(ask(&Question::new("huge", &long_text(8 << 20))).is_ok()),
            "then-panic" => {
                answers += u32::from(ask(&about(0)).is_ok());
                misbehave("panic");
            }
            "then-loop" => {
                answers += u32::from(ask(&about(0)).is_ok());
                misbehave("loop");
            }
            "refused" => return ask(&about(0)).map(|_| Score::new(1.0)).or_else(|why| Ok(Score::not_judged(why))),
            unknown => return Err(format!("there is no mode {unknown}")),
        }
        Ok(Score::new(0.5).part("answers", f64::from(answers)))
    }
}

ralf_tune_sdk::export_scorer!(Guest);
