//! A cheap, deterministic tokenizer: about 3.3 characters of source code a token, more in prose, fewer in digits.
//!
//! It is not any real model's. It only has to vary with the text as theirs do, so that calibration is not trivial.

use std::sync::Arc;

/// Letters of one word that one token holds at most.
const WORD: usize = 9;

/// A text with the byte position behind each of its tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tokenized {
    pub(super) text: Arc<str>,
    pub(super) ends: Vec<usize>,
}

impl Tokenized {
    pub(super) fn new(text: &str) -> Self {
        Self { text: Arc::from(text), ends: ends(text) }
    }

    /// Number of tokens.
    pub(super) fn count(&self) -> usize {
        self.ends.len()
    }

    /// The byte position behind the first `tokens` tokens.
    pub(super) fn byte_after(&self, tokens: usize) -> usize {
        match tokens.checked_sub(1) {
            None => 0,
            Some(last) => self.ends.get(last).copied().unwrap_or(self.text.len()),
        }
    }
}

/// The tokens of a text; they join to the text.
pub(super) fn pieces(text: &str) -> Vec<&str> {
    let mut start = 0;
    let cut = |end: usize| {
        let piece = text.get(start..end).unwrap_or_default();
        start = end;
        piece
    };
    ends(text).into_iter().map(cut).collect()
}

/// The byte position behind every token.
fn ends(text: &str) -> Vec<usize> {
    let mut ends = Vec::with_capacity(text.len() / 3);
    let mut rest = text.as_bytes();
    let mut position = 0;
    while !rest.is_empty() {
        let length = token_length(rest);
        position += length;
        ends.push(position);
        rest = rest.get(length..).unwrap_or_default();
    }
    ends
}

/// Bytes of the token at the start of a non-empty text. It never ends inside a character.
fn token_length(bytes: &[u8]) -> usize {
    match bytes {
        [b' ', next, ..] if next.is_ascii_alphabetic() => 1 + word_length(bytes.get(1..).unwrap_or_default()),
        [b' ', ..] => {
            let spaces = run(bytes, |byte| byte == b' ', 16);
            let word_follows = bytes.get(spaces).is_some_and(u8::is_ascii_alphabetic);
            if word_follows { spaces - 1 } else { spaces }
        }
        [first, ..] if first.is_ascii_alphabetic() => word_length(bytes),
        [first, ..] if first.is_ascii_digit() => run(bytes, |byte| byte.is_ascii_digit(), 2),
        [first, ..] if first.is_ascii_punctuation() => run(bytes, |byte| byte.is_ascii_punctuation(), 3),
        // A line end takes the indentation of the next line along, but for the space that belongs to its first word.
        [b'\n', ..] => {
            let lines = run(bytes, |byte| byte == b'\n', 2);
            let spaces = run(bytes.get(lines..).unwrap_or_default(), |byte| byte == b' ', 16);
            let word_follows = bytes.get(lines + spaces).is_some_and(u8::is_ascii_alphabetic);
            lines + if word_follows { spaces.saturating_sub(1) } else { spaces }
        }
        [first, ..] if first.is_ascii() => run(bytes, |byte| byte == *first, 2),
        // One character outside ASCII: its first byte and the continuation bytes behind it.
        _ => 1 + run(bytes.get(1..).unwrap_or_default(), |byte| byte & 0xC0 == 0x80, 3),
    }
}

/// Capitals, then small letters: `getUserName` is three words.
fn word_length(bytes: &[u8]) -> usize {
    let capitals = run(bytes, |byte| byte.is_ascii_uppercase(), WORD);
    let small = bytes.get(capitals..).unwrap_or_default();
    capitals + run(small, |byte| byte.is_ascii_lowercase(), WORD - capitals)
}

fn run(bytes: &[u8], belongs: impl Fn(u8) -> bool, most: usize) -> usize {
    bytes.iter().take(most).take_while(|byte| belongs(**byte)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: &str = "import os\n\n\nclass OrderRepository:\n    \"\"\"Stores orders by their number.\"\"\"\n\n    def __init__(self, connection, table=\"orders\"):\n        self.connection = connection\n        self.table_name = table\n\n    def find_by_customer(self, customer_id: int) -> list:\n        rows = self.connection.execute(f\"select * from {self.table_name} where id = ?\", (customer_id,))\n        return [self._to_order(row) for row in rows if row is not None]\n";

    #[test]
    fn code_has_about_three_characters_a_token() {
        let rate = crate::simulate::convert::length(CODE.len()) / crate::simulate::convert::length(ends(CODE).len());
        assert!((3.0..3.7).contains(&rate), "{rate}");
    }

    #[test]
    fn tokens_join_to_the_text_also_outside_ascii() {
        for text in [CODE, "größe = 1\u{1F600}2;\r\n\t x", "", "   ", "日本語テキスト", "ABCDEFGHIJKLMNOP"] {
            assert_eq!(pieces(text).concat(), text);
            assert!(pieces(text).iter().all(|piece| !piece.is_empty()));
        }
    }
}
