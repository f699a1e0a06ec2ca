//! How far to trust the result, what the number means, and what made it.

use crate::{
    model::study::Study,
    report::{
        page::Page,
        style::Style,
        table::{Cell, Table},
        units::fixed,
    },
};

pub(in crate::report) fn write(page: &mut Page, study: &Study) {
    page.heading("Confidence");
    let Some(tuned) = &study.tuned else {
        page.paragraph(Style::Plain, "None: there is no result to trust or to doubt.");
        page.paragraph(Style::Dim, &format!("Measured: {}", study.started_at));
        return;
    };
    let confidence = &tuned.confidence;
    let number = format!("{} %", fixed(confidence.percent, 0));
    page.hanging(Style::Strong, &format!("{number}  "), Style::Plain, &confidence.meaning);
    let mut table = Table::new().left("").right("").prose("");
    for part in &confidence.parts {
        let style = if part.points <= -10.0 { Style::Warning } else { Style::Plain };
        let sign = if part.points < 0.0 { "" } else { "+" };
        let points = Cell::new(style, format!("{sign}{}", fixed(part.points, 0)));
        table.row([Cell::plain(&part.name), points, Cell::new(Style::Dim, &part.reason)]);
    }
    page.table(&table);
    page.paragraph(Style::Dim, &format!("Measured: {}", tuned.benchmark_date));
}
