//! How far statements of confidence came true: not of this study, but of the simulated machines that the confidence was held against.

use super::{
    Figure,
    plot::{Axis, Mark, Plot, Shape, Tone},
};
use crate::{
    model::study::Study,
    report::{
        table::{Cell, Table},
        units::fixed,
        view::number,
    },
    stats::reliability::share_interval,
};

pub(super) const TITLE: &str = "How often such a confidence is right";

/// Statements between two probabilities, in percent: from, to, studies, mean of what was stated, share that came true. They are those of
/// `arena --calibration` on machines that the confidence was not fitted on; docs/accuracy.md has how they were made.
pub const STATED: [(u32, u32, u32, u32, u32); 10] = [
    (0, 10, 51, 5, 6),
    (10, 20, 113, 16, 18),
    (20, 30, 72, 23, 11),
    (30, 40, 33, 33, 30),
    (40, 50, 31, 47, 71),
    (50, 60, 59, 55, 47),
    (60, 70, 89, 66, 85),
    (70, 80, 19, 72, 74),
    (80, 90, 16, 85, 100),
    (90, 100, 21, 96, 86),
];

/// Statements of about the same confidence.
struct Part {
    low: f64,
    high: f64,
    studies: usize,
    stated: f64,
    came_true: f64,
    interval: (f64, f64),
}

fn parts() -> Vec<Part> {
    let parts = STATED.into_iter().map(|(low, high, studies, stated, came_true)| {
        // The page has whole percents: the studies behind them are the nearest whole number.
        let hits = (studies * came_true + 50) / 100;
        let interval = share_interval(hits as usize, studies as usize);
        Part {
            low: f64::from(low),
            high: f64::from(high),
            studies: studies as usize,
            stated: f64::from(stated),
            came_true: f64::from(came_true),
            interval: (100.0 * interval.low, 100.0 * interval.high),
        }
    });
    parts.collect()
}

pub(super) fn figure(study: &Study) -> Result<Figure, &'static str> {
    let confidence = study.tuned.as_ref().map(|tuned| tuned.confidence.percent).filter(|percent| percent.is_finite());
    let confidence = confidence.ok_or("the study ended without a confidence")?.clamp(0.0, 100.0);
    let parts = parts();
    let all: usize = parts.iter().map(|part| part.studies).sum();
    let near = parts.iter().find(|part| confidence < part.high).or(parts.last());
    let mut says = format!(
        "Of {all} studies of 56 simulated machines that the confidence was not fitted on: on the diagonal, what was stated came true as \
         often. Intervals: 95 %, as if studies of one machine were independent. Simulated machines are not yours."
    );
    if let Some(near) = near {
        says = format!(
            "{says} This study states {} %; of the {} that stated {} to {} %, {} % were right.",
            fixed(confidence, 0),
            near.studies,
            fixed(near.low, 0),
            fixed(near.high, 0),
            fixed(near.came_true, 0)
        );
    }
    Ok(Figure { id: "reliability", title: TITLE, says, plot: plot(&parts, confidence), data: data(&parts) })
}

fn plot(parts: &[Part], confidence: f64) -> Plot {
    let axis = |label: &str| Axis { label: label.to_owned(), low: 0.0, high: 104.0, is_whole: false };
    let mut marks = vec![
        Mark::Line { points: vec![(0.0, 0.0), (100.0, 100.0)], tone: Tone::Rule },
        Mark::Border { x: confidence, tone: Tone::Tuned },
    ];
    for part in parts {
        let (low, high) = part.interval;
        marks.push(Mark::Interval { x: part.stated, low, high, tone: Tone::Other });
        marks.push(Mark::Dot { at: (part.stated, part.came_true), tone: Tone::Other, shape: Shape::Disc });
    }
    Plot {
        x: axis("confidence that was stated, %"),
        y: axis("came true, %"),
        marks,
        key: vec![
            (Tone::Other, "simulated studies".to_owned()),
            (Tone::Rule, "stated as often as true".to_owned()),
            (Tone::Tuned, "this study".to_owned()),
        ],
    }
}

fn data(parts: &[Part]) -> Table {
    let mut table = Table::new()
        .left("stated, %")
        .right("studies")
        .right("mean of what was stated, %")
        .right("came true, %")
        .right("95 % interval");
    for part in parts {
        table.row([
            Cell::plain(format!("{} to {}", fixed(part.low, 0), fixed(part.high, 0))),
            Cell::plain(fixed(number(part.studies), 0)),
            Cell::plain(fixed(part.stated, 0)),
            Cell::plain(fixed(part.came_true, 0)),
            Cell::plain(format!("{} to {}", fixed(part.interval.0, 0), fixed(part.interval.1, 0))),
        ]);
    }
    table
}
