//! Why a configuration cannot be read or written.

use std::path::PathBuf;

use crate::emit::replace::ReplaceError;

/// A configuration that is not what it should be. The file is as it was.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("{} is not JSON: {reason}", path.display())]
    NotJson { path: PathBuf, reason: String },
    #[error("{} holds {found} where an object {{…}} is needed", path.display())]
    NotAnObject { path: PathBuf, found: &'static str },
    #[error("`{key}` in {} must be {expected}, not {found}", path.display())]
    BadValue { path: PathBuf, key: &'static str, expected: String, found: String },
    #[error("the tuned `{key}` must be {expected}, not {found}")]
    BadResult { key: &'static str, expected: String, found: String },
    #[error("{} was never changed by ralf-tune: there is no {}", path.display(), backup.display())]
    NoBackup { path: PathBuf, backup: PathBuf },
    #[error(transparent)]
    File(#[from] ReplaceError),
}

impl ConfigError {
    /// Whether what the file says is wrong, and not that it cannot be read or written.
    #[must_use]
    pub const fn is_about_content(&self) -> bool {
        matches!(
            self,
            Self::NotJson { .. }
                | Self::NotAnObject { .. }
                | Self::BadValue { .. }
                | Self::File(ReplaceError::NotText { .. })
        )
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotJson { .. } | Self::NotAnObject { .. } => {
                Some("mend the file or move it away: RALF Note itself ignores it without a word".to_owned())
            }
            Self::BadValue { key, .. } => {
                Some(format!("change or remove `{key}` in the file, or name another with --config FILE"))
            }
            Self::BadResult { .. } => Some("this is a bug of ralf-tune or of a plugin; nothing was written".to_owned()),
            Self::NoBackup { .. } => Some("name the file that was changed with --config FILE".to_owned()),
            Self::File(error) => error.hint(),
        }
    }
}
