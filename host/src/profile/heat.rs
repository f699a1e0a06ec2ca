//! Whether heat or power holds this machine back, where the platform says it: the kernel's thermal zones, its sensors and its counts of throttling, and
//! the driver of an NVIDIA GPU.

use std::path::Path;

use super::{gpu::nvidia, read};
use crate::model::heat::Heat;

const ZONES: &str = "/sys/class/thermal";
const SENSORS: &str = "/sys/class/hwmon";
const PROCESSORS: &str = "/sys/devices/system/cpu";
const CLOCKS: &str = "/sys/devices/system/cpu/cpufreq";

/// Sensors of processors and GPUs, by the names of their drivers: that of a disk says nothing of speed here.
const DRIVERS: [&str; 6] = ["coretemp", "k10temp", "zenpower", "cpu_thermal", "amdgpu", "nouveau"];

/// Trips of a thermal zone above which the kernel, or the hardware, slows the machine down.
const TRIPS: [&str; 3] = ["passive", "hot", "critical"];

/// So near to its limit a sensor stands at it: thousandths of a degree. Machines keep a little below it by being slow.
const NEAR: u64 = 2_000;

/// A clock that may not reach this share of the greatest one is held back.
const HELD_BACK: f64 = 0.95;

/// What this machine says now.
#[must_use]
pub fn heat() -> Heat {
    let machine = if cfg!(target_os = "linux") { linux_heat(Path::new("/")) } else { Heat::default() };
    let gpus = if cfg!(target_os = "macos") { Vec::new() } else { nvidia::held_back() };
    Heat { gpus, ..machine }
}

/// What the kernel says below `root`.
#[must_use]
pub fn linux_heat(root: &Path) -> Heat {
    let at_limit = zones(root).into_iter().chain(sensors(root)).collect();
    Heat { throttled: throttled(root), at_limit, clocks: clocks(root), gpus: Vec::new() }
}

/// Thermal zones at the least of their trips.
fn zones(root: &Path) -> Vec<String> {
    let base = read::below(root, ZONES);
    let zone = |name: String| {
        let folder = base.join(&name);
        let number = |file: &str| read::number(&folder.join(file)).filter(|number| *number > 0);
        let trips = read::names(&folder).into_iter().filter(|file| file.starts_with("trip_point_"));
        let limits = trips.filter_map(|file| {
            let trip = file.strip_suffix("_type")?;
            let kind = read::text(&folder.join(&file))?;
            TRIPS.contains(&kind.as_str()).then(|| number(&format!("{trip}_temp")))?
        });
        let what = read::text(&folder.join("type")).unwrap_or(name);
        hot(&what, number("temp")?, limits.min()?)
    };
    read::names(&base).into_iter().filter(|name| name.starts_with("thermal_zone")).filter_map(zone).collect()
}

/// Sensors of processors and GPUs at their critical temperature.
fn sensors(root: &Path) -> Vec<String> {
    let base = read::below(root, SENSORS);
    let mut found = Vec::new();
    for name in read::names(&base) {
        let folder = base.join(name);
        let Some(driver) = read::text(&folder.join("name")).filter(|driver| DRIVERS.contains(&driver.as_str())) else {
            continue;
        };
        let inputs = read::names(&folder);
        let sensors = inputs.iter().filter_map(|file| file.strip_prefix("temp")?.strip_suffix("_input"));
        found.extend(sensors.filter_map(|sensor| {
            let number = |file: &str| read::number(&folder.join(format!("temp{sensor}_{file}")));
            let label = read::text(&folder.join(format!("temp{sensor}_label"))).unwrap_or_default();
            hot(format!("{driver} {label}").trim(), number("input")?, number("crit").filter(|limit| *limit > 0)?)
        }));
    }
    found
}

/// Words for a sensor at its limit, both in thousandths of a degree; `None` below it.
fn hot(what: &str, now: u64, limit: u64) -> Option<String> {
    let what = crate::model::clean::clean_within(what, 60);
    (now + NEAR >= limit).then(|| format!("{what} stands at {} °C, and slows down at {}", now / 1000, limit / 1000))
}

/// How often cores and packages were slowed down; `None` where nobody counts. All cores of a package have its count.
fn throttled(root: &Path) -> Option<u64> {
    let base = read::below(root, PROCESSORS);
    let of = |count: &str| -> Vec<u64> {
        let cores = read::names(&base).into_iter().filter(|name| name.starts_with("cpu"));
        cores.filter_map(|core| read::number(&base.join(core).join("thermal_throttle").join(count))).collect()
    };
    let (cores, packages) = (of("core_throttle_count"), of("package_throttle_count"));
    let package = packages.into_iter().max();
    (!cores.is_empty() || package.is_some()).then(|| cores.iter().sum::<u64>() + package.unwrap_or(0))
}

/// The processor's clock, where it may not be as high as it can be. Cores of one kind are one line.
#[expect(clippy::cast_precision_loss, reason = "kilohertz")]
fn clocks(root: &Path) -> Vec<String> {
    let base = read::below(root, CLOCKS);
    let mut found: Vec<String> = Vec::new();
    for policy in read::names(&base).into_iter().filter(|name| name.starts_with("policy")) {
        let number = |file: &str| read::number(&base.join(&policy).join(file)).map(|kilohertz| kilohertz as f64 / 1e6);
        let Some((may, can)) = number("scaling_max_freq").zip(number("cpuinfo_max_freq")) else { continue };
        if may < HELD_BACK * can {
            let line = format!("the processor may run at {may:.1} of {can:.1} GHz only");
            if !found.contains(&line) {
                found.push(line);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{super::fake::tree, *};

    #[test]
    fn a_zone_at_its_trip_is_hot_and_one_below_it_is_not() {
        let zone = |temp: &'static str| {
            let root = tree(&[
                ("sys/class/thermal/thermal_zone0/type", "x86_pkg_temp\n"),
                ("sys/class/thermal/thermal_zone0/temp", temp),
                ("sys/class/thermal/thermal_zone0/trip_point_0_type", "critical\n"),
                ("sys/class/thermal/thermal_zone0/trip_point_0_temp", "105000\n"),
                ("sys/class/thermal/thermal_zone0/trip_point_1_type", "passive\n"),
                ("sys/class/thermal/thermal_zone0/trip_point_1_temp", "95000\n"),
                ("sys/class/thermal/thermal_zone0/trip_point_2_type", "active\n"),
                ("sys/class/thermal/thermal_zone0/trip_point_2_temp", "55000\n"),
                ("sys/class/thermal/cooling_device0/type", "Processor\n"),
            ]);
            linux_heat(root.path()).at_limit
        };
        assert_eq!(zone("71000\n"), Vec::<String>::new(), "a fan that turns slows nothing down");
        assert_eq!(zone("94000\n"), ["x86_pkg_temp stands at 94 °C, and slows down at 95"]);
        assert_eq!(zone("-274000\n"), Vec::<String>::new(), "a sensor that is not there");
    }

    #[test]
    fn sensors_of_processors_count_and_those_of_disks_do_not() {
        let root = tree(&[
            ("sys/class/hwmon/hwmon0/name", "nvme\n"),
            ("sys/class/hwmon/hwmon0/temp1_input", "85000\n"),
            ("sys/class/hwmon/hwmon0/temp1_crit", "84000\n"),
            ("sys/class/hwmon/hwmon1/name", "coretemp\n"),
            ("sys/class/hwmon/hwmon1/temp1_label", "Package id 0\n"),
            ("sys/class/hwmon/hwmon1/temp1_input", "99000\n"),
            ("sys/class/hwmon/hwmon1/temp1_crit", "100000\n"),
            ("sys/class/hwmon/hwmon1/temp2_label", "Core 0\n"),
            ("sys/class/hwmon/hwmon1/temp2_input", "80000\n"),
            ("sys/class/hwmon/hwmon1/temp2_crit", "100000\n"),
            ("sys/class/hwmon/hwmon2/name", "k10temp\n"),
            ("sys/class/hwmon/hwmon2/temp1_input", "99000\n"),
        ]);
        assert_eq!(linux_heat(root.path()).at_limit, ["coretemp Package id 0 stands at 99 °C, and slows down at 100"]);
    }

    #[test]
    fn the_kernels_counts_are_added_up_and_a_package_is_counted_once() {
        let root = tree(&[
            ("sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count", "3\n"),
            ("sys/devices/system/cpu/cpu0/thermal_throttle/package_throttle_count", "40\n"),
            ("sys/devices/system/cpu/cpu1/thermal_throttle/core_throttle_count", "2\n"),
            ("sys/devices/system/cpu/cpu1/thermal_throttle/package_throttle_count", "40\n"),
            ("sys/devices/system/cpu/cpufreq/policy0/scaling_max_freq", "1800000\n"),
            ("sys/devices/system/cpu/cpufreq/policy0/cpuinfo_max_freq", "4200000\n"),
            ("sys/devices/system/cpu/cpufreq/policy1/scaling_max_freq", "1800000\n"),
            ("sys/devices/system/cpu/cpufreq/policy1/cpuinfo_max_freq", "4200000\n"),
        ]);
        let heat = linux_heat(root.path());
        assert_eq!(heat.throttled, Some(45));
        assert_eq!(heat.clocks, ["the processor may run at 1.8 of 4.2 GHz only"]);
    }

    #[test]
    fn a_machine_that_says_nothing_says_nothing() {
        assert_eq!(linux_heat(tree(&[]).path()), Heat::default());
        let odd = tree(&[
            ("sys/class/thermal/thermal_zone0/temp", "hot\n"),
            ("sys/class/hwmon/hwmon0/name", "coretemp\n"),
            ("sys/class/hwmon/hwmon0/temp1_input", "\n"),
            ("sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count", "many\n"),
            ("sys/devices/system/cpu/cpufreq/policy0/scaling_max_freq", "1800000\n"),
        ]);
        assert_eq!(linux_heat(odd.path()), Heat::default());
    }
}
