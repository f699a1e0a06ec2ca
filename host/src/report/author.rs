//! What `ralf-tune plugin new` says.

use std::fmt::Write as _;

use super::{
    page::Page,
    style::Style,
    table::{Cell, Table},
};

/// A project that was written.
#[derive(Debug)]
pub struct Written<'a> {
    pub folder: &'a str,
    pub kind: &'a str,
    pub language: &'a str,
    pub files: usize,
    /// The file that the author changes.
    pub edit: Option<&'a str>,
    /// What to type next, in this order.
    pub commands: &'a [String],
}

/// The page about a project that was written. Commands are lines of their own: none is wrapped, so that each can be copied.
#[must_use]
pub fn written(project: &Written<'_>, width: usize, colour: bool) -> String {
    let Written { folder, kind, language, files, edit, commands } = project;
    let mut page = Page::new(width, colour);
    let yours = edit.map_or_else(String::new, |edit| format!(", yours is {edit}"));
    page.paragraph(Style::Plain, &format!("{folder} has a {kind} in {language}: {files} files{yours}."));
    page.blank();
    page.paragraph(Style::Plain, "Next, in this order:");
    let mut page = page.finish() + "\n";
    for command in *commands {
        let _ = writeln!(page, "    {}", Style::Name.paint(command, colour));
    }
    page
}

/// The page about all kinds and languages: names, and what is to be said of each.
#[must_use]
pub fn choices(kinds: &[(&str, &str)], languages: &[(&str, String)], width: usize, colour: bool) -> String {
    let mut page = Page::new(width, colour);
    let mut table = Table::new().left("kind").at_least(10).prose("what it does");
    for (name, what) in kinds {
        table.row([Cell::new(Style::Name, name), Cell::plain(what)]);
    }
    page.table(&table);
    page.blank();
    let mut table = Table::new().left("language").at_least(10).prose("what it needs");
    for (name, what) in languages {
        table.row([Cell::new(Style::Name, name), Cell::plain(what)]);
    }
    page.table(&table);
    page.finish()
}
