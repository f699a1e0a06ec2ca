//! The page of `ralf-tune plugin check`: one line a check, and what to change where one failed.

use crate::model::{
    finding::{Examination, Finding, FindingState},
    plugin::PluginKind,
};

use super::{
    page::Page,
    style::Style,
    table::{Cell, Table},
    units,
};

/// The page.
#[must_use]
pub fn render(examination: &Examination, width: usize, colour: bool) -> String {
    let mut page = Page::new(width, colour);
    let kind = examination.kind.map_or("plugin", PluginKind::name);
    let version = examination.version.as_deref().map(|version| format!(" {version}")).unwrap_or_default();
    page.heading(&format!("{kind} {}{version}", examination.name));
    page.paragraph(Style::Dim, &examination.origin);
    page.blank();
    page.table(&table(&examination.findings));
    let open: Vec<&Finding> = examination.findings.iter().filter(|finding| finding.mend.is_some()).collect();
    if !open.is_empty() {
        page.heading("What to change");
        for finding in open {
            let (style, word) = word(finding.state);
            page.hanging(style, &format!("{word}: "), Style::Plain, &format!("{}: {}", finding.check, finding.seen));
            page.hanging(Style::Dim, "  mend: ", Style::Strong, finding.mend.as_deref().unwrap_or_default());
        }
    }
    page.blank();
    page.paragraph(if examination.is_ok() { Style::Good } else { Style::Bad }, &closing(examination));
    page.finish()
}

fn table(findings: &[Finding]) -> Table {
    let mut table = Table::new().left("").left("").prose("");
    let mut last = None;
    for finding in findings {
        let (style, word) = word(finding.state);
        let section = if last == Some(finding.section) { "" } else { finding.section.name() };
        last = Some(finding.section);
        // What is long stands below, with its mend.
        let line = match finding.mend {
            None => format!("{}: {}", finding.check, finding.seen),
            Some(_) => finding.check.clone(),
        };
        table.row([Cell::new(style, word), Cell::new(Style::Dim, section), Cell::plain(line)]);
    }
    table
}

fn word(state: FindingState) -> (Style, &'static str) {
    match state {
        FindingState::Passed => (Style::Good, "ok"),
        FindingState::Warning => (Style::Warning, "warning"),
        FindingState::Failed => (Style::Bad, "failed"),
        FindingState::Skipped => (Style::Dim, "skipped"),
    }
}

fn closing(examination: &Examination) -> String {
    let count = |state| examination.count(state);
    let (passed, warnings, failed) =
        (count(FindingState::Passed), count(FindingState::Warning), count(FindingState::Failed));
    let rest = match (warnings, failed) {
        (0, 0) => ", none failed".to_owned(),
        (1, 0) => ", 1 warning, none failed".to_owned(),
        (warnings, 0) => format!(", {warnings} warnings, none failed"),
        (0, failed) => format!(", {failed} failed"),
        (warnings, failed) => format!(", {warnings} with a warning, {failed} failed"),
    };
    format!("{} passed{rest}", units::count(passed, "check"))
}
