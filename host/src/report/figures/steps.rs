//! Where the gain comes from: a waterfall from the present settings to the tuned ones.

use super::{
    Figure,
    plot::{Axis, Mark, Plot, Tone},
};
use crate::{
    model::{steps::GainStep, study::Study},
    report::{
        panels::steps::{changes, grounds},
        style::Style,
        table::{Cell, Table},
        units::{decimals, fixed},
        view::number,
    },
};

pub(super) const TITLE: &str = "Where the gain comes from";

pub(super) fn figure(study: &Study) -> Result<Figure, &'static str> {
    let first = study.steps.first().ok_or("no other settings are recommended, or their speed is not known")?;
    let before = first.notes_per_minute / first.ratio;
    Ok(Figure {
        id: "steps",
        title: TITLE,
        says: grounds(study),
        plot: plot(&study.steps, before),
        data: data(&study.steps, before),
    })
}

fn plot(steps: &[GainStep], before: f64) -> Plot {
    let rows = steps.len() + 2;
    let floor = |row: usize| number(rows - 1 - row);
    let bar = |row: usize, from: f64, to: f64, tone| Mark::Bar {
        from: (from, floor(row) + 0.1),
        to: (to, floor(row) + 0.6),
        tone,
    };
    let label = |row: usize, text: String| Mark::Label { at: (0.0, floor(row) + 0.6), text };
    let mut marks = vec![bar(0, 0.0, before, Tone::Present), label(0, "present settings".to_owned())];
    let mut at = before;
    for (index, step) in steps.iter().enumerate() {
        let tone = if step.ratio >= 1.0 { Tone::Tuned } else { Tone::Fault };
        marks.push(bar(index + 1, at.min(step.notes_per_minute), at.max(step.notes_per_minute), tone));
        if let Some(interval) = step.interval {
            let (low, high) = (at * interval.low, at * interval.high);
            marks.push(Mark::Across { y: floor(index + 1) + 0.35, low, high, tone: Tone::Rule });
        }
        marks.push(label(index + 1, format!("{} times: {}", fixed(step.ratio, 2), changes(step))));
        at = step.notes_per_minute;
    }
    marks.extend([bar(rows - 1, 0.0, at, Tone::Tuned), label(rows - 1, "tuned settings".to_owned())]);
    let mut reached = before;
    let ends = steps.iter().flat_map(|step| {
        let high = step.interval.map_or(step.notes_per_minute, |interval| reached * interval.high);
        reached = step.notes_per_minute;
        [step.notes_per_minute, high]
    });
    Plot {
        x: Axis::from_zero("notes per minute", ends.chain([before])),
        y: Axis::of_names(rows),
        marks,
        key: vec![
            (Tone::Present, "present settings".to_owned()),
            (Tone::Tuned, "what is gained, and tuned settings".to_owned()),
        ],
    }
}

fn data(steps: &[GainStep], before: f64) -> Table {
    let mut table = Table::new()
        .left("step")
        .right("times the notes per minute")
        .right("95 % interval")
        .right("notes per minute after it")
        .right("requests behind it");
    let digits = decimals(steps.iter().map(|step| step.notes_per_minute).fold(before, f64::max));
    table.row([
        Cell::new(Style::Name, "present settings"),
        Cell::plain("1"),
        Cell::empty(),
        Cell::plain(fixed(before, digits)),
        Cell::empty(),
    ]);
    for step in steps {
        let interval = step.interval.map_or_else(
            || "calculated".to_owned(),
            |interval| format!("{} to {}", fixed(interval.low, 3), fixed(interval.high, 3)),
        );
        table.row([
            Cell::new(Style::Name, changes(step)),
            Cell::plain(fixed(step.ratio, 3)),
            Cell::plain(interval),
            Cell::plain(fixed(step.notes_per_minute, digits)),
            Cell::plain(step.requests.to_string()),
        ]);
    }
    table
}
