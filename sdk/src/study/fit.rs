use super::StudyExt;
use crate::strategy::Study;

/// Characters in a token when nobody measured it: dense source code, so that the guess is rather too many tokens.
const CAUTIOUS_CHARS_PER_TOKEN: f64 = 3.0;

/// Share of the room that a plan may fill: files differ in how many characters make a token, and a piece may
/// be longer than its share by one line.
const FILL: f64 = 0.9;

/// What fits into a context: the arithmetic between characters and tokens.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fit {
    /// Tokens of context.
    pub num_ctx: f64,
    /// Tokens kept free for the answer.
    pub num_predict: f64,
    /// Tokens of every prompt besides the source.
    pub overhead_tokens: f64,
    /// Characters of source in a token.
    pub chars_per_token: f64,
}

impl Fit {
    /// With the incumbent's context and answer length.
    #[must_use]
    pub fn of(study: &Study) -> Self {
        let measured = study.workload.chars_per_token;
        Self {
            num_ctx: study.incumbent("num_ctx"),
            num_predict: study.incumbent("num_predict"),
            overhead_tokens: f64::from(study.workload.overhead_tokens),
            chars_per_token: if measured.is_finite() && measured > 0.0 { measured } else { CAUTIOUS_CHARS_PER_TOKEN },
        }
    }

    /// The same with another context.
    #[must_use]
    pub fn with_context(self, num_ctx: f64) -> Self {
        Self { num_ctx, ..self }
    }

    /// Characters of source that one request can carry, with a margin of a tenth; 0 when not even the prompt fits.
    #[must_use]
    pub fn chars(&self) -> f64 {
        let room = self.num_ctx - self.num_predict - self.overhead_tokens;
        (room * self.chars_per_token * FILL).max(0.0).floor()
    }

    /// Tokens of a prompt with that much source, as expected, without a margin.
    #[must_use]
    pub fn prompt_tokens(&self, chars: f64) -> f64 {
        chars / self.chars_per_token + self.overhead_tokens
    }

    /// The least context in which that much source, the prompt and the whole answer have room, with the same margin
    /// as [`chars`](Self::chars). Servers round a context up to a multiple of 256 tokens, so this does too.
    #[must_use]
    pub fn needed_context(&self, chars: f64) -> f64 {
        let tokens = chars / (self.chars_per_token * FILL) + self.overhead_tokens + self.num_predict;
        (tokens / 256.0).ceil() * 256.0
    }

    /// How the batch cuts a file of that length: characters that are read, and into how many pieces.
    #[must_use]
    pub fn cut(chars: f64, max_content_length: f64, chunk_size: f64) -> (f64, f64) {
        let read = chars.min(max_content_length);
        (read, (read / chunk_size.max(1.0)).ceil().max(1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIT: Fit = Fit { num_ctx: 8192.0, num_predict: 1024.0, overhead_tokens: 168.0, chars_per_token: 3.0 };

    #[test]
    fn what_fits_needs_the_context_that_it_fits_into() {
        assert!((FIT.chars() - 18_900.0).abs() < 1e-9, "(8192 - 1024 - 168) x 3 x 0.9");
        assert!((FIT.needed_context(18_900.0) - 8192.0).abs() < 1e-9);
        assert!((FIT.needed_context(18_901.0) - 8448.0).abs() < 1e-9, "one character more: the next multiple of 256");
    }

    #[test]
    fn a_context_smaller_than_the_answer_holds_nothing() {
        assert!(FIT.with_context(1024.0).chars().abs() < f64::EPSILON);
    }

    #[test]
    fn files_are_cut_as_the_batch_cuts_them() {
        assert_eq!(Fit::cut(20_000.0, 8_000.0, 100_000.0), (8_000.0, 1.0));
        assert_eq!(Fit::cut(20_000.0, 50_000.0, 6_000.0), (20_000.0, 4.0));
        assert_eq!(Fit::cut(0.0, 8_000.0, 6_000.0), (0.0, 1.0));
    }
}
