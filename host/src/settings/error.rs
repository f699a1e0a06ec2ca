//! What can be wrong with settings.

use std::{io::ErrorKind, path::PathBuf};

use super::key::{self, Key};
use crate::model::limit::Limit;

/// Something in the settings that cannot be used. Each names where it was said.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("cannot read the settings file {}", path.display())]
    Read {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("{} is not valid TOML: line {line}: {message}", path.display())]
    Syntax { path: PathBuf, line: usize, message: String },
    #[error("unknown key `{key}` in {}", path.display())]
    UnknownKey { path: PathBuf, key: String, nearest: Option<String>, known: Vec<&'static str> },
    #[error("`{key}` in {} must be {expected}, not {found}", path.display())]
    WrongType { path: PathBuf, key: String, expected: &'static str, found: String },
    /// A value of the right type that means nothing. `place` is a flag, a variable, or a key with its file.
    #[error("{place} cannot be `{value}`: {reason}")]
    BadValue { place: String, value: String, reason: String },
    #[error("`limits.{plugin}.{}` in {} is not obeyed: a project may lower the limits of plugins and not raise them; here is {}", limit.name(), path.display(), limit.show(*most))]
    ForeignGrant { path: PathBuf, plugin: String, limit: Limit, most: u64, wanted: u64 },
    #[error("`{}` in {} is not obeyed: a project must not give the consent of its user", key.file, path.display())]
    ForeignConsent { path: PathBuf, key: &'static Key },
    #[error("`output` in {} is not obeyed: a project may write a report into its own folder only, and not to {}", path.display(), output.display())]
    ForeignOutput { path: PathBuf, output: PathBuf },
    #[error("there is no intensity `{name}` ({origin})")]
    UnknownIntensity { name: String, origin: String, nearest: Option<String>, known: Vec<String> },
    #[error("intensity `{name}` has no {missing}")]
    IncompleteIntensity { name: String, missing: &'static str },
}

impl SettingsError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Read { source, .. } => Some(match source.kind() {
                ErrorKind::InvalidData => "save it as UTF-8, or move it away".to_owned(),
                ErrorKind::InvalidInput => "a file is needed there, or nothing".to_owned(),
                ErrorKind::FileTooLarge => "move it away: it is no settings file".to_owned(),
                _ => "check the file's permissions, or move it away".to_owned(),
            }),
            Self::UnknownKey { nearest: Some(name), .. } | Self::UnknownIntensity { nearest: Some(name), .. } => {
                Some(format!("did you mean `{name}`?"))
            }
            Self::UnknownKey { known, .. } => Some(format!("known are {}", known.join(", "))),
            Self::WrongType { key, .. } if key == "intensity" => {
                Some("to choose an intensity in a file, write default_intensity = \"quick\"".to_owned())
            }
            Self::ForeignGrant { plugin, limit, wanted, .. } => Some(format!(
                "if you trust that plugin, grant it yourself: {}; or take the line out",
                limit.flag(plugin, *wanted)
            )),
            Self::ForeignConsent { key, .. } if **key == key::ALLOW => Some(
                "pass --allow judge, set RALF_TUNE_ALLOW=judge, or write it into your own settings file".to_owned(),
            ),
            Self::ForeignConsent { key, .. } if **key == key::HUB => {
                Some("pass --hub, set RALF_TUNE_HUB, or write it into your own settings file".to_owned())
            }
            Self::ForeignOutput { output, .. } => Some(format!(
                "if you want that, say so yourself: --output '{}'; or take the line out",
                output.display()
            )),
            Self::ForeignConsent { key, .. } if **key == key::STORE => {
                Some("pass --store, or set RALF_TUNE_STORE, if you trust that place".to_owned())
            }
            Self::ForeignConsent { .. } => Some("pass --yes, or set RALF_TUNE_YES=true".to_owned()),
            Self::UnknownIntensity { name, known, .. } => Some(format!(
                "known are {}; a settings file can add it as [intensity.{}]",
                known.join(", "),
                if name.is_empty() { "NAME" } else { name }
            )),
            Self::IncompleteIntensity { name, missing: "budget" } => {
                Some(format!("write budget = \"8m\" under [intensity.{name}]"))
            }
            Self::IncompleteIntensity { name, .. } => {
                Some(format!("write strategies = [\"context\", \"latency\"] under [intensity.{name}]"))
            }
            Self::Syntax { .. } => Some("mend that line, or move the file away".to_owned()),
            Self::WrongType { .. } | Self::BadValue { .. } => {
                Some("`ralf-tune run --help` says what every setting can be".to_owned())
            }
        }
    }
}
