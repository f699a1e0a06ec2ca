//! The control groups that this process is in, from its own up to the outermost one it can see.
//!
//! A limit anywhere on the way up binds, so all of them must be read: a limit on a parent does not show in the
//! process's own group, and a container often sees its own group as the root.

use std::path::{Path, PathBuf};

use super::read;

/// Which version's files a group's directory holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    V1,
    V2,
}

/// One group on the way up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) directory: PathBuf,
    pub(super) version: Version,
}

/// Where a hierarchy is mounted, and which group of it is shown there.
struct Mount {
    version: Version,
    /// The group at the mount point, as `/proc/self/cgroup` counts.
    top: String,
    point: PathBuf,
}

/// The groups that control `controller` (`"memory"`, `"cpu"`) for this process, innermost first.
///
/// Empty where there are no control groups.
pub(super) fn groups(root: &Path, controller: &str) -> Vec<Group> {
    let Some(memberships) = read::text(&read::below(root, "/proc/self/cgroup")) else { return Vec::new() };
    let mut groups = Vec::new();
    for line in memberships.lines() {
        let mut fields = line.splitn(3, ':');
        let (Some(_), Some(controllers), Some(path)) = (fields.next(), fields.next(), fields.next()) else { continue };
        let version = if controllers.is_empty() {
            Version::V2
        } else if controllers.split(',').any(|name| name == controller) {
            Version::V1
        } else {
            continue;
        };
        if let Some(mount) = mount(root, version, controller) {
            groups.extend(ancestry(&mount, path));
        }
    }
    groups
}

/// The directories from a group up to its mount point.
fn ancestry(mount: &Mount, path: &str) -> Vec<Group> {
    // A path outside of what is mounted here (another namespace, `/../…`) leaves only the mount point.
    let inside = strip_group(path, &mount.top).filter(|inside| !inside.split('/').any(|part| part == ".."));
    let mut directory = mount.point.clone();
    directory.extend(inside.unwrap_or_default().split('/').filter(|part| !part.is_empty()));
    let mut groups = Vec::new();
    for ancestor in directory.ancestors() {
        groups.push(Group { directory: ancestor.to_path_buf(), version: mount.version });
        if ancestor == mount.point {
            break;
        }
    }
    groups
}

fn strip_group<'a>(path: &'a str, top: &str) -> Option<&'a str> {
    let rest = path.strip_prefix(top.trim_end_matches('/'))?;
    (rest.is_empty() || rest.starts_with('/')).then_some(rest)
}

/// Where the hierarchy is mounted: as `/proc/self/mountinfo` says, else where it usually is.
fn mount(root: &Path, version: Version, controller: &str) -> Option<Mount> {
    let table = read::text(&read::below(root, "/proc/self/mountinfo")).unwrap_or_default();
    if let Some(mount) = table.lines().find_map(|line| mount_of_line(root, line, version, controller)) {
        return Some(mount);
    }
    let candidates: &[&str] = match (version, controller) {
        (Version::V2, _) => &["/sys/fs/cgroup", "/sys/fs/cgroup/unified"],
        (Version::V1, "cpu") => &["/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpu,cpuacct"],
        (Version::V1, _) => &["/sys/fs/cgroup/memory"],
    };
    let points = candidates.iter().map(|path| read::below(root, path));
    // `/sys/fs/cgroup` itself is a version 2 hierarchy only when it has version 2's own file.
    let point = points.into_iter().find(|point| match version {
        Version::V1 => point.is_dir(),
        Version::V2 => point.join("cgroup.controllers").exists(),
    })?;
    Some(Mount { version, top: "/".to_owned(), point })
}

/// One line of `/proc/self/mountinfo`: `36 35 0:30 TOP POINT options … - TYPE source superoptions`.
fn mount_of_line(root: &Path, line: &str, version: Version, controller: &str) -> Option<Mount> {
    let (left, right) = line.split_once(" - ")?;
    let mut left = left.split(' ').skip(3);
    let (top, point) = (left.next()?, left.next()?);
    let mut right = right.split(' ');
    let (kind, superoptions) = (right.next()?, right.nth(1).unwrap_or(""));
    let fits = match version {
        Version::V2 => kind == "cgroup2",
        Version::V1 => kind == "cgroup" && superoptions.split(',').any(|option| option == controller),
    };
    fits.then(|| Mount { version, top: top.to_owned(), point: read::below(root, point) })
}

#[cfg(test)]
mod tests {
    use super::{super::fake::tree, *};

    fn shown(root: &Path, controller: &str) -> Vec<String> {
        groups(root, controller).iter().map(|group| read::shown(root, &group.directory)).collect()
    }

    #[test]
    fn a_nested_group_leads_up_to_the_mount_point() {
        let root = tree(&[
            ("proc/self/cgroup", "0::/user.slice/app.scope\n"),
            ("sys/fs/cgroup/cgroup.controllers", "cpu memory\n"),
        ]);
        assert_eq!(
            shown(root.path(), "memory"),
            ["/sys/fs/cgroup/user.slice/app.scope", "/sys/fs/cgroup/user.slice", "/sys/fs/cgroup"]
        );
    }

    #[test]
    fn a_container_sees_its_own_group_at_the_mount_point() {
        let root = tree(&[
            ("proc/self/cgroup", "5:memory:/docker/abc/inner\n4:cpu,cpuacct:/docker/abc\n0::/\n"),
            (
                "proc/self/mountinfo",
                "40 31 0:32 /docker/abc /sys/fs/cgroup/memory ro master:1 - cgroup cgroup rw,memory\n\
                 41 31 0:33 /docker/abc /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu,cpuacct\n",
            ),
        ]);
        assert_eq!(shown(root.path(), "memory"), ["/sys/fs/cgroup/memory/inner", "/sys/fs/cgroup/memory"]);
        assert_eq!(shown(root.path(), "cpu"), ["/sys/fs/cgroup/cpu"]);
    }

    #[test]
    fn a_path_of_another_namespace_stays_inside_the_mount() {
        let root =
            tree(&[("proc/self/cgroup", "0::/../../etc\n"), ("sys/fs/cgroup/cgroup.controllers", "cpu memory\n")]);
        assert_eq!(shown(root.path(), "memory"), ["/sys/fs/cgroup"]);
        assert!(groups(Path::new("/does/not/exist"), "memory").is_empty());
    }
}
