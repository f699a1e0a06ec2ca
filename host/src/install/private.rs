//! Whether others could put something where the program keeps what it runs.

use std::{
    fmt, io,
    path::{Path, PathBuf},
};

/// A folder that others could write to, or that is somebody else's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exposed {
    pub folder: PathBuf,
    pub why: Why,
}

/// What is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    OthersMayWrite,
    SomebodyElses,
}

impl fmt::Display for Exposed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.why {
            Why::OthersMayWrite => write!(f, "others may write to {}", self.folder.display()),
            Why::SomebodyElses => write!(f, "{} belongs to somebody else", self.folder.display()),
        }
    }
}

impl Exposed {
    /// The command that mends it; `variable` names another folder.
    #[must_use]
    pub fn mend(&self, variable: &str) -> String {
        match self.why {
            Why::OthersMayWrite => format!("chmod go-w '{}'", self.folder.display()),
            Why::SomebodyElses => format!("name a folder of your own with {variable}"),
        }
    }
}

/// What the system says of one folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Owned {
    user: u32,
    group: u32,
    mode: u32,
}

/// Makes a folder that only the user may look into, where it does not exist yet.
///
/// # Errors
/// When it cannot be made.
pub fn make(folder: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Makes a file that was just created its owner's alone.
///
/// # Errors
/// When the system refuses.
pub fn make_own(file: &std::fs::File) -> io::Result<()> {
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    #[cfg(not(unix))]
    let _ = file;
    Ok(())
}

/// Checks a folder and all above it, links followed: each belongs to the user or to root, and nobody else may change what is in it. One that does
/// not exist is judged by where it would be made. On systems without such permissions nothing is checked: there, homes are private.
///
/// # Errors
/// The first folder that is exposed.
#[cfg(unix)]
pub fn check(folder: &Path) -> Result<(), Exposed> {
    use std::os::unix::fs::MetadataExt as _;
    let me = rustix::process::geteuid().as_raw();
    // The way there counts too: who may change a link on it decides where it leads.
    let given = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let real =
        given.ancestors().find_map(|folder| std::fs::canonicalize(folder).ok().map(|real| (real, folder == given)));
    let Some((real, exists)) = real else { return Ok(()) };
    let end = exists.then(|| real.clone());
    for path in real.ancestors().chain(given.ancestors().skip(1)) {
        let Ok(metadata) = std::fs::metadata(path) else { continue };
        let owned = Owned { user: metadata.uid(), group: metadata.gid(), mode: metadata.mode() };
        if let Some(why) = judge(owned, me, end.as_deref() == Some(path)) {
            return Err(Exposed { folder: path.to_owned(), why });
        }
    }
    Ok(())
}

/// See above.
///
/// # Errors
/// Never.
#[cfg(not(unix))]
pub fn check(_folder: &Path) -> Result<(), Exposed> {
    Ok(())
}

/// What is wrong with one folder. In a sticky one (`/tmp`) others may add names and not change ours: enough on the way, not at its end.
/// A group that only has its user in it, by the custom of many systems, has the number of that user.
#[cfg_attr(not(unix), expect(dead_code, reason = "only asked where there are such permissions"))]
const fn judge(folder: Owned, me: u32, is_end: bool) -> Option<Why> {
    const GROUP_WRITE: u32 = 0o020;
    const OTHERS_WRITE: u32 = 0o002;
    const STICKY: u32 = 0o1000;
    if folder.user != me && folder.user != 0 {
        return Some(Why::SomebodyElses);
    }
    if !is_end && folder.mode & STICKY != 0 {
        return None;
    }
    let own_group = folder.group == me && folder.user == me;
    if folder.mode & OTHERS_WRITE != 0 || (folder.mode & GROUP_WRITE != 0 && !own_group) {
        return Some(Why::OthersMayWrite);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_judged_by_owner_and_mode() {
        let of = |user, group, mode| Owned { user, group, mode };
        for (folder, is_end, expected) in [
            (of(1000, 1000, 0o700), true, None),
            (of(1000, 1000, 0o755), true, None),
            (of(0, 0, 0o755), false, None),
            // A group of one's own, and one that is shared.
            (of(1000, 1000, 0o775), true, None),
            (of(1000, 100, 0o775), true, Some(Why::OthersMayWrite)),
            (of(1000, 1000, 0o777), true, Some(Why::OthersMayWrite)),
            (of(0, 0, 0o1777), false, None),
            (of(0, 0, 0o1777), true, Some(Why::OthersMayWrite)),
            (of(0, 0, 0o777), false, Some(Why::OthersMayWrite)),
            (of(1001, 1001, 0o700), true, Some(Why::SomebodyElses)),
            (of(1001, 1001, 0o1777), false, Some(Why::SomebodyElses)),
        ] {
            assert_eq!(judge(folder, 1000, is_end), expected, "{folder:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn the_whole_way_is_looked_at_and_links_are_followed() {
        use std::os::unix::fs::PermissionsExt as _;
        let home = tempfile::tempdir().unwrap();
        let home = home.path().canonicalize().unwrap();
        let (open, inner) = (home.join("open"), home.join("open/inner"));
        make(&inner).unwrap();
        assert_eq!(check(&inner.join("not/yet")), Ok(()));
        let set = |mode| std::fs::set_permissions(&open, std::fs::Permissions::from_mode(mode)).unwrap();
        set(0o777);
        let exposed = Err(Exposed { folder: open.clone(), why: Why::OthersMayWrite });
        assert_eq!(check(&inner), exposed);
        std::os::unix::fs::symlink(&inner, home.join("link")).unwrap();
        assert_eq!(check(&home.join("link")), exposed);
        assert_eq!(check(&inner.join("not/yet")), exposed);
        set(0o755);
        assert_eq!(check(&home.join("link")), Ok(()));
        // A link that others may turn elsewhere, to a folder that is good itself.
        let good = home.join("good");
        make(&good).unwrap();
        std::os::unix::fs::symlink(&good, open.join("link")).unwrap();
        assert_eq!(check(&open.join("link")), Ok(()));
        set(0o777);
        assert_eq!(check(&open.join("link")), exposed);
        assert_eq!(check(&good), Ok(()));
    }
}
