//! Asks the model that is tuned for judgements, on behalf of scorers that the user allowed it.
//!
//! Never on the measured path: notes are scored when every request of their trial has ended, and no measured one is sent before the
//! last judgement has ended. A judgement uses the settings that the model is loaded with, so that it loads nothing, and a first line of its own,
//! so that its prompt shares no prefix with a measured one. What it costs is bounded three times, and shown.

mod store;

use std::{cell::RefCell, path::PathBuf, time::Duration};

use tokio::time::Instant;

use self::store::{Key, Store};
use super::{
    calibrate::{Expected, GENERATED, Sized},
    measure::KEEP_ALIVE_SECONDS,
    server::Server,
    truncated::{Evidence, sign_of_cut},
};
use crate::{
    model::{
        budget::Budget,
        candidate::Candidate,
        judge::{Answer, Question},
        machine::ModelProfile,
        observation::FinishReason,
    },
    ollama::request::{GenerateRequest, KeepAlive, Timeouts},
    plugin::judge::Room,
};

/// Every judgement has the same seed: with a temperature of 0 it matters to some backends only.
const SEED: u64 = 1;

/// Longest that one judgement may take.
const LONGEST: Duration = Duration::from_mins(2);

/// Least time that must be left for the first judgement; later ones are known.
const FIRST: Duration = Duration::from_secs(2);

/// How much longer than the longest so far a judgement may take, so that none has to be cut off.
const MARGIN: f64 = 1.5;

/// Failures in a row after which nothing is asked any more.
const MOST_FAILURES: u32 = 3;

/// Tokens that the model's template adds to a prompt, and some in hand.
const TEMPLATE_TOKENS: f64 = 64.0;

/// What judgements of one study may cost at most.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct JudgeLimits {
    pub requests: u32,
    /// Of prompts and answers together.
    pub tokens: u64,
    /// Of the study's time.
    pub time_share: f64,
}

impl Default for JudgeLimits {
    /// 400 judgements of 2500 tokens, in three tenths of the time: a judgement takes a quarter to a half of the time of its note.
    fn default() -> Self {
        Self { requests: 400, tokens: 1_000_000, time_share: 0.3 }
    }
}

/// The user's leave to ask the model.
#[derive(Debug, Clone, Default)]
pub struct JudgeGrant {
    pub limits: JudgeLimits,
    /// A folder that keeps answers from study to study; it may be deleted at any time.
    pub kept_in: Option<PathBuf>,
}

/// What judgements cost so far.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Spent {
    /// Questions that the model was asked.
    pub asked: u32,
    /// Questions whose answer was known from before.
    pub known: u32,
    /// Questions that got no answer.
    pub unanswered: u32,
    pub tokens: u64,
    pub seconds: f64,
}

impl Spent {
    /// The names of its facts.
    pub const FACTS: [&'static str; 4] = ["judgements", "judgements_known", "judgements_missing", "judging_seconds"];

    /// As facts of a trial: what was spent since an earlier moment.
    #[must_use]
    pub fn facts_since(&self, earlier: &Self) -> Vec<(String, f64)> {
        let values = [
            f64::from(self.asked - earlier.asked),
            f64::from(self.known - earlier.known),
            f64::from(self.unanswered - earlier.unanswered),
            self.seconds - earlier.seconds,
        ];
        Self::FACTS.into_iter().map(str::to_owned).zip(values).collect()
    }
}

/// Asks, remembers, and keeps the books.
pub struct Judge<'a> {
    server: Server<'a>,
    model: &'a ModelProfile,
    limits: JudgeLimits,
    most_seconds: f64,
    store: Store,
    books: RefCell<Books>,
}

#[derive(Default)]
struct Books {
    spent: Spent,
    /// Notes that scorers were called for.
    notes: u32,
    longest_seconds: f64,
    failures_in_a_row: u32,
}

/// A judge while the notes of one trial are scored.
pub struct Sitting<'a> {
    pub judge: &'a Judge<'a>,
    /// What the model is loaded with.
    pub candidate: &'a Candidate,
    pub chars_per_token: f64,
    /// Tokens that a prompt should count.
    pub expected_tokens: &'a dyn Fn(&Sized) -> Expected,
    pub deadline: Instant,
}

impl<'a> Judge<'a> {
    /// A judge for one study.
    #[must_use]
    pub fn new(server: Server<'a>, model: &'a ModelProfile, budget: Budget, grant: &JudgeGrant) -> Self {
        // Without a digest, another model may have the name tomorrow.
        let folder = grant.kept_in.clone().filter(|_| model.digest.value.is_some());
        Self {
            server,
            model,
            limits: grant.limits,
            most_seconds: grant.limits.time_share * budget.total_seconds,
            store: Store::new(folder),
            books: RefCell::default(),
        }
    }

    /// What was spent so far.
    #[must_use]
    pub fn spent(&self) -> Spent {
        self.books.borrow().spent
    }

    /// What the judgements of one note cost, in milliseconds, while there is budget for more; 0 before the first one.
    #[must_use]
    pub fn ms_per_note(&self) -> f64 {
        let books = self.books.borrow();
        if self.is_closed().is_some() { 0.0 } else { books.spent.seconds * 1000.0 / f64::from(books.notes.max(1)) }
    }

    /// Why nothing more may be asked, if so.
    fn is_closed(&self) -> Option<String> {
        let books = self.books.borrow();
        let spent = &books.spent;
        let over = |what: &str| Some(format!("no more judgements: the study has used its {what} for them"));
        if books.failures_in_a_row >= MOST_FAILURES {
            return Some(format!("no more judgements: the model failed {MOST_FAILURES} times in a row"));
        }
        match () {
            () if spent.asked >= self.limits.requests => over("requests"),
            () if spent.tokens >= self.limits.tokens => over("tokens"),
            () if spent.seconds >= self.most_seconds => over("time"),
            () => None,
        }
    }

    /// The time that the next judgement may take; none when it would hardly suffice.
    fn patience(&self, deadline: Instant) -> Option<Duration> {
        let books = self.books.borrow();
        let left = Duration::from_secs_f64((self.most_seconds - books.spent.seconds).max(0.0));
        let left = left.min(deadline.saturating_duration_since(Instant::now())).min(LONGEST);
        let needed = FIRST.max(Duration::from_secs_f64(books.longest_seconds * MARGIN).min(LONGEST));
        (left >= needed).then_some(left)
    }
}

impl Sitting<'_> {
    /// Begins with a note: how much fits into one question.
    #[must_use]
    pub fn begin(&self) -> Room {
        self.judge.books.borrow_mut().notes += 1;
        let tokens = f64::from(self.candidate.num_ctx) - TEMPLATE_TOKENS;
        Room { tokens, chars_per_token: self.chars_per_token }
    }

    /// The answer to a question: known, or asked for.
    ///
    /// # Errors
    /// For the scorer: why there is none.
    pub async fn settle(&self, question: &Question) -> Result<Answer, String> {
        let judge = self.judge;
        let digest = judge.model.digest.value.as_ref().unwrap_or(&judge.model.name);
        let key = Key::new(digest, question);
        if let Some(answer) = judge.store.find(&key) {
            judge.books.borrow_mut().spent.known += 1;
            return Ok(answer);
        }
        let refused = judge.is_closed().map_or_else(
            || judge.patience(self.deadline).ok_or_else(|| "no more judgements: there is no time left here".to_owned()),
            Err,
        );
        let answer = match refused {
            Ok(patience) => self.ask(question, &key, patience).await,
            Err(why) => Err(why),
        };
        match &answer {
            Ok(answer) => judge.store.keep(&key, answer),
            Err(_) => judge.books.borrow_mut().spent.unanswered += 1,
        }
        answer
    }

    async fn ask(&self, question: &Question, key: &Key, patience: Duration) -> Result<Answer, String> {
        let (judge, candidate) = (self.judge, self.candidate);
        // A first line that no other prompt has: judgements must not warm a prefix cache for anybody.
        let prompt = format!("[judge {}]\n{}\n\n{}", key.short(), question.instructions, question.material);
        let expected = (self.expected_tokens)(&Sized::new(&prompt, GENERATED, 0.0));
        let request = GenerateRequest {
            model: judge.model.name.clone(),
            prompt,
            num_ctx: candidate.num_ctx,
            num_predict: question.most_tokens,
            num_thread: candidate.num_thread,
            num_batch: candidate.num_batch,
            temperature: 0.0,
            seed: Some(SEED),
            keep_alive: Some(KeepAlive::seconds(KEEP_ALIVE_SECONDS)),
            raw: false,
            think: judge.model.thinking.then_some(false),
            timeouts: Some(Timeouts { first_byte: patience, idle: patience, ..Timeouts::default() }),
        };
        judge.books.borrow_mut().spent.asked += 1;
        let settled = judge.server.generate(&request, patience).await;
        let seconds = settled.took_ms / 1000.0;
        let mut books = judge.books.borrow_mut();
        books.spent.seconds += seconds;
        books.longest_seconds = books.longest_seconds.max(seconds);
        books.failures_in_a_row += 1;
        let generation = match settled.outcome {
            Some(Ok(generation)) => generation,
            Some(Err(error)) => return Err(format!("the model gave no judgement: {error}")),
            None => return Err(format!("the model gave no judgement within {seconds:.0} s")),
        };
        books.spent.tokens += u64::from(generation.prompt_tokens) + u64::from(generation.answer_tokens);
        let evidence = Evidence {
            expected,
            read: generation.prompt_tokens,
            whole: generation.whole_prompt_tokens,
            contexts: &[candidate.num_ctx],
            // Questions share their beginnings.
            leaves_out_cached: true,
        };
        if sign_of_cut(&evidence).is_some() {
            return Err("too long to judge: the server cut the question".to_owned());
        }
        if generation.finish == FinishReason::Aborted {
            return Err("the model gave up in the middle of a judgement".to_owned());
        }
        books.failures_in_a_row = 0;
        Ok(Answer {
            cut: generation.finish == FinishReason::Length,
            text: generation.answer,
            prompt_tokens: generation.prompt_tokens,
            answer_tokens: generation.answer_tokens,
        })
    }
}
