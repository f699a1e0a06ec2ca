//! The difference between what a configuration says and what was tuned.

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    path::{Path, PathBuf},
};

use serde_json::Value;

use super::{
    error::ConfigError,
    keys, members,
    present::{parse, present, trimmed},
};
use crate::{
    emit::{
        change::{FileChange, Paint},
        replace::{self, Saved},
    },
    model::selection::TunedConfig,
};

/// One key before and after; None where it is absent.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyChange {
    pub key: String,
    pub old: Option<Value>,
    pub new: Option<Value>,
}

/// What would be written to a configuration, and what it replaces.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfigChange {
    path: PathBuf,
    seen: Option<String>,
    text: String,
    changes: Vec<KeyChange>,
}

impl ConfigChange {
    /// Reads the file and plans the change: [`ConfigChange::plan`] with what is there now.
    ///
    /// # Errors
    ///
    /// As [`ConfigChange::plan`], or a file that cannot be read.
    pub fn prepare(path: &Path, tuned: &TunedConfig) -> Result<Self, ConfigError> {
        let existing = replace::read(path)?;
        Self::plan(path, existing.as_deref(), tuned)
    }

    /// The change of that text (None: no file yet) to the tuned settings. Pure.
    ///
    /// # Errors
    ///
    /// A text that is not a JSON object or holds nonsense under a key of ours, or a result that no file can hold.
    pub fn plan(path: &Path, existing: Option<&str>, tuned: &TunedConfig) -> Result<Self, ConfigError> {
        let mut text = existing.unwrap_or("{}\n").to_owned();
        let members = parse(path, &text)?;
        let before = present(path, &members)?;
        let mut changes = Vec::new();
        for (key, new) in keys::wanted(tuned, &before.candidate, |key| members.contains_key(key))? {
            let old = members.get(key);
            if same(old, new.as_ref()) {
                continue;
            }
            let edited = match &new {
                Some(value) => members::set(&text, key, &value.to_string()),
                None => members::remove(&text, key),
            };
            // The parser saw an object, so the scanner does: otherwise nothing may be written.
            text = edited.ok_or_else(|| ConfigError::NotJson {
                path: path.to_owned(),
                reason: format!("the place of `{key}` was not found"),
            })?;
            changes.push(KeyChange { key: key.to_owned(), old: old.cloned(), new });
        }
        Ok(Self { path: path.to_owned(), seen: existing.map(str::to_owned), text, changes })
    }

    /// The change back to what a file was before it was last written: the text of its backup, byte for byte.
    ///
    /// # Errors
    ///
    /// Without a backup, or when one of the two cannot be read.
    pub fn undo(path: &Path) -> Result<Self, ConfigError> {
        let backup = replace::backup_of(path)?;
        let text = replace::read(&backup)?.ok_or_else(|| ConfigError::NoBackup { path: path.to_owned(), backup })?;
        let seen = replace::read(path)?;
        // A file that is damaged since is no reason not to have the good one back.
        let now = seen.as_deref().and_then(|seen| parse(path, seen).ok()).unwrap_or_default();
        let then = parse(path, &text).unwrap_or_default();
        let keys: BTreeSet<&String> = now.keys().chain(then.keys()).collect();
        let change =
            |key: &String| KeyChange { key: key.clone(), old: now.get(key).cloned(), new: then.get(key).cloned() };
        let changes = keys.into_iter().map(change).filter(|change| change.old != change.new).collect();
        Ok(Self { path: path.to_owned(), seen, text, changes })
    }

    /// The whole text that would be written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The keys that change, in the order of the design document.
    #[must_use]
    pub fn changes(&self) -> &[KeyChange] {
        &self.changes
    }

    /// Whether the file does not exist yet.
    #[must_use]
    pub const fn is_new_file(&self) -> bool {
        self.seen.is_none()
    }
}

impl FileChange for ConfigChange {
    fn is_nothing(&self) -> bool {
        self.seen.as_deref() == Some(&self.text)
    }

    fn path(&self) -> &Path {
        &self.path
    }

    /// One line a changed key.
    fn render(&self, colour: bool) -> String {
        let Paint { red, green, bold, plain } = Paint::new(colour);
        let show = |value: &Option<Value>, absent: &str| value.as_ref().map_or(absent.to_owned(), Value::to_string);
        let rows: Vec<_> = self
            .changes
            .iter()
            .map(|change| (change, show(&change.old, "not set"), show(&change.new, "removed (automatic)")))
            .collect();
        let key_width = rows.iter().map(|(change, ..)| change.key.len()).max().unwrap_or(0);
        let old_width = rows.iter().map(|(_, old, _)| old.chars().count()).max().unwrap_or(0);
        let note = if self.is_new_file() { " (new file)" } else { "" };
        let mut text = format!("{bold}{}{plain}{note}\n", self.path.display());
        if rows.is_empty() {
            text.push_str("  nothing to change\n");
        }
        for (change, old, new) in rows {
            let sign = match (&change.old, &change.new) {
                (None, _) => '+',
                (_, None) => '-',
                _ => '~',
            };
            // Writing to a String cannot fail.
            let _ = writeln!(
                text,
                "{sign} {key:key_width$}  {red}{old:>old_width$}{plain} -> {green}{new}{plain}",
                key = change.key
            );
        }
        text
    }

    fn write(&self) -> Result<Saved, ConfigError> {
        Ok(replace::replace(&self.path, self.seen.as_deref(), &self.text)?)
    }
}

/// Whether the file says that already. A whole number written as a float (`8192.0`) is not the same: RALF Note
/// rejects it.
fn same(old: Option<&Value>, new: Option<&Value>) -> bool {
    match (old, new) {
        (Some(Value::String(old)), Some(Value::String(new))) => trimmed(old) == new,
        (Some(Value::Number(old)), Some(Value::Number(new))) if new.is_f64() => {
            old.as_f64().zip(new.as_f64()).is_some_and(|(old, new)| (old - new).abs() < 1e-9)
        }
        _ => old == new,
    }
}
