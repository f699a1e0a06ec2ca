//! What was not found, what to beware of, and what to type next.

use crate::{
    model::study::{NotAsked, Outcome, Study},
    report::{
        page::Page,
        style::Style,
        table::{Cell, Table},
        units::duration,
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

pub(in crate::report) fn write_not_asked(page: &mut Page, study: &Study) {
    // What the comparison found, or had no time for, stands with the verdict.
    let cut_short =
        study.stages.iter().filter(|stage| stage.cut_short && stage.failure.is_none() && stage.name != "confirm");
    let mut sentences: Vec<String> = study.not_asked.iter().map(|given_up| not_asked(study, given_up)).collect();
    sentences.extend(cut_short.map(|stage| format!("{}: its time was over before it was done", stage.name)));
    if sentences.is_empty() {
        return;
    }
    page.heading("Not asked, for want of time");
    for sentence in sentences {
        page.bullet(&sentence);
    }
}

fn not_asked(study: &Study, given_up: &NotAsked) -> String {
    let planned = study.plan.stages.iter().find(|stage| stage.name == given_up.stage);
    let decides = planned.map_or_else(String::new, |stage| format!(" ({})", stage.decides.join(", ")));
    format!(
        "{}{decides}: it takes {} at least on this machine, too much of the {} that were left",
        given_up.stage,
        duration(given_up.needs_seconds),
        duration(given_up.seconds_left)
    )
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
    const PAGE: (&str, &str) = ("ralf-tune report --format html", "with figures, for a browser");
    let mut commands = match study.outcome {
        Outcome::Improved => vec![
            ("ralf-tune apply", "put these settings into your configuration, if they are not there yet"),
            ("ralf-tune batch DIR --out NOTES", "make the notes of a folder with them"),
            PAGE,
            ("ralf-tune report --format json", "the same as data"),
        ],
        Outcome::KeepBaseline => vec![PAGE, MACHINE],
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
        commands.insert(if study.outcome == Outcome::Improved { 2 } else { 0 }, FULL);
    }
    commands
}
