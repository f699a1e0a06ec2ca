//! The pages of `ralf-tune plugin list` and `ralf-tune plugin info`.

use crate::model::plugin::{Grant, Manifest, PluginKind, PluginParameter};

use super::{
    page::{Page, limited},
    style::Style,
    table::{Cell, Table},
    units::{bytes, plain},
};

/// A plugin as the host knows it: what it says of itself, and what was found in the component.
#[derive(Debug, Clone, PartialEq)]
pub struct PluginListing {
    pub kind: PluginKind,
    pub manifest: Manifest,
    /// `"bundled"`, or the file that it was loaded from.
    pub origin: String,
    pub size_bytes: u64,
    /// Interfaces that the component imports.
    pub imports: Vec<String>,
    /// What it may only do when the user allows it.
    pub wants: Vec<Grant>,
    /// Names and values of the limits that it runs under, with units.
    pub limits: Vec<(String, String)>,
    /// Version of the plugin interface that it was made for: `"0.1.0"`.
    pub api: String,
}

/// One line a plugin, in the order strategies, scorers, selectors.
#[must_use]
pub fn list(plugins: &[PluginListing], width: usize, colour: bool) -> String {
    let mut page = Page::new(width, colour);
    if plugins.is_empty() {
        page.paragraph(Style::Plain, "No plugin was found.");
        return page.finish();
    }
    let mut sorted: Vec<&PluginListing> = plugins.iter().collect();
    sorted.sort_by_key(|plugin| plugin.kind);
    let mut table = Table::new().left("kind").left("name").left("version").prose("origin").prose("what it does");
    for plugin in sorted {
        let manifest = &plugin.manifest;
        table.row([
            Cell::new(Style::Dim, plugin.kind.name()),
            Cell::new(Style::Name, &manifest.name),
            Cell::plain(&manifest.version),
            Cell::new(Style::Dim, &plugin.origin),
            Cell::plain(limited(&manifest.summary)),
        ]);
        if !plugin.wants.is_empty() {
            let wants = Cell::new(Style::Warning, format!("wants: {}", wants(plugin)));
            table.row([Cell::empty(), Cell::empty(), Cell::empty(), Cell::empty(), wants]);
        }
    }
    page.table(&table);
    page.finish()
}

/// Everything about one plugin.
#[must_use]
pub fn info(plugin: &PluginListing, width: usize, colour: bool) -> String {
    let manifest = &plugin.manifest;
    let mut page = Page::new(width, colour);
    page.heading(&format!("{} {} {}", plugin.kind.name(), manifest.name, manifest.version));
    page.paragraph(Style::Plain, &manifest.summary);
    page.blank();
    let mut facts = vec![
        ("Origin", Cell::new(Style::Name, &plugin.origin)),
        ("Size", Cell::plain(bytes(plugin.size_bytes))),
        ("Interface", Cell::plain(format!("ralf:tune {}", plugin.api))),
    ];
    if !plugin.wants.is_empty() {
        facts.push(("Wants", Cell::new(Style::Warning, wants(plugin))));
    }
    if plugin.kind == PluginKind::Scorer && !manifest.is_on_by_default() {
        facts.push(("Takes part", Cell::plain(format!("when named: --scorer {}", manifest.name))));
    }
    if plugin.kind == PluginKind::Strategy {
        facts.push(("Decides", Cell::plain(listed(&manifest.decides, "nothing"))));
        facts.push(("Needs decided before", Cell::plain(listed(&manifest.needs, "nothing"))));
        facts.push(("Takes part in", Cell::plain(listed(&manifest.intensities, "none, unless named"))));
    }
    page.facts(facts);
    page.heading("Parameters");
    if manifest.parameters.is_empty() {
        page.paragraph(Style::Plain, "It has none.");
    } else {
        page.table(&parameters(&manifest.parameters));
        let example = format!("set one with --set {}.NAME=VALUE", manifest.name);
        page.paragraph(Style::Dim, &example);
    }
    page.heading("Limits");
    page.facts(plugin.limits.iter().map(|(name, value)| (name.as_str(), Cell::plain(value))));
    page.heading("Imports");
    if plugin.imports.is_empty() {
        page.paragraph(Style::Plain, "None: it can only calculate.");
    }
    for import in &plugin.imports {
        page.bullet(import);
    }
    page.finish()
}

/// What it wants, and how to allow it.
fn wants(plugin: &PluginListing) -> String {
    let one = |grant: &Grant| format!("{} (--allow {})", grant.what(), grant.name());
    plugin.wants.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn parameters(parameters: &[PluginParameter]) -> Table {
    let mut table = Table::new().left("name").prose("default").prose("allowed").prose("meaning");
    for parameter in parameters {
        table.row([
            Cell::new(Style::Name, &parameter.name),
            Cell::plain(parameter.default.to_string()),
            Cell::new(Style::Dim, allowed(parameter)),
            Cell::plain(limited(&parameter.help)),
        ]);
    }
    table
}

fn allowed(parameter: &PluginParameter) -> String {
    match (parameter.low, parameter.high) {
        _ if !parameter.choices.is_empty() => parameter.choices.join(", "),
        (Some(low), Some(high)) => format!("{} to {}", plain(low), plain(high)),
        (Some(low), None) => format!("from {}", plain(low)),
        (None, Some(high)) => format!("up to {}", plain(high)),
        (None, None) => "any".to_owned(),
    }
}

fn listed(names: &[String], none: &str) -> String {
    if names.is_empty() { none.to_owned() } else { names.join(", ") }
}
