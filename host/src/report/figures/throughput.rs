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

#[derive(Clone, Copy, PartialEq)]
enum Series {
    Probes { prompt_tokens: u32, output_tokens: u32, loaded: LoadKey },
    Notes,
}

struct Point {
    what: String,
    /// Points of equal requests to an equally loaded model are joined; notes are not equal.
    series: Series,
    tone: Tone,
    parallel: f64,
    requests: usize,
    context: u32,
    per_minute: f64,
    interval: Option<(f64, f64)>,
    /// Whether its series has more than one number of requests at once; else there is nothing to see.
    is_drawn: bool,
}

pub(super) fn figure(study: &Study) -> Result<Figure, &'static str> {
    let named = candidates(study);
    let mut points: Vec<Point> = study.trials.iter().filter_map(probe).collect();
    points.extend(named.iter().filter_map(|named| notes(study, named)));
    points.sort_by(|a, b| a.parallel.total_cmp(&b.parallel));
    let drawn: Vec<bool> = points.iter().map(|point| varies(point, &points)).collect();
    for (point, is_drawn) in points.iter_mut().zip(drawn) {
        point.is_drawn = is_drawn;
    }
    if points.is_empty() {
        return Err("no requests were timed");
    }
    if !points.iter().any(|point| point.is_drawn) {
        return Err("no kind of request was timed with different numbers of them at once");
    }
    let slots = study.slots_seen();
    let slots_say = slots.map_or_else(
        || "How many it works on at once was not asked.".to_owned(),
        |slots| format!("The server was seen to work on {} at once (the rule); more only wait.", plain(slots)),
    );
    let joined = points.iter().any(|point| point.is_drawn && point.series != Series::Notes);
    let joined = if joined { " Joined points are equal requests to an equally loaded model." } else { "" };
    let hidden = if points.iter().all(|point| point.is_drawn) {
        ""
    } else {
        " Kinds of request that were made with one number at once only stand in the data alone."
    };
    let says = format!(
        "{slots_say}{joined} Notes differ in length, so that their heights tell less.{hidden} Intervals: 95 %, from how much the \
         time without waiting differs."
    );
    let data = data(&points);
    Ok(Figure { id: "throughput", title: TITLE, says, plot: plot(&points, &named, slots), data })
}

/// Whether requests like these were also made with another number of them at once.
fn varies(point: &Point, points: &[Point]) -> bool {
    points.iter().any(|other| other.series == point.series && (other.parallel - point.parallel).abs() > 0.5)
}

/// Synthetic requests.
fn probe(trial: &Trial) -> Option<Point> {
    let Experiment::Probe { prompt_tokens, output_tokens, parallel, .. } = trial.experiment else { return None };
    let per_minute = trial.mean(Metric::RequestsPerMinute).filter(|rate| rate.is_finite() && *rate > 0.0)?;
    let requests: Vec<&Observation> = undisturbed(trial).collect();
    Some(Point {
        what: format!("probe: {prompt_tokens} tokens read, {output_tokens} written"),
        series: Series::Probes { prompt_tokens, output_tokens, loaded: trial.candidate.load_key() },
        tone: Tone::Other,
        parallel: f64::from(parallel),
        requests: requests.len(),
        context: trial.candidate.num_ctx,
        per_minute,
        interval: interval(per_minute, &requests),
        is_drawn: false,
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
        series: Series::Notes,
        tone: named.tone(),
        parallel,
        requests: requests.len(),
        context: candidate.num_ctx,
        per_minute,
        interval: interval(per_minute, &requests),
        is_drawn: false,
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
    let points: Vec<&Point> = points.iter().filter(|point| point.is_drawn).collect();
    let mut marks = Vec::new();
    let has = |tone: Tone| points.iter().any(|point| point.tone == tone);
    let mut key: Vec<(Tone, String)> = key(named).into_iter().filter(|(tone, _)| has(*tone)).collect();
    key.retain(|(tone, _)| *tone != Tone::Other);
    if has(Tone::Other) {
        key.push((Tone::Other, "probes and other candidates".to_owned()));
    }
    if let Some(x) = slots {
        marks.push(Mark::Border { x, tone: Tone::Decode });
        key.push((Tone::Decode, format!("slots of the server: {}", plain(x))));
    }
    let mut joined: Vec<Series> = vec![Series::Notes];
    for point in &points {
        if !joined.contains(&point.series) {
            joined.push(point.series);
            let of_series = points.iter().filter(|other| other.series == point.series);
            let line: Vec<(f64, f64)> = of_series.map(|point| (point.parallel, point.per_minute)).collect();
            marks.push(Mark::Line { points: line, tone: Tone::Rule });
        }
    }
    for point in &points {
        if let Some((low, high)) = point.interval {
            marks.push(Mark::Interval { x: point.parallel, low, high, tone: point.tone });
        }
        marks.push(Mark::Dot { at: (point.parallel, point.per_minute), tone: point.tone, shape: Shape::Disc });
    }
    let heights = points.iter().flat_map(|point| [point.per_minute, point.interval.map_or(0.0, |(_, high)| high)]);
    Plot {
        x: Axis::from_zero("requests at once", points.iter().map(|point| point.parallel).chain(slots)).whole(),
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
        .left("drawn")
        .prose("what");
    for point in points {
        let interval = point.interval.map(|(low, high)| format!("{} to {}", fixed(low, digits), fixed(high, digits)));
        table.row([
            Cell::plain(plain(point.parallel)),
            Cell::plain(fixed(point.per_minute, digits)),
            Cell::plain(interval.unwrap_or_default()),
            Cell::plain(point.requests.to_string()),
            Cell::plain(point.context.to_string()),
            Cell::plain(if point.is_drawn { "yes" } else { "no" }),
            Cell::plain(&point.what),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(series: Series, parallel: f64) -> Point {
        let (what, tone) = (String::new(), Tone::Other);
        Point {
            what,
            series,
            tone,
            parallel,
            requests: 1,
            context: 4096,
            per_minute: 1.0,
            interval: None,
            is_drawn: false,
        }
    }

    #[test]
    fn only_requests_that_were_made_with_several_numbers_at_once_are_drawn() {
        let probes = |prompt_tokens| Series::Probes {
            prompt_tokens,
            output_tokens: 24,
            loaded: LoadKey { num_ctx: 4096, num_thread: 0, num_batch: 0 },
        };
        let points = [
            point(probes(64), 8.0),
            point(probes(800), 1.0),
            point(probes(800), 4.0),
            point(Series::Notes, 1.0),
            point(Series::Notes, 1.0),
        ];
        let drawn: Vec<bool> = points.iter().map(|point| varies(point, &points)).collect();
        assert_eq!(drawn, [false, true, true, false, false]);
    }
}
