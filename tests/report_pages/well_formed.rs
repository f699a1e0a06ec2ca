//! What holds for every page and every document.

use std::collections::BTreeSet;

/// Tags and attributes that a page may have; none runs anything, none fetches anything.
const TAGS: [&str; 35] = [
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "main",
    "div",
    "section",
    "footer",
    "h1",
    "h2",
    "p",
    "ul",
    "li",
    "strong",
    "span",
    "code",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "figure",
    "figcaption",
    "details",
    "summary",
    "svg",
    "rect",
    "line",
    "polyline",
    "polygon",
    "circle",
    "text",
];
const ATTRIBUTES: [&str; 37] = [
    "lang",
    "charset",
    "http-equiv",
    "content",
    "name",
    "class",
    "id",
    "scope",
    "role",
    "aria-labelledby",
    "aria-hidden",
    "viewBox",
    "xmlns",
    "width",
    "height",
    "x",
    "y",
    "x1",
    "y1",
    "x2",
    "y2",
    "cx",
    "cy",
    "r",
    "dy",
    "dx",
    "points",
    "fill",
    "stroke",
    "stroke-width",
    "opacity",
    "font-family",
    "font-size",
    "text-anchor",
    "font-weight",
    "font-style",
    "transform",
];

/// Fails unless every tag and attribute is one of ours, every element is closed, and nothing is asked of a network.
pub fn is_whole(page: &str) {
    let rest = page.strip_prefix("<!DOCTYPE html>\n").unwrap();
    let mut open: Vec<&str> = Vec::new();
    let mut texts = 0;
    for piece in rest.split('<').skip(1) {
        let (tag, text) = piece.split_once('>').unwrap_or_else(|| panic!("no tag: {piece:?}"));
        texts += text.len();
        let inside_style = open.last() == Some(&"style");
        assert!(!text.contains('>') || tag == "style", "{piece:?}");
        if let Some(closed) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(closed), "{piece:?}");
            continue;
        }
        assert!(!inside_style, "markup in the style: {piece:?}");
        let is_empty = tag.ends_with('/') || tag.starts_with("meta");
        let tag = tag.trim_end_matches('/');
        let name = tag.split(' ').next().unwrap();
        assert!(TAGS.contains(&name), "{piece:?}");
        let mut attributes = tag[name.len()..].trim();
        while !attributes.is_empty() {
            let (attribute, value) = attributes.split_once("=\"").unwrap_or_else(|| panic!("{piece:?}"));
            assert!(ATTRIBUTES.contains(&attribute), "{attribute}: {piece:?}");
            let (value, more) = value.split_once('"').unwrap_or_else(|| panic!("{piece:?}"));
            assert!(!value.contains("://") || attribute == "xmlns", "{piece:?}");
            attributes = more.trim_start();
        }
        if !is_empty {
            open.push(name);
        }
    }
    assert!(open.is_empty() && texts > 0, "never closed: {open:?}");
    let style = page.split("<style>").nth(1).unwrap().split("</style>").next().unwrap();
    for fetches in ["url(", "@import", "@font-face", "expression("] {
        assert!(!style.contains(fetches), "{fetches}");
    }
    assert!(page.contains("default-src 'none'"), "the browser forbids all else");
    let ids: Vec<&str> = page.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(ids.len(), ids.iter().collect::<BTreeSet<_>>().len(), "an id stands for one thing: {ids:?}");
}

/// Fails unless every row of a table has as many cells as its header.
pub fn tables_are_whole(document: &str) {
    let cells = |line: &str| line.match_indices('|').filter(|(at, _)| !is_escaped(line, *at)).count();
    let mut header = None;
    for line in document.lines() {
        if !line.starts_with('|') {
            header = None;
            continue;
        }
        assert_eq!(*header.get_or_insert_with(|| cells(line)), cells(line), "{line}");
    }
}

pub fn is_escaped(text: &str, at: usize) -> bool {
    text[..at].bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1
}
