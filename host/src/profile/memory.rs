//! How much memory there is and how much of it is free, within every limit that binds this process.

use std::path::Path;

use sysinfo::System;

use super::{
    cgroup::{self, Group, Version},
    read,
};
use crate::model::machine::Fact;

/// From here on a version 1 limit means "none": the kernel writes the largest multiple of the page size instead.
const NO_LIMIT_BYTES: u64 = 1 << 60;

/// Memory and swap, in bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Memory {
    pub total_bytes: Fact<u64>,
    pub available_bytes: Fact<u64>,
    /// Told apart from memory: a model in swap is no use.
    pub swap_total_bytes: Fact<u64>,
    pub swap_used_bytes: Fact<u64>,
}

/// Memory of this machine.
#[must_use]
pub fn memory() -> Memory {
    if cfg!(target_os = "linux") { linux_memory(Path::new("/")) } else { system_memory() }
}

/// Memory as `/proc/meminfo` and the control groups below `root` tell it.
#[must_use]
pub fn linux_memory(root: &Path) -> Memory {
    let table = read::text(&read::below(root, "/proc/meminfo")).unwrap_or_default();
    let line = |name: &str| line_bytes(&table, name);
    let fact = |value: Option<u64>, name: &str| match value {
        Some(value) => Fact::found(value, format!("{name} in /proc/meminfo")),
        None => Fact::unknown(format!("no {name} in /proc/meminfo")),
    };
    let mut total_bytes = fact(line("MemTotal"), "MemTotal");
    let mut available_bytes = match (line("MemAvailable"), line("MemFree"), line("Cached")) {
        // Kernels before 3.14 do not say.
        (None, Some(free), Some(cached)) => {
            Fact::found(free.saturating_add(cached), "MemFree + Cached in /proc/meminfo")
        }
        (available, _, _) => fact(available, "MemAvailable"),
    };
    for group in cgroup::groups(root, "memory") {
        let Some(limit) = GroupLimit::of(root, &group) else { continue };
        lower(&mut total_bytes, limit.bytes, || limit.source.clone());
        if let Some(free) = limit.free_bytes(&group) {
            lower(&mut available_bytes, free, || format!("{} less what is in use", limit.source));
        }
    }
    let swap_used = line("SwapTotal").zip(line("SwapFree")).map(|(total, free)| total.saturating_sub(free));
    Memory {
        total_bytes,
        available_bytes,
        swap_total_bytes: fact(line("SwapTotal"), "SwapTotal"),
        swap_used_bytes: fact(swap_used, "SwapTotal - SwapFree"),
    }
}

/// Memory as the operating system tells it, where there are no control groups.
fn system_memory() -> Memory {
    let Some(mut system) = System::new().ok() else { return unknown_memory() };
    system.refresh_memory();
    if system.total_memory() == 0 {
        return unknown_memory();
    }
    let fact = |bytes: u64| Fact::found(bytes, "the operating system");
    Memory {
        total_bytes: fact(system.total_memory()),
        available_bytes: fact(system.available_memory()),
        swap_total_bytes: fact(system.total_swap()),
        swap_used_bytes: fact(system.used_swap()),
    }
}

fn unknown_memory() -> Memory {
    let unknown = || Fact::unknown("the operating system does not say");
    Memory {
        total_bytes: unknown(),
        available_bytes: unknown(),
        swap_total_bytes: unknown(),
        swap_used_bytes: unknown(),
    }
}

/// Takes the smaller value, with its source.
fn lower(fact: &mut Fact<u64>, value: u64, source: impl FnOnce() -> String) {
    if fact.value.is_none_or(|present| value < present) {
        *fact = Fact::found(value, source());
    }
}

/// The limit that a group sets, in bytes, and the file that says so.
struct GroupLimit {
    bytes: u64,
    source: String,
}

impl GroupLimit {
    fn of(root: &Path, group: &Group) -> Option<Self> {
        // Above `memory.high` the kernel takes memory back so eagerly that it might as well be the limit.
        let files: &[&str] = match group.version {
            Version::V1 => &["memory.limit_in_bytes"],
            Version::V2 => &["memory.max", "memory.high"],
        };
        let limits = files.iter().filter_map(|file| {
            let path = group.directory.join(file);
            // "max" is not a number and no limit either.
            let bytes = read::number(&path).filter(|bytes| *bytes < NO_LIMIT_BYTES)?;
            Some(Self { bytes, source: read::shown(root, &path) })
        });
        limits.min_by_key(|limit| limit.bytes)
    }

    /// What the group may still take. Its file cache counts as free where the kernel would drop it first.
    fn free_bytes(&self, group: &Group) -> Option<u64> {
        let (current, inactive) = match group.version {
            // Version 1 counts the children only in the lines that begin with `total_`.
            Version::V1 => ("memory.usage_in_bytes", "total_inactive_file"),
            Version::V2 => ("memory.current", "inactive_file"),
        };
        let current = read::number(&group.directory.join(current))?;
        let statistics = read::text(&group.directory.join("memory.stat")).unwrap_or_default();
        let inactive = statistics.lines().find_map(|line| {
            let (name, value) = line.split_once(' ')?;
            if name == inactive { value.trim().parse::<u64>().ok() } else { None }
        });
        Some(self.bytes.saturating_sub(current.saturating_sub(inactive.unwrap_or(0))))
    }
}

/// The bytes in a line such as `MemTotal:  24684092 kB`.
fn line_bytes(table: &str, name: &str) -> Option<u64> {
    let value = table.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    value.trim().trim_end_matches("kB").trim().parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::{super::fake::tree, *};

    const GIB: u64 = 1 << 30;
    const MEMINFO: (&str, &str) = (
        "proc/meminfo",
        "MemTotal:       16777216 kB\nMemFree:  1000 kB\nMemAvailable:   12582912 kB\nSwapTotal: 2048 kB\nSwapFree: 1024 kB\n",
    );

    #[test]
    fn without_groups_the_host_is_the_limit() {
        let memory = linux_memory(tree(&[MEMINFO]).path());
        assert_eq!(memory.total_bytes, Fact::found(16 * GIB, "MemTotal in /proc/meminfo"));
        assert_eq!(memory.available_bytes, Fact::found(12 * GIB, "MemAvailable in /proc/meminfo"));
        assert_eq!(memory.swap_total_bytes.value, Some(2048 * 1024));
        assert_eq!(memory.swap_used_bytes.value, Some(1024 * 1024));
    }

    #[test]
    fn a_parents_limit_binds_a_nested_group() {
        let root = tree(&[
            MEMINFO,
            ("proc/self/cgroup", "0::/pod/container\n"),
            ("sys/fs/cgroup/cgroup.controllers", "memory\n"),
            ("sys/fs/cgroup/pod/memory.max", "8589934592\n"),
            ("sys/fs/cgroup/pod/memory.high", "6442450944\n"),
            ("sys/fs/cgroup/pod/memory.current", "5368709120\n"),
            ("sys/fs/cgroup/pod/memory.stat", "anon 1\ninactive_file 2147483648\nactive_file 7\n"),
            ("sys/fs/cgroup/pod/container/memory.max", "max\n"),
            ("sys/fs/cgroup/pod/container/memory.current", "1\n"),
        ]);
        let memory = linux_memory(root.path());
        assert_eq!(memory.total_bytes, Fact::found(6 * GIB, "/sys/fs/cgroup/pod/memory.high"));
        // 6 GiB of limit, 5 in use, 2 of them cache that can go.
        assert_eq!(memory.available_bytes.value, Some(3 * GIB));
    }

    #[test]
    fn version_1_limits_bind_and_its_largest_number_means_none() {
        let files = |limit: &'static str| {
            tree(&[
                MEMINFO,
                ("proc/self/cgroup", "4:memory:/jobs/one\n0::/\n"),
                ("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"),
                ("sys/fs/cgroup/memory/jobs/one/memory.limit_in_bytes", limit),
                ("sys/fs/cgroup/memory/jobs/one/memory.usage_in_bytes", "1073741824\n"),
                ("sys/fs/cgroup/memory/jobs/one/memory.stat", "inactive_file 5\ntotal_inactive_file 536870912\n"),
            ])
        };
        let limited = linux_memory(files("4294967296\n").path());
        assert_eq!(limited.total_bytes.value, Some(4 * GIB));
        assert_eq!(limited.available_bytes.value, Some(4 * GIB - GIB / 2));
        let free = linux_memory(files("9223372036854771712\n").path());
        assert_eq!((free.total_bytes.value, free.available_bytes.value), (Some(16 * GIB), Some(12 * GIB)));
    }

    #[test]
    fn nothing_readable_is_an_answer() {
        let memory = linux_memory(tree(&[("proc/meminfo", "MemTotal: many kB\n")]).path());
        assert_eq!(memory.total_bytes.value, None);
        assert_eq!(memory.available_bytes, Fact::unknown("no MemAvailable in /proc/meminfo"));
    }
}
