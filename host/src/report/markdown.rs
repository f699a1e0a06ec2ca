//! A study as Markdown (GitHub's kind): what the page on the terminal says, and the data of the figures as tables.

use std::fmt::Write as _;

use super::{
    block::Block,
    figures,
    page::Page,
    style::Style,
    table::{Align, Table},
    terminal,
};
use crate::model::{clean::clean, study::Study};

/// The text.
#[must_use]
pub fn render(study: &Study) -> String {
    let mut out = String::new();
    write_blocks(&mut out, &Page::record(|page| terminal::write_answer(page, study)), "#");
    out.push_str("## What was measured\n\n");
    let figures = figures::of(study);
    for figure in &figures.drawn {
        let _ = write!(out, "### {}\n\n{}\n\n", escape(figure.title), escape(&clean(&figure.says)));
        write_table(&mut out, &figure.data);
    }
    if !figures.left_out.is_empty() {
        out.push_str("Not shown, because this study has no data for it:\n\n");
        for figure in &figures.left_out {
            let _ = writeln!(out, "- {}: {}.", escape(figure.title), escape(figure.why));
        }
        out.push('\n');
    }
    write_blocks(&mut out, &Page::record(|page| terminal::write_details(page, study)), "##");
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

fn write_blocks(out: &mut String, blocks: &[Block], level: &str) {
    let mut in_list = false;
    for block in blocks {
        let is_item = matches!(block, Block::Text { marker, .. } if marker == "-");
        if in_list && !is_item {
            out.push('\n');
        }
        in_list = is_item;
        match block {
            Block::Heading(title) => {
                let _ = write!(out, "{level} {}\n\n", escape(title));
            }
            Block::Text { style, text, .. } if is_item => {
                let _ = writeln!(out, "- {}", styled(*style, text));
            }
            Block::Text { marker_style, marker, style, text } => {
                let marker = if marker.is_empty() { String::new() } else { styled(*marker_style, marker) + " " };
                let _ = write!(out, "{marker}{}\n\n", styled(*style, text));
            }
            Block::Table(table) => write_table(out, table),
        }
    }
    if in_list {
        out.push('\n');
    }
}

fn write_table(out: &mut String, table: &Table) {
    // A table must have a header, if only an empty one.
    let titles = table.columns().iter().map(|column| escape(&column.title));
    let _ = writeln!(out, "| {} |", titles.collect::<Vec<_>>().join(" | "));
    let rules = table.columns().iter().map(|column| if column.align == Align::Right { "--:" } else { "---" });
    let _ = writeln!(out, "| {} |", rules.collect::<Vec<_>>().join(" | "));
    for row in table.rows() {
        let cells = (0..table.columns().len())
            .map(|index| row.get(index).map_or_else(String::new, |cell| styled(cell.style, &cell.text)));
        let _ = writeln!(out, "| {} |", cells.collect::<Vec<_>>().join(" | "));
    }
    out.push('\n');
}

/// The text escaped, and strong where its style is.
fn styled(style: Style, text: &str) -> String {
    let escaped = escape(text);
    match style {
        _ if text.is_empty() => escaped,
        Style::Strong | Style::Good | Style::Warning | Style::Bad => format!("**{escaped}**"),
        Style::Plain | Style::Dim | Style::Name => escaped,
    }
}

/// A text of one line that is nothing but text: every character that could be markup anywhere in a line stands behind a backslash
/// (its specification, 2.4), and so does what begins a line as if it were a list, a heading or a rule. Addresses are no links, names nobody's.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    for (at, character) in text.char_indices() {
        let anywhere =
            matches!(character, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~' | '&' | '@' | '$');
        let first = at == 0 && matches!(character, '#' | '+' | '-' | '=');
        let number = at == digits && at > 0 && matches!(character, '.' | ')') && text.get(at + 1..) != Some("");
        let rest = text.get(at..).unwrap_or_default();
        let address = rest.starts_with("://") || (character == '.' && ends_with_www(text.get(..at)));
        // `#12` is a link to an issue.
        let issue = character == '#' && rest.as_bytes().get(1).is_some_and(u8::is_ascii_digit);
        if anywhere || first || address || issue || (number && !rest.as_bytes().get(1).is_some_and(u8::is_ascii_digit))
        {
            out.push('\\');
        }
        out.push(character);
    }
    out
}

fn ends_with_www(before: Option<&str>) -> bool {
    before.is_some_and(|before| before.to_ascii_lowercase().ends_with("www"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_stays_markup() {
        for (text, expected) in [
            ("num_ctx *4096* [x](y) | <script>", "num\\_ctx \\*4096\\* \\[x\\](y) \\| \\<script\\>"),
            ("# heading", "\\# heading"),
            ("- 3 # no", "\\- 3 # no"),
            ("1. first", "1\\. first"),
            ("4.58 times", "4.58 times"),
            ("see http://a.b and www.c.d", "see http\\://a.b and www\\.c.d"),
            ("`code` &amp; ~~x~~ @all #12 $x$", "\\`code\\` \\&amp; \\~\\~x\\~\\~ \\@all \\#12 \\$x\\$"),
            ("a\\|b", "a\\\\\\|b"),
        ] {
            assert_eq!(escape(text), expected);
        }
    }

    #[test]
    fn a_table_without_titles_has_a_header_all_the_same() {
        let blocks = Page::record(|page| page.facts([("CPU", crate::report::table::Cell::plain("8 | cores"))]));
        let mut out = String::new();
        write_blocks(&mut out, &blocks, "#");
        assert_eq!(out, "|  |  |\n| --- | --- |\n| CPU | 8 \\| cores |\n\n");
    }
}
