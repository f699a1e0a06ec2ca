//! What calls really used, to be compared with the limits.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// The most that any call used so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    pub calls: u64,
    /// Linear memory of all instances of one call, in bytes.
    pub memory_bytes: usize,
    /// Wall clock, the fresh instance included.
    pub slowest: Duration,
    /// Texts and lists that the host took over, in bytes; a little less than what the limit counts.
    pub output_bytes: usize,
    pub log_lines: u32,
}

/// Keeps the most of everything.
#[derive(Debug, Default)]
pub struct Meter(Mutex<Usage>);

impl Meter {
    /// Adds what one call used.
    pub(super) fn add(&self, call: Usage) {
        let mut most = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        most.calls += call.calls;
        most.memory_bytes = most.memory_bytes.max(call.memory_bytes);
        most.slowest = most.slowest.max(call.slowest);
        most.output_bytes = most.output_bytes.max(call.output_bytes);
        most.log_lines = most.log_lines.max(call.log_lines);
    }

    /// The most so far.
    #[must_use]
    pub fn usage(&self) -> Usage {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Bytes of a list of texts, as it lies in a guest's memory: eight for each pointer and length.
pub(super) fn texts_bytes(texts: &[String]) -> usize {
    texts.iter().map(|text| text.len() + 8).sum()
}
