//! The page of `ralf-tune doctor`: what was looked at, what was seen, and what mends it.

mod examine;

use serde_json::json;

pub use examine::{DEFAULT_KEEP_ALIVE_SECONDS, Seen, examine};

use super::{page::Page, style::Style};
use crate::model::checkup::{Found, Gravity};

/// The page, the gravest first.
#[must_use]
pub fn render(found: &[Found], width: usize, colour: bool) -> String {
    let mut page = Page::new(width, colour);
    page.heading("ralf-tune doctor");
    let mut sorted: Vec<&Found> = found.iter().collect();
    sorted.sort_by_key(|one| std::cmp::Reverse(one.gravity));
    for one in sorted {
        let style = match one.gravity {
            Gravity::Good => Style::Good,
            Gravity::Note => Style::Plain,
            Gravity::Warning => Style::Warning,
            Gravity::Bad => Style::Bad,
        };
        let marker = format!("{:<5}{:<8} ", one.gravity.word(), one.subject);
        page.hanging(style, &marker, Style::Plain, &format!("{}.", one.evidence));
        if let Some(mend) = &one.mend {
            page.hanging(Style::Dim, &format!("{:<14}", ""), Style::Dim, &format!("→ {mend}"));
        }
    }
    page.finish()
}

/// The same for programs.
#[must_use]
pub fn json(found: &[Found]) -> String {
    format!("{:#}\n", json!({ "schema_version": 1, "found": found }))
}
