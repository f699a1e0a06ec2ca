//! One study at a time on one server: two would measure each other.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read, Write as _},
    path::Path,
};

use super::error::StoreError;
use crate::{
    install::private,
    model::{clean::clean, digest::Digest},
};

/// The folder in the program's own one.
const FOLDER: &str = "locks";

/// Bytes that say who holds a lock, at most.
const MOST_BYTES: u64 = 200;

/// Held while a study runs. The system gives it back however the process ends: no lock is ever stale.
#[derive(Debug)]
pub struct ServerLock {
    _file: File,
}

impl ServerLock {
    /// Takes the lock of a server. `holder` says who we are, for those who come later.
    ///
    /// # Errors
    /// `Busy` when another study holds it; another one when the lock cannot be made.
    pub fn take(data: &Path, server: &str, holder: &str) -> Result<Self, StoreError> {
        let folder = data.join(FOLDER);
        let path = folder.join(format!("{}.lock", Digest::of(server.as_bytes()).hex()));
        let failed = |source| StoreError::Write { path: path.clone(), source };
        private::make(&folder).map_err(failed)?;
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {
                file.set_len(0).and_then(|()| file.write_all(holder.as_bytes())).map_err(failed)?;
                Ok(Self { _file: file })
            }
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let _ = file.take(MOST_BYTES).read_to_string(&mut holder);
                Err(StoreError::Busy { server: server.to_owned(), holder: clean(&holder) })
            }
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_on_one_server_and_others_beside_it() {
        let data = tempfile::tempdir().unwrap();
        let first = ServerLock::take(data.path(), "a", "process 1").unwrap();
        let refused = ServerLock::take(data.path(), "a", "process 2").unwrap_err();
        assert!(refused.to_string().contains("process 1"), "{refused}");
        let _other = ServerLock::take(data.path(), "b", "process 2").unwrap();
        drop(first);
        ServerLock::take(data.path(), "a", "process 3").unwrap();
    }
}
