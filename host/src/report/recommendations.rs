//! The page of `ralf-tune arena --recommendations`.

use crate::model::fleet::FleetReport;

use super::{
    page::Page,
    style::Style,
    table::{Cell, Table},
    units::{count, duration, percent, plain},
};

/// What recommendations are worth over a fleet.
#[must_use]
pub fn render(report: &FleetReport, width: usize, colour: bool) -> String {
    let mut page = Page::new(width, colour);
    page.heading(&format!("Recommendations: {}", report.intensity));
    page.paragraph(
        Style::Plain,
        &format!(
            "{}, each left out once: what the others measured is recommended to it. Regret is the share of the best notes a minute that is missed.",
            count(report.machines, "machine")
        ),
    );
    if report.interrupted {
        page.paragraph(Style::Warning, "Interrupted: only what was done until then is counted.");
    }
    let mut table = Table::new()
        .prose("")
        .right("regret, mean")
        .right("median")
        .right("90th")
        .right("unusable")
        .right("worse")
        .right("requests")
        .right("time");
    for way in &report.figures.ways {
        table.row([
            Cell::plain(&way.what),
            Cell::plain(percent(way.mean_regret)),
            Cell::plain(percent(way.median_regret)),
            Cell::plain(percent(way.ninetieth_regret)),
            Cell::plain(way.unusable.to_string()),
            Cell::plain(way.worse_than_present.to_string()),
            Cell::plain(plain(way.mean_requests.round())),
            Cell::plain(duration(way.mean_seconds)),
        ]);
    }
    page.table(&table);
    let figures = &report.figures;
    page.paragraph(
        Style::Plain,
        &format!(
            "The recommendation held on {} of the machines, with {} of the requests of full studies there; the true speed lay in the interval that was foretold on {}.",
            percent(figures.held),
            percent(figures.requests_where_held),
            percent(figures.covered)
        ),
    );
    page.finish()
}
