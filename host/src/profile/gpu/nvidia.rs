//! NVIDIA, through the driver's own library, which is loaded when the program runs.

use std::ffi::OsStr;

use nvml_wrapper::{Device, Nvml, bitmasks::device::ThrottleReasons, error::NvmlError};

use super::Search;
use crate::model::machine::{Gpu, GpuVendor};

/// Where the library may be when it is not on the loader's path: WSL 2 puts it there.
const EXTRA_LIBRARIES: &[&str] = &["/usr/lib/wsl/lib/libnvidia-ml.so.1"];

/// Asks the driver for its devices.
#[must_use]
pub fn search() -> Search {
    let none = |why: String| Search { gpus: Vec::new(), source: format!("NVIDIA: {why}") };
    let nvml = match open() {
        Ok(nvml) => nvml,
        Err(error) => return none(reason(&error)),
    };
    let count = match nvml.device_count() {
        Ok(0) => return none("the driver has no device".to_owned()),
        Ok(count) => count,
        Err(error) => return none(reason(&error)),
    };
    let mut gpus = Vec::new();
    let mut source = format!("NVIDIA: the driver's library (NVML), {count} device(s)");
    for index in 0..count {
        match nvml.device_by_index(index) {
            Ok(device) => gpus.push(gpu(index, &device)),
            Err(error) => {
                source.push_str("; one does not answer: ");
                source.push_str(&reason(&error));
            }
        }
    }
    Search { gpus, source }
}

/// Which devices are held back by heat or power now, and why, by the driver; empty where it does not say.
#[must_use]
pub fn held_back() -> Vec<String> {
    let Ok(nvml) = open() else { return Vec::new() };
    let devices =
        (0..nvml.device_count().unwrap_or(0)).filter_map(|index| Some((index, nvml.device_by_index(index).ok()?)));
    let said = devices.filter_map(|(index, device)| {
        let why = why_held_back(device.current_throttle_reasons().ok()?)?;
        Some(format!("NVIDIA device {index} is slowed down by its driver: {why}"))
    });
    said.collect()
}

/// That a device draws all the power that it may is usual, and no sign.
fn why_held_back(reasons: ThrottleReasons) -> Option<&'static str> {
    if reasons.intersects(ThrottleReasons::HW_THERMAL_SLOWDOWN | ThrottleReasons::SW_THERMAL_SLOWDOWN) {
        Some("heat")
    } else if reasons.contains(ThrottleReasons::HW_POWER_BRAKE_SLOWDOWN) {
        Some("the power supply asked for it")
    } else if reasons.contains(ThrottleReasons::HW_SLOWDOWN) {
        Some("heat or power")
    } else {
        None
    }
}

fn open() -> Result<Nvml, NvmlError> {
    let mut opened = Nvml::init();
    for library in EXTRA_LIBRARIES {
        if !matches!(opened, Err(NvmlError::LibloadingError(_))) {
            break;
        }
        if let Ok(nvml) = Nvml::builder().lib_path(OsStr::new(library)).init() {
            opened = Ok(nvml);
        }
    }
    opened
}

fn gpu(index: u32, device: &Device<'_>) -> Gpu {
    let memory = device.memory_info();
    Gpu {
        name: device.name().unwrap_or_else(|_| format!("NVIDIA device {index}")),
        vendor: GpuVendor::Nvidia,
        memory_total_bytes: memory.as_ref().ok().map(|memory| memory.total),
        memory_free_bytes: memory.as_ref().ok().map(|memory| memory.free),
        // Devices that share the machine's memory (Jetson, GB10) have no figure of their own.
        unified: matches!(memory, Err(NvmlError::NotSupported)),
        source: match memory {
            Ok(_) => format!("NVML device {index}"),
            Err(error) => format!("NVML device {index}; its memory: {}", reason(&error)),
        },
    }
}

/// The driver's error in words that fit behind a colon.
fn reason(error: &NvmlError) -> String {
    match error {
        NvmlError::LibloadingError(_) => "no NVML library".to_owned(),
        NvmlError::DriverNotLoaded => "the driver is not loaded".to_owned(),
        NvmlError::NotSupported => "not supported by the device".to_owned(),
        NvmlError::LibRmVersionMismatch => "library and driver differ in version: restart the machine".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heat_and_power_are_told_from_what_is_usual() {
        let heat = ThrottleReasons::SW_THERMAL_SLOWDOWN | ThrottleReasons::SW_POWER_CAP;
        assert_eq!(why_held_back(heat), Some("heat"));
        assert_eq!(why_held_back(ThrottleReasons::HW_SLOWDOWN | ThrottleReasons::HW_THERMAL_SLOWDOWN), Some("heat"));
        assert_eq!(why_held_back(ThrottleReasons::HW_POWER_BRAKE_SLOWDOWN), Some("the power supply asked for it"));
        assert_eq!(why_held_back(ThrottleReasons::HW_SLOWDOWN), Some("heat or power"));
        for usual in [ThrottleReasons::NONE, ThrottleReasons::GPU_IDLE, ThrottleReasons::SW_POWER_CAP] {
            assert_eq!(why_held_back(usual), None);
        }
    }
}
