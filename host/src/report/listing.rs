//! Plugins and intensities as the pages and the JSON of `ralf-tune plugin` show them.

use serde_json::{Value as Json, json};

use crate::model::{
    limit::Limit,
    plugin::{Grant, Manifest, PluginKind},
};

/// A plugin as the host knows it: what it says of itself, and what was found in the component.
#[derive(Debug, Clone, PartialEq)]
pub struct PluginListing {
    pub kind: PluginKind,
    pub manifest: Manifest,
    pub origin: ListedOrigin,
    /// Of the component, as hexadecimal digits. None for bundled ones, which are part of the program.
    pub sha256: Option<String>,
    pub size_bytes: u64,
    /// Interfaces that the component imports.
    pub imports: Vec<String>,
    /// What it may only do when the user allows it.
    pub wants: Vec<Grant>,
    /// The limits that it runs under.
    pub limits: Vec<ListedLimit>,
    /// What its manifest says that it needs of them, in the unit of each.
    pub asks: Vec<(Limit, u64)>,
    /// Version of the plugin interface that it was made for: `"0.1.0"`.
    pub api: String,
}

impl PluginListing {
    /// The value of one limit; 0 when it is not listed.
    #[must_use]
    pub fn limit(&self, limit: Limit) -> u64 {
        self.limits.iter().find(|listed| listed.limit == limit).map_or(0, |listed| listed.value)
    }
}

/// Where a plugin comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListedOrigin {
    Bundled,
    /// From which file, address or registry, and when (RFC 3339).
    Installed {
        source: String,
        added: String,
    },
    /// A file that was named, or where something comes from that is not installed yet.
    File(String),
}

impl ListedOrigin {
    /// In one word, or as the file.
    #[must_use]
    pub fn short(&self) -> &str {
        match self {
            Self::Bundled => "bundled",
            Self::Installed { .. } => "installed",
            Self::File(path) => path,
        }
    }
}

/// One limit of a plugin, and who set it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedLimit {
    pub limit: Limit,
    /// In the unit of the limit.
    pub value: u64,
    /// `--limit`, a file, or `default`.
    pub set_by: String,
}

/// An intensity and what it runs.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedIntensity {
    pub name: String,
    pub budget_seconds: f64,
    /// Whether it is the one of a run that names none.
    pub is_chosen: bool,
    /// Who named its strategies.
    pub named_by: String,
    /// The strategies in their order, or why there is no plan.
    pub stages: Result<Vec<ListedStage>, String>,
}

/// A strategy in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedStage {
    pub name: String,
    pub decides: Vec<String>,
    pub why_here: String,
}

/// One plugin for programs.
#[must_use]
pub fn plugin_json(plugin: &PluginListing) -> Json {
    let manifest = &plugin.manifest;
    let origin = match &plugin.origin {
        ListedOrigin::Bundled => json!({ "is": "bundled" }),
        ListedOrigin::Installed { source, added } => json!({ "is": "installed", "source": source, "added": added }),
        ListedOrigin::File(path) => json!({ "is": "file", "source": path }),
    };
    let limits: serde_json::Map<String, Json> = plugin
        .limits
        .iter()
        .map(|limit| {
            let key = match limit.limit {
                Limit::Memory => "memory_bytes",
                Limit::Call => "call_ms",
                Limit::Output => "output_bytes",
                Limit::LogLines => "log_lines",
            };
            let asked = plugin.asks.iter().find(|(asked, _)| *asked == limit.limit).map(|(_, value)| value);
            (key.to_owned(), json!({ "value": limit.value, "set_by": limit.set_by, "asked": asked }))
        })
        .collect();
    json!({
        "kind": plugin.kind,
        "name": manifest.name,
        "version": manifest.version,
        "summary": manifest.summary,
        "origin": origin,
        "sha256": plugin.sha256,
        "size_bytes": plugin.size_bytes,
        "api": plugin.api,
        "imports": plugin.imports,
        "wants": plugin.wants.iter().map(|grant| grant.name()).collect::<Vec<_>>(),
        "parameters": manifest.parameters,
        "decides": manifest.decides,
        "needs": manifest.needs,
        "intensities": manifest.intensities,
        "limits": limits,
    })
}

/// One intensity for programs.
#[must_use]
pub fn intensity_json(intensity: &ListedIntensity) -> Json {
    let stage = |stage: &ListedStage| json!({ "name": stage.name, "decides": stage.decides, "why": stage.why_here });
    json!({
        "name": intensity.name,
        "budget_seconds": intensity.budget_seconds,
        "chosen": intensity.is_chosen,
        "named_by": intensity.named_by,
        "stages": intensity.stages.as_ref().ok().map(|stages| stages.iter().map(stage).collect::<Vec<_>>()),
        "problem": intensity.stages.as_ref().err(),
    })
}
