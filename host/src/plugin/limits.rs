//! How much a plugin may use.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::limit::{Limit, PluginLimit};

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
        let mut limits = Self { memory_bytes: 0, call: Duration::ZERO, output_bytes: 0, log_lines: 0 };
        for limit in Limit::ALL {
            limits.set(limit, limit.default_value());
        }
        limits
    }
}

impl Limits {
    /// The value of one limit, in its unit.
    #[must_use]
    pub fn get(&self, limit: Limit) -> u64 {
        let wide = |value: usize| u64::try_from(value).unwrap_or(u64::MAX);
        match limit {
            Limit::Memory => wide(self.memory_bytes),
            Limit::Call => u64::try_from(self.call.as_millis()).unwrap_or(u64::MAX),
            Limit::Output => wide(self.output_bytes),
            Limit::LogLines => u64::from(self.log_lines),
        }
    }

    /// Changes one limit; the value is in its unit.
    pub fn set(&mut self, limit: Limit, value: u64) {
        let narrow = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
        match limit {
            Limit::Memory => self.memory_bytes = narrow(value),
            Limit::Call => self.call = Duration::from_millis(value),
            Limit::Output => self.output_bytes = narrow(value),
            Limit::LogLines => self.log_lines = u32::try_from(value).unwrap_or(u32::MAX),
        }
    }
}

/// The usual limits, and what somebody set for single plugins.
///
/// A plugin goes by two names: that of its file without the ending (or the one that it is installed under), which is known before anything in
/// it runs, and that of its manifest. `describe` runs under what the first one has; afterwards the second one's changes come on top.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LimitChanges {
    pub usual: Limits,
    pub changes: Vec<PluginLimit>,
    /// What a project's file said: it may lower a limit, by whichever name, and never raise one.
    pub caps: Vec<PluginLimit>,
}

impl LimitChanges {
    /// What was set, over the default limits.
    #[must_use]
    pub fn new(changes: Vec<PluginLimit>) -> Self {
        Self { usual: Limits::default(), changes, caps: Vec::new() }
    }

    /// The limits with what was set for a plugin of that name.
    #[must_use]
    pub fn applied(&self, mut limits: Limits, name: &str) -> Limits {
        for change in self.changes.iter().filter(|change| change.plugin == name) {
            limits.set(change.limit, change.value);
        }
        for cap in self.caps.iter().filter(|cap| cap.plugin == name) {
            limits.set(cap.limit, limits.get(cap.limit).min(cap.value));
        }
        limits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_limit_is_set_alone() {
        for limit in Limit::ALL {
            let mut limits = Limits::default();
            limits.set(limit, limit.highest());
            for other in Limit::ALL {
                let expected = if other == limit { limit.highest() } else { other.default_value() };
                assert_eq!(limits.get(other), expected, "{limit:?} and {other:?}");
            }
        }
    }

    #[test]
    fn changes_are_for_one_plugin() {
        let change = |plugin: &str, value| PluginLimit { plugin: plugin.into(), limit: Limit::Memory, value };
        let changes = LimitChanges::new(vec![change("a", 1 << 20), change("b", 2 << 20)]);
        assert_eq!(changes.applied(Limits::default(), "a").memory_bytes, 1 << 20);
        assert_eq!(changes.applied(Limits::default(), "c"), Limits::default());
        // A project cannot raise by one name what its user lowered by the other.
        let capped = LimitChanges { caps: vec![change("a-b", 64 << 20), change("c", 1 << 10)], ..changes };
        let lowered = capped.applied(Limits::default(), "a");
        assert_eq!(capped.applied(lowered, "a-b").memory_bytes, 1 << 20);
        assert_eq!(capped.applied(Limits::default(), "c").memory_bytes, 1 << 10);
    }
}
