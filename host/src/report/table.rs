//! A table without borders: columns by alignment and space.

use super::{
    style::Style,
    wrap::{filler, width, wrap},
};
use crate::model::clean::clean;

/// Spaces between two columns.
const GAP: usize = 2;

/// One text of a table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cell {
    pub(super) text: String,
    pub(super) style: Style,
}

impl Cell {
    /// A cell of that text, cleaned.
    #[must_use]
    pub fn new(style: Style, text: impl AsRef<str>) -> Self {
        Self { text: clean(text.as_ref()), style }
    }

    /// A cell without a style.
    #[must_use]
    pub fn plain(text: impl AsRef<str>) -> Self {
        Self::new(Style::Plain, text)
    }

    /// A cell with nothing in it.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Right,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Column {
    pub title: String,
    pub align: Align,
    /// Narrowed first when the table is too wide.
    flexible: bool,
    /// Width that it has even when its texts are shorter.
    least: usize,
}

/// Columns and rows. Cells wrap inside their column when the table is too wide.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// A table without columns.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a column of words. When no column has a title, the table has no header.
    #[must_use]
    pub fn left(self, title: &str) -> Self {
        self.column(title, Align::Left, false)
    }

    /// Adds a column of numbers.
    #[must_use]
    pub fn right(self, title: &str) -> Self {
        self.column(title, Align::Right, false)
    }

    /// Adds a column of prose, which wraps before any other does.
    #[must_use]
    pub fn prose(self, title: &str) -> Self {
        self.column(title, Align::Left, true)
    }

    fn column(mut self, title: &str, align: Align, flexible: bool) -> Self {
        self.columns.push(Column { title: clean(title), align, flexible, least: 0 });
        self
    }

    /// Makes the column that was added last at least that wide, so that tables below each other line up.
    #[must_use]
    pub fn at_least(mut self, width: usize) -> Self {
        if let Some(column) = self.columns.last_mut() {
            column.least = width;
        }
        self
    }

    /// Adds a row; missing cells are empty.
    pub fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Whether it has no row.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(super) fn columns(&self) -> &[Column] {
        &self.columns
    }

    pub(super) fn rows(&self) -> &[Vec<Cell>] {
        &self.rows
    }

    /// Whether any column has a title.
    pub(super) fn has_header(&self) -> bool {
        self.columns.iter().any(|column| !column.title.is_empty())
    }

    /// The lines of the table, none wider than `limit` columns.
    #[must_use]
    pub fn lines(&self, limit: usize, colour: bool) -> Vec<String> {
        let widths = self.widths(limit);
        let mut lines = Vec::new();
        if self.has_header() {
            let header: Vec<Cell> = self.columns.iter().map(|column| Cell::new(Style::Dim, &column.title)).collect();
            self.push_row(&header, &widths, colour, &mut lines);
        }
        for row in &self.rows {
            self.push_row(row, &widths, colour, &mut lines);
        }
        lines
    }

    /// Natural widths, narrowed column by column until the table fits: prose first, then whatever is widest.
    fn widths(&self, limit: usize) -> Vec<usize> {
        // Below this a column of prose becomes a ladder; rather narrow the others.
        const LEAST_PROSE: usize = 16;
        let mut widths: Vec<usize> = self.columns.iter().map(|column| width(&column.title).max(column.least)).collect();
        for row in &self.rows {
            for (widest, cell) in widths.iter_mut().zip(row) {
                *widest = (*widest).max(width(&cell.text));
            }
        }
        let available = limit.saturating_sub(GAP * self.columns.len().saturating_sub(1));
        while widths.iter().sum::<usize>() > available {
            let widest = |least: usize, prose_only: bool| {
                let candidates = widths.iter().zip(&self.columns).enumerate();
                candidates
                    .filter(|(_, (width, column))| **width > least && (column.flexible || !prose_only))
                    .max_by_key(|(_, (width, _))| **width)
                    .map(|(index, _)| index)
            };
            let Some(index) = widest(LEAST_PROSE, true).or_else(|| widest(1, false)) else { break };
            if let Some(width) = widths.get_mut(index) {
                *width -= 1;
            }
        }
        widths
    }

    fn push_row(&self, row: &[Cell], widths: &[usize], colour: bool, lines: &mut Vec<String>) {
        let wrapped: Vec<Vec<String>> = row.iter().zip(widths).map(|(cell, width)| wrap(&cell.text, *width)).collect();
        let height = wrapped.iter().map(Vec::len).max().unwrap_or(0);
        for index in 0..height {
            let mut line = String::new();
            // Spaces are only written once something follows them: no line ends in one.
            let mut owed = 0;
            for (((cell, texts), columns), column) in row.iter().zip(&wrapped).zip(widths).zip(&self.columns) {
                let text = texts.get(index).map_or("", String::as_str);
                let fill = filler(text, *columns).len();
                let (before, after) = if column.align == Align::Right { (fill, 0) } else { (0, fill) };
                owed += before;
                if !text.is_empty() {
                    line.push_str(&" ".repeat(owed));
                    line.push_str(&cell.style.paint(text, colour));
                    owed = 0;
                }
                owed += after + GAP;
            }
            lines.push(line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Table {
        let mut table = Table::new().left("setting").right("value").prose("why");
        table.row([Cell::plain("num_ctx"), Cell::plain("8192"), Cell::plain("the smallest that holds every prompt")]);
        table.row([Cell::plain("batch_size"), Cell::plain("25"), Cell::empty()]);
        table
    }

    #[test]
    fn aligns_columns_and_leaves_no_space_at_line_ends() {
        let expected =
            ["setting     value  why", "num_ctx      8192  the smallest that holds every prompt", "batch_size     25"];
        assert_eq!(sample().lines(80, false), expected);
    }

    #[test]
    fn narrows_prose_first_and_fits_whatever_the_width() {
        let narrow = sample().lines(40, false);
        assert!(narrow.iter().any(|line| line.starts_with("batch_size     25")), "{narrow:?}");
        for limit in [12, 20, 40, 60] {
            assert!(sample().lines(limit, false).iter().all(|line| width(line) <= limit), "{limit}");
        }
    }
}
