//! Time against quality: which candidates nothing beats in both.

use super::{
    Figure,
    named::{Named, candidates, key},
    plot::{Axis, Mark, Plot, Shape, Tone},
};
use crate::{
    model::{metric::Estimate, study::Study},
    report::{
        style::Style,
        table::{Cell, Table},
        units::{count, decimals, fixed, percent},
    },
};

pub(super) const TITLE: &str = "Time and quality of the candidates";

/// Two candidates closer than this are the same point.
const SAME: f64 = 1e-9;

struct Point<'a> {
    named: Named<'a>,
    /// Seconds a note.
    time: Estimate,
    quality: Estimate,
    on_front: bool,
    /// The profiles that choose it.
    profiles: Vec<&'a str>,
}

impl Point<'_> {
    /// Its name, with the profiles that choose it.
    fn label(&self) -> String {
        if self.profiles.is_empty() {
            self.named.name()
        } else {
            format!("{}: {}", self.named.name(), self.profiles.join(", "))
        }
    }
}

pub(super) fn figure(study: &Study) -> Result<Figure, &'static str> {
    let mut points: Vec<Point> = candidates(study).into_iter().filter_map(|named| point(study, named)).collect();
    if points.len() < 2 {
        return Err("fewer than two candidates have both a speed and a quality");
    }
    points.sort_by(|a, b| a.time.value.total_cmp(&b.time.value));
    mark_front(&mut points);
    let front: Vec<String> = points.iter().filter(|point| point.on_front).map(|point| point.named.name()).collect();
    let line = if front.len() > 1 { " (joined by the line)" } else { "" };
    let says = format!(
        "Down and to the right is worse. {} of {} nobody beats in both speed and quality{line}: {}.",
        front.len(),
        count(points.len(), "candidate"),
        if front.is_empty() { "all were refused".to_owned() } else { front.join(", ") }
    );
    Ok(Figure { id: "pareto", title: TITLE, says, plot: plot(&points), data: data(study, &points) })
}

fn point<'a>(study: &'a Study, named: Named<'a>) -> Option<Point<'a>> {
    let (speed, quality) = (named.measured.notes_per_minute?, named.measured.quality?);
    let seconds = |rate: f64| 60.0 / rate;
    let mut time = Estimate { value: seconds(speed.value), interval: speed.interval };
    (time.interval.low, time.interval.high) = (seconds(speed.interval.high), seconds(speed.interval.low));
    let finite = [time.value, time.interval.low, quality.value].iter().all(|value| value.is_finite());
    (finite && speed.value > 0.0).then(|| {
        let own = &named.measured.candidate;
        let choosing = study.profiles.iter().filter(|profile| profile.tuned.candidate.works_like(own));
        Point {
            named,
            time,
            quality,
            on_front: false,
            profiles: choosing.map(|profile| profile.name.as_str()).collect(),
        }
    })
}

/// Marks those that may be chosen and that no other one beats.
fn mark_front(points: &mut [Point]) {
    let values: Vec<(f64, bool)> =
        points.iter().map(|point| (point.quality.value, point.named.measured.violations.is_empty())).collect();
    for (point, on_front) in points.iter_mut().zip(front(&values)) {
        point.on_front = on_front;
    }
}

/// Of qualities in ascending order of time, and whether each may be chosen: which are better than all that are faster.
fn front(sorted_by_time: &[(f64, bool)]) -> Vec<bool> {
    let mut best = f64::NEG_INFINITY;
    let mut on_front = Vec::new();
    for (quality, may_be_chosen) in sorted_by_time {
        let is_better = *may_be_chosen && *quality > best + SAME;
        if is_better {
            best = *quality;
        }
        on_front.push(is_better);
    }
    on_front
}

fn plot(points: &[Point]) -> Plot {
    let mut marks = Vec::new();
    let front: Vec<(f64, f64)> =
        points.iter().filter(|point| point.on_front).map(|point| (point.time.value, point.quality.value)).collect();
    if front.len() > 1 {
        marks.push(Mark::Line { points: front, tone: Tone::Rule });
    }
    for point in points {
        let (x, y, tone) = (point.time.value, point.quality.value, point.named.tone());
        let (time, quality) = (point.time.interval, point.quality.interval);
        if time.high.is_finite() {
            marks.push(Mark::Across { y, low: time.low, high: time.high, tone });
        }
        marks.push(Mark::Interval { x, low: quality.low, high: quality.high, tone });
        let shape = if point.named.measured.violations.is_empty() { Shape::Disc } else { Shape::Ring };
        marks.push(Mark::Dot { at: (x, y), tone, shape });
        marks.push(Mark::Label { at: (x, y), text: point.label() });
    }
    let times = points.iter().flat_map(|point| [point.time.value, point.time.interval.high]);
    let qualities = points.iter().map(|point| point.quality.interval.low);
    Plot {
        x: Axis::from_zero("seconds a note", times),
        y: Axis::of_shares("quality, 0 to 1", qualities),
        marks,
        key: key(&points.iter().map(|point| Named { ..point.named }).collect::<Vec<_>>()),
    }
}

fn data(study: &Study, points: &[Point]) -> Table {
    let digits = decimals(points.iter().map(|point| point.time.value).fold(0.0, f64::max));
    let level = percent(points.first().map_or(0.95, |point| point.time.interval.level));
    let mut table = Table::new()
        .left("candidate")
        .right("s a note")
        .right(&format!("{level} interval, s"))
        .right("quality")
        .right(&format!("{level} interval"))
        .left("on the front")
        .left("profiles")
        .prose("differs from the present settings in");
    for point in points {
        let range = |estimate: &Estimate, digits| {
            format!("{} to {}", fixed(estimate.interval.low, digits), fixed(estimate.interval.high, digits))
        };
        let refused = &point.named.measured.violations;
        let front = match (point.on_front, refused.is_empty()) {
            (true, _) => "yes".to_owned(),
            (false, true) => "no".to_owned(),
            (false, false) => format!("refused: {}", refused.join("; ")),
        };
        table.row([
            Cell::new(Style::Name, point.named.name()),
            Cell::plain(fixed(point.time.value, digits)),
            Cell::plain(range(&point.time, digits)),
            Cell::plain(fixed(point.quality.value, 3)),
            Cell::plain(range(&point.quality, 3)),
            Cell::plain(front),
            Cell::plain(point.profiles.join(", ")),
            Cell::plain(point.named.differs(study)),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_front_has_what_nothing_faster_beats() {
        assert_eq!(front(&[(0.9, true), (0.8, true), (0.9, true), (0.95, true)]), [true, false, false, true]);
        // What is refused beats nobody.
        assert_eq!(front(&[(1.0, false), (0.5, true)]), [false, true]);
        assert!(front(&[]).is_empty());
    }
}
