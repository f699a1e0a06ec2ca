//! Classes of machines in words.

use crate::model::{
    machine::GpuVendor,
    pack::{GpuClass, HardwareClass, ProcessorClass, SystemClass},
};

/// The whole machine: `Linux, AMD, 16 threads, 32 GiB, NVIDIA with 24 GiB`.
pub(in crate::hub) fn machine(class: &HardwareClass) -> String {
    let mut parts = Vec::new();
    if class.simulated {
        parts.push("simulated".to_owned());
    }
    if class.system != SystemClass::Other {
        parts.push(system(class.system).to_owned());
    }
    if class.processor != ProcessorClass::Other {
        parts.push(processor(class.processor).to_owned());
    }
    parts.extend(class.threads.map(|threads| format!("{threads} threads")));
    parts.extend(class.memory_gib.map(|memory| format!("{memory} GiB")));
    parts.push(class.gpu.as_ref().map_or_else(|| "no graphics processor".to_owned(), gpu));
    parts.join(", ")
}

fn gpu(class: &GpuClass) -> String {
    let several = if class.several { "several " } else { "" };
    let memory = match (class.memory_gib, class.unified) {
        (_, true) => " with the machine's memory".to_owned(),
        (Some(memory), _) => format!(" with {memory} GiB"),
        (None, _) => String::new(),
    };
    format!("{several}{}{memory}", vendor(class.vendor))
}

pub(super) const fn system(system: SystemClass) -> &'static str {
    match system {
        SystemClass::Linux => "Linux",
        SystemClass::Macos => "macOS",
        SystemClass::Windows => "Windows",
        SystemClass::Other => "another",
    }
}

pub(super) const fn processor(processor: ProcessorClass) -> &'static str {
    match processor {
        ProcessorClass::Intel => "Intel",
        ProcessorClass::Amd => "AMD",
        ProcessorClass::Apple => "Apple",
        ProcessorClass::Arm => "ARM",
        ProcessorClass::Other => "another",
    }
}

pub(super) const fn vendor(vendor: GpuVendor) -> &'static str {
    match vendor {
        GpuVendor::Nvidia => "NVIDIA",
        GpuVendor::Amd => "AMD graphics",
        GpuVendor::Apple => "Apple graphics",
    }
}
