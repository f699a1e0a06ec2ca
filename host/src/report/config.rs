//! The page of `ralf-tune config show`: what counts, and who said it.

use super::{
    page::Page,
    style::Style,
    table::{Cell, Table},
};

/// One setting, in words.
#[derive(Debug, Clone)]
pub struct Row {
    pub name: String,
    /// None where nobody says anything.
    pub value: Option<String>,
    pub origin: String,
    /// Whether somebody said it.
    pub said: bool,
}

/// A settings file, and whether it is there.
#[derive(Debug, Clone)]
pub struct File {
    pub whose: &'static str,
    pub path: String,
    pub found: bool,
}

/// The page.
#[must_use]
pub fn render(rows: &[Row], files: &[File], width: usize, colour: bool) -> String {
    let mut page = Page::new(width, colour);
    page.heading("Settings");
    let mut table = Table::new().left("setting").prose("value").prose("said by");
    for row in rows {
        let style = if row.said { Style::Strong } else { Style::Plain };
        table.row([
            Cell::new(Style::Name, &row.name),
            row.value.as_ref().map_or_else(|| Cell::new(Style::Dim, "-"), |value| Cell::new(style, value)),
            Cell::new(if row.said { Style::Plain } else { Style::Dim }, &row.origin),
        ]);
    }
    page.table(&table);
    page.heading("Files");
    page.facts(files.iter().map(|file| {
        let there = if file.found { "" } else { " (not there)" };
        (file.whose, Cell::plain(format!("{}{there}", file.path)))
    }));
    page.finish()
}
