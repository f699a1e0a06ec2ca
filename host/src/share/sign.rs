//! Signatures by Ed25519 (RFC 8032). What is signed begins with what it is for, so that no signature can be used for something else.

use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest as _, Sha256};

use crate::model::{
    digest::Digest,
    pack::{Pack, SignedPack},
};

/// What signatures of packs begin with.
pub const PACK_PURPOSE: &str = "ralf-tune pack";

/// The bytes that a pack is signed as, its purpose left out: JSON, fields in the order of their declaration, nothing between them.
#[must_use]
pub fn canonical(pack: &Pack) -> Vec<u8> {
    // Maps with keys that are no texts, and writers that fail, are all that can go wrong: a pack has neither.
    serde_json::to_vec(pack).unwrap_or_default()
}

/// What a pack is known by wherever it goes: SHA-256 of its key and what it says.
#[must_use]
pub fn id(signed: &SignedPack) -> Digest {
    let mut hash = Sha256::new();
    hash.update(signed.key.as_bytes());
    hash.update(canonical(&signed.pack));
    Digest::of(&hash.finalize())
}

/// The bytes that are signed: a line that says what for, then the message.
#[must_use]
pub(super) fn message(purpose: &str, bytes: &[u8]) -> Vec<u8> {
    [purpose.as_bytes(), b"\n", bytes].concat()
}

/// Whether a key, as 64 hexadecimal digits, signed these bytes for that purpose. Weak keys and signatures of another form are refused.
#[must_use]
pub fn verify(key: &str, purpose: &str, bytes: &[u8], signature: &str) -> bool {
    let (Some(key), Some(signature)) = (from_hex::<32>(key), from_hex::<64>(signature)) else { return false };
    let Ok(key) = VerifyingKey::from_bytes(&key) else { return false };
    key.verify_strict(&message(purpose, bytes), &Signature::from_bytes(&signature)).is_ok()
}

/// Bytes as small hexadecimal digits.
#[must_use]
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Bytes out of small hexadecimal digits, exactly so many.
#[must_use]
pub(crate) fn from_hex<const BYTES: usize>(text: &str) -> Option<[u8; BYTES]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    if text.len() != 2 * BYTES {
        return None;
    }
    let mut bytes = [0; BYTES];
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let [high, low] = pair else { return None };
        *byte = (digit(*high)? << 4) | digit(*low)?;
    }
    Some(bytes)
}
