//! What may be limited of a plugin: names, units, defaults, bounds.

use serde::{Deserialize, Serialize};

use super::nearest::nearest;

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// One thing that a plugin may not use without end. Its value is a whole number in the unit of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// Linear memory of all instances of one call together, in bytes.
    Memory,
    /// One call on the wall clock, in milliseconds.
    Call,
    /// What a call may hand to the host, in bytes.
    Output,
    /// Lines of log of one call.
    LogLines,
}

/// The limit of one plugin, as somebody set it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginLimit {
    /// The manifest's name, or the file's without its ending.
    pub plugin: String,
    pub limit: Limit,
    /// In the unit of the limit.
    pub value: u64,
}

/// A text that is no value of a limit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LimitError {
    #[error("there is no limit `{name}`: {}", .nearest.as_ref().map_or_else(
        || format!("known are {}", Limit::ALL.map(Limit::name).join(", ")), |nearest| format!("did you mean `{nearest}`?")))]
    UnknownName { name: String, nearest: Option<String> },
    #[error("{} is needed", .0.expectation())]
    BadValue(Limit),
    #[error("{} may be {} to {}", .0.name(), .0.show(.0.lowest()), .0.show(.0.highest()))]
    OutOfBounds(Limit),
}

impl Limit {
    pub const ALL: [Self; 4] = [Self::Memory, Self::Call, Self::Output, Self::LogLines];

    /// The name in settings, on the command line and in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Call => "call",
            Self::Output => "output",
            Self::LogLines => "log_lines",
        }
    }

    /// The limit of that name.
    ///
    /// # Errors
    /// With the nearest name when there is none.
    pub fn from_name(name: &str) -> Result<Self, LimitError> {
        Self::ALL.into_iter().find(|limit| limit.name() == name).ok_or_else(|| LimitError::UnknownName {
            name: name.to_owned(),
            nearest: nearest(name, Self::ALL.map(Self::name)),
        })
    }

    /// What every plugin gets: enough for a guest that counts words, too little to harm a machine that runs a model.
    #[must_use]
    pub const fn default_value(self) -> u64 {
        match self {
            Self::Memory => 64 * MIB,
            Self::Call => 2000,
            Self::Output => MIB,
            Self::LogLines => 100,
        }
    }

    /// The least that can be set. Under it, no guest would even start.
    #[must_use]
    pub const fn lowest(self) -> u64 {
        match self {
            Self::Memory => MIB,
            Self::Call => 10,
            Self::Output => KIB,
            Self::LogLines => 0,
        }
    }

    /// The most that can be granted, whoever asks.
    ///
    /// Memory: the interpreters of Python and JavaScript need some tens of MiB, and what a plugin takes is missing to the model that is
    /// measured. A call: nothing else happens meanwhile, not even an interruption is heard. Output and log: they are held in memory.
    #[must_use]
    pub const fn highest(self) -> u64 {
        match self {
            Self::Memory => GIB,
            Self::Call => 60_000,
            Self::Output => 64 * MIB,
            Self::LogLines => 100_000,
        }
    }

    /// Reads a value as people write it: `128MiB`, `5s`, `1000`.
    ///
    /// # Errors
    /// A sentence that says what to write instead.
    pub fn parse(self, text: &str) -> Result<u64, LimitError> {
        let text = text.trim();
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, unit) = text.split_at(end);
        let amount: f64 = number.parse().map_err(|_| LimitError::BadValue(self))?;
        let factor = match (self, unit.trim().to_ascii_lowercase().as_str()) {
            (Self::Memory | Self::Output, "kib") => KIB,
            (Self::Memory | Self::Output, "mib") => MIB,
            (Self::Memory | Self::Output, "gib") => GIB,
            (Self::Call, "ms") | (Self::LogLines, "") => 1,
            (Self::Call, "s") => 1000,
            (Self::Call, "m" | "min") => 60_000,
            _ => return Err(LimitError::BadValue(self)),
        };
        #[expect(clippy::cast_precision_loss, reason = "bounds of some GiB at most")]
        let (low, high, value) = (self.lowest() as f64, self.highest() as f64, amount * factor as f64);
        if !(low..=high).contains(&value) {
            return Err(LimitError::OutOfBounds(self));
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within the bounds")]
        Ok(value.round() as u64)
    }

    /// The value as people write it; [`Limit::parse`] reads it back.
    #[must_use]
    pub fn show(self, value: u64) -> String {
        match self {
            Self::Memory | Self::Output => match value {
                _ if value >= GIB && value.is_multiple_of(GIB) => format!("{} GiB", value / GIB),
                _ if value >= MIB && value.is_multiple_of(MIB) => format!("{} MiB", value / MIB),
                _ => format!("{} KiB", value.div_ceil(KIB)),
            },
            Self::Call if value >= 1000 && value.is_multiple_of(1000) => format!("{} s", value / 1000),
            Self::Call => format!("{value} ms"),
            Self::LogLines => value.to_string(),
        }
    }

    /// The flag that grants a plugin that much.
    #[must_use]
    pub fn flag(self, plugin: &str, value: u64) -> String {
        format!("--limit {plugin}.{}={}", self.name(), self.show(value).replace(' ', ""))
    }

    /// The line of a settings file that does.
    #[must_use]
    pub fn line(self, plugin: &str, value: u64) -> String {
        let value = self.show(value).replace(' ', "");
        match self {
            Self::LogLines => format!("limits.{plugin}.{} = {value}", self.name()),
            _ => format!("limits.{plugin}.{} = \"{value}\"", self.name()),
        }
    }

    const fn expectation(self) -> &'static str {
        match self {
            Self::Memory | Self::Output => "a size with its unit, such as 512KiB, 128MiB or 1GiB,",
            Self::Call => "a time with its unit, such as 500ms or 5s,",
            Self::LogLines => "a whole number, such as 1000,",
        }
    }
}

/// What a manifest says in its open slot that the plugin needs: `limit-memory`, `limit-call` and so on, written as in settings. What is
/// not understood there asks for nothing.
#[must_use]
pub fn asked(extra: &[(String, String)]) -> Vec<(Limit, u64)> {
    let ask = |limit: Limit| {
        let key = format!("limit-{}", limit.name().replace('_', "-"));
        let (_, text) = extra.iter().find(|(name, _)| *name == key)?;
        limit.parse(text).ok().map(|value| (limit, value))
    };
    Limit::ALL.into_iter().filter_map(ask).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_people_write_them_and_shown_so_that_they_can_be_read() {
        for (limit, text, value) in [
            (Limit::Memory, "128MiB", 128 * MIB),
            (Limit::Memory, " 1 gib ", GIB),
            (Limit::Memory, "1.5MiB", 3 * MIB / 2),
            (Limit::Call, "5s", 5000),
            (Limit::Call, "250ms", 250),
            (Limit::Call, "1m", 60_000),
            (Limit::Output, "4KiB", 4096),
            (Limit::LogLines, "0", 0),
        ] {
            assert_eq!(limit.parse(text), Ok(value), "{text}");
            assert_eq!(limit.parse(&limit.show(value)), Ok(value), "{}", limit.show(value));
        }
        for limit in Limit::ALL {
            for value in [limit.lowest(), limit.default_value(), limit.highest()] {
                assert_eq!(limit.parse(&limit.show(value)), Ok(value), "{limit:?}");
            }
            assert_eq!(Limit::from_name(limit.name()), Ok(limit));
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for (limit, text) in [
            (Limit::Memory, "128"),
            (Limit::Memory, "128MB"),
            (Limit::Memory, "much"),
            (Limit::Memory, "1.2.3MiB"),
            (Limit::Call, "5"),
            (Limit::Call, "5h"),
            (Limit::LogLines, "5s"),
            (Limit::LogLines, ""),
        ] {
            assert_eq!(limit.parse(text), Err(LimitError::BadValue(limit)), "{text}");
        }
        for (limit, text) in [(Limit::Memory, "1025MiB"), (Limit::Memory, "0MiB"), (Limit::Call, "61s")] {
            assert_eq!(limit.parse(text), Err(LimitError::OutOfBounds(limit)), "{text}");
        }
        assert_eq!(LimitError::OutOfBounds(Limit::Call).to_string(), "call may be 10 ms to 60 s");
        let error = Limit::from_name("memry").unwrap_err();
        assert_eq!(error.to_string(), "there is no limit `memry`: did you mean `memory`?");
    }

    #[test]
    fn a_manifest_asks_in_the_same_words() {
        let extra = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        let said = [extra("limit-memory", "128MiB"), extra("limit-call", "for ever"), extra("homepage", "x")];
        assert_eq!(asked(&said), [(Limit::Memory, 128 * MIB)]);
        assert_eq!(asked(&[extra("limit-log-lines", "5")]), [(Limit::LogLines, 5)]);
    }
}
