//! Prompts longer than the context: cut without a word, or refused, as each era of the server does it.

use std::sync::Arc;

use super::tokens::Tokenized;
use crate::model::machine::Era;

/// What limits a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    pub(super) era: Era,
    pub(super) num_ctx: usize,
    /// Tokens at the start that survive a cut: `num_keep`, and the token that begins a text where there is one.
    pub(super) keep: usize,
    /// The request's `truncate`.
    pub(super) truncate: bool,
    /// The request's `shift`.
    pub(super) shift: bool,
}

/// The prompt as the model will see it, or the text of the 400 that refuses it.
pub(super) fn fit(prompt: Tokenized, limits: Limits) -> Result<Tokenized, String> {
    let tokens = prompt.count();
    if limits.era == Era::C {
        if tokens < limits.num_ctx {
            return Ok(prompt);
        }
        if !limits.truncate {
            return Err(exceeds(tokens, limits.num_ctx));
        }
        if !limits.shift {
            return Err(TOO_LONG_TO_SHIFT.to_owned());
        }
        // The limit leaves the room that a context shift would free: about half of the context.
        let keep = limits.keep.min(limits.num_ctx / 2);
        let limit = limits.num_ctx - (limits.num_ctx.saturating_sub(keep) / 2).max(1);
        return Ok(cut(&prompt, keep, limit));
    }
    if tokens <= limits.num_ctx {
        Ok(prompt)
    } else if limits.truncate {
        Ok(cut(&prompt, limits.keep.min(limits.num_ctx), limits.num_ctx))
    } else {
        Err("the input length exceeds the context length".to_owned())
    }
}

/// What the server says when it may not shift the context of the prompt.
const TOO_LONG_TO_SHIFT: &str = "the prompt is longer than the context length currently available to the model; \
     shorten the prompt, adjust the context length in settings, or use a model with a longer context length";

/// The runner's own refusal: JSON, which the server passes on inside a string.
fn exceeds(tokens: usize, num_ctx: usize) -> String {
    format!(
        "{{\"error\":{{\"code\":400,\"message\":\"request ({tokens} tokens) exceeds the available context size \
         ({num_ctx} tokens), try increasing it\",\"type\":\"exceed_context_size_error\",\
         \"n_prompt_tokens\":{tokens},\"n_ctx\":{num_ctx}}}}}"
    )
}

/// The first `keep` tokens and as many of the last as make `limit`.
fn cut(prompt: &Tokenized, keep: usize, limit: usize) -> Tokenized {
    let head = prompt.byte_after(keep);
    let first_of_tail = prompt.count() - (limit - keep);
    let tail = prompt.byte_after(first_of_tail);
    let text = [prompt.text.get(..head), prompt.text.get(tail..)].map(Option::unwrap_or_default).concat();
    let dropped = tail - head;
    let ends = prompt.ends.iter().take(keep).copied();
    let ends = ends.chain(prompt.ends.iter().skip(first_of_tail).map(|end| end - dropped)).collect();
    Tokenized { text: Arc::from(text), ends }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SILENT: Limits = Limits { era: Era::C, num_ctx: 2048, keep: 4, truncate: true, shift: true };

    fn words(count: usize) -> Tokenized {
        Tokenized::new(&"ab ".repeat(count).trim_end().replace(' ', " a"))
    }

    #[test]
    fn era_c_keeps_about_half_as_measured() {
        for (keep, count) in [(4, 1026), (5, 1027)] {
            let seen = fit(words(3052), Limits { keep, ..SILENT }).unwrap();
            assert_eq!(seen.count(), count);
            assert_eq!(seen.ends.last(), Some(&seen.text.len()));
        }
        assert_eq!(fit(words(2047), SILENT).unwrap().count(), 2047);
    }

    #[test]
    fn era_b_keeps_the_whole_context() {
        let limits = Limits { era: Era::B, ..SILENT };
        assert_eq!(fit(words(3052), limits).unwrap().count(), 2048);
        assert_eq!(fit(words(2048), limits).unwrap().count(), 2048);
        let refused = fit(words(3052), Limits { truncate: false, ..limits }).unwrap_err();
        assert_eq!(refused, "the input length exceeds the context length");
    }

    #[test]
    fn refusals_name_the_exact_count() {
        let refused = fit(words(3052), Limits { truncate: false, ..SILENT }).unwrap_err();
        let inner: serde_json::Value = serde_json::from_str(&refused).unwrap();
        assert_eq!(inner["error"]["n_prompt_tokens"], 3052);
        assert!(fit(words(3052), Limits { shift: false, ..SILENT }).unwrap_err().starts_with("the prompt is longer"));
    }

    #[test]
    fn the_tail_survives() {
        let text = format!("start here {} the end", "middle ".repeat(4000));
        let seen = fit(Tokenized::new(&text), SILENT).unwrap();
        assert!(seen.text.starts_with("start here middle") && seen.text.ends_with("the end"));
    }
}
