//! Where a plugin comes from.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use url::Url;

use super::reference::{Reference, ReferenceError};

/// A file, an address on the web, or an artifact in a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    File(PathBuf),
    Url(Url),
    Oci(Reference),
}

/// A text that names no source.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    #[error("`{0}` is not an address: {1}")]
    BadUrl(String, url::ParseError),
    #[error("`{0}` has a user or a password in it, which would be kept in the lock file")]
    Secret(String),
    #[error("plugins do not come by `{0}:`")]
    Scheme(String),
    #[error(transparent)]
    Reference(#[from] ReferenceError),
}

impl Source {
    /// Reads `https://…`, `oci://…`, or a path.
    ///
    /// # Errors
    /// When it looks like an address and is none.
    pub fn parse(text: &str) -> Result<Self, SourceError> {
        if let Some(reference) = text.strip_prefix("oci://") {
            return Ok(Self::Oci(Reference::parse(reference)?));
        }
        let Some((scheme, _)) = text.split_once("://").filter(|(scheme, _)| is_scheme(scheme)) else {
            return Ok(Self::File(PathBuf::from(text)));
        };
        let url = Url::parse(text).map_err(|error| SourceError::BadUrl(text.to_owned(), error))?;
        match url.scheme() {
            "https" | "http" if !url.username().is_empty() || url.password().is_some() => {
                Err(SourceError::Secret(format!("{scheme}://{}", url.host_str().unwrap_or_default())))
            }
            "https" | "http" => Ok(Self::Url(url)),
            other => Err(SourceError::Scheme(other.to_owned())),
        }
    }

    /// The name that messages use until the manifest is read: the file's without its ending.
    #[must_use]
    pub fn stem(&self) -> String {
        let path = match self {
            Self::File(path) => path.clone(),
            Self::Url(url) => PathBuf::from(url.path()),
            Self::Oci(reference) => return reference.name().to_owned(),
        };
        Path::new(&path).file_stem().map_or_else(|| self.to_string(), |stem| stem.to_string_lossy().into_owned())
    }

    /// The same, so that it means the same from every folder.
    #[must_use]
    pub fn absolute(self) -> Self {
        match self {
            Self::File(path) => Self::File(std::fs::canonicalize(&path).unwrap_or(path)),
            other => other,
        }
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Url(url) => write!(f, "{url}"),
            Self::Oci(reference) => write!(f, "oci://{reference}"),
        }
    }
}

impl SourceError {
    /// What to type instead.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Reference(error) => error.hint(),
            Self::Secret(_) => "download the file by other means, and add it by its path".into(),
            Self::BadUrl(..) | Self::Scheme(_) => {
                "name a file, an address such as https://example.org/my_scorer.wasm, or oci://registry/repository:tag"
                    .into()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_kinds_are_told_apart() {
        assert_eq!(Source::parse("a/b.wasm"), Ok(Source::File("a/b.wasm".into())));
        // A path of Windows is no address.
        assert_eq!(Source::parse("C:\\b.wasm"), Ok(Source::File("C:\\b.wasm".into())));
        assert!(matches!(Source::parse("https://h/x/my_scorer.wasm?v=1"), Ok(source) if source.stem() == "my_scorer"));
        assert!(matches!(Source::parse("oci://ghcr.io/a/my-scorer:1"), Ok(source) if source.stem() == "my-scorer"));
        for text in ["ftp://h/x", "file:///etc/passwd", "https://", "https://me:secret@h/x", "oci://", "oci://x"] {
            let error = Source::parse(text).unwrap_err();
            assert!(!error.to_string().contains("secret@") && error.hint().len() > 20, "{text}: {error}");
        }
        for text in ["https://h/x/y.wasm?v=1", "oci://ghcr.io/a/b:1"] {
            assert_eq!(Source::parse(text).unwrap().to_string(), text);
        }
    }
}
