//! The page of `ralf-tune plugin bench`.

use crate::model::cost::{PluginCost, Timing};

use super::{
    page::Page,
    style::Style,
    table::{Cell, Table},
    units::{bytes, count},
};

/// The page.
#[must_use]
pub fn render(cost: &PluginCost, width: usize, colour: bool) -> String {
    let mut page = Page::new(width, colour);
    page.heading(&format!("{} {} {}", cost.kind.name(), cost.name, cost.version));
    page.paragraph(Style::Dim, &format!("{}, {}", cost.origin, bytes(cost.size_bytes as u64)));
    page.heading("Loading");
    page.table(&table(&cost.loading));
    page.heading("Calls, each in a fresh instance");
    if cost.calls.is_empty() {
        page.paragraph(Style::Plain, "Nothing is recorded to call it with.");
    } else {
        page.table(&table(&cost.calls));
    }
    page.heading("Limits");
    let memory = format!("{} of {}", bytes(cost.memory_bytes as u64), bytes(cost.memory_limit_bytes as u64));
    let slowest = cost.calls.iter().map(|call| call.most_us).fold(0.0, f64::max);
    let call = format!("{} of {} ms", time(slowest), cost.call_limit_ms);
    page.facts([("memory", Cell::plain(memory)), ("slowest call", Cell::plain(call))]);
    page.blank();
    let runs: usize = cost.loading.iter().chain(&cost.calls).map(|timing| timing.runs).sum();
    page.paragraph(
        Style::Dim,
        &format!(
            "{} on the wall clock. The least is what the work costs; the median has also what else this machine did.",
            count(runs, "run")
        ),
    );
    page.finish()
}

fn table(timings: &[Timing]) -> Table {
    let mut table = Table::new().prose("").right("runs").right("least").right("median");
    for timing in timings {
        table.row([
            Cell::plain(&timing.what),
            Cell::new(Style::Dim, timing.runs.to_string()),
            Cell::new(Style::Strong, time(timing.least_us)),
            Cell::plain(time(timing.median_us)),
        ]);
    }
    table
}

/// Calls take microseconds, and compiling a large guest half a minute.
fn time(microseconds: f64) -> String {
    match microseconds {
        short if short < 1e3 => format!("{short:.0} µs"),
        middle if middle < 1e6 => format!("{:.1} ms", middle / 1e3),
        long => format!("{:.1} s", long / 1e6),
    }
}
