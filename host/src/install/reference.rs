//! Names of artifacts in registries: `registry/repository[:tag|@sha256:…]`.

use std::fmt;

use crate::model::digest::Digest;

/// The longest name that registries take (OCI distribution specification, 3: 255 characters with the host).
const LONGEST: usize = 255;

/// Which version of an artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Version {
    Tag(String),
    Digest(Digest),
}

/// An artifact in a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// Host, and port when there is one.
    pub registry: String,
    pub repository: String,
    pub version: Version,
}

/// A text that is no such name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`oci://{text}` names no artifact: {why}")]
pub struct ReferenceError {
    text: String,
    why: &'static str,
}

impl ReferenceError {
    /// What to type instead.
    #[must_use]
    pub fn hint(&self) -> String {
        "write oci://registry/repository:tag, such as oci://ghcr.io/somebody/my-scorer:1.0".into()
    }
}

impl Reference {
    /// Reads it, without `oci://` before it. Without a tag it is `latest`.
    ///
    /// # Errors
    /// When a part is missing or has characters that registries do not take.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        let wrong = |why| ReferenceError { text: text.chars().take(LONGEST).collect(), why };
        if text.len() > LONGEST + 80 {
            return Err(wrong("it is too long"));
        }
        let (registry, rest) = text.split_once('/').ok_or_else(|| wrong("the repository is missing"))?;
        let host = registry.rsplit_once(':').map_or(registry, |(host, _)| host);
        let port = registry.rsplit_once(':').map(|(_, port)| port);
        let host_fits = !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || ".-".contains(c));
        if !host_fits || port.is_some_and(|port| port.parse::<u16>().is_err()) {
            return Err(wrong("the registry is no host"));
        }
        let (repository, version) = if let Some((repository, digest)) = rest.split_once('@') {
            // A tag beside a digest says nothing more.
            let repository = repository.split_once(':').map_or(repository, |(repository, _)| repository);
            let hex = digest.strip_prefix("sha256:").ok_or_else(|| wrong("only sha256 digests are known"))?;
            (repository, Version::Digest(hex.parse().map_err(|_| wrong("its SHA-256 does not have 64 digits"))?))
        } else if let Some((repository, tag)) = rest.split_once(':') {
            let fits = (1..=128).contains(&tag.len())
                && tag.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c))
                && !tag.starts_with(['.', '-']);
            if !fits {
                return Err(wrong("its tag is no tag"));
            }
            (repository, Version::Tag(tag.to_owned()))
        } else {
            (rest, Version::Tag("latest".to_owned()))
        };
        let part_fits = |part: &str| {
            part.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
                && part.ends_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
                && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c))
        };
        if !repository.split('/').all(part_fits) {
            return Err(wrong("the repository is made of lower case letters, digits and . _ - /"));
        }
        Ok(Self { registry: registry.to_owned(), repository: repository.to_owned(), version })
    }

    /// The last part of the repository.
    #[must_use]
    pub fn name(&self) -> &str {
        self.repository.rsplit('/').next().unwrap_or(&self.repository)
    }

    /// What stands behind `manifests/`.
    #[must_use]
    pub fn version_text(&self) -> String {
        match &self.version {
            Version::Tag(tag) => tag.clone(),
            Version::Digest(digest) => format!("sha256:{digest}"),
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if matches!(self.version, Version::Tag(_)) { ':' } else { '@' };
        write!(f, "{}/{}{sign}{}", self.registry, self.repository, self.version_text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_shown() {
        let digest = Digest::of(b"x");
        for (text, shown) in [
            ("ghcr.io/a/b:1.0", "ghcr.io/a/b:1.0".to_owned()),
            ("localhost:5000/b", "localhost:5000/b:latest".to_owned()),
            (&format!("h.io/a/b/c@sha256:{digest}"), format!("h.io/a/b/c@sha256:{digest}")),
            (&format!("h.io/a:1@sha256:{digest}"), format!("h.io/a@sha256:{digest}")),
        ] {
            assert_eq!(Reference::parse(text).unwrap().to_string(), shown, "{text}");
        }
        for text in [
            "",
            "a",
            "/a",
            "h/",
            "h/A",
            "h/../a",
            "h/a/..",
            "h//a",
            "h/a:",
            "h/a:.x",
            "h/a:b/c",
            "h:x/a",
            "h/a@md5:0",
            "h/a@sha256:00",
            "u@h/a",
            "h/a?x",
            "h/a#x",
            "h/a b",
        ] {
            assert!(Reference::parse(text).is_err(), "{text}");
        }
    }
}
