//! A recorded study, played to a strategy.

use crate::{
    model::rehearsal::{ReplayEnd, ReplayStep, StrategyReplay},
    report::{
        page::Page,
        style::Style,
        table::{Cell, Table},
        units::{count, duration},
        view,
    },
};

/// The page of a replay.
#[must_use]
pub fn render(replay: &StrategyReplay, width: usize, colour: bool) -> String {
    let mut page = Page::new(width, colour);
    page.heading(&format!("Strategy {} in a recorded study", replay.strategy));
    page.paragraph(Style::Plain, &format!("Record: {}.", replay.record));
    let place = match &replay.in_place_of {
        Some(stage) => format!("in the place of `{}`", stage.name),
        None => "after all stages: nobody there decides what it decides".to_owned(),
    };
    page.paragraph(Style::Plain, &format!("It begins after {}, {place}.", count(replay.trials_before, "trial")));
    for notice in &replay.notices {
        page.paragraph(Style::Warning, notice);
    }
    page.heading("What it asks");
    if replay.steps.is_empty() {
        page.paragraph(Style::Plain, "Nothing.");
    } else {
        page.table(&steps(&replay.steps));
    }
    page.heading("What it decides");
    page.paragraph(if replay.end == ReplayEnd::Failed { Style::Bad } else { Style::Plain }, &end(replay));
    if let Some(decision) = &replay.decision {
        page.facts([("Settings", Cell::new(Style::Strong, decided(&decision.settings)))]);
        for reason in &decision.reasons {
            page.bullet(reason);
        }
        for not_found in &decision.not_found {
            page.bullet(&format!("not found: {not_found}"));
        }
    }
    page.heading("Summary");
    let told = replay.steps.iter().flat_map(|step| &step.proposals).filter(|proposal| proposal.trial.is_some()).count();
    let loads = count(replay.reloads as usize, "reload");
    let mut facts =
        vec![("Measured", Cell::plain(format!("{}, {loads}, {}", count(told, "trial"), duration(replay.seconds))))];
    if let Some(stage) = &replay.in_place_of {
        let text = format!(
            "{}, {}: {}",
            count(stage.trials as usize, "trial"),
            duration(stage.seconds),
            decided(&stage.settings)
        );
        facts.push(("Recorded", Cell::plain(text)));
    }
    let repeats = if replay.repeats {
        Cell::plain("the same, asked twice")
    } else {
        Cell::new(Style::Bad, "another one, asked twice: it is not deterministic")
    };
    facts.push(("Answers", repeats));
    facts.push(("Slowest call", Cell::plain(super::call(replay.slowest_milliseconds))));
    page.facts(facts);
    page.finish()
}

fn steps(steps: &[ReplayStep]) -> Table {
    let mut table = Table::new().right("").right("s left").prose("asks for").left("record");
    for (index, step) in steps.iter().enumerate() {
        for (place, proposal) in step.proposals.iter().enumerate() {
            let first = place == 0;
            table.row([
                Cell::new(Style::Dim, if first { (index + 1).to_string() } else { String::new() }),
                Cell::plain(if first { format!("{:.0}", step.seconds_left) } else { String::new() }),
                Cell::plain(&proposal.what),
                match proposal.trial {
                    Some(number) => Cell::plain(format!("trial {}", number + 1)),
                    None => Cell::new(Style::Warning, "not measured"),
                },
            ]);
            if !proposal.why.is_empty() {
                table.row([Cell::empty(), Cell::empty(), Cell::new(Style::Dim, &proposal.why)]);
            }
        }
    }
    table
}

fn end(replay: &StrategyReplay) -> String {
    match replay.end {
        ReplayEnd::Done => "It was done.".to_owned(),
        ReplayEnd::NotInRecord => "It asked for what nobody measured, so it concluded from what there was.".to_owned(),
        ReplayEnd::OutOfTime => "Its time was over, so it concluded from what there was.".to_owned(),
        ReplayEnd::Failed => replay.failure.clone().unwrap_or_default(),
    }
}

fn decided(settings: &[(String, f64)]) -> String {
    if settings.is_empty() { "nothing to change".to_owned() } else { view::settings(settings) }
}
