//! What other pages are made of, so that they look like the report.

use super::{Figure, blocks, escape, palette, write_figure};
use crate::report::block::Block;

/// The style sheet, light and dark.
#[must_use]
pub fn style() -> String {
    format!("{}@media screen and (prefers-color-scheme: dark) {{\n{}}}\n", super::STYLE, palette::dark_rules())
}

/// Text of others, of which nothing is markup.
#[must_use]
pub fn text(text: &str) -> String {
    escape::escape(text)
}

/// Parts of a page; headings of that level begin sections.
#[must_use]
pub fn blocks(parts: &[Block], level: u8) -> String {
    let mut out = String::new();
    blocks::write(&mut out, parts, level);
    out
}

/// A figure with its key, what it says and its data.
#[must_use]
pub fn figure(figure: &Figure) -> String {
    let mut out = String::new();
    write_figure(&mut out, figure);
    out
}
