//! What the lock file says: which plugins are installed, where they came from, and what their files must contain.

use serde::{Deserialize, Serialize};

use super::error::StoreError;
use crate::model::{
    digest::Digest,
    nearest::nearest,
    plugin::{PluginKind, is_plugin_name},
};

/// The form of the file. Another number is another form, which must not be overwritten.
const FORM: u32 = 1;

const HEADER: &str = "# Written by ralf-tune: the plugins that are installed, and what their files must contain.
# `ralf-tune plugin add`, `update` and `remove` change it.
";

/// One installed plugin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Locked {
    pub name: String,
    pub kind: PluginKind,
    pub version: String,
    /// A path, an address, or `oci://…`.
    pub source: String,
    pub sha256: Digest,
    /// In bytes.
    pub size: u64,
    /// Version of the plugin interface that it was made for.
    pub api: String,
    /// Date and time, RFC 3339.
    pub added: String,
}

/// All of them, in alphabetical order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct LockFile {
    version: u32,
    #[serde(default, rename = "plugin")]
    pub plugins: Vec<Locked>,
}

impl Default for LockFile {
    fn default() -> Self {
        Self { version: FORM, plugins: Vec::new() }
    }
}

impl LockFile {
    /// Reads the text of the file.
    ///
    /// # Errors
    /// What is wrong with it, and in which line.
    pub fn parse(text: &str) -> Result<Self, String> {
        let file: Self = toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start.min(text.len()));
            let line = text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1;
            format!("line {line}: {}", error.message())
        })?;
        if file.version != FORM {
            return Err(format!("a later ralf-tune wrote it (form {}, and this one knows {FORM})", file.version));
        }
        for (index, plugin) in file.plugins.iter().enumerate() {
            if !is_plugin_name(&plugin.name) {
                return Err(format!("{:?} is not the name of a plugin", plugin.name));
            }
            if file.plugins.iter().take(index).any(|earlier| earlier.name == plugin.name) {
                return Err(format!("`{}` stands in it twice", plugin.name));
            }
        }
        Ok(file)
    }

    /// The text of the file.
    ///
    /// # Errors
    /// When something in it cannot be written as TOML.
    pub fn render(&self) -> Result<String, toml::ser::Error> {
        Ok(format!("{HEADER}{}", toml::to_string(self)?))
    }

    /// The plugin of that name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Locked> {
        self.plugins.iter().find(|plugin| plugin.name == name)
    }

    /// The same, for somebody who named it.
    ///
    /// # Errors
    /// With the nearest name when there is none.
    pub fn known(&self, name: &str) -> Result<Locked, StoreError> {
        let names = || self.plugins.iter().map(|plugin| plugin.name.as_str());
        self.find(name).cloned().ok_or_else(|| StoreError::Unknown {
            name: name.to_owned(),
            nearest: nearest(name, names()),
            known: names().map(str::to_owned).collect(),
        })
    }

    /// Puts a plugin in, in the place of one of the same name.
    pub fn put(&mut self, plugin: Locked) {
        self.plugins.retain(|known| known.name != plugin.name);
        self.plugins.push(plugin);
        self.plugins.sort_by(|a, b| a.name.cmp(&b.name));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locked(name: &str) -> Locked {
        Locked {
            name: name.into(),
            kind: PluginKind::Scorer,
            version: "1.2.3".into(),
            source: "https://example.org/\"odd\"\n.wasm".into(),
            sha256: Digest::of(name.as_bytes()),
            size: 40_000,
            api: "0.1.0".into(),
            added: "2026-01-01T00:00:00Z".into(),
        }
    }

    #[test]
    fn what_was_written_is_read_back() {
        let mut file = LockFile::default();
        file.put(locked("b"));
        file.put(locked("a"));
        file.put(Locked { size: 1, ..locked("b") });
        let text = file.render().unwrap();
        assert_eq!(LockFile::parse(&text), Ok(file.clone()));
        assert_eq!(
            file.plugins.iter().map(|plugin| (plugin.name.as_str(), plugin.size)).collect::<Vec<_>>(),
            [("a", 40_000), ("b", 1)]
        );
        assert_eq!(LockFile::parse(&LockFile::default().render().unwrap()), Ok(LockFile::default()));
    }

    #[test]
    fn a_cut_or_forged_file_is_refused() {
        let mut file = LockFile::default();
        file.put(locked("a"));
        let text = file.render().unwrap();
        // Whole is whole: a file that ends early is never taken for one with fewer plugins, but at the ends of its parts.
        let begin = text.find("[[plugin]]").unwrap();
        for end in begin + 1..text.trim_end().len() {
            assert!(LockFile::parse(&text[..end]).is_err(), "{}", &text[..end]);
        }
        for (from, to) in [
            ("name = \"a\"", "name = \"../a\""),
            ("version = 1", "version = 2"),
            ("scorer", "robber"),
            (file.plugins[0].sha256.hex(), "../../../etc/passwd"),
            ("size = 40000", "size = -1"),
        ] {
            assert!(text.contains(from), "{from}");
            assert!(LockFile::parse(&text.replacen(from, to, 1)).is_err(), "{to}");
        }
        let twice = format!("{text}\n{}", &text[begin..]);
        assert_eq!(LockFile::parse(&twice), Err("`a` stands in it twice".into()));
        assert!(LockFile::parse("").is_err());
    }
}
