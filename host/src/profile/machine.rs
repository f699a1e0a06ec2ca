//! Everything about the machine at once.

use std::process::{Command, Stdio};

use sysinfo::System;

use super::{cpu, gpu, memory, power};
use crate::model::machine::{Fact, MachineProfile};

/// Looks at this machine. Takes milliseconds and never fails: what cannot be found says why.
#[must_use]
pub fn machine() -> MachineProfile {
    let cpu = cpu::cpu();
    let memory = memory::memory();
    let gpus = gpu::search();
    MachineProfile {
        cpu_model: cpu.model,
        physical_cores: cpu.physical_cores,
        logical_threads: cpu.logical_threads,
        usable_threads: cpu.usable_threads,
        total_memory_bytes: memory.total_bytes,
        available_memory_bytes: memory.available_bytes,
        swap_total_bytes: memory.swap_total_bytes,
        swap_used_bytes: memory.swap_used_bytes,
        gpus: gpus.gpus,
        gpu_source: gpus.source,
        power: power::power(),
        operating_system: operating_system(),
    }
}

fn operating_system() -> Fact<String> {
    let architecture = std::env::consts::ARCH;
    match System::long_os_version() {
        Ok(name) if !name.trim().is_empty() => {
            Fact::found(format!("{}, {architecture}", name.trim()), "the operating system")
        }
        _ => Fact::found(format!("{}, {architecture}", std::env::consts::OS), "what this program was built for"),
    }
}

/// What a system command prints. `None` when it is not there or fails.
pub(super) fn command_output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fact_says_how_it_was_found() {
        let machine = machine();
        for source in [
            &machine.cpu_model.source,
            &machine.physical_cores.source,
            &machine.logical_threads.source,
            &machine.usable_threads.source,
            &machine.total_memory_bytes.source,
            &machine.available_memory_bytes.source,
            &machine.swap_total_bytes.source,
            &machine.swap_used_bytes.source,
            &machine.gpu_source,
            &machine.power.source,
            &machine.operating_system.source,
        ] {
            assert!(!source.is_empty());
        }
        assert!(machine.total_memory_bytes.value > machine.available_memory_bytes.value);
        assert!(machine.operating_system.value.is_some());
    }
}
