//! What can go wrong while a plugin is fetched or kept.

use std::{io, path::PathBuf};

use super::{private::Exposed, source::SourceError};
use crate::model::digest::Digest;

/// A component could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error("cannot read {}", path.display())]
    Read {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{} is not a file", .0.display())]
    NotAFile(PathBuf),
    #[error("{what} has more than the {} MiB that a plugin may have", most >> 20)]
    TooLarge { what: String, most: u64 },
    #[error("{url} is fetched without encryption, so anybody on the way could change it")]
    Unencrypted { url: String },
    #[error("{url} leads on to {to}, which is {why}")]
    Redirect { url: String, to: String, why: &'static str },
    #[error("cannot reach {url}: {why}")]
    Unreachable { url: String, why: String },
    #[error("{url} answers {status}")]
    Status { url: String, status: u16 },
    #[error("{url} broke off: {why}")]
    Broken { url: String, why: String },
    #[error("{what} has the SHA-256 {found}, not {expected}")]
    OtherDigest { what: String, found: Digest, expected: Digest },
    #[error("{what} is not a plugin's artifact: {why}")]
    NotAnArtifact { what: String, why: String },
    #[error("{what} is not there, or not for everybody")]
    NotPublic { what: String },
}

impl FetchError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Source(error) => error.hint(),
            Self::Read { .. } | Self::NotAFile(_) => {
                "name the file of a component, an address (https://…), or oci://registry/repository:tag".into()
            }
            Self::TooLarge { .. } => "is it the right file? a plugin of Python, the largest kind, has some 20 MiB".into(),
            Self::Unencrypted { .. } => {
                "use https://, or say what the file must contain: --sha256 HEX, as its author publishes it".into()
            }
            Self::Redirect { .. } => "name the address where the file really is".into(),
            Self::Unreachable { .. } | Self::Broken { .. } => {
                "try again later; or download the file by other means and add it by its path".into()
            }
            Self::Status { .. } => "check the address; a page that a browser shows may still not be the file itself".into(),
            Self::OtherDigest { .. } => {
                "do not use that file: it is not the one whose SHA-256 you have; ask its author which of the two is right"
                    .into()
            }
            Self::NotAnArtifact { .. } => {
                "an artifact of the kind application/vnd.wasm.config.v0+json with one layer application/wasm is needed, as \
                 `wkg oci push` makes it"
                    .into()
            }
            Self::NotPublic { .. } => {
                "check its name and tag; what needs a login is downloaded by other means and added by its path".into()
            }
        }
    }
}

/// The plugins that are installed cannot be read or changed. What is there stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("there is no directory for your data on this system")]
    NoPlace,
    #[error("cannot read {}", path.display())]
    Read {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("cannot write {}", path.display())]
    Write {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("the lock file {} is damaged: {why}", path.display())]
    Damaged { path: PathBuf, why: String },
    #[error("installed plugins are not used: {0}")]
    Exposed(Exposed),
    #[error("the file of the installed plugin `{name}` is gone: {}", path.display())]
    Missing { name: String, path: PathBuf },
    #[error("the file of the installed plugin `{name}` is not what was installed: {}", path.display())]
    Changed { name: String, path: PathBuf },
    #[error("a plugin `{name}` is installed already: {version}, from {source_text}")]
    Taken { name: String, version: String, source_text: String },
    #[error("`{name}` was changed by somebody else in the meantime")]
    Raced { name: String },
    #[error("no plugin `{name}` is installed")]
    Unknown { name: String, nearest: Option<String>, known: Vec<String> },
}

impl StoreError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::NoPlace => "name a folder with RALF_TUNE_DATA_DIR".into(),
            Self::Read { .. } => "check who may read there (ls -l), or name another folder with RALF_TUNE_DATA_DIR".into(),
            Self::Write { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                "free some space on that disk; what was installed before is as it was".into()
            }
            Self::Write { .. } => {
                "check who may write there (ls -ld), or name another folder with RALF_TUNE_DATA_DIR; what was installed before \
                 is as it was"
                    .into()
            }
            Self::Damaged { path, .. } => format!(
                "mend that line; or move the file away (mv '{0}' '{0}.damaged') and add the plugins again: each `source` is in it",
                path.display()
            ),
            Self::Exposed(exposed) => exposed.mend("RALF_TUNE_DATA_DIR"),
            Self::Missing { name, .. } | Self::Changed { name, .. } => format!(
                "`ralf-tune plugin update {name}` fetches it again, `ralf-tune plugin remove {name}` takes it away"
            ),
            Self::Taken { name, .. } => format!(
                "`ralf-tune plugin update {name}` fetches that one again; to have this one in its place, first: \
                 ralf-tune plugin remove {name}"
            ),
            Self::Raced { .. } => "try again; `ralf-tune plugin list` shows how it is now".into(),
            Self::Unknown { nearest: Some(nearest), .. } => format!("did you mean `{nearest}`?"),
            Self::Unknown { known, .. } if known.is_empty() => {
                "nothing is installed; `ralf-tune plugin add` does that, and bundled plugins cannot be changed".into()
            }
            Self::Unknown { known, .. } => format!("installed are {}", known.join(", ")),
        }
    }
}
