//! Quality against how much of a file one request carries, with the border beyond which a prompt would be cut.

use super::{
    Figure,
    named::{Named, candidates, key},
    plot::{Axis, Mark, Plot, Shape, Tone},
};
use crate::{
    model::{candidate::Candidate, metric::Estimate, study::Study},
    report::{
        style::Style,
        table::{Cell, Table},
        units::{fixed, grouped, percent},
    },
};

pub(super) const TITLE: &str = "Quality and characters of a request";

/// A border is drawn up to this many times the largest value; one farther off would squeeze all else.
const FARTHEST: f64 = 2.0;

/// What quality is held against.
pub(super) struct Against {
    pub id: &'static str,
    pub title: &'static str,
    /// The name of the horizontal axis, with its unit.
    pub axis: &'static str,
    pub value: fn(&Candidate) -> f64,
    pub border: Option<Border>,
    /// Why there is no figure when all candidates have the same value.
    pub all_alike: &'static str,
}

/// Where prompts begin to be cut.
pub(super) struct Border {
    pub at: f64,
    pub says: String,
}

pub(super) fn figure(study: &Study) -> Result<Figure, &'static str> {
    against(
        study,
        &Against {
            id: "quality-size",
            title: TITLE,
            axis: "characters of a request, at most",
            value: |candidate| f64::from(candidate.chunk_size.min(candidate.max_content_length)),
            border: border(study),
            all_alike: "all candidates with a quality send as many characters",
        },
    )
}

/// The most characters that the context of the recommended settings holds, with the prompt around them and the answer.
fn border(study: &Study) -> Option<Border> {
    let chosen = study.forecasts?.chosen;
    let fact = |name: &str| study.trials.iter().rev().find_map(|trial| trial.fact(name));
    let (per_token, around) = (fact("told_chars_per_token")?, fact("told_overhead_tokens")?);
    let tokens = f64::from(chosen.context_tokens) - f64::from(chosen.answer_tokens) - around;
    let at = tokens * per_token;
    (at.is_finite() && at > 0.0).then(|| Border {
        at,
        says: format!(
            "About {} characters fit the {} tokens of the context with the answer; a longer request would be cut.",
            grouped(at),
            grouped(f64::from(chosen.context_tokens))
        ),
    })
}

/// The figure, if at least two candidates have a quality and differ in what it is held against.
pub(super) fn against(study: &Study, against: &Against) -> Result<Figure, &'static str> {
    let mut points: Vec<(f64, Estimate, Named)> = candidates(study)
        .into_iter()
        .filter_map(|named| Some(((against.value)(&named.measured.candidate), named.measured.quality?, named)))
        .filter(|(_, quality, _)| quality.value.is_finite())
        .collect();
    points.sort_by(|(a, ..), (b, ..)| a.total_cmp(b));
    let (Some((least, ..)), Some((most, ..))) = (points.first(), points.last()) else {
        return Err("no candidate has a quality");
    };
    if most - least < 0.5 {
        return Err(against.all_alike);
    }
    let shown = against.border.as_ref().filter(|border| border.at < most * FARTHEST);
    let mut says = format!(
        "Quality is the mean score of a note, held against the whole file, with its {} interval.",
        level(&points)
    );
    if let Some(border) = &against.border {
        says = format!("{says} {}", border.says);
    }
    let axis = Axis::from_zero(against.axis, [*most, shown.map_or(0.0, |border| border.at)]);
    let plot = plot(&points, axis, shown.map(|border| border.at));
    Ok(Figure { id: against.id, title: against.title, says, plot, data: data(study, against.axis, &points) })
}

fn level(points: &[(f64, Estimate, Named)]) -> String {
    percent(points.first().map_or(0.95, |(_, quality, _)| quality.interval.level))
}

fn plot(points: &[(f64, Estimate, Named)], x: Axis, border: Option<f64>) -> Plot {
    let mut marks = Vec::new();
    let mut key = key(&points.iter().map(|(_, _, named)| *named).collect::<Vec<_>>());
    let y = Axis::of_shares("quality, 0 to 1", points.iter().map(|(_, quality, _)| quality.interval.low));
    if let Some(x) = border {
        marks.push(Mark::Border { x, tone: Tone::Fault });
        key.push((Tone::Fault, "border of truncation".to_owned()));
    }
    for (x, quality, named) in points {
        let tone = named.tone();
        marks.push(Mark::Interval { x: *x, low: quality.interval.low, high: quality.interval.high, tone });
        marks.push(Mark::Dot { at: (*x, quality.value), tone, shape: Shape::Disc });
        marks.push(Mark::Label { at: (*x, quality.value), text: named.name() });
    }
    Plot { x, y, marks, key }
}

fn data(study: &Study, axis: &str, points: &[(f64, Estimate, Named)]) -> Table {
    let mut table = Table::new()
        .left("candidate")
        .right(axis)
        .right("quality")
        .right(&format!("{} interval", level(points)))
        .right("scored notes")
        .right("source that is read, %")
        .prose("differs from the present settings in");
    for (x, quality, named) in points {
        let interval = quality.interval;
        table.row([
            Cell::new(Style::Name, named.name()),
            Cell::plain(grouped(*x)),
            Cell::plain(fixed(quality.value, 3)),
            Cell::plain(format!("{} to {}", fixed(interval.low, 3), fixed(interval.high, 3))),
            Cell::plain(named.measured.scored_notes.to_string()),
            Cell::plain(fixed(named.measured.source_share * 100.0, 1)),
            Cell::plain(named.differs(study)),
        ]);
    }
    table
}
