//! The parts of a page as HTML.

use std::fmt::Write as _;

use super::escape::escape;
use crate::report::{
    block::Block,
    style::Style,
    table::{Align, Cell, Table},
};

/// The parts, with headings of that level; each heading begins a section.
pub(super) fn write(out: &mut String, blocks: &[Block], level: u8) {
    let mut in_section = false;
    let mut in_list = false;
    for block in blocks {
        let is_item = matches!(block, Block::Text { marker, .. } if marker == "-");
        if in_list && !is_item {
            out.push_str("</ul>\n");
        }
        if is_item && !in_list {
            out.push_str("<ul>\n");
        }
        in_list = is_item;
        match block {
            Block::Heading(title) => {
                let end = if in_section { "</section>\n" } else { "" };
                let _ = writeln!(out, "{end}<section>\n<h{level}>{}</h{level}>", escape(title));
                in_section = true;
            }
            Block::Text { style, text, .. } if is_item => {
                let _ = writeln!(out, "<li>{}</li>", styled(*style, text));
            }
            Block::Text { marker_style, marker, style, text } => {
                let marker = if marker.is_empty() { String::new() } else { styled(*marker_style, marker) + " " };
                let _ = writeln!(out, "<p>{marker}{}</p>", styled(*style, text));
            }
            Block::Table(table) => self::table(out, table),
        }
    }
    if in_list {
        out.push_str("</ul>\n");
    }
    if in_section {
        out.push_str("</section>\n");
    }
}

/// A table that can be scrolled by itself where it is wider than the window.
pub(super) fn table(out: &mut String, table: &Table) {
    out.push_str("<div class=\"scroll\"><table>\n");
    if table.has_header() {
        out.push_str("<thead><tr>");
        for column in table.columns() {
            let _ = write!(out, "<th scope=\"col\"{}>{}</th>", class(column.align), escape(&column.title));
        }
        out.push_str("</tr></thead>\n");
    }
    out.push_str("<tbody>\n");
    for row in table.rows() {
        out.push_str("<tr>");
        for (index, column) in table.columns().iter().enumerate() {
            let cell = row.get(index).map_or_else(String::new, cell);
            let _ = write!(out, "<td{}>{cell}</td>", class(column.align));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table></div>\n");
}

const fn class(align: Align) -> &'static str {
    match align {
        Align::Left => "",
        Align::Right => " class=\"number\"",
    }
}

fn cell(cell: &Cell) -> String {
    styled(cell.style, &cell.text)
}

/// The text in its style, escaped.
fn styled(style: Style, text: &str) -> String {
    let text = escape(text);
    match style {
        Style::Plain => text,
        Style::Strong => format!("<strong>{text}</strong>"),
        Style::Name => format!("<code>{text}</code>"),
        Style::Dim => format!("<span class=\"dim\">{text}</span>"),
        Style::Good => format!("<strong class=\"good\">{text}</strong>"),
        Style::Warning => format!("<strong class=\"warning\">{text}</strong>"),
        Style::Bad => format!("<strong class=\"bad\">{text}</strong>"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::page::Page;

    #[test]
    fn lists_and_sections_are_closed() {
        let blocks = Page::record(|page| {
            page.heading("A");
            page.bullet("one");
            page.bullet("<two>");
            page.heading("B");
            page.hanging(Style::Warning, "! ", Style::Plain, "beware");
            page.bullet("three");
        });
        let mut out = String::new();
        write(&mut out, &blocks, 2);
        let expected = "<section>\n<h2>A</h2>\n<ul>\n<li>one</li>\n<li>&lt;two&gt;</li>\n</ul>\n</section>\n<section>\n\
                        <h2>B</h2>\n<p><strong class=\"warning\">!</strong> beware</p>\n<ul>\n<li>three</li>\n</ul>\n</section>\n";
        assert_eq!(out, expected);
    }
}
