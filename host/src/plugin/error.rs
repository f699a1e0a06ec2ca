//! What can go wrong with a plugin, always with its name.

use semver::Version;

use super::API_VERSION;
use crate::model::{
    limit::Limit,
    plugin::{Grant, PluginKind},
};

/// Which plugin, for messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginId {
    pub kind: Option<PluginKind>,
    /// The manifest's name; the file's name until the manifest is read.
    pub name: String,
    pub version: Option<String>,
    /// `"bundled"`, or the file.
    pub origin: String,
    /// Limits that its manifest says it needs, in the unit of each.
    pub asks: Vec<(Limit, u64)>,
}

impl PluginId {
    /// A plugin of which nothing is known yet but how it is called and where it comes from.
    #[must_use]
    pub fn unread(name: &str, origin: &str) -> Self {
        Self { kind: None, name: name.to_owned(), version: None, origin: origin.to_owned(), asks: Vec::new() }
    }
}

impl std::fmt::Display for PluginId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} `{}`", self.kind.map_or("plugin", PluginKind::name), self.name)?;
        if let Some(version) = &self.version {
            write!(f, " {version}")?;
        }
        // A file that could not be read has no better name than its path.
        if self.name == self.origin { Ok(()) } else { write!(f, " ({})", self.origin) }
    }
}

/// A plugin could not be loaded, or a call of it failed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{plugin} {kind}{}", .function.map(|name| format!(" in `{name}`")).unwrap_or_default())]
pub struct PluginError {
    pub plugin: Box<PluginId>,
    /// The function that was called; `None` while loading.
    pub function: Option<&'static str>,
    pub kind: PluginErrorKind,
}

/// The kinds of failure.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PluginErrorKind {
    #[error("cannot be read: {0}")]
    Unreadable(String),
    #[error("is not a WebAssembly component: {0}")]
    NotAComponent(String),
    #[error("would take too long to compile: {0}")]
    TooLarge(String),
    #[error("exports none of strategy, scorer, selector of ralf:tune")]
    NoKnownExport,
    #[error("exports more than one kind of plugin: {0}")]
    SeveralKinds(String),
    #[error("is made for ralf:tune {found}, and this program speaks {supported}")]
    Version { found: String, supported: &'static str },
    #[error("imports `{0}`, which no plugin may have")]
    ForeignImport(String),
    #[error("needs `{import}`, which this program does not have: it speaks {supported}")]
    UnknownInterface { import: String, supported: &'static str },
    #[error("does not fit ralf:tune: {why}")]
    Mismatch {
        /// The version that it was made for.
        api: String,
        why: String,
    },
    #[error("wants {}, which you have not allowed", .0.what())]
    NotGranted(Grant),
    #[error("has a bad manifest: {}", .0.join("; "))]
    BadManifest(Vec<String>),
    #[error("asked a model too often: {0}")]
    AskedTooOften(String),
    #[error("timed out after {milliseconds} ms")]
    TimedOut { milliseconds: u128 },
    #[error("asked for more than its {limit_mib} MiB of memory")]
    OutOfMemory { limit_mib: usize },
    #[error("handed over more than its {limit_kib} KiB of output")]
    TooMuchOutput { limit_kib: usize },
    #[error("panicked: {0}")]
    Panicked(String),
    #[error("trapped: {0}")]
    Trapped(String),
    #[error("gave a bad answer: {0}")]
    BadAnswer(String),
    #[error("declined: {0}")]
    Declined(String),
}

impl PluginError {
    /// To decline is an answer; anything else is a failure of the plugin.
    #[must_use]
    pub const fn is_decline(&self) -> bool {
        matches!(self.kind, PluginErrorKind::Declined(_))
    }

    /// The next thing to do, for the user, and where it is the author's business, for the author.
    #[must_use]
    pub fn hint(&self) -> String {
        let bundled = self.plugin.origin == "bundled";
        match &self.kind {
            PluginErrorKind::Unreadable(_) => {
                "check the path of the component; `ralf-tune plugin list` shows the plugins that are there".into()
            }
            PluginErrorKind::NotAComponent(why) if why.contains("core module") => {
                format!("`ralf-tune plugin pack {} --output component.wasm` makes one of it", self.plugin.origin)
            }
            PluginErrorKind::NotAComponent(_) => {
                "copy the file again if it was cut short; a build command that makes a component is in examples/plugins"
                    .into()
            }
            PluginErrorKind::NoKnownExport | PluginErrorKind::SeveralKinds(_) => {
                "a plugin exports exactly one of the worlds in wit/".into()
            }
            PluginErrorKind::Version { found, .. } => other_version(found),
            PluginErrorKind::UnknownInterface { .. } => format!(
                "update ralf-tune: a later release has it; its author leaves that interface out to be loaded by {API_VERSION} too"
            ),
            PluginErrorKind::NotGranted(grant) => {
                format!("allow it with --allow {}, or run without `{}`", grant.name(), self.plugin.name)
            }
            PluginErrorKind::ForeignImport(_) => {
                "plugins get values and give values: its author removes the use of files, network or other interfaces"
                    .into()
            }
            PluginErrorKind::TooLarge(_) => {
                "its author splits what is too large; no toolchain makes such code of hand-written source".into()
            }
            PluginErrorKind::Declined(_) => {
                "that is its own reason; a longer study (--full, --budget) may give it what it needs".into()
            }
            PluginErrorKind::OutOfMemory { limit_mib } => self.grant(Limit::Memory, (*limit_mib as u64) << 20),
            PluginErrorKind::TimedOut { milliseconds } => {
                self.grant(Limit::Call, u64::try_from(*milliseconds).unwrap_or(u64::MAX))
            }
            PluginErrorKind::TooMuchOutput { limit_kib } => self.grant(Limit::Output, (*limit_kib as u64) << 10),
            _ if bundled => "this is a bug of ralf-tune: run with RALF_TUNE_LOG=debug and report it".into(),
            PluginErrorKind::Mismatch { api, .. } => other_version(api),
            PluginErrorKind::BadManifest(_) => {
                "its author corrects what `describe` returns; wit/types.wit says what a manifest may hold".into()
            }
            _ => format!("run without `{}`, or tell its author; RALF_TUNE_LOG=debug shows its log", self.plugin.name),
        }
    }

    /// How to let it use more: as much as its manifest asks for, else twice of what was not enough.
    fn grant(&self, limit: Limit, was: u64) -> String {
        let name = &self.plugin.name;
        let asked = self.plugin.asks.iter().find(|(asked, value)| *asked == limit && *value > was);
        match asked {
            Some((_, value)) => {
                format!("its author says that it needs more; if you trust it: {}", limit.flag(name, *value))
            }
            None if was >= limit.highest() => {
                format!("no plugin gets more than that: run without `{name}`, or tell its author")
            }
            None => {
                let more = was.saturating_mul(2).clamp(limit.lowest(), limit.highest());
                format!("run without `{name}`, or let it use more if you trust it: {}", limit.flag(name, more))
            }
        }
    }
}

/// What user and author can do about a plugin made for that version.
fn other_version(theirs: &str) -> String {
    let is_later = Version::parse(theirs).ok() > Version::parse(API_VERSION).ok();
    if is_later {
        format!(
            "update ralf-tune to a release that speaks {theirs}, or get a build of the plugin for {API_VERSION}; its author rebuilds it with the SDK of this release"
        )
    } else {
        format!("get a build of the plugin for {API_VERSION}; its author rebuilds it with the SDK of this release")
    }
}
