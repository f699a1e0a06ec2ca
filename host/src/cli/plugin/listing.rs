//! Plugins as the pages show them.

use std::{collections::BTreeMap, path::Path};

use crate::{
    install::LockFile,
    model::{digest::Digest, limit::Limit},
    plugin::registry::{ComponentFile, Plugin},
    report::listing::{ListedIntensity, ListedLimit, ListedOrigin, ListedStage, PluginListing},
    settings::{Origin, Settings},
};

/// A plugin with where its limits come from. An installed one is looked up in the lock file.
pub fn listing(plugin: &Plugin, settings: &Settings, lock: Option<&LockFile>) -> PluginListing {
    let component = plugin.component();
    let name = &plugin.manifest().name;
    let locked = lock.and_then(|lock| lock.find(name)).filter(|_| plugin.is_installed());
    let origin = match locked {
        Some(locked) => ListedOrigin::Installed { source: locked.source.clone(), added: locked.added.clone() },
        None if plugin.is_bundled() => ListedOrigin::Bundled,
        None => ListedOrigin::File(component.id.origin.clone()),
    };
    let sha256 = match &origin {
        ListedOrigin::File(path) => {
            ComponentFile::read(Path::new(path)).ok().map(|file| Digest::of(&file.bytes).to_string())
        }
        _ => locked.map(|locked| locked.sha256.to_string()),
    };
    described(plugin, settings, origin, sha256, plugin.file_stem().as_deref())
}

/// A plugin of which origin and content are known. `stem` is the other name that it goes by.
pub fn described(
    plugin: &Plugin,
    settings: &Settings,
    origin: ListedOrigin,
    sha256: Option<String>,
    stem: Option<&str>,
) -> PluginListing {
    let component = plugin.component();
    PluginListing {
        kind: component.kind,
        manifest: plugin.manifest().clone(),
        origin,
        sha256,
        size_bytes: component.size_bytes as u64,
        imports: component.imports.clone(),
        wants: component.wants(),
        limits: limits(plugin, settings, stem),
        asks: component.id.asks.clone(),
        api: component.api.clone(),
    }
}

/// Its limits, and who set them. `stem` is the other name that it goes by.
fn limits(plugin: &Plugin, settings: &Settings, stem: Option<&str>) -> Vec<ListedLimit> {
    let names: Vec<&str> = stem.into_iter().chain([plugin.manifest().name.as_str()]).collect();
    let limits = plugin.limits();
    let listed = |limit| ListedLimit {
        limit,
        value: limits.get(limit),
        set_by: settings.limit_origin(&names, limit).to_string(),
    };
    Limit::ALL.into_iter().map(listed).collect()
}

/// Every intensity with what it runs, by `plan`.
pub fn intensities(
    settings: &Settings,
    plan: impl Fn(&str) -> Result<crate::model::study::Plan, String>,
) -> Vec<ListedIntensity> {
    // The shortest first: that is how people think of them.
    let mut listed: Vec<ListedIntensity> = settings
        .intensities()
        .keys()
        .map(|name| {
            let intensity = settings.intensity_named(name);
            let stages = plan(name).map(|plan| stages(plan, &intensity.strategies));
            let named_by = match settings.strategies_of(name).origin {
                Origin::Default => "built in".to_owned(),
                origin => origin.to_string(),
            };
            let is_chosen = *name == settings.intensity.value;
            ListedIntensity {
                name: name.clone(),
                budget_seconds: intensity.budget.total_seconds,
                is_chosen,
                named_by,
                stages,
            }
        })
        .collect();
    listed.sort_by(|a, b| a.budget_seconds.total_cmp(&b.budget_seconds));
    listed
}

/// The strategies of a plan; with those from files, which join unnamed.
fn stages(plan: crate::model::study::Plan, named: &[String]) -> Vec<ListedStage> {
    let strategies = plan.stages.into_iter().filter(|stage| !stage.decides.is_empty());
    strategies
        .map(|stage| {
            let why = if named.contains(&stage.name) { "" } else { "joins by --plugin; " };
            ListedStage { why_here: format!("{why}{}", stage.why_here), name: stage.name, decides: stage.decides }
        })
        .collect()
}

/// For programs: plugins, and what else belongs to the answer.
pub fn document(fields: BTreeMap<&str, serde_json::Value>) -> String {
    let mut document = serde_json::Map::new();
    document.insert("schema_version".to_owned(), crate::model::study::SCHEMA_VERSION.into());
    document.extend(fields.into_iter().map(|(name, value)| (name.to_owned(), value)));
    format!("{:#}\n", serde_json::Value::Object(document))
}
