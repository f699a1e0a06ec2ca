//! Experiments with made-up prompts: rates and slots from probes, what is found in a long text from needles.

use std::time::Duration;

use tokio::time::Instant;

use super::{
    closed_loop::closed_loop,
    execute::{Executor, Measured},
    measure::Ask,
    summarise,
};
use crate::{
    model::{
        candidate::Candidate,
        metric::Metric,
        observation::{FailureCause, Observation, Repetition},
    },
    stats::{
        summary::sample,
        throughput::{Work, steady_rate},
    },
    workload::{needle, probe},
};

/// Longest time of one request of a probe or a needle experiment.
pub(super) const PROBE_LIMIT: Duration = Duration::from_mins(5);

impl Executor<'_> {
    pub(super) fn probe_ask(&self, prompt_tokens: u32, output_tokens: u32, repetition: Repetition) -> Ask {
        let chars_per_token = self.calibration.borrow().chars_per_token();
        Ask {
            prompt: probe::probe_prompt(&self.nonces.next(), prompt_tokens, chars_per_token, self.nonces.next_seed()),
            num_predict: output_tokens,
            repetition,
            file: None,
            piece: 0,
            attempt: 1,
            raw: false,
            timeout: PROBE_LIMIT,
        }
    }

    pub(super) async fn probe(
        &self,
        candidate: &Candidate,
        (prompt_tokens, output_tokens): (u32, u32),
        parallel: u32,
        requests: u32,
        deadline: Instant,
        measured: &mut Measured,
    ) {
        let bench = self.bench();
        let asks = (0..requests).map(|_| self.probe_ask(prompt_tokens, output_tokens, Repetition::Measured)).collect();
        let done = closed_loop(parallel as usize, asks, deadline, |ask| bench.ask(candidate, ask)).await;
        let mut observations: Vec<Observation> =
            done.results.into_iter().map(|answered| answered.observation).collect();
        observations.sort_by(|a, b| a.started_ms.total_cmp(&b.started_ms));
        self.mark(&mut observations, &measured.observations);
        let work: Vec<Work> = observations
            .iter()
            .filter(|observation| observation.failure.is_none())
            .map(|observation| Work {
                start: observation.started_ms,
                end: observation.started_ms + observation.latency_ms,
                amount: 1.0,
            })
            .collect();
        let rate = steady_rate(&work, (parallel as usize).min(work.len()));
        measured.samples.extend(summarise::requests(&observations));
        measured
            .samples
            .extend(sample(Metric::RequestsPerMinute, rate.map(|rate| rate * 60_000.0).into_iter().collect()));
        measured
            .samples
            .extend(sample(Metric::EffectiveSlots, summarise::effective_slots(&observations).into_iter().collect()));
        measured.facts.push(("workers".into(), f64::from(parallel)));
        measured.failure = summarise::verdict(&observations, done.complete);
        measured.observations.extend(observations);
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "prompts are at most millions of characters"
    )]
    pub(super) async fn needle(
        &self,
        candidate: &Candidate,
        content_chars: u32,
        depths: &[f64],
        deadline: Instant,
        measured: &mut Measured,
    ) {
        let needles =
            needle::needle_prompt(&self.nonces.next(), content_chars as usize, depths, self.nonces.next_seed());
        // A fact is a line of some twenty tokens.
        let room = (depths.len() as f64 * 24.0) as u32 + 32;
        let ask = Ask {
            prompt: needles.text.clone(),
            num_predict: room.min(candidate.num_predict),
            repetition: Repetition::Measured,
            file: None,
            piece: 0,
            attempt: 1,
            raw: false,
            timeout: PROBE_LIMIT,
        };
        let Ok(mut answered) = tokio::time::timeout_at(deadline, self.bench().ask(candidate, ask)).await else {
            measured.failure = Some(FailureCause::OutOfTime);
            return;
        };
        let found = needle::needle_recall(&answered.answer, &needles.facts);
        let recall = found.into_iter().map(|found| f64::from(u8::from(found))).collect();
        self.mark(std::slice::from_mut(&mut answered.observation), &measured.observations);
        measured.failure = answered.observation.failure;
        measured.samples.extend(summarise::requests(std::slice::from_ref(&answered.observation)));
        if measured.failure.is_none() {
            measured.samples.extend(sample(Metric::NeedleRecall, recall));
        }
        measured.observations.push(answered.observation);
    }
}
