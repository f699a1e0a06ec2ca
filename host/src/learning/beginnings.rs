//! What requests begin with in common: as far as fingerprints tell, which are taken at a few lengths.

use std::collections::VecDeque;

use super::requests::Request;
use crate::model::{exchange::BEGINNINGS, learned::SharedBeginnings};

/// Requests before one that it is held against: a server caches the last prompt of each of its few slots.
const BEFORE: usize = 16;

/// What is shared; `None` where no record looked.
#[expect(clippy::cast_precision_loss, reason = "some hundred thousand requests")]
pub(super) fn shared(requests: &[Request<'_>]) -> Option<SharedBeginnings> {
    let mut before: VecDeque<&[u32]> = VecDeque::with_capacity(BEFORE);
    let (mut known, mut sharing, mut shared_bytes, mut bytes) = (0_usize, 0_usize, 0.0, 0.0);
    for request in requests {
        // Texts that are shorter than the shortest beginning are looked at by records that count characters, too.
        if request.record.text_chars.is_none() {
            continue;
        }
        let marks = request.record.beginnings.as_slice();
        let alike = |other: &&[u32]| marks.iter().zip(*other).take_while(|(one, other)| one == other).count();
        let levels = before.iter().map(alike).max().unwrap_or(0);
        known += 1;
        bytes += request.record.text_bytes as f64;
        if let Some(length) = levels.checked_sub(1).and_then(|level| BEGINNINGS.get(level)) {
            sharing += 1;
            shared_bytes += *length as f64;
        }
        if before.len() == BEFORE {
            before.pop_front();
        }
        before.push_back(marks);
    }
    (known > 0 && bytes > 0.0).then(|| SharedBeginnings {
        requests: known,
        share: sharing as f64 / known as f64,
        bytes_share: shared_bytes / bytes,
    })
}
