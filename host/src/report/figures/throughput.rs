//! Requests a minute against requests at once, and how many the server really works on.

use super::{
    Figure,
    named::{Named, candidates, key, notes_trials, undisturbed},
    plot::{Axis, Mark, Plot, Shape, Tone},
};
use crate::{
    model::{
        candidate::LoadKey,
        experiment::Experiment,
        metric::{Estimate, Metric},
        observation::Observation,
        study::Study,
        trial::Trial,
    },
    report::{
        table::{Cell, Table},
        units::{decimals, fixed, plain},
    },
    stats::{interval::mean_interval, summary::mean},
};

pub(super) const TITLE: &str = "Requests a minute and requests at once";

struct Point {
    what: String,
    /// Points of equal requests to an equally loaded model are joined.
    series: (u32, u32, LoadKey),
    tone: Tone,
    parallel: f64,
    requests: usize,
    per_minute: f64,
    interval: Option<(f64, f64)>,
}

pub(super) fn figure(study: &Study) -> Result<Figure, &'static str> {
    let named = candidates(study);
    let mut points: Vec<Point> = study.trials.iter().filter_map(probe).collect();
    points.extend(named.iter().filter_map(|named| notes(study, named)));
    points.sort_by(|a, b| a.parallel.total_cmp(&b.parallel));
    let (Some(least), Some(most)) = (points.first(), points.last()) else {
        return Err("no requests were timed");
    };
    if most.parallel - least.parallel < 0.5 {
        return Err("requests were timed with one number of them at once only");
    }
    let slots = slots(study);
    let slots_say = slots.map_or_else(
        || "How many it works on at once was not asked.".to_owned(),
        |slots| format!("The server was seen to work on {} at once (the rule); more only wait.", plain(slots)),
    );
    let says = format!(
        "{slots_say} Joined points are equal requests to an equally loaded model; others differ in length, and their heights \
         are not to be compared. Intervals: 95 %, from how much the time without waiting differs."
    );
    let data = data(&points);
    Ok(Figure { id: "throughput", title: TITLE, says, plot: plot(&points, &named, slots), data })
}

/// The slots that the trial with the most requests at once found.
fn slots(study: &Study) -> Option<f64> {
    let asked = study.trials.iter().filter_map(|trial| match trial.experiment {
        Experiment::Probe { parallel, .. } if parallel > 1 => Some((parallel, trial.mean(Metric::EffectiveSlots)?)),
        _ => None,
    });
    asked.max_by_key(|(parallel, _)| *parallel).map(|(_, slots)| slots)
}

/// Synthetic requests.
fn probe(trial: &Trial) -> Option<Point> {
    let Experiment::Probe { prompt_tokens, output_tokens, parallel, .. } = trial.experiment else { return None };
    let per_minute = trial.mean(Metric::RequestsPerMinute).filter(|rate| rate.is_finite() && *rate > 0.0)?;
    let requests: Vec<&Observation> = undisturbed(trial).collect();
    Some(Point {
        what: format!("probe: {prompt_tokens} tokens read, {output_tokens} written"),
        series: (prompt_tokens, output_tokens, trial.candidate.load_key()),
        tone: Tone::Other,
        parallel: f64::from(parallel),
        requests: requests.len(),
        per_minute,
        interval: interval(per_minute, &requests),
    })
}

/// Requests of notes, as many at once as the settings say: Little's law makes a rate of their mean latency.
fn notes(study: &Study, named: &Named) -> Option<Point> {
    let candidate = &named.measured.candidate;
    let requests: Vec<&Observation> =
        notes_trials(study, candidate).filter(|trial| enough_files(trial)).flat_map(undisturbed).collect();
    let latency = mean(&requests.iter().map(|request| request.latency_ms).collect::<Vec<_>>());
    let parallel = f64::from(candidate.max_concurrent_requests);
    let per_minute = 60_000.0 * parallel / latency;
    (latency > 0.0 && per_minute.is_finite()).then(|| Point {
        what: format!("notes, {} settings", named.name()),
        series: (0, 0, candidate.load_key()),
        tone: named.tone(),
        parallel,
        requests: requests.len(),
        per_minute,
        interval: interval(per_minute, &requests),
    })
}

/// Whether there were files for all workers: fewer keep fewer busy than the settings say.
fn enough_files(trial: &Trial) -> bool {
    let Experiment::Notes { files } = &trial.experiment else { return false };
    files.len() >= trial.candidate.max_concurrent_requests as usize
}

/// Waiting is the server's order and no luck; what is left of a latency differs by luck and by the length of files.
fn interval(per_minute: f64, requests: &[&Observation]) -> Option<(f64, f64)> {
    let working = |request: &&Observation| {
        request.latency_ms
            - request.server.as_ref().map_or(0.0, crate::model::observation::ServerTimings::queue_wait_ms)
    };
    let Estimate { value, interval } = mean_interval(&requests.iter().map(working).collect::<Vec<_>>())?;
    (value > 0.0 && interval.low > 0.0).then(|| (per_minute * value / interval.high, per_minute * value / interval.low))
}

fn plot(points: &[Point], named: &[Named], slots: Option<f64>) -> Plot {
    let mut marks = Vec::new();
    let mut key: Vec<(Tone, String)> = key(named).into_iter().filter(|(tone, _)| *tone != Tone::Other).collect();
    key.push((Tone::Other, "probes and other candidates".to_owned()));
    if let Some(x) = slots {
        marks.push(Mark::Border { x, tone: Tone::Rule });
        key.push((Tone::Rule, format!("slots of the server: {}", plain(x))));
    }
    let mut joined: Vec<(u32, u32, LoadKey)> = Vec::new();
    for point in points {
        if !joined.contains(&point.series) {
            joined.push(point.series);
            let of_series = points.iter().filter(|other| other.series == point.series);
            let line: Vec<(f64, f64)> = of_series.map(|point| (point.parallel, point.per_minute)).collect();
            if line.len() > 1 {
                marks.push(Mark::Line { points: line, tone: Tone::Rule });
            }
        }
    }
    for point in points {
        if let Some((low, high)) = point.interval {
            marks.push(Mark::Interval { x: point.parallel, low, high, tone: point.tone });
        }
        marks.push(Mark::Dot { at: (point.parallel, point.per_minute), tone: point.tone, shape: Shape::Disc });
    }
    let heights = points.iter().flat_map(|point| [point.per_minute, point.interval.map_or(0.0, |(_, high)| high)]);
    Plot {
        x: Axis::from_zero("requests at once", points.iter().map(|point| point.parallel).chain(slots)),
        y: Axis::from_zero("requests a minute", heights),
        marks,
        key,
    }
}

fn data(points: &[Point]) -> Table {
    let digits = decimals(points.iter().map(|point| point.per_minute).fold(0.0, f64::max));
    let mut table = Table::new()
        .right("requests at once")
        .right("requests a minute")
        .right("95 % interval")
        .right("requests")
        .right("context of a slot, tokens")
        .prose("what");
    for point in points {
        let interval = point.interval.map(|(low, high)| format!("{} to {}", fixed(low, digits), fixed(high, digits)));
        table.row([
            Cell::plain(plain(point.parallel)),
            Cell::plain(fixed(point.per_minute, digits)),
            Cell::plain(interval.unwrap_or_default()),
            Cell::plain(point.requests.to_string()),
            Cell::plain(point.series.2.num_ctx.to_string()),
            Cell::plain(&point.what),
        ]);
    }
    table
}
