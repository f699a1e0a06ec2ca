//! A file from the outside in: each step says what it saw, and the first that fails ends those that need it.

use std::{sync::Arc, time::Duration};

use super::{conform, mend};
use crate::{
    model::{
        finding::{Examination, Finding, FindingState, Section},
        plugin::{Manifest, PluginKind},
        value::Value,
    },
    plugin::{
        Limits, PluginEngine, PluginError, PluginErrorKind, PluginId,
        component::{JUDGE, check_import, is_ours, kind_and_version},
        inspect::{Inspection, inspect},
        limits::LimitChanges,
        meter::Usage,
        parameters::resolve,
        registry::{ComponentFile, Plugin, load_limited},
    },
};

/// Share of a limit from which a warning says that it is near.
const NEAR: f64 = 0.5;

/// Code up to this many bytes is compiled again for a second engine: a second or so.
const QUICK_TO_COMPILE: usize = 1 << 20;

/// A value that a user set: the plugin that is meant, the parameter, the value.
pub type Set = (String, String, Value);

/// What a user says beside the file: limits, and values in place of defaults.
#[derive(Debug, Clone, Default)]
pub struct Terms {
    pub limits: LimitChanges,
    pub set: Vec<Set>,
}

/// Examines a component on these terms.
#[must_use]
pub fn examine(engine: &Arc<PluginEngine>, file: &ComponentFile, terms: &Terms) -> Examination {
    let mut steps = Steps { findings: Vec::new() };
    let mut examination = Examination {
        origin: file.origin.clone(),
        name: file.name.clone(),
        kind: None,
        version: None,
        findings: Vec::new(),
    };
    steps.passed(Section::File, "can be read", size(file.bytes.len()));
    if let Some(inspection) = steps.outside(file) {
        examination.kind = kind_and_version(&inspection.exports).ok().map(|(kind, _)| kind);
        // What is refused anyway is not compiled.
        if steps.is_ok() {
            match load_limited(engine, &file.bytes, &file.name, &file.origin, &terms.limits) {
                Ok(plugin) => {
                    let manifest = plugin.manifest();
                    (examination.name, examination.version) = (manifest.name.clone(), Some(manifest.version.clone()));
                    steps.compiled(&inspection);
                    steps.manifest(manifest, plugin.component().kind);
                    if let Some(given) = steps.given(manifest, &terms.set) {
                        steps.findings.extend(conform(&plugin, &given, &|| again(&inspection, file, &terms.limits)));
                        steps.limits(plugin.component().usage(), plugin.limits());
                    }
                }
                Err(error) => steps.refused(&error, &inspection),
            }
        }
    }
    steps.skip_the_rest();
    steps.findings.sort_by_key(|finding| finding.section);
    examination.findings = steps.findings;
    examination
}

/// The same plugin in an engine of its own, where that is quick.
fn again(inspection: &Inspection, file: &ComponentFile, limits: &LimitChanges) -> Option<Result<Plugin, PluginError>> {
    let load = |engine| load_limited(&Arc::new(engine), &file.bytes, &file.name, &file.origin, limits);
    (inspection.cost.code_bytes <= QUICK_TO_COMPILE).then(|| PluginEngine::new(None).and_then(load))
}

/// The findings so far.
struct Steps {
    findings: Vec<Finding>,
}

impl Steps {
    fn add(&mut self, section: Section, check: &str, state: FindingState, seen: String, mend: Option<String>) {
        self.findings.push(Finding { section, check: check.to_owned(), state, seen, mend });
    }

    fn passed(&mut self, section: Section, check: &str, seen: impl Into<String>) {
        self.add(section, check, FindingState::Passed, seen.into(), None);
    }

    fn warned(&mut self, section: Section, check: &str, seen: impl Into<String>, mend: &str) {
        self.add(section, check, FindingState::Warning, seen.into(), Some(mend.to_owned()));
    }

    fn failed(&mut self, section: Section, check: &str, error: &PluginError) {
        self.add(section, check, FindingState::Failed, mend::said(error), Some(mend::of(error)));
    }

    fn is_ok(&self) -> bool {
        self.findings.iter().all(|finding| finding.state != FindingState::Failed)
    }

    /// What can be read without running anything.
    fn outside(&mut self, file: &ComponentFile) -> Option<Inspection> {
        let (name, origin) = (file.name.clone(), file.origin.clone());
        let error = |kind| PluginError { plugin: Box::new(PluginId::unread(&name, &origin)), function: None, kind };
        let inspection = match inspect(&file.bytes) {
            Ok(inspection) => inspection,
            Err(kind) => {
                self.failed(Section::Component, "is a WebAssembly component", &error(kind));
                return None;
            }
        };
        match kind_and_version(&inspection.exports) {
            Ok((kind, version)) => {
                self.passed(Section::Exports, "exports one kind of plugin", kind.name());
                self.passed(Section::Api, "fits this program", format!("ralf:tune {version}"));
            }
            Err(kind @ PluginErrorKind::Version { .. }) => {
                self.passed(Section::Exports, "exports one kind of plugin", "of another version");
                self.failed(Section::Api, "fits this program", &error(kind));
            }
            Err(kind) => self.failed(Section::Exports, "exports one kind of plugin", &error(kind)),
        }
        self.imports(&inspection, &error);
        Some(inspection)
    }

    /// Each import by name.
    fn imports(&mut self, inspection: &Inspection, error: &dyn Fn(PluginErrorKind) -> PluginError) {
        if inspection.imports.is_empty() {
            self.passed(Section::Imports, "imports nothing", "it can only calculate");
        }
        let kind = kind_and_version(&inspection.exports).map_or(PluginKind::Scorer, |(kind, _)| kind);
        for import in &inspection.imports {
            match check_import(import, kind) {
                Ok(()) if import.starts_with(JUDGE) => {
                    self.passed(Section::Imports, import, "to ask a model, if the user allows it");
                }
                Ok(()) if is_ours(import) => self.passed(Section::Imports, import, "ours"),
                Ok(()) => self.passed(Section::Imports, import, "harmless: an empty WASI answers it"),
                Err(kind) => self.failed(Section::Imports, import, &error(kind)),
            }
        }
    }

    fn compiled(&mut self, inspection: &Inspection) {
        let cost = inspection.cost;
        let seen = format!("{} functions, {} of code", cost.functions, size(cost.code_bytes));
        self.passed(Section::Component, "is a WebAssembly component", seen);
    }

    /// It did not load: the part that is to blame.
    fn refused(&mut self, error: &PluginError, inspection: &Inspection) {
        match &error.kind {
            PluginErrorKind::NotAComponent(_) | PluginErrorKind::TooLarge(_) => {
                self.failed(Section::Component, "is a WebAssembly component", error);
                return;
            }
            _ => self.compiled(inspection),
        }
        match &error.kind {
            PluginErrorKind::Mismatch { .. } => self.failed(Section::Exports, "fits the interface", error),
            PluginErrorKind::BadManifest(problems) => {
                for problem in problems {
                    let (seen, mend) = (problem.clone(), Some(mend::of(error)));
                    self.add(Section::Manifest, "is a manifest", FindingState::Failed, seen, mend);
                }
            }
            _ => self.failed(Section::Manifest, "describes itself", error),
        }
    }

    fn manifest(&mut self, manifest: &Manifest, kind: PluginKind) {
        let section = Section::Manifest;
        let count = manifest.parameters.len();
        let parameters = if count == 1 { "1 parameter".to_owned() } else { format!("{count} parameters") };
        self.passed(section, "is a manifest", format!("{} {}, {parameters}", manifest.name, manifest.version));
        if manifest.summary.is_empty() {
            self.warned(section, "says what it does", "the summary is empty", "give `describe` one sentence for users");
        }
        for parameter in manifest.parameters.iter().filter(|parameter| parameter.help.is_empty()) {
            let seen = format!("parameter `{}` has no help", parameter.name);
            self.warned(section, "explains its parameters", seen, "say in a few words what it changes, and its unit");
        }
        let has_stages = !(manifest.decides.is_empty() && manifest.needs.is_empty() && manifest.intensities.is_empty());
        if kind != PluginKind::Strategy && has_stages {
            let seen = "it names settings or intensities, which only strategies have";
            self.warned(section, "leaves to strategies what is theirs", seen, "leave the lists empty");
        }
    }

    /// What was set, when it fits the manifest.
    fn given(&mut self, manifest: &Manifest, set: &[Set]) -> Option<Vec<(String, Value)>> {
        let check = "accepts what was set";
        let fail = |steps: &mut Self, seen: String, mend: String| {
            steps.add(Section::Manifest, check, FindingState::Failed, seen, Some(mend));
            None
        };
        if let Some((plugin, name, _)) = set.iter().find(|(plugin, ..)| *plugin != manifest.name) {
            let seen = format!("`{plugin}.{name}` is of another plugin");
            return fail(self, seen, format!("the plugin is called `{}`", manifest.name));
        }
        let given: Vec<_> = set.iter().map(|(_, name, value)| (name.clone(), value.clone())).collect();
        match resolve(manifest, &given) {
            Ok(_) => Some(given),
            Err(error) => fail(self, error.to_string(), error.hint()),
        }
    }

    /// What all calls together used, against the limits.
    fn limits(&mut self, usage: Usage, limits: Limits) {
        let ratio = |used: usize, most: usize| {
            let float = |value: usize| u32::try_from(value).map_or(f64::MAX, f64::from);
            float(used) / float(most).max(1.0)
        };
        let slowest = usage.slowest.as_secs_f64() / limits.call.as_secs_f64().max(1e-9);
        let lines = ratio(usage.log_lines as usize, limits.log_lines as usize);
        for (check, share, seen, mend) in [
            (
                "memory of a call",
                ratio(usage.memory_bytes, limits.memory_bytes),
                format!("{} of {}", size(usage.memory_bytes), size(limits.memory_bytes)),
                "larger files need more: keep less at once",
            ),
            (
                "slowest call",
                slowest,
                format!("{} of {}", time(usage.slowest), time(limits.call)),
                "a slower machine needs longer: do less in a call",
            ),
            (
                "output of a call",
                ratio(usage.output_bytes, limits.output_bytes),
                format!("{} of {}", size(usage.output_bytes), size(limits.output_bytes)),
                "say less",
            ),
            (
                "log of a call",
                lines,
                format!("{} of {} lines", usage.log_lines, limits.log_lines),
                "log less: lines over the limit are dropped",
            ),
        ] {
            if share > NEAR {
                self.warned(Section::Limits, check, seen, mend);
            } else {
                self.passed(Section::Limits, check, seen);
            }
        }
    }

    /// Sections that nothing was said about could not be reached.
    fn skip_the_rest(&mut self) {
        for section in Section::ALL {
            if !self.findings.iter().any(|finding| finding.section == section) {
                let seen = "what it needs failed before".to_owned();
                self.add(section, "was not reached", FindingState::Skipped, seen, None);
            }
        }
    }
}

fn size(bytes: usize) -> String {
    match bytes {
        0..1024 => format!("{bytes} bytes"),
        1024..1_048_576 => format!("{} KiB", bytes >> 10),
        _ => format!("{} MiB", bytes >> 20),
    }
}

fn time(duration: Duration) -> String {
    if duration < Duration::from_millis(1) { "under 1 ms".to_owned() } else { format!("{} ms", duration.as_millis()) }
}
