//! What a plugin says of itself, as bytes in its memory: lengths, pointers, texts and numbers that are the fuzzer's.
//!
//! The input is put where the guest's `describe` says that its manifest lies, at 1024.

use std::sync::OnceLock;

use super::component::{is_within_bounds, loaded};

/// See `describe.wat`. Its data is a run of one byte, which stands nowhere else so often.
const GUEST: &[u8] = include_bytes!("../describe.wasm");
const FILLER: u8 = 0xaa;
const ROOM: usize = 2048;

pub fn check(input: &[u8]) {
    static AT: OnceLock<usize> = OnceLock::new();
    let at =
        *AT.get_or_init(|| GUEST.windows(ROOM).position(|window| window.iter().all(|byte| *byte == FILLER)).unwrap());
    let mut guest = GUEST.to_vec();
    let room = &mut guest[at..at + ROOM];
    room.fill(0);
    room.iter_mut().zip(input).for_each(|(place, byte)| *place = *byte);
    if let Ok(manifest) = loaded(&guest) {
        is_within_bounds(&manifest);
    }
}
