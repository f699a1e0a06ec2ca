//! The page of `ralf-tune proxy --report`: what clients did.

use super::{
    page::{Page, shortened},
    style::Style,
    table::{Cell, Table},
    units::{count, duration, grouped},
    view::number,
};
use crate::model::{
    exchange::{Spread, Traffic, TrafficGroup},
    learned::Drift,
};

/// Columns of a name at most.
const NAME_COLUMNS: usize = 24;

/// What clients did, in lines of at most `width` columns.
#[must_use]
pub fn render(traffic: &Traffic, width: usize, colour: bool) -> String {
    let mut page = Page::new(width, colour);
    page.heading("Requests through the proxy");
    let (Some(from), Some(to)) = (&traffic.from, &traffic.to) else {
        page.paragraph(Style::Plain, "None is recorded yet: ralf-tune proxy --listen 127.0.0.1:11435");
        return page.finish();
    };
    let day = |at: &str| at.get(..10).unwrap_or(at).to_owned();
    let (from, to) = (day(from), day(to));
    let when = if from == to { format!("on {from}") } else { format!("from {from} to {to}") };
    let about = match traffic.all.requests {
        0 => "none of them was to make text, so there are no times and sizes to show".to_owned(),
        requests => format!("{} of them to make text, which the rest is about", grouped(number(requests))),
    };
    page.paragraph(Style::Plain, &format!("{} {when}; {about}.", count(traffic.requests, "request")));
    if traffic.unreadable > 0 {
        page.paragraph(
            Style::Warning,
            &format!("{} of the records cannot be read.", count(traffic.unreadable, "line")),
        );
    }
    if traffic.all.requests == 0 {
        return page.finish();
    }
    page.blank();
    write_all(&mut page, &traffic.all);
    page.paragraph(
        Style::Dim,
        "Below: medians, and numbers of answers that had no more room, of failures, and of clients that left.",
    );
    for (heading, groups) in [("By client", &traffic.clients), ("By model", &traffic.models), ("By day", &traffic.days)]
    {
        page.heading(heading);
        write_groups(&mut page, groups);
    }
    if !traffic.failures.is_empty() {
        page.heading("Failed");
        for (why, requests) in &traffic.failures {
            page.bullet(&format!("{}: {why}", count(*requests, "request")));
        }
    }
    if !traffic.advice.is_empty() {
        page.heading("What costs time");
        for advice in &traffic.advice {
            page.bullet(advice);
        }
    }
    if !traffic.studies.is_empty() {
        page.heading("What was tuned");
        for study in &traffic.studies {
            let style = if matches!(study.drift, Drift::Other { .. }) { Style::Warning } else { Style::Plain };
            page.paragraph(style, &format!("{}, study {}: {}.", study.model, study.study, study.drift.sentence()));
            if let Some(mend) = &study.mend {
                page.hanging(Style::Dim, "  ", Style::Name, mend);
            }
        }
    }
    page.finish()
}

/// The data of it.
///
/// # Errors
/// When a number is not one: a bug.
pub fn json(traffic: &Traffic) -> serde_json::Result<String> {
    serde_json::to_string_pretty(traffic).map(|text| text + "\n")
}

/// How a value is written.
type Shown = fn(f64) -> String;

fn rounded(value: f64) -> String {
    grouped(value.round())
}

fn time(milliseconds: f64) -> String {
    duration(milliseconds / 1000.0)
}

fn write_all(page: &mut Page, all: &TrafficGroup) {
    let mut table = Table::new().left("").right("median").right("90 %").right("greatest");
    let rows: [(&str, Option<Spread>, Shown); 5] = [
        ("Characters of a prompt", all.prompt_chars, rounded),
        ("Tokens of an answer", all.answer_tokens, rounded),
        ("Requests at once", all.at_once, rounded),
        ("Time of a request", all.total_ms, time),
        ("Of it waited for a slot", all.queue_wait_ms, time),
    ];
    for (name, spread, show) in rows {
        let Some(Spread { median, ninetieth, greatest }) = spread else { continue };
        let values = [median, ninetieth, greatest].map(|value| Cell::plain(show(value)));
        table.row(std::iter::once(Cell::new(Style::Name, name)).chain(values));
    }
    page.table(&table);
}

fn write_groups(page: &mut Page, groups: &[TrafficGroup]) {
    let mut table = Table::new()
        .left("")
        .right("requests")
        .right("characters")
        .right("tokens")
        .right("time")
        .right("cut")
        .right("failed")
        .right("left");
    for group in groups {
        let median = |spread: Option<Spread>, show: Shown| {
            Cell::plain(spread.map_or_else(|| "-".to_owned(), |spread| show(spread.median)))
        };
        let plain = |value: usize| Cell::plain(grouped(number(value)));
        table.row([
            Cell::new(Style::Name, shortened(&group.name, NAME_COLUMNS)),
            plain(group.requests),
            median(group.prompt_chars, rounded),
            median(group.answer_tokens, rounded),
            median(group.total_ms, time),
            plain(group.cut_answers),
            plain(group.failed),
            plain(group.left),
        ]);
    }
    page.table(&table);
}
