//! Getting the bytes of a component from where they are.

use std::{path::Path, time::Duration};

use url::Url;

use super::{
    error::FetchError,
    http::{self, Ask},
    oci,
    source::Source,
};
use crate::{
    files::{self, ReadError},
    model::{digest::Digest, plugin::LARGEST_COMPONENT_BYTES},
};

/// For everything that one plugin needs, all requests together. At 128 MiB that is a slow line.
const WHOLE: Duration = Duration::from_mins(10);

/// Gets a component. With `expected`, it surely has that SHA-256.
///
/// # Errors
/// When it cannot be had, is too large, or is another one.
pub async fn fetch(source: &Source, expected: Option<&Digest>) -> Result<Vec<u8>, FetchError> {
    let Ok(bytes) = tokio::time::timeout(WHOLE, bytes(source, expected.is_some())).await else {
        let why = format!("it took more than {} minutes", WHOLE.as_secs() / 60);
        return Err(FetchError::Broken { url: source.to_string(), why });
    };
    let bytes = bytes?;
    match expected {
        Some(expected) if Digest::of(&bytes) != *expected => Err(FetchError::OtherDigest {
            what: source.to_string(),
            found: Digest::of(&bytes),
            expected: expected.clone(),
        }),
        _ => Ok(bytes),
    }
}

/// Gets what lies at an address, if it is at most so many bytes: encrypted, or from this machine.
///
/// # Errors
/// When it cannot be had, or is too large.
pub async fn bounded(url: &Url, accept: &str, most: u64) -> Result<Vec<u8>, FetchError> {
    let ask = Ask { url: url.clone(), accept, token: None, most, pinned: false };
    let Ok(answer) = tokio::time::timeout(WHOLE, http::get(ask)).await else {
        let why = format!("it took more than {} minutes", WHOLE.as_secs() / 60);
        return Err(FetchError::Broken { url: url.to_string(), why });
    };
    let answer = answer?;
    if answer.status == 200 {
        Ok(answer.body)
    } else {
        Err(FetchError::Status { url: url.to_string(), status: answer.status })
    }
}

async fn bytes(source: &Source, pinned: bool) -> Result<Vec<u8>, FetchError> {
    Ok(match source {
        Source::File(path) => read(path)?,
        Source::Url(url) => {
            let accept = "application/wasm, application/octet-stream;q=0.9, */*;q=0.5";
            let ask = Ask { url: url.clone(), accept, token: None, most: LARGEST_COMPONENT_BYTES, pinned };
            let answer = http::get(ask).await?;
            if answer.status != 200 {
                return Err(FetchError::Status { url: url.to_string(), status: answer.status });
            }
            answer.body
        }
        Source::Oci(reference) => oci::pull(reference).await?,
    })
}

fn read(path: &Path) -> Result<Vec<u8>, FetchError> {
    let failed = |source| FetchError::Read { path: path.to_owned(), source };
    files::bytes(path, LARGEST_COMPONENT_BYTES).map_err(|error| match error {
        ReadError::NotAFile => FetchError::NotAFile(path.to_owned()),
        ReadError::TooLarge { most } => FetchError::TooLarge { what: path.display().to_string(), most },
        error => failed(error.into()),
    })
}
