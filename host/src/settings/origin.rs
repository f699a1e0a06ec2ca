//! Where a value comes from.

use std::{fmt, path::PathBuf};

/// Who said it. Displays as the user would name it: `--budget`, `RALF_TUNE_BUDGET`, `ralf-tune.toml`, `default`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    Flag(&'static str),
    Environment(&'static str),
    ProjectFile(PathBuf),
    UserFile(PathBuf),
    /// The intensity of that name.
    Intensity(String),
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) | Self::Environment(name) => f.write_str(name),
            Self::ProjectFile(path) => match path.file_name() {
                Some(name) => write!(f, "{}", name.display()),
                None => write!(f, "{}", path.display()),
            },
            Self::UserFile(path) => write!(f, "{}", path.display()),
            Self::Intensity(name) => write!(f, "intensity {name}"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// A value and who said it.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting<T> {
    pub value: T,
    pub origin: Origin,
}

impl<T> Setting<T> {
    /// A value of that origin.
    #[must_use]
    pub const fn new(value: T, origin: Origin) -> Self {
        Self { value, origin }
    }

    /// Whether nobody said anything.
    #[must_use]
    pub fn is_default(&self) -> bool {
        self.origin == Origin::Default
    }
}
