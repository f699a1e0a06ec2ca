//! A selector over recorded candidates.

use crate::{
    model::{
        rehearsal::{Choice, SelectionCase, SelectorRehearsal},
        selection::MeasuredCandidate,
    },
    report::{
        page::Page,
        style::Style,
        table::{Cell, Table},
        units::{count, fixed, percent, rate},
        view::settings,
    },
};

/// Reasons of one choice that are shown.
const MOST_REASONS: usize = 4;

/// The page of a selector.
#[must_use]
pub fn render(rehearsal: &SelectorRehearsal, width: usize, colour: bool) -> String {
    let mut page = Page::new(width, colour);
    page.heading(&format!("Selector {}", rehearsal.selector));
    let study = &rehearsal.study;
    page.paragraph(Style::Plain, &format!("{}: {}.", study.name, count(study.candidates.len(), "candidate")));
    page.blank();
    page.table(&candidates(study));
    page.heading("Why");
    for choice in &study.choices {
        reasons(&mut page, choice);
    }
    page.heading("Summary");
    let own = study.choices.first();
    let failed = own.is_some_and(|choice| choice.failure.is_some());
    page.facts([
        ("Chooses like", Cell::plain(alike(study))),
        ("Failed", if failed { Cell::new(Style::Bad, "yes") } else { Cell::plain("no") }),
        ("Slowest call", Cell::plain(super::call(own.map_or(0.0, |choice| choice.milliseconds)))),
    ]);
    page.finish()
}

fn winner(choice: &Choice) -> Option<u32> {
    choice.selection.as_ref().map(|selection| selection.winner)
}

fn candidates(study: &SelectionCase) -> Table {
    let mut table = Table::new()
        .right("id")
        .right("notes/min")
        .right("quality")
        .right("ctx")
        .right("parallel")
        .right("read")
        .prose("chosen by");
    for candidate in &study.candidates {
        let by: Vec<&str> = study
            .choices
            .iter()
            .filter(|choice| winner(choice) == Some(candidate.id))
            .map(|choice| choice.selector.as_str())
            .collect();
        table.row([
            Cell::new(Style::Dim, candidate.id.to_string()),
            Cell::plain(candidate.notes_per_minute.map_or_else(|| "-".into(), |estimate| rate(estimate.value))),
            Cell::plain(candidate.quality.map_or_else(|| "-".into(), |estimate| fixed(estimate.value, 2))),
            Cell::plain(candidate.candidate.num_ctx.to_string()),
            Cell::plain(candidate.candidate.max_concurrent_requests.to_string()),
            Cell::plain(percent(candidate.source_share)),
            remark(candidate, &by),
        ]);
    }
    table
}

fn remark(candidate: &MeasuredCandidate, by: &[&str]) -> Cell {
    let mut remarks = Vec::new();
    if candidate.is_baseline {
        remarks.push("(the present settings)".to_owned());
    }
    if let Some(violation) = candidate.violations.first() {
        remarks.push(format!("(must not be: {violation})"));
    }
    remarks.insert(0, by.join(", "));
    Cell::new(if by.is_empty() { Style::Dim } else { Style::Strong }, remarks.join(" ").trim())
}

fn reasons(page: &mut Page, choice: &Choice) {
    let Some(selection) = &choice.selection else {
        let failure = choice.failure.as_deref().unwrap_or_default();
        page.hanging(Style::Name, &format!("{}: ", choice.selector), Style::Bad, failure);
        return;
    };
    let sets = settings(&selection.settings);
    let sets = if sets.is_empty() { String::new() } else { format!(", sets {sets}") };
    page.paragraph(Style::Name, &format!("{}: {}{sets}", choice.selector, selection.winner));
    for reason in selection.reasons.iter().take(MOST_REASONS) {
        page.bullet(reason);
    }
}

/// The bundled selectors with the same winner.
fn alike(study: &SelectionCase) -> String {
    let own = study.choices.first().and_then(winner);
    let same = study.choices.iter().skip(1).filter(|choice| own.is_some() && winner(choice) == own);
    let names: Vec<&str> = same.map(|choice| choice.selector.as_str()).collect();
    if names.is_empty() { "nobody".to_owned() } else { names.join(", ") }
}
