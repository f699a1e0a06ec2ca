//! What was not found, what to beware of, and what to type next.

use crate::{
    model::study::{Outcome, Study},
    report::{
        page::Page,
        style::Style,
        table::{Cell, Table},
    },
};

pub(in crate::report) fn write_not_found(page: &mut Page, study: &Study) {
    if study.not_found.is_empty() {
        return;
    }
    page.heading("Looked for and not found");
    for sentence in &study.not_found {
        page.bullet(sentence);
    }
}

pub(in crate::report) fn write_warnings(page: &mut Page, study: &Study) {
    if study.warnings.is_empty() {
        return;
    }
    page.heading("Warnings");
    for warning in &study.warnings {
        page.hanging(Style::Warning, "! ", Style::Plain, &warning.what);
        if let Some(advice) = &warning.advice {
            page.hanging(Style::Dim, "  ", Style::Dim, advice);
        }
    }
}

pub(in crate::report) fn write_next(page: &mut Page, study: &Study) {
    page.heading("Next");
    let mut table = Table::new().left("").prose("");
    for (command, purpose) in next(study) {
        table.row([Cell::new(Style::Name, command), Cell::new(Style::Dim, purpose)]);
    }
    page.table(&table);
}

/// Commands that help from here, and what each is good for.
fn next(study: &Study) -> Vec<(&'static str, &'static str)> {
    const FULL: (&str, &str) = ("ralf-tune run --full", "search longer, for a narrower interval");
    const MACHINE: (&str, &str) = ("ralf-tune machine", "what is known of machine, server and model");
    let mut commands = match study.outcome {
        Outcome::Improved => vec![("ralf-tune run --format json", "the same as data")],
        Outcome::KeepBaseline => vec![MACHINE],
        Outcome::NothingFeasible => vec![
            ("ralf-tune run --model NAME", "try another model: a smaller one fits and answers sooner"),
            ("ralf-tune run --quality-floor 0.8", "accept notes that are less good"),
            MACHINE,
        ],
        Outcome::Interrupted => {
            vec![("ralf-tune run", "start again, and let it end"), ("ralf-tune run --quick", "the shortest study")]
        }
    };
    let searched = matches!(study.outcome, Outcome::Improved | Outcome::KeepBaseline);
    if searched && study.intensity != "full" {
        commands.insert(0, FULL);
    }
    commands
}
