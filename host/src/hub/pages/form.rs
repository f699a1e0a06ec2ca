//! The form: a model and a machine, each by a list.

use std::{collections::BTreeMap, fmt::Write as _};

use super::words;
use crate::{
    hub::Problem,
    model::{
        machine::GpuVendor,
        pack::{
            GPU_MEMORY_GIB, GpuClass, HardwareClass, MEMORY_GIB, ProcessorClass, SystemClass, THREADS, WorkloadClass,
        },
    },
    report::html::parts,
};

/// What the form asks for, by the names that stand in the address.
pub(super) const NAMES: [&str; 8] =
    ["model", "system", "processor", "threads", "memory", "graphics", "graphics-memory", "files"];

/// Mean characters of a file in the form: small, usual, large.
const FILES: [(&str, &str, u64); 3] =
    [("small", "about 2 000 characters", 2_000), ("usual", "about 8 000", 8_000), ("large", "about 32 000", 32_000)];

/// A choice that says nothing.
const UNKNOWN: &str = "other";

/// What somebody wants to know.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Wanted {
    /// What the model goes by.
    pub model: String,
    pub hardware: HardwareClass,
    pub workload: WorkloadClass,
    /// As they were given, to be shown again.
    given: BTreeMap<&'static str, String>,
}

impl Wanted {
    /// Out of the address; what is not said is not known.
    pub fn read(given: &BTreeMap<&'static str, String>) -> Result<Self, Problem> {
        let model = given.get("model").cloned().ok_or_else(|| Problem::Query("choose a model".to_owned()))?;
        let graphics = one_of(given, "graphics", &GRAPHICS)?;
        let memory = class_of(given, "graphics-memory", &GPU_MEMORY_GIB)?;
        let gpu = graphics.flatten().map(|vendor| GpuClass {
            vendor,
            unified: vendor == GpuVendor::Apple,
            memory_gib: memory.filter(|_| vendor != GpuVendor::Apple),
            several: false,
        });
        let files = FILES.map(|(name, _, chars)| (name, chars));
        let chars = one_of(given, "files", &files)?.unwrap_or(FILES[1].2);
        let workload = WorkloadClass {
            files_power: 2,
            mean_chars: chars,
            median_chars: chars,
            large_chars: chars * 2,
            own_prompt: false,
            note_tokens: None,
        };
        let hardware = HardwareClass {
            simulated: false,
            system: one_of(given, "system", &SYSTEMS)?.unwrap_or(SystemClass::Other),
            processor: one_of(given, "processor", &PROCESSORS)?.unwrap_or(ProcessorClass::Other),
            threads: class_of(given, "threads", &THREADS)?,
            memory_gib: class_of(given, "memory", &MEMORY_GIB)?,
            gpu,
        };
        Ok(Self { model, hardware, workload, given: given.clone() })
    }
}

const SYSTEMS: [(&str, SystemClass); 4] = [
    ("linux", SystemClass::Linux),
    ("macos", SystemClass::Macos),
    ("windows", SystemClass::Windows),
    (UNKNOWN, SystemClass::Other),
];

const PROCESSORS: [(&str, ProcessorClass); 5] = [
    ("amd", ProcessorClass::Amd),
    ("apple", ProcessorClass::Apple),
    ("arm", ProcessorClass::Arm),
    ("intel", ProcessorClass::Intel),
    (UNKNOWN, ProcessorClass::Other),
];

const GRAPHICS: [(&str, Option<GpuVendor>); 4] = [
    ("none", None),
    ("nvidia", Some(GpuVendor::Nvidia)),
    ("amd", Some(GpuVendor::Amd)),
    ("apple", Some(GpuVendor::Apple)),
];

fn one_of<T: Copy>(
    given: &BTreeMap<&'static str, String>,
    name: &str,
    all: &[(&str, T)],
) -> Result<Option<T>, Problem> {
    let Some(text) = given.get(name) else { return Ok(None) };
    let found = all.iter().find(|(known, _)| known == text).map(|(_, value)| *value);
    found.map(Some).ok_or_else(|| Problem::Query(format!("`{name}` is none of those that can be chosen")))
}

fn class_of(given: &BTreeMap<&'static str, String>, name: &str, classes: &[u32]) -> Result<Option<u32>, Problem> {
    let Some(text) = given.get(name).filter(|text| *text != UNKNOWN) else { return Ok(None) };
    let found = text.parse().ok().filter(|number| classes.contains(number));
    found.map(Some).ok_or_else(|| Problem::Query(format!("`{name}` is none of those that can be chosen")))
}

/// The form as markup, with what was chosen before.
pub(super) fn form(models: &[(String, i64)], chosen: Option<&Wanted>) -> String {
    let mut out = String::from(
        "<form action=\"/find\" method=\"get\" aria-labelledby=\"form-title\">\n\
         <h2 id=\"form-title\">Find your machine and model</h2>\n",
    );
    let was = |name: &str| chosen.and_then(|wanted| wanted.given.get(name)).map_or("", String::as_str);
    let named: Vec<(String, String)> =
        models.iter().map(|(label, votes)| (label.clone(), format!("{} ({votes})", shown(label)))).collect();
    select(&mut out, "model", "Model, and its measurements", &named, was("model"), false);
    let numbers = |classes: &[u32], unit: &str| -> Vec<(String, String)> {
        classes.iter().map(|class| (class.to_string(), format!("{class}{unit}"))).collect()
    };
    let pair = |name: &str, label: &str| (name.to_owned(), label.to_owned());
    let systems: Vec<_> = SYSTEMS.map(|(name, value)| pair(name, words::system(value))).to_vec();
    select(&mut out, "system", "System", &systems, was("system"), true);
    let processors: Vec<_> = PROCESSORS.map(|(name, value)| pair(name, words::processor(value))).to_vec();
    select(&mut out, "processor", "Processor", &processors, was("processor"), true);
    select(&mut out, "threads", "Threads, the nearest below", &numbers(&THREADS, ""), was("threads"), true);
    select(&mut out, "memory", "Memory, the nearest below", &numbers(&MEMORY_GIB, " GiB"), was("memory"), true);
    let graphics: Vec<_> = GRAPHICS.map(|(name, value)| pair(name, value.map_or("none", words::vendor))).to_vec();
    select(&mut out, "graphics", "Graphics", &graphics, was("graphics"), true);
    let memory = numbers(&GPU_MEMORY_GIB, " GiB");
    select(&mut out, "graphics-memory", "Graphics memory, the nearest below", &memory, was("graphics-memory"), true);
    let files: Vec<_> = FILES.map(|(name, label, _)| pair(name, label)).to_vec();
    select(&mut out, "files", "Size of your files", &files, was("files"), true);
    out.push_str("<div><button type=\"submit\">Show measurements</button></div>\n</form>\n");
    out
}

fn select(out: &mut String, name: &str, label: &str, values: &[(String, String)], chosen: &str, may_be_empty: bool) {
    let required = if may_be_empty { "" } else { " required" };
    let _ = writeln!(out, "<div><label for=\"{name}\">{label}</label><select id=\"{name}\" name=\"{name}\"{required}>");
    if may_be_empty {
        out.push_str("<option value=\"\">not said</option>");
    }
    for (value, shown) in values {
        let selected = if value == chosen { " selected" } else { "" };
        let _ = write!(out, "<option value=\"{}\"{selected}>{}</option>", parts::text(value), parts::text(shown));
    }
    out.push_str("</select></div>\n");
}

/// A label as it is shown: a digest by its beginning.
pub(super) fn shown(label: &str) -> String {
    if is_digest(label) { format!("private model {}…", label.get(..8).unwrap_or_default()) } else { label.to_owned() }
}

/// Whether a label is that of a model without a public name.
pub(super) fn is_digest(label: &str) -> bool {
    label.len() == 64 && label.bytes().all(|byte| byte.is_ascii_hexdigit())
}
