//! A page of text: headings, paragraphs, bullets and tables of a fixed width.
//!
//! Every text that goes onto a page is cleaned here, so that no caller can forget it. A page can also be recorded: then it keeps its
//! parts, of which pages in other forms are made.

use super::{
    block::Block,
    style::Style,
    table::{Cell, Table},
    wrap::{width, wrap},
};
use crate::model::clean::clean;

/// Columns before every line that is not a heading.
const INDENT: usize = 2;
/// Narrower than this nothing can be laid out; a wider line than asked for is then the lesser evil.
const LEAST_WIDTH: usize = 40;
/// Lines longer than this are hard to read, however wide the window is.
const MOST_WIDTH: usize = 110;
/// A plugin may answer with a megabyte of reasons; nobody reads more of one than this many characters.
const LONGEST_TEXT: usize = 1_000;

/// A page that is being written.
#[derive(Debug)]
pub struct Page {
    width: usize,
    colour: bool,
    out: String,
    /// What was written, where that is what is wanted instead of lines.
    recorded: Option<Vec<Block>>,
}

impl Page {
    /// An empty page of that many columns (40 to 110; other widths count as the nearest of these).
    #[must_use]
    pub fn new(width: usize, colour: bool) -> Self {
        Self { width: width.clamp(LEAST_WIDTH, MOST_WIDTH), colour, out: String::new(), recorded: None }
    }

    /// What is written onto a page, in its order and in no form yet.
    #[must_use]
    pub fn record(write: impl FnOnce(&mut Self)) -> Vec<Block> {
        let mut page = Self { recorded: Some(Vec::new()), ..Self::new(MOST_WIDTH, false) };
        write(&mut page);
        page.recorded.unwrap_or_default()
    }

    /// A rule with a title in it, and a blank line before it unless the page begins.
    pub fn heading(&mut self, title: &str) {
        if let Some(recorded) = &mut self.recorded {
            recorded.push(Block::Heading(limited(&clean(title))));
            return;
        }
        self.blank();
        let title = shortened(&clean(title), self.width - 8);
        let rest = self.width.saturating_sub(width(&title) + 4);
        let line = format!(
            "{} {} {}",
            Style::Dim.paint("──", self.colour),
            Style::Strong.paint(&title, self.colour),
            Style::Dim.paint(&"─".repeat(rest), self.colour)
        );
        self.push(&line);
    }

    /// Wrapped text.
    pub fn paragraph(&mut self, style: Style, text: &str) {
        self.hanging(Style::Plain, "", style, text);
    }

    /// A paragraph that begins with `- `.
    pub fn bullet(&mut self, text: &str) {
        self.hanging(Style::Dim, "- ", Style::Plain, text);
    }

    /// A paragraph behind a marker; its further lines stand under its first.
    pub fn hanging(&mut self, marker_style: Style, marker: &str, style: Style, text: &str) {
        if let Some(recorded) = &mut self.recorded {
            let (marker, text) = (clean(marker), limited(&clean(text)));
            recorded.push(Block::Text { marker_style, marker, style, text });
            return;
        }
        let columns = self.width.saturating_sub(INDENT + width(marker));
        for (index, line) in wrap(&limited(&clean(text)), columns).iter().enumerate() {
            let before = if index == 0 { marker_style.paint(marker, self.colour) } else { " ".repeat(width(marker)) };
            let line = format!("{:INDENT$}{before}{}", "", style.paint(line, self.colour));
            self.push(line.trim_end());
        }
    }

    /// Labels and values, the values below each other.
    pub fn facts<'a>(&mut self, facts: impl IntoIterator<Item = (&'a str, Cell)>) {
        let mut table = Table::new().left("").prose("");
        for (label, cell) in facts {
            table.row([Cell::new(Style::Dim, label), cell]);
        }
        self.table(&table);
    }

    /// A table.
    pub fn table(&mut self, table: &Table) {
        if let Some(recorded) = &mut self.recorded {
            recorded.push(Block::Table(table.clone()));
            return;
        }
        for line in table.lines(self.width - INDENT, self.colour) {
            let line = format!("{:INDENT$}{line}", "");
            self.push(line.trim_end());
        }
    }

    /// A blank line, unless there is one or the page begins.
    pub fn blank(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    /// The page's text; every line ends with a line end.
    #[must_use]
    pub fn finish(self) -> String {
        self.out
    }

    fn push(&mut self, line: &str) {
        self.out.push_str(line);
        self.out.push('\n');
    }
}

/// The text, cut with an ellipsis where it is longer than a person reads.
#[must_use]
pub fn limited(text: &str) -> String {
    match text.char_indices().nth(LONGEST_TEXT) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// The text, cut with an ellipsis to that many columns.
#[must_use]
pub fn shortened(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut out = String::new();
    for character in text.chars() {
        out.push(character);
        if width(&out) + 1 > columns {
            out.pop();
            break;
        }
    }
    format!("{}…", out.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cleans_wraps_and_separates() {
        let mut page = Page::new(40, false);
        page.heading("First");
        page.bullet("a sentence that is a bit longer than the\u{1b}[2J page is wide");
        page.heading("Second");
        page.facts([("CPU", Cell::plain("8 cores"))]);
        let expected = "\
── First ───────────────────────────────
  - a sentence that is a bit longer than
    the page is wide

── Second ──────────────────────────────
  CPU  8 cores
";
        assert_eq!(page.finish(), expected);
    }

    #[test]
    fn records_what_is_written() {
        let blocks = Page::record(|page| {
            page.heading("First\u{7}");
            page.blank();
            page.bullet("a\u{1b}[2J");
        });
        let bullet =
            Block::Text { marker_style: Style::Dim, marker: "-".into(), style: Style::Plain, text: "a".to_owned() };
        assert_eq!(blocks, [Block::Heading("First".to_owned()), bullet]);
    }

    #[test]
    fn shortens_to_columns() {
        assert_eq!(shortened("qwen2.5-coder:7b", 10), "qwen2.5-c…");
        assert_eq!(shortened("模型模型", 5), "模型…");
        assert_eq!(shortened("short", 5), "short");
    }
}
