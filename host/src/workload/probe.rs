//! Prompts that measure rates, not notes: as long as asked for, and never seen before.

use super::{
    generate::{Language, sample},
    prompt::nonce_line,
};

const BEGIN: &str = "Here is the begin of a source file.\n\n";
const END: &str = "\n\nContinue the file from here on. Write further functions of the same kind, one after the other, \
                   and do not stop.\n";
/// Tokenizers make 2 to 6 characters of code a token; beyond these bounds the ratio is a mistake.
const PLAUSIBLE_CHARS_PER_TOKEN: std::ops::RangeInclusive<f64> = 0.5..=16.0;
/// Code's usual ratio, used when the one given is implausible.
const USUAL_CHARS_PER_TOKEN: f64 = 3.2;

/// A prompt of about `approx_tokens` tokens that asks for a long answer.
///
/// Always the same language, so that the tokens per character hardly vary; `rng_seed` must be fresh for each prompt.
#[must_use]
pub fn probe_prompt(nonce: &str, approx_tokens: u32, chars_per_token: f64, rng_seed: u64) -> String {
    let ratio =
        if PLAUSIBLE_CHARS_PER_TOKEN.contains(&chars_per_token) { chars_per_token } else { USUAL_CHARS_PER_TOKEN };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive and below 2^37")]
    let chars = (f64::from(approx_tokens) * ratio).round() as usize;
    let mut prompt = nonce_line(nonce);
    prompt.push_str(BEGIN);
    let frame = prompt.chars().count() + END.len();
    prompt.push_str(&sample(Language::Python, chars.saturating_sub(frame), rng_seed));
    prompt.push_str(END);
    prompt
}

/// The shortest prompt that no cache can know: a dozen tokens, and what the model's template puts around it.
#[must_use]
pub fn feeler_prompt(nonce: &str) -> String {
    format!("{}Go on.\n", nonce_line(nonce))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_probe_is_as_long_as_asked_for_and_fresh_from_the_first_line() {
        for (tokens, chars) in [(200, 700), (1_000, 3_500), (7_777, 27_220)] {
            let prompt = probe_prompt("3f9a", tokens, 3.5, 1);
            assert_eq!(prompt.chars().count(), chars);
            assert!(prompt.starts_with("[run 3f9a]\n") && prompt.ends_with(END) && !prompt.contains("### "));
        }
        let (one, other) = (probe_prompt("a", 1_000, 3.5, 1), probe_prompt("a", 1_000, 3.5, 2));
        let shared = one.chars().zip(other.chars()).take_while(|(one, other)| one == other).count();
        assert!(shared < 120, "{shared}");
    }

    #[test]
    fn a_mad_ratio_is_not_followed() {
        let usual = probe_prompt("a", 1_000, 3.2, 1);
        for ratio in [f64::NAN, f64::INFINITY, 0.0, -1.0, 1e9] {
            assert_eq!(probe_prompt("a", 1_000, ratio, 1), usual);
        }
        assert!(probe_prompt("a", 0, 3.5, 1).len() < 300);
    }
}
