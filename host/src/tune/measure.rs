//! One request, measured.

use std::{cell::RefCell, time::Duration};

use super::{
    calibrate::{Calibration, GENERATED, Sized},
    clock::StudyClock,
    prompts::Nonces,
    rough_tokens::rough_tokens,
    server::Server,
    truncated::{Evidence, sign_of_cut},
};
use crate::{
    model::{
        candidate::Candidate,
        machine::ModelProfile,
        observation::{FailureCause, FinishReason, Observation, Repetition},
        workload::Workload,
    },
    ollama::{
        error::OllamaError,
        request::{GenerateRequest, KeepAlive, Timeouts},
    },
};

/// The model stays loaded longer than any study, so that it is never loaded twice for nothing.
pub const KEEP_ALIVE_SECONDS: u32 = 3600;

/// The same, as requests say it.
pub fn keep_alive() -> KeepAlive {
    KeepAlive::seconds(KEEP_ALIVE_SECONDS)
}

/// A stream that says nothing for so long is dead: the slowest machines make a token in a few seconds.
const IDLE: Duration = Duration::from_mins(1);

/// Everything that a request needs and that does not change within a study.
pub struct Bench<'a> {
    pub server: Server<'a>,
    pub model: &'a ModelProfile,
    pub workload: &'a Workload,
    pub clock: StudyClock,
    pub nonces: &'a Nonces,
    pub calibration: &'a RefCell<Calibration>,
    pub contexts: Contexts,
    /// How long the model stays loaded afterwards; `None` leaves that as it is.
    pub keep_alive: Option<KeepAlive>,
}

/// What limits prompts besides the context that was asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Contexts {
    /// Tokens of the context that the server loaded, or can load at most; `None` when nobody knows.
    pub loaded: Option<u32>,
    /// Whether the server counts only the tokens that were not cached.
    pub leaves_out_cached: bool,
}

/// What to ask.
pub struct Ask {
    pub prompt: String,
    pub num_predict: u32,
    pub repetition: Repetition,
    pub file: Option<usize>,
    pub piece: usize,
    pub attempt: u32,
    /// Without the model's template: nothing is expected of how many tokens it has, and nothing is learned from it.
    pub raw: bool,
    /// The whole request, first byte to last.
    pub timeout: Duration,
}

/// What came of it.
pub struct Answered {
    pub observation: Observation,
    pub answer: String,
}

impl Bench<'_> {
    /// Sends one request with the settings of a candidate and records everything about it. Never fails: a failure is an observation.
    pub async fn ask(&self, candidate: &Candidate, ask: Ask) -> Answered {
        let started_ms = self.clock.elapsed_ms();
        let size = self.size(&ask);
        let expected = self.calibration.borrow().expect(&size);
        let request = GenerateRequest {
            model: self.model.name.clone(),
            prompt: ask.prompt,
            num_ctx: candidate.num_ctx,
            num_predict: ask.num_predict,
            num_thread: candidate.num_thread,
            num_batch: candidate.num_batch,
            temperature: candidate.temperature,
            seed: None,
            keep_alive: self.keep_alive,
            raw: ask.raw,
            // Without the template there is nothing to turn off.
            think: (self.model.thinking && !ask.raw).then_some(false),
            timeouts: Some(Timeouts {
                connect: Duration::from_secs(5),
                first_byte: ask.timeout,
                idle: IDLE.min(ask.timeout),
            }),
        };
        let settled = self.server.generate(&request, ask.timeout).await;
        let mut observation = Observation {
            repetition: ask.repetition,
            file: ask.file,
            piece: ask.piece,
            attempt: ask.attempt,
            started_ms: started_ms + settled.held_ms,
            latency_ms: settled.took_ms,
            time_to_first_token_ms: None,
            server: None,
            prompt_tokens: 0,
            answer_tokens: 0,
            expected_prompt_tokens: (!ask.raw).then_some(expected.tokens),
            finish: FinishReason::None,
            failure: None,
            message: None,
            disturbed: None,
            host: self.server.host(),
        };
        let generation = match settled.outcome {
            Some(Ok(generation)) => generation,
            Some(Err(error)) => {
                // A server that refuses a prompt counts it exactly.
                if let OllamaError::ContextExceeded { prompt_tokens: Some(tokens), .. } = error {
                    self.learn(&size, tokens, ask.file.is_some());
                }
                observation.failure = Some(error.cause());
                observation.message = Some(error.to_string());
                return Answered { observation, answer: String::new() };
            }
            None => {
                observation.failure = Some(FailureCause::TimedOut);
                observation.message = Some(format!("no whole answer within {} s", ask.timeout.as_secs()));
                return Answered { observation, answer: String::new() };
            }
        };
        observation.time_to_first_token_ms = generation.time_to_first_token_ms;
        // Nothing is decided from a clock that says what cannot be.
        observation.server = generation.server.filter(|server| server.fit(settled.took_ms));
        observation.prompt_tokens = generation.prompt_tokens;
        observation.answer_tokens = generation.answer_tokens;
        observation.finish = generation.finish;
        if generation.finish == FinishReason::Aborted {
            observation.failure = Some(FailureCause::Protocol);
            observation.message = Some("the server gave up in the middle of the answer".into());
        } else if ask.raw {
            return Answered { observation, answer: generation.answer };
        } else if let Some(sign) = sign_of_cut(&Evidence {
            expected,
            read: generation.prompt_tokens,
            whole: generation.whole_prompt_tokens,
            contexts: &self.contexts.of(candidate),
            leaves_out_cached: self.contexts.leaves_out_cached,
        }) {
            observation.failure = Some(FailureCause::Truncated);
            observation.message = Some(sign.describe(generation.prompt_tokens, expected.tokens));
        } else {
            let prompt_tokens = generation.whole_prompt_tokens.unwrap_or(0).max(generation.prompt_tokens);
            if self.overflowed(candidate, &observation, prompt_tokens, ask.num_predict) {
                observation.failure = Some(FailureCause::AnswerCut);
                observation.message = Some(format!("the context of {} tokens ended the answer", candidate.num_ctx));
            } else {
                self.learn(&size, generation.prompt_tokens, ask.file.is_some());
            }
        }
        Answered { observation, answer: generation.answer }
    }

    /// The size of a prompt, by what is in it.
    fn size(&self, ask: &Ask) -> Sized {
        match ask.file.and_then(|file| self.workload.files.get(file)) {
            Some(file) => Sized::new(&ask.prompt, &file.language, rough_tokens(&self.workload.prompt.text)),
            None => Sized::new(&ask.prompt, GENERATED, 0.0),
        }
    }

    fn learn(&self, size: &Sized, tokens: u32, is_note: bool) {
        // A count without the cached tokens says nothing of a short prompt: most of it is the template, which is cached.
        if self.contexts.leaves_out_cached && !is_note {
            return;
        }
        let mut calibration = self.calibration.borrow_mut();
        if is_note { calibration.learn_note(size, tokens) } else { calibration.learn(size, tokens) }
    }

    /// Whether the context was full before the answer ended: it was stopped, or went on without the beginning of the prompt.
    fn overflowed(
        &self,
        candidate: &Candidate,
        observation: &Observation,
        prompt_tokens: u32,
        num_predict: u32,
    ) -> bool {
        let context = self.contexts.of(candidate).into_iter().min().unwrap_or(candidate.num_ctx);
        let used = u64::from(prompt_tokens) + u64::from(observation.answer_tokens);
        let stopped = observation.finish == FinishReason::Length && observation.answer_tokens < num_predict;
        (stopped && used + 2 >= u64::from(context)) || used > u64::from(context)
    }
}

impl Contexts {
    /// The contexts that a prompt of this candidate may have been cut to, the one asked for first.
    fn of(self, candidate: &Candidate) -> Vec<u32> {
        let clamped = self.loaded.filter(|loaded| *loaded < candidate.num_ctx);
        [candidate.num_ctx].into_iter().chain(clamped).collect()
    }
}

/// Whether the same request can end otherwise when it is sent again.
pub const fn is_worth_retrying(cause: FailureCause) -> bool {
    matches!(
        cause,
        FailureCause::TimedOut
            | FailureCause::Busy
            | FailureCause::Unreachable
            | FailureCause::ServerError
            | FailureCause::Protocol
    )
}
