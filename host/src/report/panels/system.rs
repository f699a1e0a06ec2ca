//! What was measured: the machine, the server, and the files.

use crate::{
    model::{
        machine::{Locality, MachineProfile, PowerState, ServerProfile},
        study::Study,
    },
    report::{
        page::Page,
        style::Style,
        table::Cell,
        units::{UNKNOWN, bytes, count, fixed, grouped},
        view::number,
    },
};

pub(in crate::report) fn write(page: &mut Page, study: &Study) {
    page.heading("System");
    if let Some(sentence) = whose_hardware(study.server.locality) {
        page.paragraph(Style::Warning, sentence);
    }
    let machine = &study.machine;
    let mut facts = vec![
        ("CPU", Cell::plain(cpu(machine))),
        ("Memory", Cell::plain(memory(machine))),
        ("GPU", Cell::plain(gpu(machine))),
        ("Power", Cell::plain(machine.power.value.map_or(UNKNOWN, power))),
        ("Ollama", Cell::plain(ollama(&study.server))),
    ];
    if study.server.locality == Locality::Simulated {
        let source = &machine.operating_system.source;
        facts.push(("Scenario", Cell::new(Style::Name, source.strip_prefix("scenario ").unwrap_or(source))));
    }
    page.facts(facts);
}

pub(in crate::report) fn write_workload(page: &mut Page, study: &Study) {
    let workload = &study.workload;
    page.heading("Workload");
    let files = format!(
        "{}, {} of them used for trials",
        count(workload.files_in_batch, "file"),
        grouped(number(workload.files_picked))
    );
    let sizes = format!(
        "{} in all; median file {}, largest {}",
        count(workload.total_chars, "character"),
        grouped(number(workload.median_chars)),
        grouped(number(workload.largest_chars))
    );
    let tokens =
        workload.chars_per_token.map(|chars| format!("{} characters each, as counted by the server", fixed(chars, 2)));
    let mut facts = vec![
        ("From", Cell::new(Style::Name, &workload.origin)),
        ("Files", Cell::plain(files)),
        ("Size", Cell::plain(sizes)),
        ("Prompt", Cell::plain(&workload.prompt_origin)),
    ];
    facts.extend(tokens.map(|tokens| ("Tokens", Cell::plain(tokens))));
    page.facts(facts);
}

/// Whose hardware the facts of this machine describe, where it is not the server's.
pub(in crate::report) const fn whose_hardware(locality: Locality) -> Option<&'static str> {
    match locality {
        Locality::Local => None,
        Locality::Remote => Some(
            "The server runs on another machine: the hardware below is this machine's, not the server's. Of the server only what its API says is known.",
        ),
        Locality::Simulated => {
            Some("The server is simulated: the rates come from its scenario, and say nothing about the hardware below.")
        }
    }
}

pub(in crate::report) const fn power(state: PowerState) -> &'static str {
    match state {
        PowerState::Mains => "mains",
        PowerState::Battery => "battery",
    }
}

fn cpu(machine: &MachineProfile) -> String {
    let number = |value: Option<u32>, noun| value.map(|value| count(value as usize, noun));
    let usable = machine.usable_threads.value.filter(|usable| Some(*usable) != machine.logical_threads.value);
    let parts = [
        machine.cpu_model.value.clone(),
        number(machine.physical_cores.value, "core"),
        number(machine.logical_threads.value, "thread"),
        usable.map(|usable| format!("{usable} of them usable here")),
    ];
    listed(parts)
}

fn memory(machine: &MachineProfile) -> String {
    let total = machine.total_memory_bytes.value.map(bytes);
    let memory = match (machine.available_memory_bytes.value.map(bytes), total) {
        (Some(available), Some(total)) => Some(format!("{available} available of {total}")),
        (Some(available), None) => Some(format!("{available} available")),
        (None, Some(total)) => Some(format!("{total} in all")),
        (None, None) => None,
    };
    let swap = match (machine.swap_used_bytes.value, machine.swap_total_bytes.value) {
        (Some(used), Some(total)) if used > 0 => Some(format!("{} of {} swap in use", bytes(used), bytes(total))),
        _ => None,
    };
    listed([memory, swap])
}

fn gpu(machine: &MachineProfile) -> String {
    if machine.gpus.is_empty() {
        return format!("none found ({})", machine.gpu_source);
    }
    let one = |gpu: &crate::model::machine::Gpu| {
        let free = gpu.memory_free_bytes.map(|free| format!("{} free", bytes(free)));
        let unified = gpu.unified.then(|| "shares the machine's memory".to_owned());
        listed([Some(gpu.name.clone()), gpu.memory_total_bytes.map(bytes), free, unified])
    };
    machine.gpus.iter().map(one).collect::<Vec<_>>().join("; ")
}

fn ollama(server: &ServerProfile) -> String {
    let version = server.version.value.as_deref().unwrap_or("of unknown version");
    let place = match server.locality {
        Locality::Local => "on this machine",
        Locality::Remote => "on another machine",
        Locality::Simulated => "simulated",
    };
    format!("{version} at {}, {place}", server.host)
}

fn listed(parts: impl IntoIterator<Item = Option<String>>) -> String {
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() { UNKNOWN.to_owned() } else { parts.join(", ") }
}
