//! Studies beside each other: what differs between two, and how the speed of a model went over time.

use crate::model::{
    kept::{StudyId, chosen},
    metric::Estimate,
    profile::Place,
    selection::MeasuredCandidate,
    study::Study,
};

use super::{
    page::Page,
    style::Style,
    table::{Cell, Table},
    units::{fixed, rate},
    view::{differences, number},
};

/// Files whose sizes differ by less than this factor make the same batch, as far as speed goes.
const NOTABLE: f64 = 1.05;

/// A study with its name.
pub type Named<'a> = (&'a StudyId, &'a Study);

/// Two studies, the earlier one first: what was other, what came out otherwise, and whether that is more than noise.
#[must_use]
pub fn compare((a_id, a): Named<'_>, (b_id, b): Named<'_>, width: usize, colour: bool) -> String {
    let mut page = Page::new(width, colour);
    page.heading(&format!("{a_id} and {b_id}"));
    let others = what_was_other(a, b);
    if others.is_empty() {
        page.paragraph(Style::Plain, "Both are of the same model, server, hardware, files and present settings.");
    }
    for other in others {
        page.bullet(&other);
    }
    page.heading("Notes per minute");
    let mut table = Table::new().prose("settings").right(a_id.mark()).right(b_id.mark()).right("times").prose("");
    let rows = [
        ("the present ones of the first", of(a, |one| one.is_baseline), alike(b, &a.baseline)),
        ("what each ended with", ended(a), ended(b)),
    ];
    for (name, before, after) in rows {
        let number = |one: Option<Estimate>| one.map_or_else(|| "-".to_owned(), |speed| rate(speed.value));
        let ratio = before.zip(after).and_then(|(before, after)| after.by(&before));
        let (times, meaning) = ratio.map_or_else(
            || ("-".to_owned(), Cell::new(Style::Dim, "not measured in both")),
            |ratio| (fixed(ratio.value, 2), verdict(&ratio)),
        );
        table.row([
            Cell::plain(name),
            Cell::plain(number(before)),
            Cell::plain(number(after)),
            Cell::plain(times),
            meaning,
        ]);
    }
    page.table(&table);
    page.heading("What they recommend");
    let (first, second) = (chosen(a), chosen(b));
    let differs = differences(second, first);
    if differs.is_empty() {
        page.paragraph(Style::Plain, "The same settings.");
    } else {
        page.paragraph(
            Style::Plain,
            &format!("{}: {differs}; {}: {}.", b_id.mark(), a_id.mark(), differences(first, second)),
        );
    }
    page.finish()
}

/// Studies of one model, the newest first: with a mark where the speed of what they ended with changed by more than noise.
#[must_use]
pub fn trend(model: &str, studies: &[(StudyId, Study)], width: usize, colour: bool) -> String {
    let mut page = Page::new(width, colour);
    page.heading(&format!("{model} over time"));
    if studies.is_empty() {
        page.paragraph(Style::Plain, "No study of it is kept.");
        return page.finish();
    }
    let mut table =
        Table::new().left("study").right("notes/min").right("95 %").right("times").prose("since the one before");
    for (index, (id, study)) in studies.iter().enumerate() {
        let now = ended(study);
        let before = studies.get(index + 1).map(|(_, before)| before);
        let ratio = now.zip(before.and_then(ended)).and_then(|(now, before)| now.by(&before));
        let mut since: Vec<String> = before.map(|before| what_was_other(before, study)).unwrap_or_default();
        if let Some(ratio) = &ratio {
            since.insert(0, sentence(ratio));
        }
        let style = if ratio.as_ref().is_some_and(is_change) { Style::Warning } else { Style::Dim };
        table.row([
            Cell::new(Style::Name, id.as_str()),
            Cell::plain(now.map_or_else(|| "-".to_owned(), |speed| rate(speed.value))),
            Cell::new(
                Style::Dim,
                now.map_or_else(String::new, |now| {
                    format!("{} to {}", rate(now.interval.low), rate(now.interval.high))
                }),
            ),
            Cell::plain(ratio.map_or_else(|| "-".to_owned(), |ratio| fixed(ratio.value, 2))),
            Cell::new(style, since.join("; ")),
        ]);
    }
    page.table(&table);
    page.finish()
}

/// What was other in the second study, each as a phrase.
fn what_was_other(a: &Study, b: &Study) -> Vec<String> {
    let mut others = Vec::new();
    if a.model.name != b.model.name {
        others.push(format!("the model was {}, and then {}", a.model.name, b.model.name));
    }
    let place = |study: &Study| Place::of(&study.machine, &study.server, &study.model);
    others.extend(place(a).changes(&place(b)));
    let present = differences(&b.baseline, &a.baseline);
    if !present.is_empty() {
        others.push(format!("the present settings were others: {present}"));
    }
    let (sizes, files) =
        ((a.workload.total_chars, b.workload.total_chars), (a.workload.files_in_batch, b.workload.files_in_batch));
    let grown = number(sizes.1) / number(sizes.0.max(1));
    if files.0 != files.1 || !(1.0 / NOTABLE..=NOTABLE).contains(&grown) {
        others.push(format!("{} files of {} characters, and then {} of {}", files.0, sizes.0, files.1, sizes.1));
    }
    if a.workload.prompt_origin != b.workload.prompt_origin {
        others.push("the prompt was another one".to_owned());
    }
    others
}

fn of(study: &Study, is_meant: impl Fn(&MeasuredCandidate) -> bool) -> Option<Estimate> {
    study.candidates.iter().find(|one| is_meant(one))?.notes_per_minute
}

fn alike(study: &Study, settings: &crate::model::candidate::Candidate) -> Option<Estimate> {
    of(study, |one| one.candidate.works_like(settings))
}

fn ended(study: &Study) -> Option<Estimate> {
    alike(study, chosen(study))
}

/// Whether a ratio differs from 1 by more than its interval.
fn is_change(ratio: &Estimate) -> bool {
    ratio.interval.low > 1.0 || ratio.interval.high < 1.0
}

fn sentence(ratio: &Estimate) -> String {
    let range = format!("{} to {}", fixed(ratio.interval.low, 2), fixed(ratio.interval.high, 2));
    if ratio.interval.low > 1.0 {
        format!("faster, by more than noise ({range})")
    } else if ratio.interval.high < 1.0 {
        format!("slower, by more than noise ({range})")
    } else {
        format!("no more than noise ({range})")
    }
}

fn verdict(ratio: &Estimate) -> Cell {
    Cell::new(if is_change(ratio) { Style::Warning } else { Style::Dim }, sentence(ratio))
}
