//! One request, measured.

use std::{cell::RefCell, time::Duration};

use super::{calibrate::Calibration, clock::StudyClock, prompts::Nonces};
use crate::{
    model::{
        candidate::Candidate,
        machine::ModelProfile,
        observation::{FailureCause, FinishReason, Observation, Repetition},
        workload::Workload,
    },
    ollama::{
        client::Client,
        rates::truncation_verdict,
        request::{GenerateRequest, KeepAlive, Timeouts},
    },
};

/// The model stays loaded longer than any study, so that it is never loaded twice for nothing.
pub const KEEP_ALIVE_SECONDS: u32 = 3600;

/// A stream that says nothing for so long is dead: the slowest machines make a token in a few seconds.
const IDLE: Duration = Duration::from_mins(1);

/// Everything that a request needs and that does not change within a study.
pub struct Bench<'a> {
    pub client: &'a Client,
    pub model: &'a ModelProfile,
    pub workload: &'a Workload,
    pub clock: StudyClock,
    pub nonces: &'a Nonces,
    pub calibration: &'a RefCell<Calibration>,
}

/// What to ask.
pub struct Ask {
    pub prompt: String,
    pub num_predict: u32,
    pub repetition: Repetition,
    pub file: Option<usize>,
    pub piece: usize,
    pub attempt: u32,
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
        let prompt_chars = ask.prompt.chars().count();
        // Only notes are alike enough to expect something of: a short prompt is mostly template.
        let expected = ask.file.and_then(|_| self.calibration.borrow().expected_tokens(prompt_chars));
        let request = GenerateRequest {
            model: self.model.name.clone(),
            prompt: ask.prompt,
            num_ctx: candidate.num_ctx,
            num_predict: ask.num_predict,
            num_thread: candidate.num_thread,
            num_batch: candidate.num_batch,
            temperature: candidate.temperature,
            seed: None,
            keep_alive: Some(KeepAlive::seconds(KEEP_ALIVE_SECONDS)),
            think: self.model.thinking.then_some(false),
            timeouts: Some(Timeouts {
                connect: Duration::from_secs(5),
                first_byte: ask.timeout,
                idle: IDLE.min(ask.timeout),
            }),
        };
        let outcome = tokio::time::timeout(ask.timeout, self.client.generate(&request)).await;
        let latency_ms = self.clock.elapsed_ms() - started_ms;
        let mut observation = Observation {
            repetition: ask.repetition,
            file: ask.file,
            piece: ask.piece,
            attempt: ask.attempt,
            started_ms,
            latency_ms,
            time_to_first_token_ms: None,
            server: None,
            prompt_tokens: 0,
            answer_tokens: 0,
            expected_prompt_tokens: expected,
            finish: FinishReason::None,
            failure: None,
            message: None,
            disturbed: None,
        };
        let generation = match outcome {
            Ok(Ok(generation)) => generation,
            Ok(Err(error)) => {
                observation.failure = Some(error.cause());
                observation.message = Some(error.to_string());
                return Answered { observation, answer: String::new() };
            }
            Err(_) => {
                observation.failure = Some(FailureCause::TimedOut);
                observation.message = Some(format!("no whole answer within {} s", ask.timeout.as_secs()));
                return Answered { observation, answer: String::new() };
            }
        };
        observation.time_to_first_token_ms = generation.time_to_first_token_ms;
        observation.server = generation.server;
        observation.prompt_tokens = generation.prompt_tokens;
        observation.answer_tokens = generation.answer_tokens;
        observation.finish = generation.finish;
        if generation.finish == FinishReason::Aborted {
            observation.failure = Some(FailureCause::Protocol);
            observation.message = Some("the server gave up in the middle of the answer".into());
        } else if truncation_verdict(
            expected.map(|tokens| tokens * EXPECTATION_MARGIN),
            generation.prompt_tokens,
            candidate.num_ctx,
        ) {
            observation.failure = Some(FailureCause::Truncated);
            observation.message = Some(format!(
                "the server read {} tokens of a prompt of about {:.0}",
                generation.prompt_tokens,
                expected.unwrap_or(0.0)
            ));
        } else if generation.finish == FinishReason::Length
            && u64::from(generation.prompt_tokens) + u64::from(generation.answer_tokens) + 2
                >= u64::from(candidate.num_ctx)
            && generation.answer_tokens < ask.num_predict
        {
            observation.failure = Some(FailureCause::AnswerCut);
            observation.message = Some(format!("the context of {} tokens ended the answer", candidate.num_ctx));
        } else if ask.file.is_some() {
            self.calibration.borrow_mut().learn(prompt_chars, generation.prompt_tokens);
        }
        Answered { observation, answer: generation.answer }
    }
}

/// Files differ by some 15 % in characters per token, and a dense one must not look cut.
const EXPECTATION_MARGIN: f64 = 0.8;

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
