//! The plugins that can take part: bundled ones, and files that the user names.

use std::{path::Path, sync::Arc};

use super::{
    bundled::BUNDLED,
    component::{self, CheckedComponent},
    engine::PluginEngine,
    error::{PluginError, PluginErrorKind, PluginId},
    limits::{LimitChanges, Limits},
    scorer::Scorer,
    selector::Selector,
    strategy::Strategy,
};
use crate::{
    files,
    model::{
        nearest::nearest,
        plugin::{LARGEST_COMPONENT_BYTES, Manifest, PluginKind},
    },
};

/// Where plugins come from that are no files. A file of such a name is shown with its folder.
const BUNDLED_ORIGIN: &str = "bundled";
const INSTALLED: &str = "installed";

/// One loaded plugin of any kind.
#[derive(Clone)]
pub enum Plugin {
    Strategy(Arc<Strategy>),
    Scorer(Arc<Scorer>),
    Selector(Arc<Selector>),
}

impl Plugin {
    /// What it says of itself.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        match self {
            Self::Strategy(plugin) => &plugin.manifest,
            Self::Scorer(plugin) => &plugin.manifest,
            Self::Selector(plugin) => &plugin.manifest,
        }
    }

    /// The component that it was made from.
    #[must_use]
    pub fn component(&self) -> &CheckedComponent {
        match self {
            Self::Strategy(plugin) => &plugin.checked,
            Self::Scorer(plugin) => &plugin.checked,
            Self::Selector(plugin) => &plugin.checked,
        }
    }

    /// Its limits.
    #[must_use]
    pub fn limits(&self) -> Limits {
        match self {
            Self::Strategy(plugin) => plugin.limits,
            Self::Scorer(plugin) => plugin.limits,
            Self::Selector(plugin) => plugin.limits,
        }
    }

    fn set_limits(&mut self, limits: Limits) {
        // One that is in use keeps its limits: there is none, for it was just made.
        match self {
            Self::Strategy(plugin) => drop(Arc::get_mut(plugin).map(|plugin| plugin.limits = limits)),
            Self::Scorer(plugin) => drop(Arc::get_mut(plugin).map(|plugin| plugin.limits = limits)),
            Self::Selector(plugin) => drop(Arc::get_mut(plugin).map(|plugin| plugin.limits = limits)),
        }
    }

    /// Whether it was installed, and not named as a file.
    #[must_use]
    pub fn is_installed(&self) -> bool {
        self.component().id.origin == INSTALLED
    }

    /// The name of its file without the ending, by which limits know it too.
    #[must_use]
    pub fn file_stem(&self) -> Option<String> {
        let stem = Path::new(&self.component().id.origin).file_stem().filter(|_| self.is_file())?;
        Some(stem.to_string_lossy().into_owned())
    }

    /// Whether it was named as a file.
    #[must_use]
    pub fn is_file(&self) -> bool {
        !self.is_bundled() && !self.is_installed()
    }

    /// Whether it is part of the program.
    #[must_use]
    pub fn is_bundled(&self) -> bool {
        self.component().id.origin == BUNDLED_ORIGIN
    }
}

/// A component's bytes, before anybody looked at them.
pub struct ComponentFile {
    pub bytes: Vec<u8>,
    /// For messages until the manifest is read.
    pub name: String,
    /// `"bundled"`, or the path.
    pub origin: String,
}

impl ComponentFile {
    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read, or is larger than any plugin.
    pub fn read(path: &Path) -> Result<Self, PluginError> {
        let origin = path.display().to_string();
        let bytes = files::bytes(path, LARGEST_COMPONENT_BYTES).map_err(|error| lost(&origin, &error.to_string()))?;
        let name = path.file_stem().map_or_else(|| origin.clone(), |stem| stem.to_string_lossy().into_owned());
        Ok(Self { bytes, name, origin })
    }

    /// The bundled plugin of that name.
    #[must_use]
    pub fn bundled(name: &str) -> Option<Self> {
        let (_, bytes) = BUNDLED.iter().find(|(crate_name, _)| short_name(crate_name) == name)?;
        Some(Self { bytes: bytes.to_vec(), name: name.to_owned(), origin: BUNDLED_ORIGIN.to_owned() })
    }
}

/// The names of the bundled plugins; their crates are called `KIND-NAME`.
pub fn bundled_names() -> impl Iterator<Item = &'static str> {
    BUNDLED.iter().map(|(name, _)| short_name(name))
}

fn short_name(crate_name: &str) -> &str {
    crate_name.split_once('-').map_or(crate_name, |(_, name)| name)
}

/// No plugin of that kind has that name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no {} `{name}`", .kind.name())]
pub struct UnknownPlugin {
    pub kind: PluginKind,
    pub name: String,
    pub nearest: Option<String>,
    pub known: Vec<String>,
    /// The kind of the plugin that has this name, when it is only the wrong kind.
    pub is_a: Option<PluginKind>,
}

impl UnknownPlugin {
    /// What to type instead.
    #[must_use]
    pub fn hint(&self) -> String {
        match (self.is_a, &self.nearest) {
            (Some(kind), _) => format!("`{}` is a {kind}: name it with --{kind}", self.name, kind = kind.name()),
            (None, Some(nearest)) => format!("did you mean `{nearest}`?"),
            (None, None) => format!("known are {}; load others with --plugin FILE", self.known.join(", ")),
        }
    }
}

/// All plugins that are loaded; of two with the same kind and name, the later one counts.
#[derive(Clone)]
pub struct Registry {
    engine: Arc<PluginEngine>,
    limits: LimitChanges,
    plugins: Vec<Plugin>,
}

impl Registry {
    /// The bundled plugins, loaded like anybody else's.
    ///
    /// # Errors
    /// When a bundled component does not load, which is a bug.
    pub fn bundled(engine: &Arc<PluginEngine>) -> Result<Self, PluginError> {
        Self::with_limits(engine, LimitChanges::default())
    }

    /// The same, and what was set about limits, for these and all that are added.
    ///
    /// # Errors
    /// When a bundled component does not load under its limits.
    pub fn with_limits(engine: &Arc<PluginEngine>, limits: LimitChanges) -> Result<Self, PluginError> {
        let changes = &limits;
        // The first start compiles; with a thread a component it takes as long as the slowest.
        let plugins = std::thread::scope(|scope| {
            let loading: Vec<_> = BUNDLED
                .iter()
                .map(|(name, bytes)| {
                    scope.spawn(move || load_limited(engine, bytes, short_name(name), BUNDLED_ORIGIN, changes))
                })
                .collect();
            loading
                .into_iter()
                .map(|thread| thread.join().unwrap_or_else(|_| Err(lost(BUNDLED_ORIGIN, "the loader panicked"))))
                .collect::<Result<Vec<_>, _>>()
        })?;
        Ok(Self { engine: Arc::clone(engine), limits, plugins })
    }

    /// Loads a file and adds it.
    ///
    /// # Errors
    /// When the file cannot be read or is no plugin.
    pub fn add_file(&mut self, path: &Path) -> Result<Plugin, PluginError> {
        let ComponentFile { bytes, name, origin } = ComponentFile::read(path)?;
        let origin =
            if [BUNDLED_ORIGIN, INSTALLED].contains(&origin.as_str()) { format!("./{origin}") } else { origin };
        let plugin = load_limited(&self.engine, &bytes, &name, &origin, &self.limits)?;
        self.add(plugin.clone());
        Ok(plugin)
    }

    /// Loads an installed component and adds it.
    ///
    /// # Errors
    /// When it is no plugin, or no longer the one that has that name.
    pub fn add_installed(&mut self, name: &str, kind: PluginKind, bytes: &[u8]) -> Result<Plugin, PluginError> {
        let plugin = load_limited(&self.engine, bytes, name, INSTALLED, &self.limits)?;
        let (found, own) = (plugin.component().kind, plugin.manifest().name.clone());
        if found != kind || own != name {
            let why = format!("it was installed as {} `{name}`", kind.name());
            let id = Box::new(plugin.component().id.clone());
            return Err(PluginError { plugin: id, function: None, kind: PluginErrorKind::BadManifest(vec![why]) });
        }
        self.add(plugin.clone());
        Ok(plugin)
    }

    /// Adds a plugin that was loaded otherwise: with limits of its own, for example.
    pub fn add(&mut self, plugin: Plugin) {
        let (kind, name) = (plugin.component().kind, plugin.manifest().name.clone());
        self.plugins.retain(|known| known.component().kind != kind || known.manifest().name != name);
        self.plugins.push(plugin);
    }

    /// Whether a plugin takes part when nobody names it: the bundled ones do, files that were named as such, and what is installed under the
    /// name of a bundled one, in whose place it stands.
    #[must_use]
    pub fn joins_unasked(&self, plugin: &Plugin) -> bool {
        !plugin.is_installed() || is_bundled_name(plugin.component().kind, &plugin.manifest().name)
    }

    /// Every plugin, in the order of loading.
    #[must_use]
    pub fn all(&self) -> &[Plugin] {
        &self.plugins
    }

    /// The strategy of that name.
    ///
    /// # Errors
    /// When there is none.
    pub fn strategy(&self, name: &str) -> Result<Arc<Strategy>, UnknownPlugin> {
        let found = self.plugins.iter().find_map(|plugin| match plugin {
            Plugin::Strategy(plugin) if plugin.manifest.name == name => Some(Arc::clone(plugin)),
            _ => None,
        });
        found.ok_or_else(|| self.unknown(PluginKind::Strategy, name))
    }

    /// The scorer of that name.
    ///
    /// # Errors
    /// When there is none.
    pub fn scorer(&self, name: &str) -> Result<Arc<Scorer>, UnknownPlugin> {
        let found = self.plugins.iter().find_map(|plugin| match plugin {
            Plugin::Scorer(plugin) if plugin.manifest.name == name => Some(Arc::clone(plugin)),
            _ => None,
        });
        found.ok_or_else(|| self.unknown(PluginKind::Scorer, name))
    }

    /// The selector of that name.
    ///
    /// # Errors
    /// When there is none.
    pub fn selector(&self, name: &str) -> Result<Arc<Selector>, UnknownPlugin> {
        let found = self.plugins.iter().find_map(|plugin| match plugin {
            Plugin::Selector(plugin) if plugin.manifest.name == name => Some(Arc::clone(plugin)),
            _ => None,
        });
        found.ok_or_else(|| self.unknown(PluginKind::Selector, name))
    }

    fn unknown(&self, kind: PluginKind, name: &str) -> UnknownPlugin {
        let known: Vec<String> = self
            .plugins
            .iter()
            .filter(|plugin| plugin.component().kind == kind)
            .map(|plugin| plugin.manifest().name.clone())
            .collect();
        UnknownPlugin {
            kind,
            name: name.to_owned(),
            nearest: nearest(name, known.iter().map(String::as_str)),
            known,
            is_a: self.plugins.iter().find(|other| other.manifest().name == name).map(|other| other.component().kind),
        }
    }
}

/// Checks a component, links it and reads its manifest. `name` is for messages until the manifest is read.
///
/// # Errors
/// When it is no plugin, or its `describe` fails.
pub fn load(
    engine: &Arc<PluginEngine>,
    bytes: &[u8],
    name: &str,
    origin: &str,
    limits: Limits,
) -> Result<Plugin, PluginError> {
    let checked = component::check(engine, bytes, name, origin)?;
    Ok(match checked.kind {
        PluginKind::Strategy => Plugin::Strategy(Arc::new(Strategy::new(checked, limits)?)),
        PluginKind::Scorer => Plugin::Scorer(Arc::new(Scorer::new(checked, limits)?)),
        PluginKind::Selector => Plugin::Selector(Arc::new(Selector::new(checked, limits)?)),
    })
}

/// The names of the bundled plugins of a kind; none of them is loaded for it.
pub fn bundled_of(kind: PluginKind) -> impl Iterator<Item = &'static str> {
    let split = BUNDLED.iter().filter_map(|(bundled, _)| bundled.split_once('-'));
    split.filter(move |(of, _)| *of == kind.name()).map(|(_, name)| name)
}

/// Whether a bundled plugin has that kind and name.
#[must_use]
pub fn is_bundled_name(kind: PluginKind, name: &str) -> bool {
    bundled_of(kind).any(|bundled| bundled == name)
}

/// Loads a component under what was set for its name: the given one, and after `describe` the manifest's.
///
/// # Errors
/// As [`load`].
pub fn load_limited(
    engine: &Arc<PluginEngine>,
    bytes: &[u8],
    name: &str,
    origin: &str,
    changes: &LimitChanges,
) -> Result<Plugin, PluginError> {
    let limits = changes.applied(changes.usual, name);
    let mut plugin = load(engine, bytes, name, origin, limits)?;
    let limits = changes.applied(limits, &plugin.manifest().name);
    plugin.set_limits(limits);
    Ok(plugin)
}

fn lost(origin: &str, why: &str) -> PluginError {
    let id = PluginId::unread(origin, origin);
    PluginError { plugin: Box::new(id), function: None, kind: PluginErrorKind::Unreadable(why.to_owned()) }
}
