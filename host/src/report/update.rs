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
    page.facts([
        ("SHA-256 old", Cell::plain(was.sha256)),
        ("SHA-256 new", Cell::plain(new.sha256.as_deref().unwrap_or_default())),
    ]);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{limit::Limit, plugin::Manifest, value::Value},
        report::listing::ListedOrigin,
    };

    fn listing(kind: PluginKind, parameters: &[(&str, i64)], imports: &[&str]) -> PluginListing {
        let parameter = |(name, default): &(&str, i64)| PluginParameter {
            name: (*name).to_owned(),
            help: String::new(),
            default: Value::Integer(*default),
            low: Some(1.0),
            high: None,
            choices: Vec::new(),
        };
        PluginListing {
            kind,
            manifest: Manifest {
                name: "mine".to_owned(),
                version: "2.0.0".to_owned(),
                parameters: parameters.iter().map(parameter).collect(),
                ..Manifest::default()
            },
            origin: ListedOrigin::Bundled,
            sha256: Some("b".repeat(64)),
            size_bytes: 1,
            imports: imports.iter().map(|name| (*name).to_owned()).collect(),
            wants: Vec::new(),
            limits: Vec::new(),
            asks: vec![(Limit::Memory, 128 << 20)],
            api: "0.1.0".to_owned(),
        }
    }

    #[test]
    fn everything_that_changes_is_named_and_nothing_else() {
        let sha256 = "a".repeat(64);
        let old = listing(PluginKind::Scorer, &[("depth", 3), ("gone-now", 1), ("same", 1)], &["ralf:tune/log@0.1.0"]);
        let old = PluginListing { asks: Vec::new(), ..old };
        let new = listing(
            PluginKind::Selector,
            &[("depth", 4), ("same", 1), ("added", 7)],
            &["ralf:tune/log@0.1.1", "wasi:random/random@0.2.6"],
        );
        let was = Was { kind: PluginKind::Scorer, version: "1.0.0", sha256: &sha256, listing: Some(&old) };
        let page = render(&was, &new, 80, false);
        for part in [
            "kind          scorer     selector",
            "version       1.0.0      2.0.0",
            "depth         3, from 1  4, from 1",
            "gone-now      1, from 1  gone",
            "added                    7, from 1",
            "needs memory             128 MiB",
            "It was a scorer, and is a selector now.",
            "new: it draws random numbers",
        ] {
            assert!(page.contains(part), "{part}\n{page}");
        }
        assert!(page.contains(&sha256) && page.contains(&"b".repeat(64)), "{page}");
        assert!(!page.contains("same  ") && !page.contains("log"), "{page}");
        let lost = render(&Was { listing: None, ..was }, &new, 80, false);
        assert!(lost.contains("cannot be compared"), "{lost}");
    }
}
