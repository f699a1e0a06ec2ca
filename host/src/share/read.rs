//! Packs out of a text that somebody sent: within bounds before anything is parsed, each for itself, and only those that hold.

use std::collections::BTreeMap;

use serde::de::IgnoredAny;
use serde_json::{Deserializer, Value};

use super::check::{PackError, check};
use crate::model::pack::{PACK_FORMAT, PackFile, SignedPack};

/// Bytes of a file at most.
pub const MOST_FILE_BYTES: u64 = 64 << 20;

/// Packs of a file at most.
pub const MOST_PACKS: usize = 10_000;

/// Bytes of one pack at most. What the largest study becomes is a tenth of it.
pub const MOST_PACK_BYTES: usize = 256 << 10;

/// A text that is no file of packs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotPacks {
    /// More bytes than a file may have.
    #[error("it has more than {} MiB, more than a file of packs may have", MOST_FILE_BYTES >> 20)]
    TooLarge,
    /// No JSON, or not that of a file of packs.
    #[error("it is not a file of packs (line {line})")]
    Form {
        /// Where it is not, from 1.
        line: usize,
    },
    /// JSON that says that it is something else.
    #[error("it does not say that it is `{PACK_FORMAT}`")]
    Format,
    /// More packs than a file may have.
    #[error("it has more than {MOST_PACKS} packs")]
    TooMany,
}

/// Why one pack of a file is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Refused {
    /// More bytes than a pack may have.
    #[error("it has more than {} KiB", MOST_PACK_BYTES >> 10)]
    TooLarge,
    /// Not the fields of a pack, or more than those.
    #[error("it does not have the fields of a pack, each once")]
    Fields,
    /// It says something that it may not.
    #[error(transparent)]
    Pack(#[from] PackError),
}

/// What is in a file: the packs that hold, and how many others are refused for which reason.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Packs {
    /// In the order of the file.
    pub good: Vec<SignedPack>,
    /// How many for each reason.
    pub refused: BTreeMap<Refused, usize>,
}

/// Reads a file of packs. Its fields stand in the order in which they are declared.
///
/// # Errors
/// When it is none. A pack that does not hold is none: it is counted, and the others are taken.
pub fn read(bytes: &[u8]) -> Result<Packs, NotPacks> {
    if bytes.len() as u64 > MOST_FILE_BYTES {
        return Err(NotPacks::TooLarge);
    }
    let mut cursor = Cursor { bytes, at: 0 };
    for part in ["{", "\"format\"", ":"] {
        cursor.expect(part)?;
    }
    cursor.expect(&format!("\"{PACK_FORMAT}\"")).map_err(|_| NotPacks::Format)?;
    for part in [",", "\"packs\"", ":", "["] {
        cursor.expect(part)?;
    }
    let mut packs = Packs::default();
    let mut read = 0;
    while !cursor.takes("]") {
        if read > 0 {
            cursor.expect(",")?;
        }
        read += 1;
        if read > MOST_PACKS {
            return Err(NotPacks::TooMany);
        }
        match read_pack(cursor.object()?) {
            Ok(pack) => packs.good.push(pack),
            Err(why) => *packs.refused.entry(why).or_default() += 1,
        }
    }
    cursor.expect("}")?;
    cursor.skip();
    if cursor.at < bytes.len() { Err(cursor.broken()) } else { Ok(packs) }
}

/// A place in a text of JSON.
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// Over what separates.
    fn skip(&mut self) {
        self.at += self.rest().iter().take_while(|byte| b" \t\r\n".contains(byte)).count();
    }

    /// Over a part, if it comes next.
    fn takes(&mut self, part: &str) -> bool {
        self.skip();
        let is_next = self.rest().starts_with(part.as_bytes());
        self.at += if is_next { part.len() } else { 0 };
        is_next
    }

    fn expect(&mut self, part: &str) -> Result<(), NotPacks> {
        if self.takes(part) { Ok(()) } else { Err(self.broken()) }
    }

    /// The text of the object that comes next, whatever it says.
    fn object(&mut self) -> Result<&'a [u8], NotPacks> {
        self.skip();
        let rest = self.rest();
        let mut values = Deserializer::from_slice(rest).into_iter::<IgnoredAny>();
        let is_whole = rest.starts_with(b"{") && matches!(values.next(), Some(Ok(_)));
        let text = rest.get(..values.byte_offset()).filter(|_| is_whole).ok_or_else(|| self.broken())?;
        self.at += text.len();
        Ok(text)
    }

    /// It is broken here.
    fn broken(&self) -> NotPacks {
        let line = self.bytes.iter().take(self.at).filter(|byte| **byte == b'\n').count() + 1;
        NotPacks::Form { line }
    }
}

/// Reads one signed pack, and checks it.
///
/// # Errors
/// Why it is refused.
pub fn read_pack(bytes: &[u8]) -> Result<SignedPack, Refused> {
    if bytes.len() > MOST_PACK_BYTES {
        return Err(Refused::TooLarge);
    }
    let signed: SignedPack = serde_json::from_slice(bytes).map_err(|_| Refused::Fields)?;
    check(&signed)?;
    // Types that are shared with studies let fields pass that they do not know; a pack has none.
    let given: Value = serde_json::from_slice(bytes).map_err(|_| Refused::Fields)?;
    let known = serde_json::to_value(&signed).map_err(|_| Refused::Fields)?;
    if has_only(&given, &known) { Ok(signed) } else { Err(Refused::Fields) }
}

/// Whether every field of one value is one of the other's.
fn has_only(given: &Value, known: &Value) -> bool {
    match (given, known) {
        (Value::Object(given), Value::Object(known)) => {
            given.iter().all(|(name, value)| known.get(name).is_some_and(|known| has_only(value, known)))
        }
        (Value::Array(given), Value::Array(known)) => {
            given.len() == known.len() && given.iter().zip(known).all(|(given, known)| has_only(given, known))
        }
        _ => true,
    }
}

/// The text of a file of packs: what would leave the machine, every byte of it.
#[must_use]
pub fn file(packs: Vec<SignedPack>) -> String {
    let file = PackFile { format: PACK_FORMAT.to_owned(), packs };
    let mut text = serde_json::to_string_pretty(&file).unwrap_or_default();
    text.push('\n');
    text
}
