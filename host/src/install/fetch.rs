//! Getting the bytes of a component from where they are.

use std::{fs, io::Read as _, path::Path};

use super::{
    LARGEST_COMPONENT_BYTES,
    digest::Digest,
    error::FetchError,
    http::{self, Ask},
    oci,
    source::Source,
};

/// Gets a component. With `expected`, it surely has that SHA-256.
///
/// # Errors
/// When it cannot be had, is too large, or is another one.
pub async fn fetch(source: &Source, expected: Option<&Digest>) -> Result<Vec<u8>, FetchError> {
    let bytes = match source {
        Source::File(path) => read(path)?,
        Source::Url(url) => {
            let pinned = expected.is_some();
            let accept = "application/wasm, application/octet-stream;q=0.9, */*;q=0.5";
            let ask = Ask { url: url.clone(), accept, token: None, most: LARGEST_COMPONENT_BYTES, pinned };
            let answer = http::get(ask).await?;
            if answer.status != 200 {
                return Err(FetchError::Status { url: url.to_string(), status: answer.status });
            }
            answer.body
        }
        Source::Oci(reference) => oci::pull(reference).await?,
    };
    match expected {
        Some(expected) if Digest::of(&bytes) != *expected => Err(FetchError::OtherDigest {
            what: source.to_string(),
            found: Digest::of(&bytes),
            expected: expected.clone(),
        }),
        _ => Ok(bytes),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, FetchError> {
    let failed = |source| FetchError::Read { path: path.to_owned(), source };
    // Before it is opened: a pipe would wait for its other end.
    if !fs::metadata(path).map_err(failed)?.is_file() {
        return Err(FetchError::NotAFile(path.to_owned()));
    }
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(failed)?;
    file.take(LARGEST_COMPONENT_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > LARGEST_COMPONENT_BYTES {
        return Err(FetchError::TooLarge { what: path.display().to_string(), most: LARGEST_COMPONENT_BYTES });
    }
    Ok(bytes)
}
