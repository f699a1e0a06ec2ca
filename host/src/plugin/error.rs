//! What can go wrong with a plugin, always with its name.

use crate::model::plugin::PluginKind;

/// Which plugin, for messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginId {
    pub kind: Option<PluginKind>,
    /// The manifest's name; the file's name until the manifest is read.
    pub name: String,
    pub version: Option<String>,
    /// `"bundled"`, or the file.
    pub origin: String,
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
    #[error("exports none of strategy, scorer, selector of ralf:tune")]
    NoKnownExport,
    #[error("exports more than one kind of plugin: {0}")]
    SeveralKinds(String),
    #[error("is made for ralf:tune {found}, and this program speaks {supported}")]
    Version { found: String, supported: &'static str },
    #[error("imports `{0}`, which no plugin may have")]
    ForeignImport(String),
    #[error("does not fit ralf:tune: {0}")]
    Mismatch(String),
    #[error("has a bad manifest: {0}")]
    BadManifest(String),
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
            PluginErrorKind::Version { .. } => {
                "get a plugin built for this version of the API; its author rebuilds it with the SDK of this release"
                    .into()
            }
            PluginErrorKind::ForeignImport(_) => {
                "plugins get values and give values: its author removes the use of files, network or other interfaces"
                    .into()
            }
            PluginErrorKind::Declined(_) => {
                "that is its own reason; a longer study (--full, --budget) may give it what it needs".into()
            }
            _ if bundled => "this is a bug of ralf-tune: run with RALF_TUNE_LOG=debug and report it".into(),
            PluginErrorKind::Mismatch(_) => "its author rebuilds it with the SDK of this release".into(),
            PluginErrorKind::BadManifest(_) => {
                "its author corrects what `describe` returns; wit/types.wit says what a manifest may hold".into()
            }
            _ => format!("run without `{}`, or tell its author; RALF_TUNE_LOG=debug shows its log", self.plugin.name),
        }
    }
}
