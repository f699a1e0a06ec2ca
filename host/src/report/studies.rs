//! The list of studies that are kept.

use crate::model::{kept::StudySummary, study::Outcome};

use super::{
    page::{Page, shortened},
    style::Style,
    table::{Cell, Table},
    units::{fixed, rate},
};

/// Columns of a model's name at most.
const NAME_COLUMNS: usize = 20;

/// Columns of a study's name.
const ID_COLUMNS: usize = 20;

/// The page of a list, the newest study first.
#[must_use]
pub fn list(studies: &[StudySummary], width: usize, colour: bool) -> String {
    let mut page = Page::new(width, colour);
    page.heading("Studies");
    if studies.is_empty() {
        page.paragraph(Style::Plain, "None is kept yet: `ralf-tune run` makes one.");
        return page.finish();
    }
    let mut table =
        Table::new().left("study").at_least(ID_COLUMNS).left("model").right("notes/min").right("gain").prose("outcome");
    for study in studies {
        let number = |value: Option<f64>, show: &dyn Fn(f64) -> String| value.map_or_else(|| "-".to_owned(), show);
        table.row([
            Cell::new(Style::Name, study.id.as_str()),
            Cell::plain(shortened(&study.model, NAME_COLUMNS)),
            Cell::plain(number(study.notes_per_minute, &rate)),
            Cell::plain(number(study.speed_ratio, &|ratio| format!("{}x", fixed(ratio, 2)))),
            outcome(study),
        ]);
    }
    page.table(&table);
    page.finish()
}

fn outcome(study: &StudySummary) -> Cell {
    let (style, text) = match study.outcome {
        Outcome::Improved => (Style::Good, "improved"),
        Outcome::KeepBaseline => (Style::Plain, "yours kept"),
        Outcome::NothingFeasible => (Style::Bad, "nothing feasible"),
        Outcome::Interrupted => (Style::Warning, "interrupted"),
    };
    let simulated = if study.simulated { " (simulated)" } else { "" };
    let elsewhere = match (&study.machine, study.imported) {
        (_, false) => String::new(),
        (Some(machine), true) => format!(", imported: {machine}"),
        (None, true) => ", imported".to_owned(),
    };
    Cell::new(style, format!("{text}{simulated}{elsewhere}"))
}

/// The same for programs.
///
/// # Errors
/// When it cannot be said in JSON.
pub fn json(studies: &[StudySummary]) -> Result<String, serde_json::Error> {
    Ok(serde_json::to_string_pretty(studies)? + "\n")
}
