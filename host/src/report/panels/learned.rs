//! What was learned from the proxy's records, and how it differs from the samples.

use crate::{
    model::{
        learned::{Difference, Learned, Quantity},
        study::Study,
    },
    report::{
        page::Page,
        style::Style,
        table::{Cell, Table},
        units::{count, fixed, grouped, percent},
        view::number,
    },
    stats::weighted::{Weighed, difference, quantity},
};

/// How often a difference of all three quantities is said that is chance.
const FALSE_ALARMS: f64 = 0.01;

pub(in crate::report) fn write(page: &mut Page, study: &Study) {
    let Some(learned) = &study.workload.learned else { return };
    page.heading("Learned requests");
    page.facts(facts(learned));
    let rows = rows(study, learned);
    let mut table = Table::new()
        .left("")
        .right("median")
        .right("90 %")
        .prose("held against")
        .right("median")
        .right("90 %")
        .right("distance")
        .left("");
    for row in &rows {
        let Some(is) = row.is else {
            let unknown = [Cell::new(Style::Name, row.name), Cell::plain("?"), Cell::plain("?")];
            table.row(unknown.into_iter().chain((0..5).map(|_| Cell::empty())));
            continue;
        };
        let held = row.was.as_ref().map(|was| difference(was, is, FALSE_ALARMS / 3.0));
        let plain = |value: f64| Cell::plain(grouped(value));
        let both = |pick: fn(&Difference) -> f64| held.as_ref().map_or_else(Cell::empty, |held| plain(pick(held)));
        table.row([
            Cell::new(Style::Name, row.name),
            plain(is.median()),
            plain(is.ninetieth()),
            Cell::plain(row.against),
            both(|held| held.was.0),
            both(|held| held.was.1),
            held.as_ref().map_or_else(Cell::empty, |held| Cell::plain(fixed(held.distance, 2))),
            held.as_ref().map_or_else(Cell::empty, |held| {
                if held.matters { Cell::new(Style::Warning, "other") } else { Cell::new(Style::Dim, "alike") }
            }),
        ]);
    }
    page.table(&table);
    page.paragraph(
        Style::Dim,
        "Distance: the greatest difference of the two distributions, 0 to 1. \"Other\" is more than chance (1 % for all three together), and more than a quarter at the median or at the 90th percentile.",
    );
    page.paragraph(Style::Dim, UNKNOWN);
}

/// What records cannot know.
const UNKNOWN: &str = "Sizes, answers' lengths and requests at once are those that were recorded; the texts are not. A request counts as a file: which requests belong to one file is not known. Every prompt is read anew in trials; where real ones share their beginning, a server's cache reads less.";

fn facts(learned: &Learned) -> Vec<(&'static str, Cell)> {
    let requests = format!(
        "{} for {}, on {} from {} to {}, in {}",
        count(learned.requests, "request"),
        learned.model,
        count(learned.days, "day"),
        learned.from.get(..10).unwrap_or(&learned.from),
        learned.to.get(..10).unwrap_or(&learned.to),
        count(learned.sittings, "sitting"),
    );
    let weight = format!(
        "one that is {} days older than the last counts half; all say as much as {} independent ones",
        fixed(learned.half_life_days, 0),
        grouped(learned.prompt_chars.effective.round())
    );
    let mut facts = vec![("Requests", Cell::plain(requests)), ("Weight", Cell::plain(weight))];
    if !learned.left_out.is_empty() {
        let reasons: Vec<String> =
            learned.left_out.iter().map(|(why, requests)| format!("{} ({why})", grouped(number(*requests)))).collect();
        facts.push(("Left out", Cell::plain(reasons.join(", "))));
    }
    facts.push(("Beginnings", Cell::plain(beginnings(learned))));
    facts
}

fn beginnings(learned: &Learned) -> String {
    let Some(shared) = &learned.beginnings else { return "not recorded".to_owned() };
    if shared.share <= 0.0 {
        return "no request began with the 64 bytes of one of the sixteen before it".to_owned();
    }
    format!(
        "{} of the requests began as one of the sixteen before them, with {} of all text at least",
        percent(shared.share),
        percent(shared.bytes_share.min(1.0)),
    )
}

struct Row<'a> {
    name: &'static str,
    is: Option<&'a Quantity>,
    against: &'static str,
    was: Option<Quantity>,
}

fn rows<'a>(study: &Study, learned: &'a Learned) -> [Row<'a>; 3] {
    let plain = |values: Vec<f64>| {
        let values: Vec<Weighed> =
            (0..).zip(values).map(|(group, value)| Weighed { value, weight: 1.0, group }).collect();
        quantity(&values)
    };
    let answers = study.trials.iter().flat_map(|trial| &trial.observations);
    let answers = answers.filter(|one| one.file.is_some() && one.failure.is_none());
    let at_once = f64::from(study.baseline.max_concurrent_requests.max(1));
    [
        Row {
            name: "Characters of a prompt",
            is: Some(&learned.prompt_chars),
            against: "the samples",
            was: learned.samples.clone(),
        },
        Row {
            name: "Tokens of an answer",
            is: learned.answer_tokens.as_ref(),
            against: "answers of the trials",
            was: plain(answers.map(|one| f64::from(one.answer_tokens)).collect()),
        },
        Row {
            name: "Requests at once",
            is: Some(&learned.at_once),
            against: "the present settings",
            // A setting is no sample: it says what it says for certain.
            was: plain(vec![at_once; learned.at_once.values]),
        },
    ]
}
