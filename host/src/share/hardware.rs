//! Hardware as a class that many machines are of.
//!
//! Each fact becomes a word of a closed list, and a number the class below it; the last class has no end, so that the largest machines are
//! among the large ones. Two facts that seldom go together would point at somebody even so: of those, one is made coarser.

use super::numbers::class;
use crate::model::{
    kept::is_simulated,
    machine::{Gpu, GpuVendor, Locality, MachineProfile},
    pack::{GPU_MEMORY_GIB, GpuClass, HardwareClass, MEMORY_GIB, ProcessorClass, SystemClass, THREADS},
    study::Study,
};

/// GiB of memory for a thread that a usual machine has at most: more is said to be as much.
const MOST_GIB_A_THREAD: u32 = 8;

/// Threads for a GiB of memory that a usual machine has at most: above, its memory is not told.
const MOST_THREADS_A_GIB: u32 = 4;

/// Memory of a graphics processor that is a usual one beside so little memory of the machine, in GiB: four times as much and more is told as that.
const MOST_GPU_BY_MEMORY: u32 = 4;

/// The class of the machine that a study was made on. Of a server elsewhere nothing is known.
#[must_use]
pub(super) fn of(study: &Study) -> HardwareClass {
    let simulated = is_simulated(study);
    if study.server.locality == Locality::Remote {
        return HardwareClass { simulated, ..HardwareClass::UNKNOWN };
    }
    class_of(&study.machine, simulated)
}

/// The class of a machine that the server runs on.
#[must_use]
pub fn class_of(machine: &MachineProfile, simulated: bool) -> HardwareClass {
    usual(HardwareClass {
        simulated,
        system: system(machine.operating_system.value.as_deref().unwrap_or_default()),
        processor: processor(machine.cpu_model.value.as_deref().unwrap_or_default()),
        threads: machine.usable_threads.value.and_then(|threads| class(threads, &THREADS)),
        memory_gib: machine.total_memory_bytes.value.and_then(|bytes| class(gib(bytes), &MEMORY_GIB)),
        gpu: gpu(&machine.gpus),
    })
}

/// Whole GiB; what firmware and kernel keep of it is not missed.
#[must_use]
pub(super) fn gib(bytes: u64) -> u32 {
    u32::try_from(bytes.saturating_add(bytes / 16) >> 30).unwrap_or(u32::MAX)
}

fn system(name: &str) -> SystemClass {
    let name = name.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    if has(&["macos", "mac os", "darwin"]) {
        SystemClass::Macos
    } else if has(&["windows"]) {
        SystemClass::Windows
    } else if has(&[
        "linux", "debian", "ubuntu", "fedora", "red hat", "centos", "rocky", "alma", "suse", "arch", "nixos", "mint",
        "gentoo", "alpine",
    ]) {
        SystemClass::Linux
    } else {
        SystemClass::Other
    }
}

fn processor(name: &str) -> ProcessorClass {
    let name = name.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    if has(&["intel", "xeon"]) {
        ProcessorClass::Intel
    } else if has(&["amd", "epyc", "ryzen"]) {
        ProcessorClass::Amd
    } else if has(&["apple"]) {
        ProcessorClass::Apple
    } else if has(&["arm", "neoverse", "cortex", "ampere", "graviton", "snapdragon"]) {
        ProcessorClass::Arm
    } else {
        ProcessorClass::Other
    }
}

fn gpu(gpus: &[Gpu]) -> Option<GpuClass> {
    let largest = gpus.iter().max_by_key(|gpu| gpu.memory_total_bytes)?;
    Some(GpuClass {
        vendor: largest.vendor,
        memory_gib: largest.memory_total_bytes.and_then(|bytes| class(gib(bytes), &GPU_MEMORY_GIB)),
        unified: largest.unified,
        several: gpus.len() > 1,
    })
}

/// A class without combinations that few machines have. Done twice, it changes nothing more.
#[must_use]
pub(super) fn usual(mut class_of: HardwareClass) -> HardwareClass {
    let is_apple = class_of.processor == ProcessorClass::Apple;
    if is_apple != (class_of.system == SystemClass::Macos) {
        // An old Mac with another processor, or a system of one's own on a new one.
        class_of.system = SystemClass::Other;
        if is_apple {
            class_of.processor = ProcessorClass::Other;
        }
    }
    if let (Some(threads), Some(memory)) = (class_of.threads, class_of.memory_gib) {
        class_of.memory_gib = if threads > memory.saturating_mul(MOST_THREADS_A_GIB) {
            None
        } else {
            class(memory.min(threads.saturating_mul(MOST_GIB_A_THREAD)), &MEMORY_GIB)
        };
    }
    let is_mac = class_of.system == SystemClass::Macos;
    if let Some(gpu) = &mut class_of.gpu {
        // Unified memory is the machine's, and told there.
        if gpu.unified {
            gpu.memory_gib = None;
            gpu.several = false;
        }
        if (gpu.vendor == GpuVendor::Apple) != is_mac {
            class_of.system = SystemClass::Other;
            class_of.processor = ProcessorClass::Other;
        }
        if let (Some(own), Some(memory)) = (gpu.memory_gib, class_of.memory_gib)
            && own > memory.saturating_mul(MOST_GPU_BY_MEMORY)
        {
            gpu.memory_gib = class(memory.saturating_mul(MOST_GPU_BY_MEMORY), &GPU_MEMORY_GIB);
        }
    }
    class_of
}

impl HardwareClass {
    /// A machine of which nobody knows anything.
    pub const UNKNOWN: Self = Self {
        simulated: false,
        system: SystemClass::Other,
        processor: ProcessorClass::Other,
        threads: None,
        memory_gib: None,
        gpu: None,
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class_with(threads: u32, memory: u32, gpu: Option<(GpuVendor, u32)>) -> HardwareClass {
        usual(HardwareClass {
            simulated: false,
            system: SystemClass::Linux,
            processor: ProcessorClass::Amd,
            threads: Some(threads),
            memory_gib: Some(memory),
            gpu: gpu.map(|(vendor, memory)| GpuClass {
                vendor,
                memory_gib: Some(memory),
                unified: vendor == GpuVendor::Apple,
                several: false,
            }),
        })
    }

    #[test]
    fn what_few_machines_have_together_is_not_told_together() {
        assert_eq!(class_with(8, 32, None).memory_gib, Some(32));
        assert_eq!(class_with(4, 128, None).memory_gib, Some(32), "as much as a usual machine of four threads has");
        assert_eq!(class_with(64, 4, None).memory_gib, None);
        let small = class_with(4, 8, Some((GpuVendor::Nvidia, 80)));
        assert_eq!(small.gpu.unwrap().memory_gib, Some(32));
        let odd = class_with(8, 32, Some((GpuVendor::Apple, 32)));
        assert_eq!((odd.system, odd.processor), (SystemClass::Other, ProcessorClass::Other));
    }

    #[test]
    fn every_class_is_its_own() {
        for threads in THREADS {
            for memory in MEMORY_GIB {
                for gpu in [None, Some((GpuVendor::Nvidia, 48)), Some((GpuVendor::Apple, 16))] {
                    let once = class_with(threads, memory, gpu);
                    assert_eq!(usual(once.clone()), once);
                }
            }
        }
    }

    #[test]
    fn memory_is_what_was_bought() {
        // 16 GiB, of which the firmware keeps some.
        assert_eq!(class(gib(16_456_000_000), &MEMORY_GIB), Some(16));
        assert_eq!(class(gib(1 << 41), &MEMORY_GIB), Some(128));
    }
}
