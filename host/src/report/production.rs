//! The page of `ralf-tune batch`: what was made, beside what was expected.

use std::collections::BTreeMap;

use super::{
    page::Page,
    style::Style,
    table::{Cell, Table},
    units::{count, duration, fixed, percent, rate},
};
use crate::model::{
    metric::ConfidenceInterval,
    outlook::BatchOutlook,
    production::{LostFile, Production, ProductionEnd},
};

/// Files of one cause that are named.
const NAMED: usize = 5;

/// What a batch made, in lines of at most `width` columns.
#[must_use]
pub fn render(record: &Production, width: usize, colour: bool) -> String {
    let mut page = Page::new(width, colour);
    page.heading("Your batch");
    let (style, headline) = headline(record);
    page.paragraph(style, &headline);
    for sentence in sentences(record) {
        page.paragraph(Style::Plain, &sentence);
    }
    page.blank();
    page.facts([
        ("model", Cell::plain(record.model.clone())),
        ("settings", Cell::plain(record.settings_from.clone())),
        ("notes", Cell::plain(record.notes.clone())),
    ]);
    if record.made.notes > 0 {
        page.heading("Expected and made");
        page.table(&beside(record));
        page.paragraph(Style::Plain, &kept_its_word(record));
    }
    write_lost(&mut page, &record.made.lost);
    let notices = || record.left_out.iter().chain(&record.foreign);
    if notices().next().is_some() {
        page.heading("Without a note");
        for notice in &record.left_out {
            page.bullet(notice);
        }
        if !record.foreign.is_empty() {
            let what = "in whose place something stands that is none of ours; it stays";
            page.bullet(&format!("{} {what} ({})", count(record.foreign.len(), "file"), named(&record.foreign)));
        }
    }
    if !record.warnings.is_empty() {
        page.heading("Warnings");
        for warning in &record.warnings {
            page.hanging(Style::Warning, "! ", Style::Plain, &warning.what);
            if let Some(advice) = &warning.advice {
                page.hanging(Style::Dim, "  ", Style::Dim, advice);
            }
        }
    }
    page.finish()
}

/// The data of it.
///
/// # Errors
/// When a number is not one: a bug.
pub fn json(record: &Production) -> serde_json::Result<String> {
    serde_json::to_string_pretty(record).map(|text| text + "\n")
}

fn headline(record: &Production) -> (Style, String) {
    let made = &record.made;
    let notes = count(made.notes, "note");
    let time = duration(made.seconds);
    match &record.end {
        ProductionEnd::Complete if made.notes == 0 && made.lost.is_empty() => {
            (Style::Good, "Nothing to make: every file has its note.".to_owned())
        }
        ProductionEnd::Complete if made.lost.is_empty() => (Style::Good, format!("{notes} made in {time}.")),
        ProductionEnd::Complete => {
            (Style::Warning, format!("{notes} made in {time}, {} lost.", count(made.lost.len(), "file")))
        }
        ProductionEnd::Interrupted => {
            (Style::Warning, format!("Stopped: {notes} made in {time}, {} left.", count(made.left, "file")))
        }
        ProductionEnd::ServerLost { .. } => {
            (Style::Bad, format!("The server was lost: {notes} made in {time}, {} left.", count(made.left, "file")))
        }
        ProductionEnd::CannotWrite { .. } => {
            (Style::Bad, format!("Notes cannot be written: {notes} made in {time}, {} left.", count(made.left, "file")))
        }
    }
}

fn sentences(record: &Production) -> Vec<String> {
    let made = &record.made;
    let mut sentences = Vec::new();
    if record.made_before > 0 {
        let were = if record.made_before == 1 { "was" } else { "were" };
        sentences.push(format!("{} of {} {were} made before.", count(record.made_before, "note"), record.files));
    }
    if record.outdated > 0 {
        sentences.push(format!(
            "{} of an older text of the file: take the notes away to have them made again.",
            count(record.outdated, "note")
        ));
    }
    if made.requests > 0 {
        let (least, most) = (made.least_at_once, made.most_at_once);
        let lowered = match made.lowered {
            0 => String::new(),
            times => format!("; between {least} and {most} at once, lowered {}", count(times, "time")),
        };
        sentences.push(format!("{}, {} failed{lowered}.", count(made.requests, "request"), made.failed_requests));
    }
    if made.waited_seconds >= 0.5 {
        sentences
            .push(format!("{} of it the server was gone; they are in no figure below.", duration(made.waited_seconds)));
    }
    if made.cut > 0 {
        sentences.push(format!(
            "{} ended in the middle: the answer has no more room than num_predict allows.",
            count(made.cut, "note")
        ));
    }
    sentences
}

/// What was expected beside what came.
#[expect(clippy::cast_precision_loss, reason = "a batch has far fewer than 2^52 files")]
fn beside(record: &Production) -> Table {
    let made = &record.made;
    let mut table = Table::new().left("").right("expected").right("made");
    let mut row = |name: &str, expected: Option<String>, made: String| {
        let expected = expected.map_or_else(Cell::empty, Cell::plain);
        table.row([Cell::new(Style::Name, name), expected, Cell::plain(made)]);
    };
    let expected = record.predicted.as_ref();
    let speed = |outlook: &BatchOutlook| {
        let per_minute = |minutes: f64| rate(outlook.files as f64 / minutes.max(f64::MIN_POSITIVE));
        let ConfidenceInterval { low, high, .. } = outlook.interval;
        format!("{} ({} to {})", per_minute(outlook.expected_minutes), per_minute(high), per_minute(low))
    };
    let actual = made.notes_per_minute().map_or_else(|| "none".to_owned(), rate);
    row("notes per minute", expected.map(speed), actual);
    if record.end == ProductionEnd::Complete {
        let time = |outlook: &BatchOutlook| {
            let ConfidenceInterval { low, high, .. } = outlook.interval;
            let [middle, low, high] = [outlook.expected_minutes, low, high].map(|minutes| duration(60.0 * minutes));
            format!("{middle} ({low} to {high})")
        };
        row("time", expected.map(time), duration(60.0 * made.working_minutes()));
        let lost = |outlook: &BatchOutlook| {
            let ConfidenceInterval { low, high, .. } = outlook.lost_interval;
            format!("{} ({} to {})", fixed(outlook.expected_lost_files, 2), fixed(low, 0), fixed(high, 0))
        };
        row("lost files", expected.map(lost), made.lost.len().to_string());
    }
    let quality = made.quality.map_or_else(
        || "not judged".to_owned(),
        |quality| {
            let ConfidenceInterval { low, high, .. } = quality.interval;
            format!("{} ({} to {})", fixed(quality.value, 2), fixed(low, 2), fixed(high, 2))
        },
    );
    row("quality, 0 to 1", None, quality);
    table
}

/// Whether the time lies where the study said.
fn kept_its_word(record: &Production) -> String {
    let Some(outlook) = &record.predicted else {
        return "No study measured these settings, so nothing was expected.".to_owned();
    };
    let level = percent(outlook.interval.level);
    if record.end != ProductionEnd::Complete {
        return format!("Expected for all {} that were to be made, at {level}.", count(outlook.files, "file"));
    }
    let minutes = record.made.working_minutes();
    let ConfidenceInterval { low, high, .. } = outlook.interval;
    if (low..=high).contains(&minutes) {
        format!("The time lies within the interval that the study gave, at {level}.")
    } else {
        let than = if minutes > high { "longer" } else { "shorter" };
        format!("It took {than} than the study expected: the time lies outside of its interval, at {level}.")
    }
}

fn write_lost(page: &mut Page, lost: &[LostFile]) {
    if lost.is_empty() {
        return;
    }
    page.heading("Lost files");
    let mut causes: BTreeMap<&str, Vec<&LostFile>> = BTreeMap::new();
    for file in lost {
        causes.entry(&file.cause).or_default().push(file);
    }
    for (cause, files) in causes {
        let names: Vec<String> = files.iter().map(|file| file.file.clone()).collect();
        page.bullet(&format!("{cause}: {} ({})", count(files.len(), "file"), named(&names)));
        if let Some(detail) = files.iter().find_map(|file| file.detail.as_deref()) {
            page.hanging(Style::Dim, "  ", Style::Dim, detail);
        }
    }
    page.paragraph(Style::Plain, "The same command tries them again.");
}

fn named(names: &[String]) -> String {
    let more = if names.len() > NAMED { ", …" } else { "" };
    format!("{}{more}", names.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", "))
}
