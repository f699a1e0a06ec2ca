//! Requests that only the owner of a key can make.
//!
//! What is signed is four lines: the method, the host as the hub was called, the path, and the time in seconds. So a signature is for one hub and one thing, for
//! some minutes, and each is taken once.

use sha2::{Digest as _, Sha256};

use super::{
    facts::key_bytes,
    problem::Problem,
    request::{Request, Signed},
    store::{Moment, Store},
};
use crate::share::verify;

/// What such signatures are for: none of a pack is one.
pub const REQUEST_PURPOSE: &str = "ralf-tune hub request";

/// Seconds that a clock may be wrong by, and a request may take.
const LONGEST: i64 = 300;

/// The header with the public key.
pub const KEY_HEADER: &str = "ralf-tune-key";
/// The header with the time.
pub const TIME_HEADER: &str = "ralf-tune-time";
/// The header with the signature.
pub const SIGNATURE_HEADER: &str = "ralf-tune-signature";

/// The bytes that are signed.
#[must_use]
pub fn text(method: &str, host: &str, path: &str, time: i64) -> String {
    format!("{method}\n{host}\n{path}\n{time}")
}

/// Whose request it is; once for each.
pub(super) async fn owner(store: &Store, request: &Request<'_>, now: Moment) -> Result<[u8; 32], Problem> {
    let Some(Signed { key, time, signature }) = request.signed else {
        return Err(Problem::Unsigned("this has to be signed, and is not"));
    };
    let owner = key_bytes(key).ok_or(Problem::Unsigned("the key is none"))?;
    let at: i64 = time.parse().map_err(|_| Problem::Unsigned("the time is none"))?;
    // The form that was signed, and no other one of the same number.
    if at.to_string() != time {
        return Err(Problem::Unsigned("the time is none"));
    }
    let text = text(request.method, request.host, request.path, at);
    if !verify(key, REQUEST_PURPOSE, text.as_bytes(), signature) {
        return Err(Problem::Unsigned("the signature does not fit"));
    }
    if now.seconds.abs_diff(at) > LONGEST.unsigned_abs() {
        return Err(Problem::Stale);
    }
    let once = Sha256::new().chain_update(owner).chain_update(text).finalize().into();
    // Remembered for as long as it would be taken, from the future too.
    if store.is_first(&once, now, 2 * LONGEST + 1).await? { Ok(owner) } else { Err(Problem::Again) }
}
