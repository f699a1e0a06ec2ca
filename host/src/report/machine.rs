//! The page of `ralf-tune machine`: every fact, and how it was found.

use crate::model::machine::{Era, Fact, LoadedModel, Locality, MachineProfile, ModelProfile, ServerProfile};

use super::{
    page::Page,
    panels::system::{power, whose_hardware},
    style::Style,
    table::{Cell, Table},
    units::{UNKNOWN, bytes, count, grouped, percent},
};

/// The machine, the server and the model as seen. `server` and `model` are `None` where nobody answered.
#[must_use]
pub fn render(
    machine: &MachineProfile,
    server: Option<&ServerProfile>,
    model: Option<&ModelProfile>,
    width: usize,
    colour: bool,
) -> String {
    let mut page = Page::new(width, colour);
    page.heading("This machine");
    if let Some(sentence) = server.and_then(|server| whose_hardware(server.locality)) {
        page.paragraph(Style::Warning, sentence);
        page.blank();
    }
    page.table(&machine_facts(machine));
    page.heading("Server");
    match server {
        Some(server) => write_server(&mut page, server),
        None => page.paragraph(Style::Plain, "No Ollama server answered."),
    }
    page.heading("Model");
    match model {
        Some(model) => page.table(&model_facts(model)),
        None => page.paragraph(Style::Plain, "No model was asked about, or the server does not have it."),
    }
    page.finish()
}

/// What is known, and how.
fn facts() -> Table {
    Table::new().left("").prose("").prose("how it was found")
}

fn add<T>(table: &mut Table, name: &str, fact: &Fact<T>, show: impl Fn(&T) -> String) {
    let value = match &fact.value {
        Some(value) => Cell::plain(show(value)),
        None => Cell::new(Style::Warning, UNKNOWN),
    };
    table.row([Cell::plain(name), value, Cell::new(Style::Dim, &fact.source)]);
}

fn machine_facts(machine: &MachineProfile) -> Table {
    let mut table = facts();
    let size = |value: &u64| bytes(*value);
    add(&mut table, "Processor", &machine.cpu_model, String::clone);
    add(&mut table, "Cores", &machine.physical_cores, ToString::to_string);
    add(&mut table, "Threads", &machine.logical_threads, ToString::to_string);
    add(&mut table, "Usable threads", &machine.usable_threads, ToString::to_string);
    add(&mut table, "Memory", &machine.total_memory_bytes, size);
    add(&mut table, "Available memory", &machine.available_memory_bytes, size);
    add(&mut table, "Swap", &machine.swap_total_bytes, size);
    add(&mut table, "Swap in use", &machine.swap_used_bytes, size);
    for gpu in &machine.gpus {
        let memory = |size: Option<u64>, what: &str| size.map(|size| format!(", {} {what}", bytes(size)));
        let value = [
            Some(gpu.name.clone()),
            memory(gpu.memory_total_bytes, "memory"),
            memory(gpu.memory_free_bytes, "free"),
            gpu.unified.then(|| ", shares the machine's memory".to_owned()),
        ];
        let value = value.into_iter().flatten().collect::<String>();
        table.row([Cell::plain("GPU"), Cell::plain(value), Cell::new(Style::Dim, &gpu.source)]);
    }
    if machine.gpus.is_empty() {
        table.row([Cell::plain("GPU"), Cell::plain("none found"), Cell::new(Style::Dim, &machine.gpu_source)]);
    }
    add(&mut table, "Power", &machine.power, |state| power(*state).to_owned());
    add(&mut table, "Operating system", &machine.operating_system, String::clone);
    table
}

fn write_server(page: &mut Page, server: &ServerProfile) {
    let mut table = facts();
    let place = match server.locality {
        Locality::Local => "this machine",
        Locality::Remote => "another machine",
        Locality::Simulated => "simulated",
    };
    table.row([Cell::plain("Address"), Cell::new(Style::Name, &server.host)]);
    table.row([Cell::plain("Runs on"), Cell::plain(place), Cell::new(Style::Dim, &server.locality_source)]);
    add(&mut table, "Version", &server.version, String::clone);
    add(&mut table, "Behaves like", &server.era, |era| era_text(*era).to_owned());
    page.table(&table);
    page.blank();
    if server.loaded_models.is_empty() {
        page.paragraph(Style::Plain, "No model is loaded.");
    } else {
        page.table(&loaded(&server.loaded_models));
    }
}

const fn era_text(era: Era) -> &'static str {
    match era {
        Era::A => "0.3 and before: counts leave out cached tokens",
        Era::B => "0.4 to 0.29: cuts a long prompt to the whole context",
        Era::C => "0.30 and later: cuts a long prompt to about half the context",
    }
}

fn loaded(models: &[LoadedModel]) -> Table {
    let mut table = Table::new().prose("loaded").right("size").right("on the GPU").right("context").left("until");
    for model in models {
        let unknown = || UNKNOWN.to_owned();
        let style = if model.is_spilled() { Style::Warning } else { Style::Plain };
        table.row([
            Cell::new(Style::Name, &model.name),
            Cell::plain(model.known_size_bytes().map_or_else(unknown, bytes)),
            Cell::new(style, model.gpu_share().map_or_else(unknown, percent)),
            Cell::plain(model.context_length.map_or_else(unknown, |tokens| tokens.to_string())),
            Cell::new(Style::Dim, model.expires_at.as_deref().unwrap_or(UNKNOWN)),
        ]);
    }
    table
}

fn model_facts(model: &ModelProfile) -> Table {
    let mut table = facts();
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let billions = |parameters: &u64| match *parameters as f64 {
        many if many >= 1e9 => format!("{:.1} billion", many / 1e9),
        many => format!("{} million", grouped(many / 1e6)),
    };
    table.row([Cell::plain("Name"), Cell::new(Style::Name, &model.name)]);
    add(&mut table, "Digest", &model.digest, String::clone);
    add(&mut table, "Size", &model.size_bytes, |size| bytes(*size));
    add(&mut table, "Quantization", &model.quantization, String::clone);
    add(&mut table, "Family", &model.family, String::clone);
    add(&mut table, "Parameters", &model.parameter_count, billions);
    add(&mut table, "Trained context", &model.trained_context, |tokens| count(*tokens as usize, "token"));
    add(&mut table, "Layers", &model.layers, ToString::to_string);
    add(&mut table, "Attention heads", &model.heads, ToString::to_string);
    add(&mut table, "Key-value heads", &model.kv_heads, ToString::to_string);
    add(&mut table, "Cache of one token", &model.kv_bytes_per_token, |size| bytes(*size));
    let yes_no = |yes: bool| Cell::plain(if yes { "yes" } else { "no" });
    table.row([Cell::plain("Thinks"), yes_no(model.thinking)]);
    table.row([Cell::plain("Sees images"), yes_no(model.vision)]);
    let own = model.modelfile_num_ctx.map_or_else(|| "not set".to_owned(), |tokens| tokens.to_string());
    table.row([Cell::plain("num_ctx of its own"), Cell::plain(own), Cell::new(Style::Dim, "the model's Modelfile")]);
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_that_the_server_does_not_know_is_not_shown_as_none() {
        let shown = |size_bytes| {
            let loaded = LoadedModel {
                name: "smollm2:135m".into(),
                digest: String::new(),
                size_bytes,
                size_vram_bytes: 0,
                context_length: Some(4096),
                expires_at: None,
            };
            let mut page = Page::new(80, false);
            page.table(&super::loaded(&[loaded]));
            page.finish().split_whitespace().skip(7).map(str::to_owned).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(shown(209_505_483), "smollm2:135m 200 MiB 0 % 4096 unknown");
        assert_eq!(shown(0), "smollm2:135m unknown unknown 4096 unknown");
    }
}
