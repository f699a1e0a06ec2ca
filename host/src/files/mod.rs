//! Reading a file that somebody else named or wrote: never a pipe that waits for its other end, never a device, never more than there should be.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::Path,
};

/// Why a file was not read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// A folder, a pipe, a socket or a device.
    #[error("it is not a file")]
    NotAFile,
    #[error("it has more than {}, more than it can need", size(*most))]
    TooLarge { most: u64 },
    #[error("it is not text in UTF-8")]
    NotText,
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl From<ReadError> for io::Error {
    fn from(error: ReadError) -> Self {
        let kind = match &error {
            ReadError::NotAFile => io::ErrorKind::InvalidInput,
            ReadError::TooLarge { .. } => io::ErrorKind::FileTooLarge,
            ReadError::NotText => io::ErrorKind::InvalidData,
            ReadError::Io(_) => io::ErrorKind::Other,
        };
        match error {
            ReadError::Io(error) => error,
            other => Self::new(kind, other),
        }
    }
}

/// Opens a regular file to read it; symbolic links are followed.
///
/// # Errors
/// When it is none, or cannot be opened.
pub fn open(path: &Path) -> Result<File, ReadError> {
    // Before it is opened: to open a device may do something.
    if !fs::metadata(path)?.is_file() {
        return Err(ReadError::NotAFile);
    }
    let mut options = File::options();
    options.read(true);
    // Whatever took its place since: a pipe without its other end is opened at once. Files know no waiting.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    let file = options.open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(ReadError::NotAFile) }
}

/// All bytes of a regular file that has at most so many.
///
/// # Errors
/// When it is none, cannot be read, or has more.
pub fn bytes(path: &Path, most: u64) -> Result<Vec<u8>, ReadError> {
    let file = open(path)?;
    // What says itself that it is too large is not read to find that out.
    if file.metadata()?.len() > most { Err(ReadError::TooLarge { most }) } else { rest(file, most) }
}

/// The text of a regular file that has at most so many bytes.
///
/// # Errors
/// Those of [`bytes()`], and when it is not UTF-8.
pub fn text(path: &Path, most: u64) -> Result<String, ReadError> {
    String::from_utf8(bytes(path, most)?).map_err(|_| ReadError::NotText)
}

/// What is left of a file that was opened, if it is at most so many bytes.
///
/// # Errors
/// When it cannot be read, or has more.
pub fn rest(file: impl io::Read, most: u64) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most { Err(ReadError::TooLarge { most }) } else { Ok(bytes) }
}

fn size(bytes: u64) -> String {
    if bytes >= 1 << 20 { format!("{} MiB", bytes >> 20) } else { format!("{} KiB", bytes >> 10) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, "grün").unwrap();
        assert_eq!(text(&path, 5).unwrap(), "grün");
        assert_eq!(bytes(&path, 4).unwrap_err().to_string(), "it has more than 0 KiB, more than it can need");
        fs::write(&path, b"\xff").unwrap();
        assert!(matches!(text(&path, 5), Err(ReadError::NotText)));
        assert!(matches!(bytes(folder.path(), 5), Err(ReadError::NotAFile)));
        let missing: io::Error = bytes(&folder.path().join("missing"), 5).unwrap_err().into();
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
    }

    #[cfg(unix)]
    #[test]
    fn neither_a_pipe_nor_a_device_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("/dev/zero", &link).unwrap();
        for path in [pipe.as_path(), &link, Path::new("/dev/null")] {
            assert!(matches!(bytes(path, 5), Err(ReadError::NotAFile)), "{}", path.display());
        }
    }
}
