//! The processor: its name, its cores, and how many threads this process may really use.

use std::{collections::HashSet, path::Path};

use sysinfo::{CpuRefreshKind, System};

use super::{
    cgroup::{self, Group, Version},
    read,
};
use crate::model::machine::Fact;

/// The processor, as counted.
#[derive(Debug, Clone, PartialEq)]
pub struct Cpu {
    pub model: Fact<String>,
    pub physical_cores: Fact<u32>,
    pub logical_threads: Fact<u32>,
    /// The smaller of affinity and quota. A server that starts more threads than that is slowed down manyfold.
    pub usable_threads: Fact<u32>,
}

/// The processor of this machine.
#[must_use]
pub fn cpu() -> Cpu {
    let system = system_cpu();
    if !cfg!(target_os = "linux") {
        return system;
    }
    let linux = linux_cpu(Path::new("/"));
    Cpu {
        model: linux.model.or(system.model),
        physical_cores: linux.physical_cores.or(system.physical_cores),
        logical_threads: linux.logical_threads.or(system.logical_threads),
        usable_threads: linux.usable_threads.or(system.usable_threads),
    }
}

trait OrElse {
    fn or(self, other: Self) -> Self;
}

impl<T> OrElse for Fact<T> {
    fn or(self, other: Self) -> Self {
        if self.value.is_some() { self } else { other }
    }
}

/// The processor as `/proc`, `/sys` and the control groups below `root` tell it.
#[must_use]
pub fn linux_cpu(root: &Path) -> Cpu {
    let logical_threads = linux_logical(root);
    Cpu {
        model: linux_model(root),
        physical_cores: linux_physical(root),
        usable_threads: linux_usable(root, logical_threads.value),
        logical_threads,
    }
}

fn linux_model(root: &Path) -> Fact<String> {
    let table = read::text(&read::below(root, "/proc/cpuinfo")).unwrap_or_default();
    // ARM boards have no "model name"; some name the board instead, which says more than nothing.
    for key in ["model name", "Model", "Hardware", "cpu model", "cpu"] {
        let value = table.lines().filter_map(|line| line.split_once(':')).find(|(name, _)| name.trim() == key);
        if let Some((_, value)) = value.filter(|(_, value)| !value.trim().is_empty()) {
            return Fact::found(value.trim().to_owned(), format!("`{key}` in /proc/cpuinfo"));
        }
    }
    Fact::unknown("/proc/cpuinfo does not name it")
}

/// Each core lists the threads on it; equal lists are one core.
fn linux_physical(root: &Path) -> Fact<u32> {
    let base = read::below(root, "/sys/devices/system/cpu");
    let mut cores = HashSet::new();
    for name in read::names(&base) {
        if name.strip_prefix("cpu").is_some_and(|rest| rest.parse::<u32>().is_ok()) {
            let topology = base.join(name).join("topology");
            // The first name is the older one; kernels since 5.3 have both.
            cores.extend(["thread_siblings_list", "core_cpus_list"].iter().find_map(|f| read::text(&topology.join(f))));
        }
    }
    match u32::try_from(cores.len()) {
        Ok(count) if count > 0 => Fact::found(count, "/sys/devices/system/cpu/cpu*/topology"),
        _ => Fact::unknown("no /sys/devices/system/cpu/cpu*/topology"),
    }
}

fn linux_logical(root: &Path) -> Fact<u32> {
    let online = "/sys/devices/system/cpu/online";
    match read::text(&read::below(root, online)).and_then(|list| read::count_cpu_list(&list)) {
        Some(count) => Fact::found(count, online),
        None => Fact::unknown(format!("no {online}")),
    }
}

/// min(affinity, quota rounded up).
///
/// The affinity comes from the kernel's list and not from the standard library, which takes the quota into it *rounded down*:
/// 1.5 CPUs would be one thread.
fn linux_usable(root: &Path, logical: Option<u32>) -> Fact<u32> {
    let status = read::text(&read::below(root, "/proc/self/status")).unwrap_or_default();
    let allowed = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    let affinity = match (allowed.and_then(read::count_cpu_list), logical) {
        // The mask may name CPUs that are not there.
        (Some(allowed), Some(logical)) if logical < allowed => Fact::found(logical, "every CPU that is online"),
        (Some(allowed), _) => Fact::found(allowed, "Cpus_allowed_list in /proc/self/status"),
        (None, _) => Fact::unknown("no Cpus_allowed_list in /proc/self/status"),
    };
    let quotas = cgroup::groups(root, "cpu").into_iter().filter_map(|group| quota(root, &group));
    match quotas.min_by_key(|quota| quota.value) {
        Some(quota) if quota.value < affinity.value || affinity.value.is_none() => quota,
        _ => affinity,
    }
}

/// The CPU quota of a group in whole threads, rounded up; `None` when it has none.
fn quota(root: &Path, group: &Group) -> Option<Fact<u32>> {
    let (file, quota, period) = match group.version {
        Version::V1 => {
            // -1 is "no quota" and no number of ours.
            let quota = read::number(&group.directory.join("cpu.cfs_quota_us"))?;
            ("cpu.cfs_quota_us", quota, read::number(&group.directory.join("cpu.cfs_period_us"))?)
        }
        Version::V2 => {
            let text = read::text(&group.directory.join("cpu.max"))?;
            let (quota, period) = text.split_once(' ')?;
            ("cpu.max", quota.parse().ok()?, period.trim().parse().ok()?)
        }
    };
    if quota == 0 || period == 0 {
        return None;
    }
    let threads = u32::try_from(quota.div_ceil(period)).ok()?;
    Some(Fact::found(threads, read::shown(root, &group.directory.join(file))))
}

/// The processor as the operating system's own calls tell it.
fn system_cpu() -> Cpu {
    let system = System::new().ok().map(|mut system| {
        system.refresh_cpu_list(CpuRefreshKind::nothing());
        system
    });
    let cpus = system.as_ref().map_or(&[][..], System::cpus);
    let brand = cpus.iter().map(|cpu| cpu.brand().trim()).find(|brand| !brand.is_empty());
    let count = |count: Option<usize>| match count.and_then(|count| u32::try_from(count).ok()).filter(|n| *n > 0) {
        Some(count) => Fact::found(count, "the operating system"),
        None => Fact::unknown("the operating system does not say"),
    };
    Cpu {
        model: match brand {
            Some(brand) => Fact::found(brand.to_owned(), "the operating system"),
            None => Fact::unknown("the operating system does not name it"),
        },
        physical_cores: count(System::physical_core_count().ok()),
        logical_threads: count(Some(cpus.len())),
        usable_threads: count(std::thread::available_parallelism().ok().map(Into::into)),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::fake::tree, *};

    const STATUS: (&str, &str) = ("proc/self/status", "Name:\tx\nCpus_allowed_list:\t0-3\n");
    const ONLINE: (&str, &str) = ("sys/devices/system/cpu/online", "0-7\n");

    #[test]
    fn cores_and_threads_are_told_apart() {
        let root = tree(&[
            ("proc/cpuinfo", "processor\t: 0\nmodel name\t: Example 9000 @ 3 GHz\nprocessor\t: 1\n"),
            ("sys/devices/system/cpu/online", "0-3\n"),
            ("sys/devices/system/cpu/cpu0/topology/thread_siblings_list", "0,2\n"),
            ("sys/devices/system/cpu/cpu1/topology/thread_siblings_list", "1,3\n"),
            ("sys/devices/system/cpu/cpu2/topology/thread_siblings_list", "0,2\n"),
            ("sys/devices/system/cpu/cpu3/topology/thread_siblings_list", "1,3\n"),
            ("sys/devices/system/cpu/cpufreq/topology/thread_siblings_list", "9\n"),
        ]);
        let cpu = linux_cpu(root.path());
        assert_eq!(cpu.model.value.as_deref(), Some("Example 9000 @ 3 GHz"));
        assert_eq!((cpu.physical_cores.value, cpu.logical_threads.value), (Some(2), Some(4)));
    }

    #[test]
    fn affinity_is_the_limit_without_a_quota() {
        let quota = ("sys/fs/cgroup/cpu.max", "max 100000\n");
        let groups = ("proc/self/cgroup", "0::/\n");
        let root = tree(&[STATUS, ONLINE, groups, ("sys/fs/cgroup/cgroup.controllers", "cpu\n"), quota]);
        let usable = linux_cpu(root.path()).usable_threads;
        assert_eq!(usable, Fact::found(4, "Cpus_allowed_list in /proc/self/status"));
        let root = tree(&[("proc/self/status", "Cpus_allowed_list: 0-127\n"), ONLINE]);
        assert_eq!(linux_cpu(root.path()).usable_threads.value, Some(8));
    }

    #[test]
    fn one_and_a_half_cpus_are_two_threads() {
        let root = tree(&[
            STATUS,
            ONLINE,
            ("proc/self/cgroup", "0::/pod/container\n"),
            ("sys/fs/cgroup/cgroup.controllers", "cpu\n"),
            ("sys/fs/cgroup/pod/cpu.max", "150000 100000\n"),
            ("sys/fs/cgroup/pod/container/cpu.max", "300000 100000\n"),
        ]);
        assert_eq!(linux_cpu(root.path()).usable_threads, Fact::found(2, "/sys/fs/cgroup/pod/cpu.max"));
    }

    #[test]
    fn version_1_quotas_bind_and_minus_one_means_none() {
        let files = |quota: &'static str| {
            tree(&[
                STATUS,
                ONLINE,
                ("proc/self/cgroup", "3:cpu,cpuacct:/job\n"),
                ("sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us", quota),
                ("sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_period_us", "100000\n"),
            ])
        };
        assert_eq!(linux_cpu(files("50000\n").path()).usable_threads.value, Some(1));
        assert_eq!(linux_cpu(files("-1\n").path()).usable_threads.value, Some(4));
    }

    #[test]
    fn this_machine_has_a_thread() {
        assert!(cpu().usable_threads.value.is_some_and(|threads| threads >= 1));
    }
}
