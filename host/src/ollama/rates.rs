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

/// Whether the server cut the prompt without saying so.
///
/// `expected_prompt_tokens` (T) comes from calibrated characters per token, `prompt_tokens` (P) from the server. True where P is below
/// 0.9 T; or where P is what servers truncate to (all of `num_ctx` before 0.30, half of it plus the kept beginning since) and T is clearly larger.
/// Without T only a prompt that fills the whole context counts as cut. P = 0 means that the server did not say: false.
#[must_use]
pub fn truncation_verdict(expected_prompt_tokens: Option<f64>, prompt_tokens: u32, num_ctx: u32) -> bool {
    if prompt_tokens == 0 {
        return false;
    }
    let Some(expected) = expected_prompt_tokens.filter(|expected| expected.is_finite()) else {
        return num_ctx > 0 && prompt_tokens >= num_ctx;
    };
    let reported = f64::from(prompt_tokens);
    // Half of num_ctx and half of what is kept: 4 tokens, or 5 with the one that begins the text.
    let half = num_ctx / 2;
    let is_a_limit = prompt_tokens.abs_diff(num_ctx) <= 2 || (half..=half + 6).contains(&prompt_tokens);
    // Characters per token vary by a few in a hundred from text to text.
    let clearly_larger = expected > reported * 1.03 + 8.0;
    reported < 0.9 * expected || (is_a_limit && clearly_larger)
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

    #[test]
    fn truncation_is_seen_in_every_era_and_calibration_error_is_not() {
        // Since 0.30, measured: 3052 tokens asked of 2048, 1026 or 1027 taken.
        assert!(truncation_verdict(Some(3052.0), 1026, 2048));
        assert!(truncation_verdict(Some(3030.0), 1027, 2048));
        // Before: exactly num_ctx. 2200 is within the ten in a hundred, so only the limit gives it away.
        assert!(truncation_verdict(Some(2200.0), 2048, 2048));
        assert!(truncation_verdict(None, 2048, 2048));
        // It fits, and the expectation is off by a little either way.
        assert!(!truncation_verdict(Some(2000.0), 1952, 2048));
        assert!(!truncation_verdict(Some(1900.0), 1952, 2048));
        assert!(!truncation_verdict(Some(1040.0), 1027, 2048));
        assert!(!truncation_verdict(Some(1800.0), 1700, 2048));
        assert!(!truncation_verdict(None, 1027, 2048));
        assert!(!truncation_verdict(Some(500.0), 0, 2048), "the server did not say");
    }
}
