//! Where the gain comes from, step by step.

use std::fmt::Write as _;

use crate::{
    model::{steps::GainStep, study::Study},
    report::{
        page::Page,
        style::Style,
        table::{Cell, Table},
        units::{fixed, plain, rate},
    },
};

pub(in crate::report) fn write(page: &mut Page, study: &Study) {
    let steps = &study.steps;
    let (Some(first), Some(last)) = (steps.first(), steps.last()) else { return };
    page.heading("Where the gain comes from");
    let mut table = Table::new().prose("from your present settings").right("times").right("95 %").right("notes/min");
    let mut table_row = |name: Cell, times: f64, interval: String, speed: f64| {
        table.row([name, Cell::plain(fixed(times, 2)), Cell::new(Style::Dim, interval), Cell::plain(rate(speed))]);
    };
    for step in steps {
        let interval = step.interval.map_or_else(
            || "calculated".to_owned(),
            |interval| format!("{} to {}", fixed(interval.low, 2), fixed(interval.high, 2)),
        );
        table_row(Cell::new(Style::Name, changes(step)), step.ratio, interval, step.notes_per_minute);
    }
    let before = first.notes_per_minute / first.ratio;
    if steps.len() > 1 {
        table_row(Cell::plain("all together"), last.notes_per_minute / before, String::new(), last.notes_per_minute);
    }
    page.table(&table);
    page.paragraph(Style::Dim, &grounds(study));
}

/// `num_ctx 10000→4608, num_thread 0→4`.
pub(in crate::report) fn changes(step: &GainStep) -> String {
    let change = |change: &crate::model::steps::Change| {
        format!("{} {}→{}", change.setting, plain(change.from), plain(change.to))
    };
    step.changes.iter().map(change).collect::<Vec<_>>().join(", ")
}

/// What the table rests on, and how it goes with the comparison.
pub(in crate::report) fn grounds(study: &Study) -> String {
    let requests: Vec<String> = study.steps.iter().map(|step| step.requests.to_string()).collect();
    let together = study.steps.iter().any(|step| step.changes.len() > 1);
    let mut text = format!("Estimates over your whole batch, from {} requests.", requests.join(" and "));
    if together {
        text.push_str(" What stands in one row was not measured apart.");
    }
    if let Some(comparison) = &study.comparison {
        let ratio = &comparison.speed_ratio;
        let _ = write!(
            text,
            " Compared side by side on the same files, all together made {} times the notes ({} to {}).",
            fixed(ratio.value, 2),
            fixed(ratio.interval.low, 2),
            fixed(ratio.interval.high, 2)
        );
    }
    text
}
