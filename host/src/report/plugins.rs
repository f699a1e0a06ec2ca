//! The pages of `ralf-tune plugin list` and `ralf-tune plugin info`.

use crate::model::plugin::{Grant, PluginKind, PluginParameter};

pub use super::listing::{ListedIntensity, ListedLimit, ListedOrigin, ListedStage, PluginListing};
use super::{
    imports::in_words,
    page::{Page, limited},
    style::Style,
    table::{Cell, Table},
    units::{bytes, duration, plain},
};

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
            Cell::new(Style::Dim, plugin.origin.short()),
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

/// What every intensity runs, in which order and why.
#[must_use]
pub fn intensities(intensities: &[ListedIntensity], width: usize, colour: bool) -> String {
    let mut page = Page::new(width, colour);
    page.heading("What each intensity runs, in order");
    let mut table = Table::new().left("intensity").right("budget").prose("strategies").prose("named in");
    for intensity in intensities {
        let chosen = if intensity.is_chosen { " (chosen)" } else { "" };
        let stages = match &intensity.stages {
            Ok(stages) => {
                let names: Vec<&str> = stages.iter().map(|stage| stage.name.as_str()).collect();
                Cell::plain(listed(&names, "none"))
            }
            Err(why) => Cell::new(Style::Dim, format!("no plan: {why}")),
        };
        table.row([
            Cell::new(Style::Name, format!("{}{chosen}", intensity.name)),
            Cell::plain(duration(intensity.budget_seconds)),
            stages,
            Cell::new(Style::Dim, &intensity.named_by),
        ]);
    }
    page.table(&table);
    page.blank();
    let mut table = Table::new().left("strategy").prose("decides").prose("why there");
    let mut said: Vec<&str> = Vec::new();
    // The longest plan says best what comes after what.
    let mut plans: Vec<&Vec<ListedStage>> = intensities.iter().filter_map(|one| one.stages.as_ref().ok()).collect();
    plans.sort_by_key(|stages| std::cmp::Reverse(stages.len()));
    for stage in plans.into_iter().flatten() {
        if !said.contains(&stage.name.as_str()) {
            said.push(&stage.name);
            table.row([
                Cell::new(Style::Name, &stage.name),
                Cell::plain(stage.decides.join(", ")),
                Cell::new(Style::Dim, &stage.why_here),
            ]);
        }
    }
    page.table(&table);
    page.blank();
    let around = "Each begins with your present settings and ends with the winner against them; \
                  ralf-tune plugin list --intensity NAME shows scorers, selector and times too.";
    page.paragraph(Style::Dim, around);
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
    let mut facts = vec![("Origin", Cell::new(Style::Name, plugin.origin.short()))];
    if let ListedOrigin::Installed { source, added } = &plugin.origin {
        facts.push(("From", Cell::plain(source)));
        facts.push(("Added", Cell::plain(added)));
    }
    if let Some(sha256) = &plugin.sha256 {
        facts.push(("SHA-256", Cell::plain(sha256)));
    }
    facts.push(("Size", Cell::plain(bytes(plugin.size_bytes))));
    facts.push(("Interface", Cell::plain(format!("ralf:tune {}", plugin.api))));
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
    page.table(&limits(plugin));
    for (limit, value) in plugin.asks.iter().filter(|(limit, value)| plugin.limit(*limit) < *value) {
        let need =
            format!("Its author says that it needs {} of {}. If you trust it:", limit.show(*value), limit.name());
        page.paragraph(Style::Plain, &need);
        page.bullet(&limit.flag(&manifest.name, *value));
        let line = limit.line(&manifest.name, *value);
        page.bullet(&format!("{line}   (in your settings file, above all tables)"));
    }
    page.heading("What it may do");
    let deeds = in_words(&plugin.imports);
    page.paragraph(Style::Plain, "It calculates. It has no file, no network, no environment, no clock.");
    for (words, interfaces) in deeds {
        page.bullet(&format!("It {words} ({})", interfaces.join(", ")));
    }
    page.finish()
}

fn limits(plugin: &PluginListing) -> Table {
    let mut table = Table::new().left("limit").left("value").prose("set by");
    for limit in &plugin.limits {
        table.row([
            Cell::new(Style::Name, limit.limit.name()),
            Cell::plain(limit.limit.show(limit.value)),
            Cell::new(Style::Dim, &limit.set_by),
        ]);
    }
    table
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

fn listed<T: AsRef<str>>(names: &[T], none: &str) -> String {
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    if names.is_empty() { none.to_owned() } else { names.join(", ") }
}
