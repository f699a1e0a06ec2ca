//! A study as one page for a browser: no script, nothing fetched, light and dark, readable on a telephone and on paper.
//!
//! It says what the page on the terminal says, in the same words, and has a figure for all that can be seen better than read.

mod blocks;
mod escape;
mod palette;
pub mod parts;
mod svg;

use std::fmt::Write as _;

use super::{
    figures::{self, Figure, LeftOut},
    page::Page,
    terminal,
};
use crate::model::{clean::clean_within, study::Study};
use escape::escape;

const STYLE: &str = include_str!("style.css");

/// Forbids all that the page does not need, should anything in it ever ask for more.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// Characters of a window's title.
const LONGEST_TITLE: usize = 80;

/// The page.
#[must_use]
pub fn render(study: &Study) -> String {
    let title = escape(&clean_within(&format!("ralf-tune: {}", study.model.name), LONGEST_TITLE));
    let dark = palette::dark_rules();
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n\
         <style>\n{STYLE}@media screen and (prefers-color-scheme: dark) {{\n{dark}}}\n</style>\n</head>\n<body>\n<main>\n"
    );
    out.push_str("<div class=\"answer\">\n");
    blocks::write(&mut out, &Page::record(|page| terminal::write_answer(page, study)), 1);
    out.push_str("</div>\n");
    let figures = figures::of(study);
    out.push_str("<section>\n<h2>What was measured</h2>\n<div class=\"figures\">\n");
    for figure in &figures.drawn {
        write_figure(&mut out, figure);
    }
    out.push_str("</div>\n");
    write_left_out(&mut out, &figures.left_out);
    out.push_str("</section>\n");
    blocks::write(&mut out, &Page::record(|page| terminal::write_details(page, study)), 2);
    let version = escape(&clean_within(&study.tool_version, LONGEST_TITLE));
    let _ = writeln!(out, "</main>\n<footer>ralf-tune {version}</footer>\n</body>\n</html>");
    out
}

fn write_figure(out: &mut String, figure: &Figure) {
    let id = figure.id;
    let _ = writeln!(out, "<figure id=\"{id}\">\n<figcaption id=\"{id}-title\">{}</figcaption>", escape(figure.title));
    if let Some(svg) = svg::draw(&figure.plot, &format!("{id}-title")) {
        out.push_str(&svg);
        out.push_str("<ul class=\"key\">");
        for (tone, meaning) in &figure.plot.key {
            let swatch = palette::colour(*tone).hexadecimal();
            let _ = write!(
                out,
                "<li><svg viewBox=\"0 0 12 12\" aria-hidden=\"true\"><rect width=\"12\" height=\"12\" fill=\"{swatch}\"/></svg>{}</li>",
                escape(meaning)
            );
        }
        out.push_str("</ul>\n");
    }
    let _ = writeln!(out, "<p>{}</p>\n<details><summary>Data</summary>", escape(&clean_within(&figure.says, 2_000)));
    blocks::table(out, &figure.data);
    out.push_str("</details>\n</figure>\n");
}

fn write_left_out(out: &mut String, left_out: &[LeftOut]) {
    if left_out.is_empty() {
        return;
    }
    out.push_str("<p>Not shown, because this study has no data for it:</p>\n<ul class=\"left-out\">\n");
    for figure in left_out {
        let _ = writeln!(out, "<li>{}: {}.</li>", escape(figure.title), escape(figure.why));
    }
    out.push_str("</ul>\n");
}
