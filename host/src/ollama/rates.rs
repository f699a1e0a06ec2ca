//! What the server's counts and durations are worth.

use crate::model::observation::ServerTimings;

/// Fewest tokens that make a rate. With one token the server reports one microsecond: a million tokens a second.
const FEWEST_TOKENS: u32 = 8;

/// Above this many tokens a second it is not a measurement. The fastest prefill of a small model on a large GPU stays below it.
const ABSURD_RATE: f64 = 1_000_000.0;

/// Tokens a second of the answer, or `None` when it was too short to tell.
///
/// The first token comes out of the prefill, so `n` tokens took `n - 1` steps.
#[must_use]
pub fn decode_tokens_per_second(answer_tokens: u32, timings: &ServerTimings) -> Option<f64> {
    rate(answer_tokens, f64::from(answer_tokens) - 1.0, timings.decode_ms)
}

/// Tokens a second of the prompt, or `None` when it was too short to tell or the duration is absurd.
///
/// The server counts cached tokens but not their time: a prompt that it has seen before shows a rate many times too high.
#[must_use]
pub fn prefill_tokens_per_second(prompt_tokens: u32, timings: &ServerTimings) -> Option<f64> {
    rate(prompt_tokens, f64::from(prompt_tokens), timings.prefill_ms)
}

fn rate(tokens: u32, steps: f64, milliseconds: f64) -> Option<f64> {
    let rate = steps * 1000.0 / milliseconds;
    (tokens >= FEWEST_TOKENS && milliseconds > 0.0 && rate < ABSURD_RATE).then_some(rate)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timings(prefill_ms: f64, decode_ms: f64) -> ServerTimings {
        ServerTimings { total_ms: 0.0, load_ms: 0.0, prefill_ms, decode_ms }
    }

    #[test]
    fn the_first_token_is_free_and_short_answers_have_no_rate() {
        let rate = decode_tokens_per_second(48, &timings(0.0, 470.0));
        assert!(rate.is_some_and(|rate| (rate - 100.0).abs() < 1e-9), "{rate:?}");
        assert_eq!(decode_tokens_per_second(1, &timings(0.0, 0.001)), None);
        assert_eq!(decode_tokens_per_second(7, &timings(0.0, 100.0)), None);
        assert_eq!(decode_tokens_per_second(48, &timings(0.0, 0.0)), None);
        assert_eq!(decode_tokens_per_second(48, &timings(0.0, f64::NAN)), None);
    }

    #[test]
    fn a_prefill_of_no_time_has_no_rate() {
        let rate = prefill_tokens_per_second(400, &timings(800.0, 0.0));
        assert!(rate.is_some_and(|rate| (rate - 500.0).abs() < 1e-9), "{rate:?}");
        assert_eq!(prefill_tokens_per_second(400, &timings(0.001, 0.0)), None);
        assert_eq!(prefill_tokens_per_second(400, &timings(0.0, 0.0)), None);
    }
}
