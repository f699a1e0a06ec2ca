//! The page of `ralf-tune plugin update`: what the new version changes.

use super::{
    imports::in_words,
    listing::PluginListing,
    page::Page,
    style::Style,
    table::{Cell, Table},
};
use crate::model::plugin::{PluginKind, PluginParameter};

/// What is installed.
#[derive(Debug, Clone, Copy)]
pub struct Was<'a> {
    pub kind: PluginKind,
    pub version: &'a str,
    pub sha256: &'a str,
    /// None when its file can no longer be read.
    pub listing: Option<&'a PluginListing>,
}

/// What changes, with what deserves a second look set apart.
#[must_use]
pub fn render(was: &Was<'_>, new: &PluginListing, width: usize, colour: bool) -> String {
    let manifest = &new.manifest;
    let mut page = Page::new(width, colour);
    page.heading(&format!("{} {}: what changes", was.kind.name(), manifest.name));
    let mut table = Table::new().left("").prose("installed").prose("new");
    let mut row = |what: &str, old: &str, new: &str| {
        if old != new {
            table.row([Cell::new(Style::Name, what), Cell::plain(old), Cell::plain(new)]);
        }
    };
    row("kind", was.kind.name(), new.kind.name());
    row("version", was.version, &manifest.version);
    row("SHA-256", was.sha256, new.sha256.as_deref().unwrap_or_default());
    if let Some(old) = was.listing {
        row("interface", &old.api, &new.api);
        row("summary", &old.manifest.summary, &manifest.summary);
        row("decides", &old.manifest.decides.join(", "), &manifest.decides.join(", "));
        for parameter in &old.manifest.parameters {
            let now = manifest.parameters.iter().find(|now| now.name == parameter.name);
            row(&parameter.name, &in_short(parameter), &now.map_or("gone".to_owned(), in_short));
        }
        for parameter in &manifest.parameters {
            if !old.manifest.parameters.iter().any(|old| old.name == parameter.name) {
                row(&parameter.name, "", &in_short(parameter));
            }
        }
        for (limit, value) in &new.asks {
            let before = old.asks.iter().find(|(asked, _)| asked == limit);
            let before = before.map_or_else(String::new, |(_, value)| limit.show(*value));
            row(&format!("needs {}", limit.name()), &before, &limit.show(*value));
        }
    }
    page.table(&table);
    if new.kind != was.kind {
        page.paragraph(Style::Strong, &format!("It was a {}, and is a {} now.", was.kind.name(), new.kind.name()));
    }
    match was.listing {
        None => page.paragraph(Style::Plain, "What is installed can no longer be read: the rest cannot be compared."),
        Some(old) => {
            let before: Vec<&str> = in_words(&old.imports).into_iter().map(|(words, _)| words).collect();
            for (words, interfaces) in in_words(&new.imports) {
                if !before.contains(&words) {
                    page.hanging(
                        Style::Strong,
                        "new: ",
                        Style::Plain,
                        &format!("it {words} ({})", interfaces.join(", ")),
                    );
                }
            }
        }
    }
    page.finish()
}

fn in_short(parameter: &PluginParameter) -> String {
    let low = parameter.low.map_or_else(String::new, |low| format!(", from {low}"));
    let high = parameter.high.map_or_else(String::new, |high| format!(", to {high}"));
    let choices =
        if parameter.choices.is_empty() { String::new() } else { format!(", of {}", parameter.choices.join("/")) };
    format!("{}{low}{high}{choices}", parameter.default)
}
