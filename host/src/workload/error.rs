//! What can be wrong with the user's files.

use std::{io, path::PathBuf};

use thiserror::Error;

#[derive(Debug, Error)]
pub enum WorkloadError {
    #[error("samples directory `{}` does not exist", path.display())]
    DirectoryMissing { path: PathBuf },
    #[error("samples directory `{}` cannot be read", path.display())]
    DirectoryUnreadable { path: PathBuf, source: io::Error },
    #[error("`{}` is not a directory", path.display())]
    NotADirectory { path: PathBuf },
    #[error("there is no file in `{}`", path.display())]
    NoFile { path: PathBuf },
    #[error("`{}` is no file, or too large to say what to skip", path.display())]
    OddIgnoreFile { path: PathBuf },
    /// There are files, but none that can be used; `left_out` says why.
    #[error("there is no source file in `{}`: {left_out}", path.display())]
    NoSource { path: PathBuf, left_out: String },
    #[error("prompt file `{}` cannot be read", path.display())]
    PromptUnreadable { path: PathBuf, source: io::Error },
    #[error("prompt file `{}` is not a text file", path.display())]
    PromptNotText { path: PathBuf },
    #[error("prompt file `{}` is larger than {limit_bytes} bytes", path.display())]
    PromptTooLarge { path: PathBuf, limit_bytes: u64 },
    #[error("prompt file `{}` has no `{{content}}`", path.display())]
    PromptWithoutContent { path: PathBuf },
}

impl WorkloadError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::DirectoryMissing { .. } | Self::DirectoryUnreadable { .. } => {
                "name the directory of your source files: `ralf-tune run --samples DIR`, or leave `--samples` out to \
                 measure with generated code"
                    .to_owned()
            }
            Self::NotADirectory { path } => match path.parent() {
                Some(parent) if !parent.as_os_str().is_empty() => {
                    format!("name its directory: `ralf-tune run --samples {}`", parent.display())
                }
                _ => "name its directory: `ralf-tune run --samples .`".to_owned(),
            },
            Self::OddIgnoreFile { .. } => "move it away, or name another directory with `--samples DIR`".to_owned(),
            Self::NoFile { .. } => "hidden files and those that .gitignore names are skipped; name another directory \
                                    with `--samples DIR`, or leave it out to measure with generated code"
                .to_owned(),
            Self::NoSource { .. } => "name a directory with source code with `--samples DIR`, or leave it out to \
                                      measure with generated code"
                .to_owned(),
            Self::PromptUnreadable { .. } | Self::PromptNotText { .. } | Self::PromptTooLarge { .. } => {
                "name a text file with your prompt: `ralf-tune run --prompt FILE`, or leave `--prompt` out".to_owned()
            }
            Self::PromptWithoutContent { .. } => {
                "write `{content}` where the source code goes; `{path}`, `{language}` and `{part}` may stand anywhere"
                    .to_owned()
            }
        })
    }
}
