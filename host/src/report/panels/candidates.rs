//! The other candidates: runners-up, or why each was refused.

use crate::{
    model::{selection::MeasuredCandidate, study::Outcome},
    report::{
        page::Page,
        style::Style,
        table::{Cell, Table},
        units::{ColumnUnit, count, decimals, fixed, percent},
        view::{View, differences},
    },
};

/// More rows than this are a table that nobody reads; the JSON has them all.
const MOST_ROWS: usize = 6;

pub(in crate::report) fn write(page: &mut Page, view: &View) {
    let study = view.study;
    if study.outcome == Outcome::NothingFeasible {
        let refused: Vec<&MeasuredCandidate> = study.candidates.iter().collect();
        write_table(page, "Why each was refused", view, &refused, Last::Violations);
        return;
    }
    let Some(selection) = &study.selection else { return };
    let runners_up: Vec<&MeasuredCandidate> = selection
        .runners_up
        .iter()
        .filter_map(|id| study.candidates.iter().find(|candidate| candidate.id == *id))
        .collect();
    write_table(page, "Runners-up", view, &runners_up, Last::Differences);
}

/// What the last column says.
#[derive(Clone, Copy, PartialEq)]
enum Last {
    Differences,
    Violations,
}

fn write_table(page: &mut Page, title: &str, view: &View, candidates: &[&MeasuredCandidate], last: Last) {
    if candidates.is_empty() {
        return;
    }
    page.heading(title);
    let shown: Vec<&MeasuredCandidate> = candidates.iter().copied().take(MOST_ROWS).collect();
    let rates = shown.iter().filter_map(|candidate| candidate.notes_per_minute);
    let digits = decimals(rates.clone().map(|estimate| estimate.value).fold(0.0, f64::max));
    let level = rates.map(|estimate| estimate.interval.level).next().unwrap_or(0.95);
    let memory = ColumnUnit::of_bytes(shown.iter().filter_map(|candidate| candidate.peak_memory_bytes));
    let header = match last {
        Last::Differences => "differs from the winner in",
        Last::Violations => "why not",
    };
    // A refused candidate's reasons need the room more than its interval does.
    let with_interval = last == Last::Differences;
    let mut table = Table::new().right("notes/min");
    if with_interval {
        table = table.right(&format!("{} interval", percent(level)));
    }
    let mut table = table.right("quality").right("source").right(memory.name).prose(header);
    let missing = || Cell::new(Style::Dim, "-");
    let reference = view.winner.map_or(&view.study.baseline, |winner| &winner.candidate);
    for candidate in &shown {
        let rate = candidate.notes_per_minute;
        let range = |estimate: crate::model::metric::Estimate| {
            format!("{} to {}", fixed(estimate.interval.low, digits), fixed(estimate.interval.high, digits))
        };
        let differs = differences(&candidate.candidate, reference);
        let differs = match (candidate.is_baseline, differs.is_empty()) {
            (true, _) => "your present settings".to_owned(),
            (false, true) => "nothing".to_owned(),
            (false, false) => differs,
        };
        let text = match last {
            Last::Violations if !candidate.violations.is_empty() => {
                format!("{differs}: {}", candidate.violations.join("; "))
            }
            Last::Violations | Last::Differences => differs,
        };
        let mut cells = vec![rate.map_or_else(missing, |estimate| Cell::plain(fixed(estimate.value, digits)))];
        if with_interval {
            cells.push(rate.map_or_else(missing, |estimate| Cell::new(Style::Dim, range(estimate))));
        }
        cells.extend([
            candidate.quality.map_or_else(missing, |quality| Cell::plain(fixed(quality.value, 2))),
            Cell::plain(percent(candidate.source_share)),
            candidate.peak_memory_bytes.map_or_else(missing, |bytes| Cell::plain(memory.show(bytes))),
            Cell::plain(text),
        ]);
        table.row(cells);
    }
    page.table(&table);
    if candidates.len() > shown.len() {
        page.paragraph(Style::Dim, &format!("and {} more", count(candidates.len() - shown.len(), "candidate")));
    }
}
