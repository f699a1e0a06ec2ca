//! A plot as SVG, to stand in a page.

use plotters::{
    coord::{Shift, types::RangedCoordf64},
    prelude::{
        Cartesian2d, ChartBuilder, ChartContext, Circle, Cross, DrawingArea, DrawingAreaErrorKind, DrawingBackend,
        EmptyElement, IntoDrawingArea as _, IntoFont as _, PathElement, Rectangle, SVGBackend, Text, TriangleMarker,
    },
    style::{
        Color as _, ShapeStyle, TextStyle,
        text_anchor::{HPos, Pos, VPos},
    },
};

use super::{
    escape::escape,
    palette::{GRID, INK, colour},
};
use crate::{
    model::clean::clean,
    report::{
        figures::plot::{Axis, Mark, Plot, Shape},
        page::shortened,
        units::{grouped, plain},
    },
};

/// Twice the size at which it is shown on a telephone, so that whole pixels are fine enough.
const SIZE: (u32, u32) = (840, 580);
const FONT: (&str, u32) = ("sans-serif", 33);
/// Dots, and lines, in pixels.
const DOT: u32 = 9;
const LINE: u32 = 4;
/// What surrounds the plot, in pixels: the margins, and the room for names below and to the left.
const MARGIN: u32 = 14;
const MARGIN_RIGHT: u32 = 36;
const BELOW: u32 = 92;
const LEFT: u32 = 118;
const LEFT_OF_NAMES: u32 = 4;
/// What a sign and a line of text take, in pixels, about.
const SIGN: f64 = 16.0;
const TEXT_LINE: i32 = 36;
/// Lines that a label may be moved by.
const MOST_LINES: i32 = 6;
/// Columns of a label, and of one that has the whole row.
const LONGEST_LABEL: usize = 32;
const LONGEST_NAME: usize = 46;
/// A label to the right of this share of the plot stands to the left of its point.
const RIGHT: f64 = 0.7;
/// Labels closer than this share of both axes are one.
const NEAR: f64 = 0.03;
/// Of an axis, about.
const MOST_TICKS: usize = 6;
/// Ticks beyond this have no room for their digits, and closer than that none that differ.
const FARTHEST: f64 = 1e12;
const NEAREST: f64 = 1e-6;

type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;
type Failure<'a> = DrawingAreaErrorKind<<SVGBackend<'a> as DrawingBackend>::ErrorType>;

/// The plot as an element, which the element with that id names; `None` where its numbers cannot be drawn.
pub(super) fn draw(plot: &Plot, named_by: &str) -> Option<String> {
    if ![&plot.x, &plot.y].into_iter().all(can_be_drawn) {
        return None;
    }
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        draw_on(&area, plot).ok()?;
    }
    let (width, height) = SIZE;
    let size = format!("<svg width=\"{width}\" height=\"{height}\" ");
    let rest = svg.strip_prefix(&size)?;
    Some(format!("<svg role=\"img\" aria-labelledby=\"{}\" {rest}", escape(named_by)))
}

fn can_be_drawn(axis: &Axis) -> bool {
    let Axis { low, high, .. } = *axis;
    low.is_finite() && high.is_finite() && low.abs().max(high.abs()) < FARTHEST && high - low > NEAREST
}

fn draw_on<'a>(area: &DrawingArea<SVGBackend<'a>, Shift>, plot: &Plot) -> Result<(), Failure<'a>> {
    let names = plot.y.is_of_names();
    let mut chart = ChartBuilder::on(area)
        .margin(MARGIN)
        .margin_right(MARGIN_RIGHT)
        .x_label_area_size(BELOW)
        .y_label_area_size(if names { LEFT_OF_NAMES } else { LEFT })
        .build_cartesian_2d(plot.x.low..plot.x.high, plot.y.low..plot.y.high)?;
    let mut mesh = chart.configure_mesh();
    let number = |value: &f64| if value.abs() < 10_000.0 { plain(*value) } else { grouped(*value) };
    mesh.label_style(text_style())
        .axis_desc_style(text_style())
        .axis_style(INK.drawn())
        .bold_line_style(GRID.drawn())
        .max_light_lines(0)
        .x_labels(ticks(&plot.x))
        .y_labels(if names { 0 } else { MOST_TICKS })
        .x_desc(clean(&plot.x.label))
        .x_label_formatter(&number)
        .y_label_formatter(&number);
    if names {
        mesh.disable_y_mesh().disable_y_axis();
    } else {
        mesh.y_desc(clean(&plot.y.label));
    }
    mesh.draw()?;
    for mark in &plot.marks {
        draw_mark(&chart, plot, mark)?;
    }
    for (label, lines) in apart(plot, labels(plot)) {
        draw_label(&chart, plot, &label, lines)?;
    }
    area.present()
}

/// About how many ticks an axis has: none between two whole numbers where those alone mean anything.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a handful")]
fn ticks(axis: &Axis) -> usize {
    if axis.is_whole { (axis.high - axis.low).clamp(1.0, 5.0) as usize + 1 } else { MOST_TICKS }
}

fn draw_mark<'a>(chart: &Chart<'_, 'a>, plot: &Plot, mark: &Mark) -> Result<(), Failure<'a>> {
    let area = chart.plotting_area();
    let line = |points: Vec<(f64, f64)>, style: ShapeStyle| {
        let points: Vec<_> = points.into_iter().filter(|(x, y)| x.is_finite() && y.is_finite()).collect();
        if points.len() < 2 { Ok(()) } else { area.draw(&PathElement::new(points, style)) }
    };
    let inside = |value: f64, axis: &Axis| value.clamp(axis.low, axis.high);
    match mark {
        Mark::Line { points, tone } => line(points.clone(), colour(*tone).drawn().stroke_width(LINE)),
        Mark::Bar { from, to, tone } => {
            if [from.0, from.1, to.0, to.1].iter().all(|value| value.is_finite()) {
                area.draw(&Rectangle::new([*from, *to], colour(*tone).drawn().filled()))?;
            }
            Ok(())
        }
        Mark::Interval { x, low, high, tone } => {
            let (low, high) = (inside(*low, &plot.y), inside(*high, &plot.y));
            line(vec![(*x, low), (*x, high)], colour(*tone).drawn().stroke_width(LINE))
        }
        Mark::Across { y, low, high, tone } => {
            let (low, high) = (inside(*low, &plot.x), inside(*high, &plot.x));
            line(vec![(low, *y), (high, *y)], colour(*tone).drawn().stroke_width(LINE))
        }
        Mark::Border { x, tone } => {
            line(vec![(*x, plot.y.low), (*x, plot.y.high)], colour(*tone).drawn().stroke_width(LINE))
        }
        Mark::Level { y, tone } => {
            line(vec![(plot.x.low, *y), (plot.x.high, *y)], colour(*tone).drawn().stroke_width(LINE))
        }
        Mark::Dot { at, .. } if !(at.0.is_finite() && at.1.is_finite()) => Ok(()),
        Mark::Dot { at, tone, shape } => {
            let solid = colour(*tone).drawn().filled();
            let open = colour(*tone).drawn().stroke_width(LINE);
            match shape {
                Shape::Disc => area.draw(&Circle::new(*at, DOT, solid)),
                Shape::Ring => area.draw(&Circle::new(*at, DOT, open)),
                Shape::Triangle => area.draw(&TriangleMarker::new(*at, DOT + 4, solid)),
                Shape::Cross => area.draw(&Cross::new(*at, DOT, open)),
            }
        }
        // They are drawn when all else is.
        Mark::Label { .. } => Ok(()),
    }
}

/// The labels; those that would lie upon each other are one.
fn labels(plot: &Plot) -> Vec<((f64, f64), String)> {
    let near = |a: f64, b: f64, axis: &Axis| (a - b).abs() < NEAR * (axis.high - axis.low);
    let mut labels: Vec<((f64, f64), String)> = Vec::new();
    for mark in &plot.marks {
        let Mark::Label { at, text } = mark else { continue };
        if !(at.0.is_finite() && at.1.is_finite()) {
            continue;
        }
        let known = labels.iter_mut().find(|(known, _)| near(known.0, at.0, &plot.x) && near(known.1, at.1, &plot.y));
        match known {
            Some((_, texts)) => *texts = format!("{texts}, {text}"),
            None => labels.push((*at, text.clone())),
        }
    }
    labels
}

/// A point and what stands beside it.
type Label = ((f64, f64), String);

/// Whether a label stands to the left of its point.
fn stands_left(plot: &Plot, at: f64) -> bool {
    (at - plot.x.low) / (plot.x.high - plot.x.low) > RIGHT
}

/// The labels with the lines by which each is moved, up or (negative) down, so that none lies upon another.
fn apart(plot: &Plot, labels: Vec<Label>) -> Vec<(Label, i32)> {
    let (width, height) = (f64::from(SIZE.0 - MARGIN - MARGIN_RIGHT - LEFT), f64::from(SIZE.1 - 2 * MARGIN - BELOW));
    // From and to, and the lower end, in pixels.
    let mut taken: Vec<(f64, f64, f64)> = Vec::new();
    let mut placed = Vec::new();
    for ((x, y), text) in labels {
        if plot.y.is_of_names() {
            placed.push((((x, y), text), 0));
            continue;
        }
        let at = width * (x - plot.x.low) / (plot.x.high - plot.x.low);
        let end = height * (y - plot.y.low) / (plot.y.high - plot.y.low);
        let long = SIGN * f64::from(u32::try_from(text.chars().count().min(LONGEST_LABEL)).unwrap_or(u32::MAX));
        let (from, to) = if stands_left(plot, x) { (at - long, at) } else { (at, at + long) };
        let is_free = |lines: i32| {
            let low = end + f64::from(lines * TEXT_LINE);
            let inside = low >= 0.0 && low + f64::from(TEXT_LINE) <= height + f64::from(MARGIN);
            inside
                && !taken.iter().any(|(a, b, other)| from < *b && to > *a && (low - other).abs() < f64::from(TEXT_LINE))
        };
        // Up first, then down past the point itself.
        let lines =
            (0..MOST_LINES).chain((2..MOST_LINES).map(|lines| -lines)).find(|lines| is_free(*lines)).unwrap_or(0);
        taken.push((from, to, end + f64::from(lines * TEXT_LINE)));
        placed.push((((x, y), text), lines));
    }
    placed
}

fn draw_label<'a>(chart: &Chart<'_, 'a>, plot: &Plot, (at, text): &Label, lines: i32) -> Result<(), Failure<'a>> {
    let (side, offset) = if stands_left(plot, at.0) { (HPos::Right, -14) } else { (HPos::Left, 14) };
    let offset = if plot.y.is_of_names() { 4 } else { offset };
    let style = text_style().pos(Pos::new(side, VPos::Bottom));
    let longest = if plot.y.is_of_names() { LONGEST_NAME } else { LONGEST_LABEL };
    let text = shortened(&clean(text), longest);
    chart.plotting_area().draw(&(EmptyElement::at(*at) + Text::new(text, (offset, -6 - lines * TEXT_LINE), style)))
}

fn text_style() -> TextStyle<'static> {
    FONT.into_font().color(&INK.drawn())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::figures::plot::Tone;

    fn plot(label: &str, x: Axis) -> Plot {
        let marks = vec![
            Mark::Line { points: vec![(0.0, 0.0), (f64::NAN, 1.0), (1.0, 1.0)], tone: Tone::Tuned },
            Mark::Dot { at: (f64::INFINITY, 0.5), tone: Tone::Fault, shape: Shape::Cross },
            Mark::Label { at: (0.5, 0.5), text: label.to_owned() },
        ];
        Plot { x, y: Axis::of_shares("share", [0.0]), marks, key: Vec::new() }
    }

    #[test]
    fn is_one_element_without_a_fixed_size() {
        let svg = draw(&plot("here", Axis::from_zero("s", [1.0])), "what").unwrap();
        assert!(svg.starts_with("<svg role=\"img\" aria-labelledby=\"what\" viewBox=\"0 0 840 580\""), "{svg}");
        assert!(svg.trim_end().ends_with("</svg>") && svg.contains("here"), "{svg}");
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    }

    #[test]
    fn labels_are_no_markup() {
        let svg = draw(&plot("</text><script>\u{1b}[2J\u{0}\"'", Axis::from_zero("<b>", [1.0])), "\"x").unwrap();
        assert!(!svg.contains("<script") && !svg.contains("<b>") && svg.contains("&lt;script"), "{svg}");
        assert!(!svg.chars().any(|c| c.is_control() && c != '\n'), "{svg}");
    }

    #[test]
    fn labels_in_one_place_are_one() {
        let mut plot = plot("present", Axis::from_zero("s", [1.0]));
        plot.marks.push(Mark::Label { at: (0.51, 0.5), text: "tuned".to_owned() });
        plot.marks.push(Mark::Label { at: (0.9, 0.5), text: "#3".to_owned() });
        let texts: Vec<String> = labels(&plot).into_iter().map(|(_, text)| text).collect();
        assert_eq!(texts, ["present, tuned", "#3"]);
    }

    #[test]
    fn labels_lie_not_upon_each_other() {
        let mut plot = plot("tuned: fast, balanced, quality", Axis::from_zero("s", [1.0]));
        plot.marks.push(Mark::Label { at: (0.6, 0.5), text: "#3".to_owned() });
        plot.marks.push(Mark::Label { at: (0.95, 0.5), text: "present".to_owned() });
        plot.marks.push(Mark::Label { at: (0.1, 0.5), text: "#4".to_owned() });
        let lines: Vec<i32> = apart(&plot, labels(&plot)).into_iter().map(|(_, lines)| lines).collect();
        assert_eq!(lines, [0, 1, 1, 0], "each that would lie upon others is moved, and no other");
        // At the top there is only room below.
        let mut plot = self::plot("tuned: fast", Axis::from_zero("s", [1.0]));
        plot.marks = vec![0.1, 0.15, 0.2]
            .into_iter()
            .map(|x| Mark::Label { at: (x, 1.0), text: "a label that is long".to_owned() })
            .collect();
        plot.marks[1] = Mark::Label { at: (0.3, 1.0), text: "another".to_owned() };
        let moved = apart(&plot, labels(&plot));
        assert!(moved.iter().skip(1).any(|(_, lines)| *lines < 0), "{moved:?}");
    }

    #[test]
    fn what_cannot_be_drawn_is_not() {
        for (low, high) in [(0.0, f64::INFINITY), (0.0, 1e300), (1.0, 1.0), (2.0, 1.0), (f64::NAN, 1.0)] {
            let axis = Axis { label: "s".to_owned(), low, high, is_whole: false };
            assert_eq!(draw(&plot("here", axis), "what"), None, "{low} to {high}");
        }
    }
}
