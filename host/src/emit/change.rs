//! What every change of a file has in common: it is shown before it is made.

use std::path::Path;

use super::{ralf_notes::ConfigError, replace::Saved};

/// A change of one file that is planned and not yet made.
pub trait FileChange {
    /// The file that would be written.
    fn path(&self) -> &Path;

    /// Whether the file would be as it is.
    fn is_nothing(&self) -> bool;

    /// The difference for people; colours say nothing that the text does not.
    fn render(&self, colour: bool) -> String;

    /// Writes it, with a backup of what was there.
    ///
    /// # Errors
    ///
    /// When the file is no longer what the difference was made from, or cannot be written; it is then as it was.
    fn write(&self) -> Result<Saved, ConfigError>;
}

/// The signs of colours on a terminal, or nothing.
pub(super) struct Paint {
    pub red: &'static str,
    pub green: &'static str,
    pub bold: &'static str,
    pub plain: &'static str,
}

impl Paint {
    pub const fn new(colour: bool) -> Self {
        if colour {
            Self { red: "\u{1b}[31m", green: "\u{1b}[32m", bold: "\u{1b}[1m", plain: "\u{1b}[0m" }
        } else {
            Self { red: "", green: "", bold: "", plain: "" }
        }
    }
}
