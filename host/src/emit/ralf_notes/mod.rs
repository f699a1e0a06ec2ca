//! RALF Note's `config.json`: reading the present settings, and changing them key by key.
//!
//! The text of the file is edited, not written anew: keys that are not ours, their order, the indentation, the line
//! ends and even the spelling of numbers stay byte for byte. RALF Note falls back to its defaults without a word when
//! it cannot read the file, so a file that is not understood is an error here and is never overwritten.

mod change;
mod error;
mod keys;
mod members;
mod present;

use std::path::{Path, PathBuf};

pub use change::{ConfigChange, KeyChange};
pub use error::ConfigError;
pub use keys::settings;
pub use present::{PresentSettings, read_baseline};

pub use super::replace::Saved;

/// Where RALF Note reads its settings, when they exist there.
#[must_use]
pub fn default_target(home: &Path) -> Option<PathBuf> {
    let path = home.join(".ralf-notes").join("config.json");
    path.is_file().then_some(path)
}
