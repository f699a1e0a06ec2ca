//! The pages of `ralf-tune recommend` and `ralf-tune share list`.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    candidate::Candidate,
    machine::GpuVendor,
    pack::{HardwareClass, PackedModel, ProcessorClass, SignedPack, SystemClass},
    recommendation::Recommendation,
    space::Parameter,
};

use super::{
    page::Page,
    style::Style,
    table::{Cell, Table},
    units::{count, fixed, plain, rate},
};

/// What others say, beside the user's own settings where those are known.
#[must_use]
pub fn recommendation(found: &Recommendation, own: Option<&Candidate>, width: usize, colour: bool) -> String {
    let mut page = Page::new(width, colour);
    page.heading("Recommended by others' measurements");
    let speed = &found.notes_per_minute;
    let behind = &found.behind;
    page.paragraph(
        Style::Plain,
        &format!(
            "{} notes a minute are foretold, {} to {} in 95 of 100 cases, from {} by {} of {}. It is a guess until it is proven here: ralf-tune run --prove",
            rate(speed.value),
            rate(speed.interval.low),
            rate(speed.interval.high),
            count(behind.packs, "measurement"),
            count(behind.keys, "key"),
            classes(behind.classes),
        ),
    );
    if behind.set_aside > 0 {
        let what =
            format!("{} set aside: their speeds are not like the others'.", count(behind.set_aside, "measurement"));
        page.paragraph(Style::Dim, &what);
    }
    page.heading("Settings");
    let shown = |parameter: &Parameter| !parameter.is_policy();
    page.facts(Parameter::ALL.into_iter().filter(shown).map(|parameter| {
        let value = plain(found.settings.get(parameter));
        let yours = own.map(|own| own.get(parameter)).filter(|own| (own - found.settings.get(parameter)).abs() > 1e-9);
        let text = yours.map_or_else(|| value.clone(), |yours| format!("{value} (yours: {})", plain(yours)));
        (parameter.name(), Cell::plain(text))
    }));
    page.heading("Nearest");
    let mut table =
        Table::new().right("distance").prose("machine and model").right("notes/min").right("keys").prose("differs");
    for one in &found.nearest {
        table.row([
            Cell::plain(fixed(one.distance, 2)),
            Cell::plain(format!("{}; {}", hardware(&one.hardware), model(&one.model))),
            Cell::plain(rate(one.notes_per_minute)),
            Cell::plain(plain_count(one.keys)),
            Cell::plain(if one.differs.is_empty() { "nothing".to_owned() } else { one.differs.join(", ") }),
        ]);
    }
    page.table(&table);
    if !found.extrapolated.is_empty() {
        page.heading("Extrapolated");
        for what in &found.extrapolated {
            page.bullet(what);
        }
    }
    page.finish()
}

/// What is kept of others, by machine and model.
#[must_use]
pub fn list(packs: &[SignedPack], width: usize, colour: bool) -> String {
    let mut page = Page::new(width, colour);
    page.heading("Measurements of others");
    if packs.is_empty() {
        page.paragraph(Style::Plain, "None is kept: `ralf-tune share import FILE|DIR|URL` brings some.");
        return page.finish();
    }
    let mut groups = BTreeMap::<(String, String), Vec<&SignedPack>>::new();
    for pack in packs {
        groups.entry((hardware(&pack.pack.hardware), model(&pack.pack.model))).or_default().push(pack);
    }
    let mut table = Table::new().prose("machine").prose("model").right("packs").left("keys").left("newest");
    for ((machine, model), packs) in groups {
        let keys: BTreeSet<&str> = packs.iter().filter_map(|pack| pack.key.get(..8)).collect();
        let newest = packs.iter().map(|pack| pack.pack.month.as_str()).max().unwrap_or_default();
        let first = keys.iter().next().copied().unwrap_or_default();
        let keys = if keys.len() == 1 { first.to_owned() } else { format!("{first} and {} more", keys.len() - 1) };
        table.row([
            Cell::plain(machine),
            Cell::plain(model),
            Cell::plain(plain_count(packs.len())),
            Cell::plain(keys),
            Cell::plain(newest),
        ]);
    }
    page.table(&table);
    page.finish()
}

fn plain_count(count: usize) -> String {
    count.to_string()
}

fn classes(count: usize) -> String {
    if count == 1 { "1 class".to_owned() } else { format!("{count} classes") }
}

/// A class of machines in a phrase.
#[must_use]
pub fn hardware(class: &HardwareClass) -> String {
    let mut parts = Vec::new();
    if class.simulated {
        parts.push("simulated".to_owned());
    }
    let system = match class.system {
        SystemClass::Linux => Some("Linux"),
        SystemClass::Macos => Some("macOS"),
        SystemClass::Windows => Some("Windows"),
        SystemClass::Other => None,
    };
    parts.extend(system.map(str::to_owned));
    let processor = match class.processor {
        ProcessorClass::Intel => Some("Intel"),
        ProcessorClass::Amd => Some("AMD"),
        ProcessorClass::Apple => Some("Apple"),
        ProcessorClass::Arm => Some("ARM"),
        ProcessorClass::Other => None,
    };
    parts.extend(processor.map(str::to_owned));
    parts.extend(class.threads.map(|threads| format!("{threads} threads")));
    parts.extend(class.memory_gib.map(|memory| format!("{memory} GiB")));
    if let Some(gpu) = &class.gpu {
        let vendor = match gpu.vendor {
            GpuVendor::Nvidia => "NVIDIA",
            GpuVendor::Amd => "AMD",
            GpuVendor::Apple => "Apple",
        };
        let memory = gpu.memory_gib.map_or_else(String::new, |memory| format!(" of {memory} GiB"));
        let several = if gpu.several { "several " } else { "" };
        parts.push(format!("{several}{vendor} GPU{memory}"));
    }
    if parts.is_empty() { "an unknown machine".to_owned() } else { parts.join(", ") }
}

/// A model in a phrase.
#[must_use]
pub fn model(model: &PackedModel) -> String {
    if let Some(name) = &model.name {
        return name.clone();
    }
    let digits = model.digest.as_deref().and_then(|digest| digest.get(..6)).unwrap_or("unknown");
    format!("private model {digits}")
}
