//! What a scorer that asks can do wrong, and what it gets.

use std::{sync::LazyLock, time::Duration};

use ralf_tune::{
    model::{
        judge::{Answer, Question, Settled},
        plugin::Grant,
        score::NoteEvidence,
        value::Value,
    },
    plugin::{
        Limits, PluginError,
        PluginErrorKind::{AskedTooOften, NotGranted, Panicked, TimedOut, TooMuchOutput},
        judge::{Docket, MOST_QUESTIONS, Room},
        parameters::Arguments,
        registry::{Plugin, load},
        scorer::{Evaluated, Scorer},
    },
};

use crate::support::{guests, studies::engine};

fn judging(limits: Limits) -> std::sync::Arc<Scorer> {
    match load(engine(), &guests::bytes("judging"), "judging", "guest.wasm", limits).unwrap() {
        Plugin::Scorer(scorer) => scorer,
        _ => panic!("it is no scorer"),
    }
}

fn note() -> NoteEvidence {
    ralf_tune_testing::note("a.py", "python", "def a(): pass", "### SUMMARY\nnothing")
}

fn arguments(mode: &str) -> Arguments {
    Arguments(vec![("mode".to_owned(), Value::Text(mode.to_owned()))])
}

/// Answers whatever a guest asks: how many answers it says it got, or the failure; and what it asked.
fn settled(scorer: &Scorer, mode: &str, answer: &Result<Answer, String>) -> (Result<f64, PluginError>, Vec<Settled>) {
    let mut docket = Docket { settled: Vec::new(), room: Room { tokens: 4000.0, chars_per_token: 3.0 } };
    for _ in 0..100 {
        match scorer.evaluate_asking(&note(), &arguments(mode), docket.clone()) {
            Ok(Evaluated::Asks(question)) => docket.settled.push((question, answer.clone())),
            Ok(Evaluated::Score(score)) => {
                let value = score.parts.iter().find(|part| part.name == "answers").map_or(-1.0, |part| part.value);
                return (Ok(value), docket.settled);
            }
            Err(error) => return (Err(error), docket.settled),
        }
    }
    panic!("{mode}: it asks for ever")
}

/// The answer to everything.
static YES: LazyLock<Result<Answer, String>> =
    LazyLock::new(|| Ok(Answer { text: "yes".to_owned(), prompt_tokens: 10, answer_tokens: 1, cut: false }));

#[test]
fn a_question_is_settled_between_two_calls() {
    let scorer = judging(Limits::default());
    for (mode, answers, questions) in [("once", 1.0, 1), ("twice-the-same", 2.0, 1), ("long", 0.0, 0)] {
        let (got, settled) = settled(&scorer, mode, &YES);
        assert_eq!((got, settled.len()), (Ok(answers), questions), "{mode}");
    }
    let expected = Question { instructions: "Question 0".to_owned(), material: note().source, most_tokens: 8 };
    assert_eq!(settled(&scorer, "once", &YES).1[0].0, expected);
    assert_eq!(settled(&scorer, "once", &Err("no time".to_owned())).0, Ok(0.0));
}

#[test]
fn whoever_asks_on_and_on_gets_a_few_answers_and_is_ended() {
    let scorer = judging(Limits::default());
    let (got, settled_questions) = settled(&scorer, "many", &YES);
    assert_eq!((got, settled_questions.len()), (Ok(4.0), MOST_QUESTIONS));
    for (mode, questions) in [("for-ever", MOST_QUESTIONS), ("the-same-for-ever", 1)] {
        let (got, settled) = settled(&scorer, mode, &YES);
        let error = got.unwrap_err();
        assert!(matches!(&error.kind, AskedTooOften(_)), "{mode}: {error:?}");
        assert_eq!(settled.len(), questions, "{mode}");
        assert!(error.to_string().starts_with("scorer `judging` 1.2.3 (guest.wasm) asked"), "{error}");
    }
}

#[test]
fn other_limits_hold_as_for_everybody() {
    let scorer = judging(Limits::default());
    assert_eq!(settled(&scorer, "huge", &YES).0.unwrap_err().kind, TooMuchOutput { limit_kib: 1024 });
    assert!(matches!(settled(&scorer, "then-panic", &YES).0.unwrap_err().kind, Panicked(_)));
    // The deadline is that of the last call too, which has its answer and never ends.
    let hurried = judging(Limits { call: Duration::from_millis(50), ..Limits::default() });
    assert_eq!(settled(&hurried, "then-loop", &YES).0.unwrap_err().kind, TimedOut { milliseconds: 50 });
    // What is refused may be left unjudged.
    let silent = settled(&scorer, "refused", &Err("no time".to_owned()));
    assert_eq!((silent.0, silent.1.len()), (Ok(-1.0), 1));
    // After all that, the next call is a good one.
    assert_eq!(settled(&scorer, "once", &YES).0, Ok(1.0));
}

#[test]
fn without_leave_every_way_in_is_closed() {
    let scorer = judging(Limits::default());
    let refused = scorer.evaluate(&note(), &arguments("once")).unwrap_err();
    assert_eq!(refused.kind, NotGranted(Grant::Judge));
    assert_eq!(scorer.check_grants(&[]).unwrap_err().kind, NotGranted(Grant::Judge));
    assert_eq!(scorer.check_grants(&[Grant::Judge]), Ok(()));
    let (text, hint) = (refused.to_string(), scorer.check_grants(&[]).unwrap_err().hint());
    assert!(text.contains("wants to ask a model, which you have not allowed"), "{text}");
    assert!(hint.contains("--allow judge"), "{hint}");
}
