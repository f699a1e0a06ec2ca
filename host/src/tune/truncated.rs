//! Whether the server cut a prompt without saying so.

use super::calibrate::Expected;

/// `num_keep` is 4 unless the model's own file says more; some say 24. Half of what is kept is added to half of the context.
const MOST_KEPT: u32 = 64;

/// Tokens of template and first letters that a prompt may share with one before: servers before 0.4 leave cached tokens out of the count.
const MOST_CACHED: u32 = 64;

/// Where a count may lack the cached tokens, a context that is almost full was overrun if so much of it was expected.
const ALMOST_FULL: f64 = 0.98;

/// How much longer than the count a prompt must be expected for "about half of the context" to mean that it was cut: a cut prompt filled the
/// context, so it was twice as long; halfway between, on the scale of ratios.
const TWICE_OR_ONCE: f64 = std::f64::consts::SQRT_2;

/// The contexts that servers take when they do not listen to `num_ctx`: until 0.6.6, and since.
const DEFAULT_CONTEXTS: [u32; 2] = [2048, 4096];

/// What is known of a prompt that came back with a count.
#[derive(Debug, Clone)]
pub struct Evidence<'a> {
    pub expected: Expected,
    /// What the server says it read.
    pub read: u32,
    /// The tokens of the whole prompt, where the answer's `context` shows them.
    pub whole: Option<u32>,
    /// Tokens that one slot may hold: what was asked for, and what was loaded instead.
    pub contexts: &'a [u32],
    /// Whether the count may leave out cached tokens.
    pub leaves_out_cached: bool,
}

/// How a cut shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// The answer's `context` holds more of the prompt than was read.
    ContextHoldsMore,
    /// The prompt fills the context, to the last token: what servers before 0.30 cut to.
    FillsContext(u32),
    /// About half of the context, and the prompt was twice as long: what servers since 0.30 cut to.
    HalfOfContext(u32),
    /// Fewer tokens than such a text can have.
    TooFew,
}

/// The sign by which a prompt shows that it was cut. A count of 0 means that the server did not say: no sign.
#[must_use]
pub fn sign_of_cut(evidence: &Evidence<'_>) -> Option<Sign> {
    let Evidence { expected, read, .. } = *evidence;
    if read == 0 {
        return None;
    }
    let cached = if evidence.leaves_out_cached { MOST_CACHED } else { 0 };
    let counted = f64::from(read);
    // The server counts prompt and answer again for `context`, and may come to a few tokens more.
    if evidence.whole.is_some_and(|whole| f64::from(whole) > 1.05 * counted + 32.0 + f64::from(cached)) {
        return Some(Sign::ContextHoldsMore);
    }
    for context in evidence.contexts.iter().copied().filter(|context| *context > 0) {
        // Where that is not sure, it shows when the answer has ended: there was no room for it.
        let surely = expected.tokens - 2.0 * expected.deviation;
        let almost = read.saturating_add(cached) >= context && surely >= ALMOST_FULL * f64::from(context);
        if read >= context || almost {
            return Some(Sign::FillsContext(context));
        }
        let half = context / 2;
        let is_half = read <= half + MOST_KEPT / 2 + 2 && read.saturating_add(cached) >= half;
        if is_half && expected.tokens > TWICE_OR_ONCE * counted {
            return Some(Sign::HalfOfContext(context));
        }
    }
    let is_default = DEFAULT_CONTEXTS.contains(&read) && evidence.contexts.iter().all(|context| read < *context);
    if is_default && expected.tokens > 1.05 * counted {
        return Some(Sign::FillsContext(read));
    }
    (f64::from(read.saturating_add(cached)) < expected.low).then_some(Sign::TooFew)
}

impl Sign {
    /// For people: what the server did to a prompt.
    #[must_use]
    pub fn describe(self, read: u32, expected: f64) -> String {
        let whole = format!("the server read {read} tokens of a prompt of about {expected:.0}");
        match self {
            Self::FillsContext(context) => format!("{whole}: its context of {context} is full"),
            Self::HalfOfContext(context) => format!("{whole}: half of its context of {context}"),
            Self::ContextHoldsMore | Self::TooFew => whole,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sign(tokens: f64, spread: f64, read: u32, contexts: &[u32]) -> Option<Sign> {
        let expected = Expected { low: tokens * (1.0 - spread), tokens, high: tokens * (1.0 + spread), deviation: 0.0 };
        sign_of_cut(&Evidence { expected, read, whole: None, contexts, leaves_out_cached: false })
    }

    #[test]
    fn both_eras_show_even_when_little_is_known() {
        for spread in [0.1, 0.45] {
            // Since 0.30, measured: 3052 tokens asked of 2048, 1026 or 1027 taken; 2049 with `num_keep` 24.
            assert_eq!(sign(3052.0, spread, 1026, &[2048]), Some(Sign::HalfOfContext(2048)));
            assert_eq!(sign(1700.0, spread, 1027, &[2048]), Some(Sign::HalfOfContext(2048)));
            assert_eq!(sign(2400.0, spread, 1037, &[2048]), Some(Sign::HalfOfContext(2048)));
            // Before: exactly the context.
            assert_eq!(sign(2049.0, spread, 2048, &[2048]), Some(Sign::FillsContext(2048)));
            assert_eq!(sign(1900.0, spread, 2048, &[2048]), Some(Sign::FillsContext(2048)));
        }
    }

    #[test]
    fn a_context_that_the_server_chose_itself_shows_as_well() {
        assert_eq!(sign(9000.0, 0.4, 4098, &[32_768, 8192]), Some(Sign::HalfOfContext(8192)));
        assert_eq!(sign(2500.0, 0.4, 2048, &[8192]), Some(Sign::FillsContext(2048)));
        assert_eq!(sign(3000.0, 0.1, 2600, &[8192]), Some(Sign::TooFew));
    }

    #[test]
    fn the_context_of_the_answer_tells_it_exactly() {
        let expected = Expected { low: 100.0, tokens: 3000.0, high: 9000.0, deviation: 0.0 };
        let told = |whole| {
            let evidence = Evidence { expected, read: 2900, whole, contexts: &[8192], leaves_out_cached: false };
            sign_of_cut(&evidence)
        };
        assert_eq!(told(Some(3400)), Some(Sign::ContextHoldsMore));
        assert_eq!(told(Some(2912)), None);
        assert_eq!(told(None), None);
    }

    #[test]
    fn what_fits_is_not_suspected() {
        assert_eq!(sign(2000.0, 0.1, 1952, &[2048]), None);
        assert_eq!(sign(1040.0, 0.1, 1027, &[2048]), None, "half of the context by chance");
        assert_eq!(sign(1300.0, 0.4, 1027, &[2048]), None, "by chance, and little is known");
        assert_eq!(sign(1800.0, 0.1, 1700, &[2048]), None);
        assert_eq!(sign(4000.0, 0.1, 4096, &[8192]), None, "a default by chance");
        assert_eq!(sign(500.0, 0.1, 0, &[2048]), None, "the server did not say");
    }

    #[test]
    fn cached_tokens_that_are_not_counted_are_no_cut() {
        let expected = Expected { low: 950.0, tokens: 1000.0, high: 1050.0, deviation: 0.0 };
        let with = |read, leaves_out_cached| {
            sign_of_cut(&Evidence { expected, read, whole: Some(1000), contexts: &[4096], leaves_out_cached })
        };
        assert_eq!(with(930, true), None);
        assert_eq!(with(900, false), Some(Sign::ContextHoldsMore));
        // The context is full, but for what was cached.
        let expected = Expected { low: 4000.0, tokens: 5000.0, high: 6000.0, deviation: 0.0 };
        let full = Evidence { expected, read: 4080, whole: None, contexts: &[4096], leaves_out_cached: true };
        assert_eq!(sign_of_cut(&full), Some(Sign::FillsContext(4096)));
    }
}
