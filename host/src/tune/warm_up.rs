//! The first requests after a load: they pay for what is initialised late, they do not count, and they say how slow those that follow may be.

use std::time::Duration;

use tokio::time::Instant;

use super::{
    clock::seconds_until,
    execute::{Executor, Measured},
    first_request::{CUT_OFF_AFTER, FirstRequest, chars_read},
    measure::{Answered, Ask},
    synthetic::PROBE_LIMIT,
};
use crate::{
    model::{candidate::Candidate, observation::Repetition},
    workload::probe,
};

/// Tokens of the warm-up: enough to touch everything once, few enough for a machine of one token a second.
const WARM_UP: (u32, u32) = (24, 2);

/// Answers of a feeler have so many tokens: the second one is written, the first one comes with the prompt.
const FEELER_ANSWER: u32 = 2;

/// A feeler that takes longer has said all that a warm-up could. What is set up late takes less on any machine that is not slow.
const SLOW: Duration = Duration::from_secs(4);

impl Executor<'_> {
    /// Touches everything once. Settings that were never loaded in this study are felt first, with the shortest prompt that there is: where a prompt of a hundred tokens
    /// takes a minute, it is not sent, and nothing of ours keeps the server busy for long after its time.
    pub(super) async fn warm_up(&mut self, candidate: &Candidate, deadline: Instant, measured: &mut Measured) {
        if !self.felt.contains_key(&candidate.load_key()) {
            let feeler = warm_up_ask(probe::feeler_prompt(&self.nonces.next()), FEELER_ANSWER);
            let asked = Instant::now();
            self.first_request(candidate, feeler, deadline, measured).await;
            if self.first_was_cut_off || asked.elapsed() > SLOW {
                measured.facts.extend(self.first.iter().flat_map(FirstRequest::facts));
                return;
            }
        }
        let (prompt_tokens, output_tokens) = WARM_UP;
        let ask = self.probe_ask(prompt_tokens, output_tokens, Repetition::Warmup);
        self.first_request(candidate, ask, deadline, measured).await;
        measured.facts.extend(self.first.iter().flat_map(FirstRequest::facts));
    }

    async fn first_request(&mut self, candidate: &Candidate, ask: Ask, deadline: Instant, measured: &mut Measured) {
        let asked = Instant::now();
        let answered = tokio::time::timeout_at(deadline, self.bench().ask(candidate, ask)).await;
        self.first_was_cut_off = answered.is_err();
        let fastest = self.felt.entry(candidate.load_key()).or_default();
        let Ok(Answered { observation, .. }) = answered else {
            measured.facts.push((CUT_OFF_AFTER.into(), asked.elapsed().as_secs_f64()));
            return;
        };
        // One of them may have stalled: who was faster before can be as fast again.
        *fastest = FirstRequest::of(&observation).into_iter().chain(*fastest).min_by(FirstRequest::faster);
        self.first = *fastest;
        measured.observations.push(observation);
    }

    /// Whether a request of that many tokens would take longer than so many seconds, if it were as slow as the first one after the load, which
    /// is shorter than any other.
    pub fn foresees_no_end(&self, prompt_tokens: u32, answer_tokens: u32, seconds: f64) -> bool {
        let first = self.first.filter(|first| first.seconds(prompt_tokens, answer_tokens) > seconds);
        self.first_was_cut_off || first.is_some()
    }

    /// Seconds that the shortest note of these files takes at least, where even that does not end in time, by the first request after the load.
    pub(super) fn hopeless(&self, candidate: &Candidate, files: &[usize], deadline: Instant) -> Option<f64> {
        let lengths = files.iter().filter_map(|file| self.workload.files.get(*file)).map(|file| file.chars);
        let least = self.first?.least_note_seconds(chars_read(lengths.min()?, candidate), self.workload);
        let left = seconds_until(deadline);
        (least > left).then_some(least)
    }
}

fn warm_up_ask(prompt: String, num_predict: u32) -> Ask {
    Ask {
        prompt,
        num_predict,
        repetition: Repetition::Warmup,
        file: None,
        piece: 0,
        attempt: 1,
        raw: true,
        timeout: PROBE_LIMIT,
    }
}
