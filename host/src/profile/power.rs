//! Whether the machine runs on its battery: a measurement made there does not hold at the socket.

use std::path::Path;

use super::read;
use crate::model::machine::{Fact, PowerState};

const SUPPLIES: &str = "/sys/class/power_supply";

/// What powers this machine.
#[must_use]
pub fn power() -> Fact<PowerState> {
    if cfg!(target_os = "linux") {
        linux_power(Path::new("/"))
    } else if cfg!(target_os = "macos") {
        match super::machine::command_output("pmset", &["-g", "batt"]) {
            Some(text) => macos_power(&text),
            None => Fact::unknown("`pmset -g batt` does not answer"),
        }
    } else {
        Fact::unknown("not looked for on this operating system")
    }
}

/// What the power supplies below `root` say.
#[must_use]
pub fn linux_power(root: &Path) -> Fact<PowerState> {
    let base = read::below(root, SUPPLIES);
    if !base.is_dir() {
        return Fact::unknown(format!("no {SUPPLIES}"));
    }
    let mut battery = None;
    for name in read::names(&base) {
        let read = |file: &str| read::text(&base.join(&name).join(file)).unwrap_or_default();
        // The battery of a mouse or a keyboard does not feed the machine.
        if read("scope") == "Device" {
            continue;
        }
        if read("type") == "Battery" {
            // Of several batteries one is drained after the other: one that discharges is enough.
            let discharging = read("status") == "Discharging";
            if battery.as_ref().is_none_or(|(known, _)| discharging && !known) {
                battery = Some((discharging, name));
            }
        } else if read("online") == "1" {
            return Fact::found(PowerState::Mains, format!("{SUPPLIES}/{name}/online"));
        }
    }
    match battery {
        None => Fact::found(PowerState::Mains, format!("no battery in {SUPPLIES}")),
        Some((true, name)) => Fact::found(PowerState::Battery, format!("{SUPPLIES}/{name}/status")),
        Some((false, name)) => Fact::found(PowerState::Mains, format!("{SUPPLIES}/{name}/status")),
    }
}

/// What `pmset -g batt` says in its first line: `Now drawing from 'AC Power'`.
#[must_use]
pub fn macos_power(text: &str) -> Fact<PowerState> {
    let source = "`pmset -g batt`";
    let first = text.lines().next().unwrap_or_default();
    if first.contains("'Battery Power'") {
        Fact::found(PowerState::Battery, source)
    } else if first.contains("'AC Power'") {
        Fact::found(PowerState::Mains, source)
    } else {
        Fact::unknown(format!("{source} does not say"))
    }
}

#[cfg(test)]
mod tests {
    use super::{super::fake::tree, *};

    fn laptop(online: &'static str, status: &'static str) -> Option<PowerState> {
        let root = tree(&[
            ("sys/class/power_supply/AC/type", "Mains\n"),
            ("sys/class/power_supply/AC/online", online),
            ("sys/class/power_supply/BAT0/type", "Battery\n"),
            ("sys/class/power_supply/BAT0/status", status),
        ]);
        linux_power(root.path()).value
    }

    #[test]
    fn a_laptop_is_on_its_battery_only_when_unplugged() {
        assert_eq!(laptop("0\n", "Discharging\n"), Some(PowerState::Battery));
        assert_eq!(laptop("1\n", "Charging\n"), Some(PowerState::Mains));
        // A charger that is too weak for the load: still plugged in.
        assert_eq!(laptop("1\n", "Discharging\n"), Some(PowerState::Mains));
    }

    #[test]
    fn one_of_two_batteries_that_discharges_is_enough() {
        let root = tree(&[
            ("sys/class/power_supply/BAT0/type", "Battery\n"),
            ("sys/class/power_supply/BAT0/status", "Not charging\n"),
            ("sys/class/power_supply/BAT1/type", "Battery\n"),
            ("sys/class/power_supply/BAT1/status", "Discharging\n"),
        ]);
        assert_eq!(linux_power(root.path()).value, Some(PowerState::Battery));
    }

    #[test]
    fn a_mouse_is_no_laptop_and_no_directory_is_no_answer() {
        let root = tree(&[
            ("sys/class/power_supply/hidpp_battery_0/type", "Battery\n"),
            ("sys/class/power_supply/hidpp_battery_0/scope", "Device\n"),
            ("sys/class/power_supply/hidpp_battery_0/status", "Discharging\n"),
        ]);
        assert_eq!(linux_power(root.path()).value, Some(PowerState::Mains));
        assert_eq!(linux_power(tree(&[]).path()).value, None);
    }

    #[test]
    fn pmset_is_understood() {
        let battery = "Now drawing from 'Battery Power'\n -InternalBattery-0 (id=1)\t83%; discharging\n";
        assert_eq!(macos_power(battery).value, Some(PowerState::Battery));
        assert_eq!(macos_power("Now drawing from 'AC Power'\n").value, Some(PowerState::Mains));
        assert_eq!(macos_power("").value, None);
    }
}
