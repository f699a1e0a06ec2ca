use serde::Deserialize;

use super::{
    AuthorError,
    embedded::{Embedded, TEMPLATES},
};
use crate::model::plugin::PluginKind;

/// Files of every project of a language, whatever its kind.
const COMMON: &str = "common";

/// Says which commands a language's projects have.
const ABOUT: &str = ".author";

/// A language that has templates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Language {
    pub name: &'static str,
    pub kinds: Vec<PluginKind>,
    pub(super) about: About,
}

/// What `.author` says. Placeholders may stand in every value.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct About {
    /// Runs the unit tests, without WebAssembly.
    pub test: String,
    /// Gets the tools for `build`, once.
    pub prepare: Option<String>,
    /// Makes the component.
    pub build: String,
    /// Where `build` puts it.
    #[serde(default = "beside")]
    pub component: String,
    /// Programs that must be there.
    #[serde(default)]
    pub needs: Vec<String>,
    /// Names that no plugin can have in this language.
    #[serde(default)]
    pub taken: Vec<String>,
    /// The file that the author changes.
    pub edit: Option<String>,
    /// Folder of the project for a copy of the Rust SDK, which stands in templates as `__sdk__`.
    pub sdk: Option<String>,
}

fn beside() -> String {
    "__snake__.wasm".into()
}

impl Language {
    /// Programs that must be there.
    #[must_use]
    pub fn needs(&self) -> &[String] {
        &self.about.needs
    }

    /// The files of a project of that kind: path in the project, and contents.
    pub(super) fn files(&self, kind: PluginKind) -> impl Iterator<Item = Embedded> {
        let folders = [COMMON, kind.name()].map(|folder| format!("{}/{folder}/", self.name));
        TEMPLATES.iter().filter_map(move |(path, contents)| {
            let below = folders.iter().find_map(|folder| path.strip_prefix(folder.as_str()))?;
            Some((below, *contents))
        })
    }
}

/// Every language, in alphabetical order.
///
/// # Errors
/// When a template is not as it should be: a bug.
pub fn languages() -> Result<Vec<Language>, AuthorError> {
    let abouts = TEMPLATES.iter().filter_map(|(path, contents)| {
        let name = path.strip_suffix(ABOUT)?.strip_suffix('/')?;
        Some((name, *contents))
    });
    abouts
        .map(|(name, contents)| {
            let broken = |why: String| AuthorError::Broken { language: name.to_owned(), why };
            let text = str::from_utf8(contents).map_err(|error| broken(error.to_string()))?;
            let about = toml::from_str(text).map_err(|error| broken(error.to_string()))?;
            let has = |kind: &PluginKind| {
                let folder = format!("{name}/{}/", kind.name());
                TEMPLATES.iter().any(|(path, _)| path.starts_with(&folder))
            };
            Ok(Language { name, kinds: PluginKind::ALL.into_iter().filter(has).collect(), about })
        })
        .collect()
}

/// The language of that name.
///
/// # Errors
/// When there is none.
pub fn language(name: &str) -> Result<Language, AuthorError> {
    let mut all = languages()?;
    match all.iter().position(|language| language.name == name) {
        Some(index) => Ok(all.swap_remove(index)),
        None => Err(AuthorError::UnknownLanguage {
            language: name.to_owned(),
            known: all.iter().map(|language| language.name).collect(),
        }),
    }
}

/// The kind of that name; `beside` is what was typed next to it.
///
/// # Errors
/// When there is none.
pub fn kind(name: &str, beside: &str) -> Result<PluginKind, AuthorError> {
    let named = |name: &str| PluginKind::ALL.into_iter().find(|kind| kind.name() == name);
    named(name).ok_or_else(|| AuthorError::UnknownKind {
        kind: name.to_owned(),
        known: PluginKind::ALL.map(PluginKind::name).into(),
        swapped: named(beside).is_some(),
    })
}
