//! How long requests take: the share that has ended by each time.

use std::fmt::Write as _;

use super::{
    Figure,
    named::{Named, candidates, key, notes_trials, undisturbed},
    plot::{Axis, Mark, Plot, Shape},
};
use crate::{
    model::{clocks::Percentile, study::Study},
    report::{
        panels::clocks::within,
        style::Style,
        table::{Cell, Table},
        units::{count, fixed},
        view::number,
    },
    stats::{percentile::percentile, summary::sorted},
};

pub(super) const TITLE: &str = "How long requests take";

/// Percentiles that are marked.
const MARKED: [f64; 3] = [0.5, 0.95, 0.99];

/// Fewer requests than this have no distribution to look at.
const FEWEST: usize = 3;

struct Curve<'a> {
    named: Named<'a>,
    /// Client clock, ascending.
    latencies_ms: Vec<f64>,
}

impl Curve<'_> {
    /// The steps: a latency in seconds, and the share of requests that took so long at most.
    fn steps(&self) -> impl Iterator<Item = (f64, f64)> {
        let total = number(self.latencies_ms.len());
        self.latencies_ms.iter().enumerate().map(move |(index, latency)| (latency / 1000.0, number(index + 1) / total))
    }

    fn percentiles(&self) -> impl Iterator<Item = Percentile> {
        MARKED.into_iter().filter_map(|share| percentile(&self.latencies_ms, share))
    }
}

pub(super) fn figure(study: &Study) -> Result<Figure, &'static str> {
    let curves: Vec<Curve> = candidates(study)
        .into_iter()
        .filter(|named| named.measured.is_baseline || named.is_tuned)
        .map(|named| {
            let requests = notes_trials(study, &named.measured.candidate).flat_map(undisturbed);
            let latencies_ms = sorted(&requests.map(|request| request.latency_ms).collect::<Vec<_>>());
            Curve { named, latencies_ms }
        })
        .filter(|curve| curve.latencies_ms.len() >= FEWEST)
        .collect();
    if curves.is_empty() {
        return Err("fewer than three requests of notes ended undisturbed");
    }
    let mut says = "The higher at a time, the more requests have ended by then; the client's clock.".to_owned();
    for curve in &curves {
        let parts: Vec<String> = curve.percentiles().map(|percentile| within(&percentile)).collect();
        let requests = count(curve.latencies_ms.len(), "request");
        let _ = write!(says, " With the {} settings, of {requests}: {}.", curve.named.name(), parts.join(", "));
    }
    Ok(Figure { id: "latency", title: TITLE, says, plot: plot(&curves), data: data(&curves) })
}

fn plot(curves: &[Curve]) -> Plot {
    let mut marks = Vec::new();
    let x = Axis::from_zero("latency, s", curves.iter().flat_map(Curve::steps).map(|(seconds, _)| seconds));
    for curve in curves {
        let tone = curve.named.tone();
        let mut points = vec![(0.0, 0.0)];
        let mut before = 0.0;
        for (seconds, share) in curve.steps() {
            points.extend([(seconds, before), (seconds, share)]);
            before = share;
        }
        points.push((x.high, 1.0));
        marks.push(Mark::Line { points, tone });
        for percentile in curve.percentiles() {
            let at = (percentile.value / 1000.0, percentile.share);
            if let (Some(low), Some(high)) = (percentile.low, percentile.high) {
                marks.push(Mark::Across { y: percentile.share, low: low / 1000.0, high: high / 1000.0, tone });
            }
            marks.push(Mark::Dot { at, tone, shape: Shape::Disc });
        }
    }
    Plot {
        x,
        y: Axis::of_shares("share of requests", [0.0]),
        marks,
        key: key(&curves.iter().map(|curve| curve.named).collect::<Vec<_>>()),
    }
}

fn data(curves: &[Curve]) -> Table {
    let mut table = Table::new().left("settings").right("share of requests, %").right("latency, s");
    for curve in curves {
        for (seconds, share) in curve.steps() {
            table.row([
                Cell::new(Style::Name, curve.named.name()),
                Cell::plain(fixed(share * 100.0, 1)),
                Cell::plain(fixed(seconds, 3)),
            ]);
        }
    }
    table
}
