//! The page of `ralf-tune run --dry-run`: what would be measured, in which order, for how long and why.

use crate::model::{budget::Budget, study::Plan};

use super::{
    page::Page,
    style::Style,
    table::{Cell, Table},
    units::{ColumnUnit, duration, percent, plain},
};

/// The plan of a study of that intensity and budget.
#[must_use]
pub fn render(plan: &Plan, intensity: &str, budget: Budget, width: usize, colour: bool) -> String {
    let mut page = Page::new(width, colour);
    page.heading(&format!("Plan: {intensity}"));
    let estimate: f64 = plan.stages.iter().map(|stage| stage.seconds).sum();
    let (estimate, total) = (duration(estimate), duration(budget.total_seconds));
    page.paragraph(
        Style::Plain,
        &format!("About {estimate} of a budget of {total}. Nothing has been measured or changed."),
    );
    page.blank();
    page.table(&stages(plan));
    page.heading("Judged and chosen by");
    let sum: f64 = plan.scorers.iter().map(|scorer| scorer.weight).sum();
    let mut table = Table::new().left("").left("").prose("");
    for scorer in &plan.scorers {
        let weight = format!("weight {}", plain(scorer.weight));
        let share = if sum > 0.0 { format!("{} of the score", percent(scorer.weight / sum)) } else { String::new() };
        table.row([
            Cell::new(Style::Dim, "scorer"),
            Cell::new(Style::Name, &scorer.name),
            Cell::plain(format!("{weight}, {share}").trim_end_matches(", ")),
        ]);
    }
    if plan.scorers.is_empty() {
        table.row([Cell::new(Style::Dim, "scorer"), Cell::plain("none"), Cell::plain("quality will not be judged")]);
    }
    table.row([Cell::new(Style::Dim, "selector"), Cell::new(Style::Name, &plan.selector)]);
    page.table(&table);
    if !plan.left_out.is_empty() {
        page.heading("Left out");
        for reason in &plan.left_out {
            page.bullet(reason);
        }
    }
    page.finish()
}

fn stages(plan: &Plan) -> Table {
    let unit = ColumnUnit::of_seconds(plan.stages.iter().map(|stage| stage.seconds));
    let mut table = Table::new().right("").left("stage").right(unit.name).prose("what it does, and why here");
    for (index, stage) in plan.stages.iter().enumerate() {
        let mut lines = vec![Cell::plain(&stage.summary)];
        if !stage.decides.is_empty() {
            lines.push(Cell::plain(format!("decides {}", stage.decides.join(", "))));
        }
        lines.push(Cell::new(Style::Dim, &stage.why_here));
        let mut lines = lines.into_iter().filter(|cell| !cell.text.is_empty());
        table.row([
            Cell::new(Style::Dim, (index + 1).to_string()),
            Cell::new(Style::Name, &stage.name),
            Cell::plain(unit.show(stage.seconds)),
            lines.next().unwrap_or_default(),
        ]);
        for line in lines {
            table.row([Cell::empty(), Cell::empty(), Cell::empty(), line]);
        }
    }
    table
}
