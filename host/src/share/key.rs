//! The key that packs are signed with: made on first use from the system's randomness, readable by the user only. It stands for no person, and
//! whoever deletes it is somebody else from then on.

use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use ed25519_dalek::{Signer as _, SigningKey};
use rand::{TryRng as _, rngs::SysRng};
use tempfile::NamedTempFile;

use super::sign::{PACK_PURPOSE, canonical, from_hex, hex, message};
use crate::{
    files::{self, ReadError},
    install::private::{self, Exposed},
    model::pack::{Pack, SignedPack},
};

/// The folder in the program's own one.
pub const FOLDER: &str = "sharing";

/// The file of the key in it.
const FILE: &str = "key";

/// Bytes of the file at most.
const MOST_BYTES: u64 = 1 << 10;

/// The key is not there, or nobody should use it.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// It cannot be read.
    #[error("cannot read the key {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: ReadError,
    },
    /// It cannot be written.
    #[error("cannot keep a key in {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Somebody else could change it.
    #[error("{0}, where the key is kept")]
    Exposed(Exposed),
    /// Others can read it.
    #[error("others may read the key {}", .0.display())]
    Readable(PathBuf),
    /// It is no key.
    #[error("{} is no key of ralf-tune", .0.display())]
    NotAKey(PathBuf),
    /// The system has no randomness.
    #[error("the system gives no random bytes")]
    NoRandomness(#[source] io::Error),
}

impl KeyError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Exposed(exposed) => exposed.mend("RALF_TUNE_DATA_DIR"),
            Self::Readable(path) => format!("chmod 600 '{}'", path.display()),
            Self::NotAKey(path) => format!(
                "delete {} to begin with a new key; packs of the old one can then no longer be withdrawn",
                path.display()
            ),
            Self::Read { path, .. } | Self::Write { path, .. } => {
                format!("see that {} can be read and written by you", path.display())
            }
            Self::NoRandomness(_) => "try again later".to_owned(),
        }
    }
}

/// A key, and the salt that hides private models.
pub struct Key {
    signing: SigningKey,
    salt: [u8; 32],
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Key").field("public", &self.public()).finish_non_exhaustive()
    }
}

impl Key {
    /// The key of these bytes.
    #[must_use]
    pub fn from_bytes(secret: &[u8; 32], salt: [u8; 32]) -> Self {
        Self { signing: SigningKey::from_bytes(secret), salt }
    }

    /// The key in the program's data folder; it is made where there is none.
    ///
    /// # Errors
    /// When it cannot be read, written or made, or others could read or change it.
    pub fn load_or_make(data: &Path) -> Result<Self, KeyError> {
        match Self::load(data)? {
            Some(key) => Ok(key),
            None => Self::make(data),
        }
    }

    /// The key in the program's data folder, if there is one.
    ///
    /// # Errors
    /// When it cannot be read, or others could read or change it.
    pub fn load(data: &Path) -> Result<Option<Self>, KeyError> {
        let folder = data.join(FOLDER);
        let path = folder.join(FILE);
        let text = match files::text(&path, MOST_BYTES) {
            Ok(text) => text,
            Err(ReadError::Io(error)) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(KeyError::Read { path, source }),
        };
        private::check(&folder).map_err(KeyError::Exposed)?;
        if others_can_read(&path) {
            return Err(KeyError::Readable(path));
        }
        let mut lines = text.lines();
        let secret = lines.next().and_then(from_hex::<32>);
        let salt = lines.next().and_then(from_hex::<32>);
        match (secret, salt, lines.next()) {
            (Some(secret), Some(salt), None) => Ok(Some(Self::from_bytes(&secret, salt))),
            _ => Err(KeyError::NotAKey(path)),
        }
    }

    fn make(data: &Path) -> Result<Self, KeyError> {
        let folder = data.join(FOLDER);
        let path = folder.join(FILE);
        let mut bytes = [[0; 32]; 2];
        for part in &mut bytes {
            SysRng.try_fill_bytes(part).map_err(|error| KeyError::NoRandomness(io::Error::other(error)))?;
        }
        let [secret, salt] = bytes;
        let failed = |source| KeyError::Write { path: path.clone(), source };
        private::make(&folder).map_err(failed)?;
        private::check(&folder).map_err(KeyError::Exposed)?;
        let mut file = NamedTempFile::new_in(&folder).map_err(failed)?;
        private::make_own(file.as_file()).map_err(failed)?;
        writeln!(file, "{}\n{}", hex(&secret), hex(&salt)).map_err(failed)?;
        file.as_file().sync_all().map_err(failed)?;
        match file.persist_noclobber(&path) {
            Ok(_) => Ok(Self::from_bytes(&secret, salt)),
            // Another of us was faster: there is one key.
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
                Self::load(data)?.ok_or_else(|| failed(error.error))
            }
            Err(error) => Err(failed(error.error)),
        }
    }

    /// The public part, 64 hexadecimal digits.
    #[must_use]
    pub fn public(&self) -> String {
        hex(self.signing.verifying_key().as_bytes())
    }

    /// What hides private models.
    #[must_use]
    pub const fn salt(&self) -> &[u8; 32] {
        &self.salt
    }

    /// A signature of these bytes for a purpose, 128 hexadecimal digits; see [`verify`](super::verify).
    #[must_use]
    pub fn sign(&self, purpose: &str, bytes: &[u8]) -> String {
        hex(&self.signing.sign(&message(purpose, bytes)).to_bytes())
    }

    /// A pack with who says so.
    #[must_use]
    pub fn sign_pack(&self, pack: Pack) -> SignedPack {
        let signature = self.sign(PACK_PURPOSE, &canonical(&pack));
        SignedPack { pack, key: self.public(), signature }
    }
}

#[cfg(unix)]
fn others_can_read(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
const fn others_can_read(_path: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::share::verify;

    #[test]
    fn a_key_is_made_once_and_is_the_users_alone() {
        let data = tempfile::tempdir().unwrap();
        let data = data.path().canonicalize().unwrap();
        assert!(Key::load(&data).unwrap().is_none());
        let key = Key::load_or_make(&data).unwrap();
        let again = Key::load_or_make(&data).unwrap();
        assert_eq!((key.public(), key.salt()), (again.public(), again.salt()));
        let signature = key.sign("x", b"bytes");
        assert!(verify(&key.public(), "x", b"bytes", &signature));
        assert!(!verify(&key.public(), "y", b"bytes", &signature), "a signature is for one purpose");
        assert!(!verify(&key.public(), "x", b"byte", &signature));
        assert!(!verify(&key.public(), "x", b"bytes", &signature.to_uppercase()));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let path = data.join(FOLDER).join(FILE);
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
            assert!(matches!(Key::load(&data), Err(KeyError::Readable(_))));
        }
    }

    #[test]
    fn what_is_no_key_is_not_replaced() {
        let data = tempfile::tempdir().unwrap();
        let data = data.path().canonicalize().unwrap();
        Key::load_or_make(&data).unwrap();
        let path = data.join(FOLDER).join(FILE);
        std::fs::write(&path, "something").unwrap();
        assert!(matches!(Key::load_or_make(&data), Err(KeyError::NotAKey(_))));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "something");
    }

    #[test]
    fn a_weak_key_signs_nothing() {
        // The neutral element: every message has a signature by it that a lenient check accepts.
        let mut key = [0; 32];
        key[0] = 1;
        let mut signature = [0; 64];
        signature[0] = 1;
        assert!(!verify(&hex(&key), "x", b"anything", &hex(&signature)));
    }
}
