//! How much a plugin may use.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Limits of one plugin. They are data: settings may change them for one plugin, never for all silently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Linear memory of all instances of one call together, in bytes.
    pub memory_bytes: usize,
    /// One call, on the wall clock.
    pub call: Duration,
    /// What a call may hand to the host, in bytes.
    pub output_bytes: usize,
    /// Lines of log of one call; more are dropped.
    pub log_lines: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { memory_bytes: 64 << 20, call: Duration::from_secs(2), output_bytes: 1 << 20, log_lines: 100 }
    }
}

impl Limits {
    /// Name and value of each limit, for people.
    #[must_use]
    pub fn describe(&self) -> Vec<(String, String)> {
        vec![
            ("memory".into(), format!("{} MiB", self.memory_bytes >> 20)),
            ("one call".into(), format!("{} ms", self.call.as_millis())),
            ("output".into(), format!("{} KiB", self.output_bytes >> 10)),
            ("log".into(), format!("{} lines a call", self.log_lines)),
        ]
    }
}
