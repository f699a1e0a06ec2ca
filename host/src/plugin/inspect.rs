//! What can be read from a file's bytes without compiling it: names, sizes, and what is wrong with its outside.

use wasmparser::{Parser, Payload};

use super::{
    compile_cost::{Cost, Counter},
    convert::clean,
    error::PluginErrorKind,
};

/// Custom section in which a build leaves the type of the component that the linker should make.
const COMPONENT_TYPE: &str = "component-type";

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Inspection {
    pub imports: Vec<String>,
    pub exports: Vec<String>,
    /// What there is to compile.
    pub cost: Cost,
}

/// Reads a file's structure. It is not validated: that is the compiler's part.
///
/// # Errors
/// When it is no component, its end is missing, or compiling it would take out of all proportion.
pub fn inspect(bytes: &[u8]) -> Result<Inspection, PluginErrorKind> {
    let not_a_component = |text: &str| Err(PluginErrorKind::NotAComponent(text.to_owned()));
    match bytes {
        [] => return not_a_component("the file is empty"),
        [0, b'a', b's', b'm', 1, 0, 0, 0, ..] => return not_a_component(core_module(bytes)),
        [0, b'a', b's', b'm', _, _, 1, 0, ..] => {}
        [0, b'a', b's', b'm', ..] => return not_a_component("it is of a version of WebAssembly that is not known"),
        _ => return not_a_component("it does not begin as WebAssembly does"),
    }
    let mut found = Inspection::default();
    let mut counter = Counter::default();
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(|error| broken(&error, bytes.len()))?;
        counter.add(&payload).map_err(|error| broken(&error, bytes.len()))?;
        match payload {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 1 => {
                for import in section {
                    let import = import.map_err(|error| broken(&error, bytes.len()))?;
                    found.imports.push(clean(import.name.name));
                }
            }
            Payload::ComponentExportSection(section) if depth == 1 => {
                for export in section {
                    let export = export.map_err(|error| broken(&error, bytes.len()))?;
                    found.exports.push(clean(export.name.name));
                }
            }
            _ => {}
        }
    }
    found.cost = counter.cost;
    match found.cost.excess() {
        Some(excess) => Err(PluginErrorKind::TooLarge(excess)),
        None => Ok(found),
    }
}

/// What kind of core module: one whose build lacks only its last step says so.
fn core_module(bytes: &[u8]) -> &'static str {
    let carries_type = Parser::new(0).parse_all(bytes).map_while(Result::ok).any(
        |payload| matches!(payload, Payload::CustomSection(section) if section.name().starts_with(COMPONENT_TYPE)),
    );
    if carries_type {
        "it is a core module that carries the type of a component: the last step of its build is missing"
    } else {
        "it is a core module, which has to be linked as a component"
    }
}

fn broken(error: &wasmparser::BinaryReaderError, length: usize) -> PluginErrorKind {
    let text = if error.message().contains("unexpected end") || error.offset() >= length {
        format!("it ends too early, after {length} bytes")
    } else {
        format!("{} at byte {}", clean(error.message()), error.offset())
    };
    PluginErrorKind::NotAComponent(text)
}
