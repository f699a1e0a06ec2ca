//! How long an answer becomes is luck, and not the doing of the settings that make the same note faster or slower. Pure.
//!
//! Two answers to one prompt differ in length by far more than the machine differs from itself, and writing is most of a note's time. The
//! server says how long it wrote and how many tokens, so the time of an answer of another length is known: what remains to be compared is the
//! machine. It is the control variate of simulation (Lavenberg and Welch 1981), with a coefficient that the server measures.

use crate::model::{candidate::Candidate, observation::Observation, trial::Trial, workload::Workload};

/// Fewer tokens have no rate.
const LEAST_TOKENS: u32 = 8;

/// What decides how long answers are, as far as settings do.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Kind {
    read: u32,
    piece: u32,
    num_predict: u32,
    temperature: f64,
}

impl Kind {
    fn of(candidate: &Candidate) -> Self {
        Self {
            read: candidate.max_content_length,
            piece: candidate.chunk_size.min(candidate.max_content_length),
            num_predict: candidate.num_predict,
            temperature: candidate.temperature,
        }
    }
}

/// Whether two candidates' answers are as long as each other's, luck aside.
#[must_use]
pub fn are_alike(one: &Candidate, other: &Candidate) -> bool {
    Kind::of(one) == Kind::of(other)
}

/// Standard errors that two usual lengths must differ by to count as different.
const SURELY: f64 = 3.0;

/// The usual length of answers, by what decides it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AnswerLengths {
    usual: Vec<(Kind, Tally)>,
    /// That of the requests that clients really make, whatever this task's answers are.
    learned: Option<f64>,
}

/// Lengths of answers: how many, their sum and that of their squares, in tokens.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Tally {
    count: f64,
    sum: f64,
    squares: f64,
}

impl Tally {
    fn and(self, tokens: f64) -> Self {
        Self { count: self.count + 1.0, sum: self.sum + tokens, squares: self.squares + tokens * tokens }
    }

    fn mean(self) -> f64 {
        self.sum / self.count.max(1.0)
    }

    /// Square of the standard error of the mean; of a single answer nothing is known.
    fn error(self) -> f64 {
        let variance = (self.squares - self.sum * self.mean()) / (self.count - 1.0).max(1.0);
        if self.count > 1.5 { variance.max(0.0) / self.count } else { f64::INFINITY }
    }

    fn surely_differs(self, other: Self) -> bool {
        (self.mean() - other.mean()).abs() > SURELY * (self.error() + other.error()).sqrt()
    }
}

impl AnswerLengths {
    /// As far as the trials tell.
    #[must_use]
    pub fn of(trials: &[Trial]) -> Self {
        let mut usual: Vec<(Kind, Tally)> = Vec::new();
        for trial in trials {
            let kind = Kind::of(&trial.candidate);
            for answer in trial.observations.iter().filter(|one| one.file.is_some()).filter_map(Answer::of) {
                match usual.iter_mut().find(|(known, _)| *known == kind) {
                    Some((_, tally)) => *tally = tally.and(answer.tokens),
                    None => usual.push((kind, Tally::default().and(answer.tokens))),
                }
            }
        }
        Self { usual, learned: None }
    }

    /// As far as the trials tell, or the workload.
    #[must_use]
    pub fn of_batch(trials: &[Trial], workload: &Workload) -> Self {
        Self { learned: workload.answer_tokens(u32::MAX), ..Self::of(trials) }
    }

    /// Those that the workload knows, and no others: times of answers stay as they are where it knows none.
    #[must_use]
    pub fn learned(workload: &Workload) -> Self {
        Self { usual: Vec::new(), learned: workload.answer_tokens(u32::MAX) }
    }

    /// Milliseconds that a request of a candidate would have taken longer (or less, where negative) with an answer of the usual length. With
    /// another temperature it is that of the other one, where answers surely differ: too cold a model repeats itself, and takes its time for it.
    #[must_use]
    pub fn surplus_ms(&self, candidate: &Candidate, temperature: f64, observation: &Observation) -> f64 {
        let kind = Kind::of(candidate);
        let learned = self.learned.map(|tokens| tokens.min(f64::from(candidate.num_predict)));
        let tally = |kind: Kind| self.usual.iter().find(|(known, _)| *known == kind).map(|(_, tally)| *tally);
        let own = tally(kind);
        let other = tally(Kind { temperature, ..kind });
        let seen =
            other.zip(own).filter(|(other, own)| other.surely_differs(*own)).map_or(own, |(other, _)| Some(other));
        let usual = learned.or_else(|| seen.map(Tally::mean));
        usual.zip(Answer::of(observation)).map_or(0.0, |(usual, answer)| answer.longer_ms(usual))
    }
}

/// Answers that were written for one note, or one request.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Answer {
    pub tokens: f64,
    decode_ms: f64,
}

impl Answer {
    /// The answer of a request; `None` where the server did not say how long it wrote.
    #[must_use]
    pub fn of(observation: &Observation) -> Option<Self> {
        let decode_ms = observation.server?.decode_ms;
        let counts = observation.failure.is_none() && observation.answer_tokens >= LEAST_TOKENS && decode_ms > 0.0;
        counts.then(|| Self { tokens: f64::from(observation.answer_tokens), decode_ms })
    }

    /// Both, one after the other.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self { tokens: self.tokens + other.tokens, decode_ms: self.decode_ms + other.decode_ms }
    }

    /// Milliseconds that it would take longer with so many tokens.
    #[must_use]
    pub fn longer_ms(self, tokens: f64) -> f64 {
        if self.tokens > 0.0 { self.decode_ms * (tokens / self.tokens - 1.0) } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::observation::{FinishReason, Repetition, ServerTimings};

    fn observation(tokens: u32, decode_ms: f64) -> Observation {
        Observation {
            repetition: Repetition::Measured,
            file: Some(0),
            piece: 0,
            attempt: 1,
            started_ms: 0.0,
            latency_ms: decode_ms + 500.0,
            time_to_first_token_ms: None,
            server: Some(ServerTimings { total_ms: decode_ms + 500.0, load_ms: 0.0, prefill_ms: 500.0, decode_ms }),
            prompt_tokens: 900,
            answer_tokens: tokens,
            expected_prompt_tokens: None,
            finish: FinishReason::Stop,
            failure: None,
            message: None,
            disturbed: None,
            host: None,
        }
    }

    #[test]
    fn answers_of_another_length_take_the_time_of_their_tokens() {
        let answer = Answer::of(&observation(100, 4_000.0)).unwrap();
        assert!((answer.longer_ms(150.0) - 2_000.0).abs() < 1e-9);
        assert!((answer.and(answer).longer_ms(100.0) + 4_000.0).abs() < 1e-9);
        // A few tokens have no rate, and an answer that was not timed none either.
        assert_eq!(Answer::of(&observation(7, 300.0)), None);
        assert_eq!(Answer::of(&Observation { server: None, ..observation(100, 1.0) }), None);
    }

    #[test]
    fn what_reads_alike_writes_alike() {
        let usual = Candidate { chunk_size: 100_000, max_content_length: 8_000, ..Candidate::default() };
        assert!(are_alike(&usual, &Candidate { chunk_size: 9_000, num_ctx: 2_048, ..usual.clone() }));
        assert!(!are_alike(&usual, &Candidate { chunk_size: 4_000, ..usual.clone() }));
        assert!(!are_alike(&usual, &Candidate { temperature: usual.temperature + 0.5, ..usual }));
    }
}
