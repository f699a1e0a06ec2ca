//! Reads JSON as it passes by: a few short values by name, the length of texts, and nothing is kept of the rest.
//!
//! Works on any cut into parts, on several documents one after the other (NDJSON, or behind `data: `), and never fails: what is no JSON says nothing.

/// Longest name or value that is kept, in bytes.
const MOST_BYTES: usize = 128;

/// Deeper nesting is no request of a client; nothing is understood from there on.
const MOST_DEPTH: usize = 64;

/// A value that is neither object nor array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scalar<'a> {
    /// As it is written between the quotes, and how long it is; only the beginning of a long one is there.
    Text(&'a str, Length),
    /// A number, `true`, `false` or `null`, as it is written.
    Other(&'a str),
}

/// How long a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Length {
    /// As it is written between the quotes.
    pub bytes: u64,
    /// Of what is meant: an escape is one. A letter that takes two `\u` escapes counts as two.
    pub chars: u64,
}

/// Who wants to know of values.
pub trait Listener {
    /// A value `name` of the document (`inside` is empty) or of an object in it. Deeper ones have their own name and `…` as `inside`.
    fn value(&mut self, inside: &str, name: &str, value: Scalar<'_>);

    /// An object has begun at this byte of all that was read: the document, or what `name` says in it.
    fn object(&mut self, _name: &str, _at: u64) {}

    /// The next part of the text `name`, as it is written.
    fn text(&mut self, _name: &str, _part: &[u8]) {}
}

/// Where the scanner is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Mode {
    #[default]
    Between,
    Text,
    Escaped,
    Bare,
}

/// The scanner. See the module.
#[derive(Debug, Default)]
pub struct Scanner {
    mode: Mode,
    /// For each open level whether it is an object.
    levels: Vec<bool>,
    /// The next text is a name.
    wants_name: bool,
    /// The text under way is a name.
    is_name: bool,
    kept: Vec<u8>,
    length: Length,
    /// Letters of a `\u` escape that are still to come: they are no characters of their own.
    digits: u8,
    name: String,
    /// The name at the first level that leads to where we are.
    outer: String,
    at: u64,
    /// Too deep, or not JSON.
    lost: bool,
}

impl Scanner {
    /// Reads the next part.
    pub fn read(&mut self, bytes: &[u8], listener: &mut impl Listener) {
        let mut rest = bytes;
        while let Some((byte, behind)) = rest.split_first() {
            if self.lost {
                self.at += rest.len() as u64;
                return;
            }
            // Most bytes are within texts: they are skipped in one go.
            if self.mode == Mode::Text {
                let (text, behind) = rest.split_at(text_end(rest));
                self.keep(text);
                self.count(text);
                if !self.is_name {
                    listener.text(&self.name, text);
                }
                self.at += text.len() as u64;
                rest = behind;
                let Some((byte, behind)) = rest.split_first() else { return };
                if *byte == b'\\' {
                    self.keep(b"\\");
                    if !self.is_name {
                        listener.text(&self.name, b"\\");
                    }
                    self.mode = Mode::Escaped;
                } else {
                    self.mode = Mode::Between;
                    self.end_text(listener);
                }
                self.at += 1;
                rest = behind;
                continue;
            }
            self.step(*byte, listener);
            self.at += 1;
            rest = behind;
        }
    }

    fn step(&mut self, byte: u8, listener: &mut impl Listener) {
        match self.mode {
            Mode::Escaped => {
                self.keep(&[byte]);
                self.length.chars += 1;
                self.digits = if byte == b'u' { 4 } else { 0 };
                if !self.is_name {
                    listener.text(&self.name, &[byte]);
                }
                self.mode = Mode::Text;
            }
            Mode::Bare if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+') => self.keep(&[byte]),
            Mode::Bare => {
                self.mode = Mode::Between;
                let kept = std::mem::take(&mut self.kept);
                if let Ok(text) = std::str::from_utf8(&kept) {
                    self.tell(Scalar::Other(text), listener);
                }
                self.kept = kept;
                self.between(byte, listener);
            }
            Mode::Between | Mode::Text => self.between(byte, listener),
        }
    }

    fn between(&mut self, byte: u8, listener: &mut impl Listener) {
        match byte {
            b'{' | b'[' => self.open(byte == b'{', listener),
            b'}' | b']' => {
                self.levels.pop();
                self.wants_name = false;
            }
            // Outside of a document stands nothing of interest.
            _ if self.levels.is_empty() => {}
            b',' => self.wants_name = self.levels.last() == Some(&true),
            b'"' => {
                self.begin();
                self.is_name = self.wants_name;
                self.wants_name = false;
                self.mode = Mode::Text;
            }
            b'-' | b'0'..=b'9' | b't' | b'f' | b'n' => {
                self.begin();
                self.keep(&[byte]);
                self.mode = Mode::Bare;
            }
            _ => {}
        }
    }

    fn open(&mut self, is_object: bool, listener: &mut impl Listener) {
        if self.levels.len() >= MOST_DEPTH {
            self.lost = true;
            return;
        }
        match self.levels.len() {
            0 => {
                self.name.clear();
                self.outer.clear();
                if is_object {
                    listener.object("", self.at);
                }
            }
            1 => {
                self.outer.clone_from(&self.name);
                if is_object {
                    listener.object(&self.name, self.at);
                }
            }
            _ => {}
        }
        self.levels.push(is_object);
        self.wants_name = is_object;
    }

    fn begin(&mut self) {
        self.kept.clear();
        (self.length, self.digits) = (Length::default(), 0);
    }

    /// Characters of a part of a text without escapes: every byte but those that go on with one.
    fn count(&mut self, text: &[u8]) {
        let digits = text.len().min(usize::from(self.digits));
        self.digits -= u8::try_from(digits).unwrap_or(self.digits);
        let text = text.get(digits..).unwrap_or_default();
        self.length.chars += text.iter().filter(|byte| !matches!(byte, 0x80..=0xbf)).count() as u64;
    }

    fn keep(&mut self, bytes: &[u8]) {
        self.length.bytes += bytes.len() as u64;
        let room = MOST_BYTES - self.kept.len().min(MOST_BYTES);
        self.kept.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
    }

    fn end_text(&mut self, listener: &mut impl Listener) {
        let kept = std::mem::take(&mut self.kept);
        // A cut in the middle of a letter costs the letter.
        let text = match std::str::from_utf8(&kept) {
            Ok(text) => text,
            Err(error) => std::str::from_utf8(kept.get(..error.valid_up_to()).unwrap_or_default()).unwrap_or_default(),
        };
        if self.is_name {
            text.clone_into(&mut self.name);
        } else {
            self.tell(Scalar::Text(text, self.length), listener);
        }
        self.kept = kept;
    }

    fn tell(&self, value: Scalar<'_>, listener: &mut impl Listener) {
        let inside = match (self.levels.len(), self.levels.last()) {
            (1, _) => "",
            (2, Some(true)) => self.outer.as_str(),
            _ => "…",
        };
        listener.value(inside, &self.name, value);
    }
}

/// Where a text ends, or an escape begins. Most of a long one is passed over in steps that the compiler makes one instruction of.
fn text_end(bytes: &[u8]) -> usize {
    const STEP: usize = 32;
    let ends = |byte: u8| matches!(byte, b'"' | b'\\');
    // Without a way out in the middle, which is what makes it one instruction.
    let whole = bytes.chunks_exact(STEP).take_while(|step| !step.iter().fold(false, |found, byte| found | ends(*byte)));
    let before = whole.count() * STEP;
    let rest = bytes.get(before..).unwrap_or_default();
    before + rest.iter().position(|byte| ends(*byte)).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Default, Debug, PartialEq)]
    struct Heard(Vec<(String, String, String)>, Vec<(String, u64)>);

    impl Listener for Heard {
        fn value(&mut self, inside: &str, name: &str, value: Scalar<'_>) {
            let value = match value {
                Scalar::Text(text, length) => format!("{}:{text}", length.bytes),
                Scalar::Other(text) => text.to_owned(),
            };
            self.0.push((inside.to_owned(), name.to_owned(), value));
        }

        fn object(&mut self, name: &str, at: u64) {
            self.1.push((name.to_owned(), at));
        }
    }

    fn heard(parts: &[&[u8]]) -> Heard {
        let (mut scanner, mut heard) = (Scanner::default(), Heard::default());
        for part in parts {
            scanner.read(part, &mut heard);
        }
        heard
    }

    #[test]
    fn values_are_heard_with_where_they_stand() {
        let text = br#"{"model": "m\"{", "options": {"num_ctx": 4096, "stop": ["a", 1]}, "messages": [{"content": "hello"}], "x": null}"#;
        let Heard(values, objects) = heard(&[text]);
        let of = |inside: &str, name: &str, value: &str| (inside.to_owned(), name.to_owned(), value.to_owned());
        assert_eq!(
            values,
            [
                of("", "model", "4:m\\\"{"),
                of("options", "num_ctx", "4096"),
                of("…", "stop", "1:a"),
                of("…", "stop", "1"),
                of("…", "content", "5:hello"),
                of("", "x", "null"),
            ]
        );
        assert_eq!(objects, [(String::new(), 0), ("options".to_owned(), 29)]);
        // One document after the other, with something between them.
        let Heard(values, _) = heard(&[b"data: {\"a\":1}\n\ndata: {\"b\":tr", b"ue}\n"]);
        assert_eq!(values, [of("", "a", "1"), of("", "b", "true")]);
    }

    #[test]
    fn a_long_text_is_measured_and_not_kept() {
        let text = format!(r#"{{"prompt":"{}"}}"#, "ä".repeat(100_000));
        let Heard(values, _) = heard(&[text.as_bytes()]);
        assert!(values[0].2.starts_with("200000:ä") && values[0].2.len() < 200, "{values:?}");
        let deep = "[".repeat(1000) + "{\"a\":1}";
        assert_eq!(heard(&[deep.as_bytes()]).0, []);
    }

    #[test]
    fn characters_are_counted_as_they_are_meant() {
        #[derive(Default)]
        struct Chars(Vec<u64>, Vec<u8>);
        impl Listener for Chars {
            fn value(&mut self, _: &str, _: &str, value: Scalar<'_>) {
                if let Scalar::Text(_, length) = value {
                    self.0.push(length.chars);
                }
            }

            fn text(&mut self, name: &str, part: &[u8]) {
                assert_eq!(name, "p");
                self.1.extend_from_slice(part);
            }
        }
        let written = r#"{"p":"a\n\"ä\u00e4b\u00e4€ 0123456789012345678901234567890123456789"}"#;
        let meant: serde_json::Value = serde_json::from_str(written).unwrap();
        for step in [1, 2, 3, 7, 1000] {
            let (mut scanner, mut chars) = (Scanner::default(), Chars::default());
            for part in written.as_bytes().chunks(step) {
                scanner.read(part, &mut chars);
            }
            assert_eq!(chars.0, [meant["p"].as_str().unwrap().chars().count() as u64], "{step}");
            assert_eq!(chars.1, written.as_bytes()[6..written.len() - 2]);
        }
    }

    proptest! {
        #[test]
        fn any_cut_says_the_same(cuts in prop::collection::vec(0_usize..110, 0..6)) {
            let text = br#"{"model":"llama","options":{"num_ctx":4096,"temperature":0.1},"prompt":"a \"b\" \u00e4 {[","stream":false}"#;
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
            cuts.sort_unstable();
            let mut parts = Vec::new();
            let mut from = 0;
            for cut in cuts.into_iter().chain([text.len()]) {
                parts.push(&text[from..cut]);
                from = cut;
            }
            prop_assert_eq!(heard(&parts), heard(&[text]));
        }

        #[test]
        fn nothing_makes_it_fail(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            heard(&[&bytes]);
        }
    }
}
