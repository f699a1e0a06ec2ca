//! What can go wrong with kept studies.

use std::{io, path::PathBuf};

use crate::model::kept::StudyId;

/// Names that a message lists at most.
const LISTED: usize = 5;

/// Why a study is not there.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("no study is kept yet")]
    Empty,
    #[error("there is no study `{meant}`")]
    Unknown { meant: String },
    #[error("`{meant}` is the beginning of {} studies", fitting.len())]
    Several { meant: String, fitting: Vec<StudyId> },
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
    #[error("{} is no whole study", path.display())]
    Broken {
        path: PathBuf,
        #[source]
        source: serde_json::Error,
    },
    #[error("{} was written by a newer release of ralf-tune (version {version} of the format)", path.display())]
    Newer { path: PathBuf, version: u64 },
    #[error("{} is no profile", path.display())]
    NotAProfile {
        path: PathBuf,
        #[source]
        source: serde_json::Error,
    },
    #[error("{} is no study: {what}", path.display())]
    NotAStudy { path: PathBuf, what: String },
    #[error("there is no profile `{name}`{}", model.as_ref().map(|model| format!(" of {model}")).unwrap_or_default())]
    NoProfile { name: String, model: Option<String> },
    #[error("{} models have a profile `{name}`", models.len())]
    SeveralProfiles { name: String, models: Vec<String> },
    #[error("no study was interrupted")]
    NoneUnfinished,
    #[error("there is no interrupted study `{meant}`")]
    UnknownUnfinished { meant: String },
    #[error("the study {id} still runs")]
    Running { id: StudyId },
    #[error("the beginning of {} is damaged: nothing of it can be used", path.display())]
    NoBeginning { path: PathBuf },
    #[error("another study runs on {server} ({holder}): each would measure the other")]
    Busy { server: String, holder: String },
    #[error("the study cannot be said in JSON")]
    Unsayable(#[source] serde_json::Error),
}

impl StoreError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Empty => "every `ralf-tune run` keeps one; RALF_TUNE_DATA_DIR names another folder".to_owned(),
            Self::Unknown { .. } => "`ralf-tune study list` shows those that are kept".to_owned(),
            Self::Several { fitting, .. } => {
                let names: Vec<&str> = fitting.iter().take(LISTED).map(StudyId::as_str).collect();
                let more = if fitting.len() > LISTED { " …" } else { "" };
                format!("type more of one of them: {}{more}", names.join(", "))
            }
            Self::Read { .. } => {
                "check who may read there (ls -ld); RALF_TUNE_DATA_DIR names another folder".to_owned()
            }
            Self::Write { .. } => {
                "free some space there, check who may write (ls -ld), or name another folder with RALF_TUNE_DATA_DIR"
                    .to_owned()
            }
            Self::Broken { path, .. } => format!("remove it: rm '{}'", path.display()),
            Self::NotAProfile { .. } => "`ralf-tune profile export NAME` writes one".to_owned(),
            Self::NotAStudy { .. } => "`ralf-tune study export` writes one".to_owned(),
            Self::NoProfile { .. } => {
                "every `ralf-tune run` makes fast, balanced and quality; `ralf-tune profile list` shows those that are kept"
                    .to_owned()
            }
            Self::SeveralProfiles { models, .. } => format!("name one of them with --model: {}", models.join(", ")),
            Self::Newer { .. } => "use that release".to_owned(),
            Self::NoneUnfinished => "begin a new one: ralf-tune run".to_owned(),
            Self::UnknownUnfinished { .. } => {
                "leave the name out to go on with the newest: ralf-tune run --resume".to_owned()
            }
            Self::NoBeginning { path } => format!("remove it, and begin anew: rm '{}'", path.display()),
            Self::Running { .. } | Self::Busy { .. } => "wait for it, or stop it there with Ctrl-C".to_owned(),
            Self::Unsayable(_) => "this is a bug of ralf-tune: please report it".to_owned(),
        }
    }
}
