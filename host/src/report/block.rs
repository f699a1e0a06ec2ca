//! What a page is made of, before it has a form.

use super::{style::Style, table::Table};

/// A part of a page. Its texts are cleaned of what steers a terminal, and escaped for nothing else yet.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// The title of what follows, up to the next one.
    Heading(String),
    /// A paragraph behind a marker: none, `-` for one of a list, `!` for a warning.
    Text {
        marker_style: Style,
        marker: String,
        style: Style,
        text: String,
    },
    Table(Table),
}
