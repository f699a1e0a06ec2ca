//! What happened when: trials by stage, loads of the model, faults, and whether the machine stayed the same.

use super::{
    Figure,
    drift::{self, Pace},
    plot::{Axis, Mark, Plot, Shape, Tone},
};
use crate::{
    model::{
        disturbance::DriftKind,
        study::Study,
        trial::{Trial, TrialState},
    },
    report::{
        style::Style,
        table::{Cell, Table},
        units::{count, fixed, percent},
        view::{View, number},
    },
};

pub(super) const TITLE: &str = "The study from beginning to end";

/// Between two trials, as a share of the whole.
const GAP: f64 = 0.004;

/// Change of pace, as a share, at which its course reaches the edge of its row.
const WHOLE_ROW: f64 = 0.3;

/// A trial in time, in seconds since the study began.
struct Span<'a> {
    trial: &'a Trial,
    start: f64,
    end: f64,
    /// When requests failed or were disturbed.
    faults: Vec<f64>,
}

pub(super) fn figure(study: &Study) -> Result<Figure, &'static str> {
    let spans = spans(&study.trials);
    if spans.is_empty() {
        return Err("no trial was made");
    }
    let loads: u32 = study.trials.iter().map(|trial| trial.reloads).sum();
    let faults: usize = spans.iter().map(|span| span.faults.len()).sum();
    let paces = drift::paces(study);
    let says = format!(
        "{}, {} of the model (triangles), {} that failed or were disturbed (crosses). Trials follow each other; a trial's \
         beginning is that of its load. {}",
        count(spans.len(), "trial"),
        count(loads as usize, "load"),
        count(faults, "request"),
        pace_says(study, &paces),
    );
    Ok(Figure { id: "timeline", title: TITLE, says, plot: plot(study, &spans, &paces), data: data(&spans, &paces) })
}

/// When each trial was: its last request ends it, or, without any, it follows the one before.
fn spans(trials: &[Trial]) -> Vec<Span<'_>> {
    let mut now = 0.0_f64;
    let mut spans = Vec::new();
    for trial in trials {
        let ends = trial.observations.iter().map(|request| (request.started_ms + request.latency_ms) / 1000.0);
        let last = ends.filter(|end| end.is_finite()).fold(0.0, f64::max);
        let (start, end) = when(now, last, trial.seconds);
        let spoilt = trial.observations.iter().filter(|it| it.failure.is_some() || it.disturbed.is_some());
        let faults = spoilt.map(|request| request.started_ms / 1000.0).filter(|at| at.is_finite()).collect();
        spans.push(Span { trial, start, end, faults });
        now = end;
    }
    spans
}

/// What is known of a drift.
fn pace_says(study: &Study, paces: &[Pace]) -> String {
    let seen = match study.disturbances.drift {
        Some(drift) => {
            let how = match drift.kind {
                DriftKind::Throttling => "became slower",
                DriftKind::Quickening => "became faster",
                DriftKind::Swinging => "went to and fro",
            };
            format!("The machine {how} by {} (p {}).", percent(drift.share.abs()), fixed(drift.p_value, 3))
        }
        None => "No drift of the machine was seen.".to_owned(),
    };
    if drift::course(paces).is_empty() {
        return seen;
    }
    format!(
        "{seen} The line in the lowest row is the speed of writing by what is usual under the same settings, smoothed over seven requests: \
         the middle is usual, the edges are {} more and less.",
        percent(WHOLE_ROW)
    )
}

fn plot(study: &Study, spans: &[Span], paces: &[Pace]) -> Plot {
    let mut stages: Vec<&str> = Vec::new();
    for span in spans {
        if !stages.contains(&span.trial.stage.as_str()) {
            stages.push(&span.trial.stage);
        }
    }
    let course = drift::course(paces);
    // The lowest row is that of the pace, where there is one.
    let lowest = usize::from(!course.is_empty());
    let floor = |stage: &str| {
        let index = stages.iter().position(|known| *known == stage).unwrap_or(0);
        number(lowest + stages.len() - 1 - index)
    };
    let ends = spans.iter().map(|span| span.end).chain([study.elapsed_seconds]);
    let x = Axis::from_zero("seconds since the study began", ends);
    let mut marks: Vec<Mark> =
        stages.iter().map(|stage| Mark::Label { at: (0.0, floor(stage) + 0.6), text: (*stage).to_owned() }).collect();
    for span in spans {
        let floor = floor(&span.trial.stage);
        // A gap, so that trials of one stage can be counted.
        let end = (span.end - x.high * GAP).max(span.start);
        marks.push(Mark::Bar { from: (span.start, floor + 0.14), to: (end, floor + 0.58), tone: tone(study, span) });
        if span.trial.reloads > 0 {
            marks.push(Mark::Dot { at: (span.start, floor + 0.05), tone: Tone::Load, shape: Shape::Triangle });
        }
        for at in &span.faults {
            marks.push(Mark::Dot { at: (*at, floor + 0.35), tone: Tone::Fault, shape: Shape::Cross });
        }
    }
    let mut key = vec![
        (Tone::Present, "present settings".to_owned()),
        (Tone::Tuned, "tuned settings".to_owned()),
        (Tone::Other, "other settings".to_owned()),
        (Tone::Load, "load of the model (triangle)".to_owned()),
        (Tone::Fault, "failed trial, or fault (cross)".to_owned()),
    ];
    if let (Some((first, _)), Some((last, _))) = (course.first().copied(), course.last().copied()) {
        let height = |ratio: f64| 0.35 + 0.25 * ((ratio - 1.0) / WHOLE_ROW).clamp(-1.0, 1.0);
        marks.push(Mark::Label { at: (0.0, 0.6), text: "speed by what is usual".to_owned() });
        marks.push(Mark::Line { points: vec![(first, height(1.0)), (last, height(1.0))], tone: Tone::Rule });
        let points = course.into_iter().map(|(seconds, ratio)| (seconds, height(ratio))).collect();
        marks.push(Mark::Line { points, tone: Tone::Decode });
        key.push((Tone::Decode, "speed of writing by what is usual".to_owned()));
    }
    Plot { x, y: Axis::of_names(stages.len() + lowest), marks, key }
}

/// Beginning and end of a trial that took so long, after all others were over and with its last request then (0 for none). Seconds.
fn when(now: f64, last_request: f64, seconds: f64) -> (f64, f64) {
    let seconds = if seconds.is_finite() { seconds.max(0.0) } else { 0.0 };
    let start = (last_request - seconds).max(now);
    (start, last_request.max(start + seconds))
}

/// Whose settings a trial measured, or that it failed.
fn tone(study: &Study, span: &Span) -> Tone {
    let candidate = &span.trial.candidate;
    if matches!(span.trial.state, TrialState::Failed(_)) {
        Tone::Fault
    } else if View::new(study).tuned().is_some_and(|tuned| tuned.works_like(candidate)) {
        Tone::Tuned
    } else if study.baseline.works_like(candidate) {
        Tone::Present
    } else {
        Tone::Other
    }
}

fn data(spans: &[Span], paces: &[Pace]) -> Table {
    let mut table = Table::new()
        .right("trial")
        .left("stage")
        .left("experiment")
        .right("from, s")
        .right("to, s")
        .right("loads")
        .right("requests")
        .right("faults")
        .right("speed of writing by what is usual, %")
        .prose("how it ended");
    for span in spans {
        let trial = span.trial;
        let (style, state) = match trial.state {
            TrialState::Complete => (Style::Plain, "complete"),
            TrialState::Pruned => (Style::Plain, "pruned"),
            TrialState::Failed(cause) => (Style::Warning, cause.name()),
        };
        table.row([
            Cell::plain(trial.number.to_string()),
            Cell::new(Style::Name, &trial.stage),
            Cell::plain(trial.experiment.name()),
            Cell::plain(fixed(span.start, 1)),
            Cell::plain(fixed(span.end, 1)),
            Cell::plain(trial.reloads.to_string()),
            Cell::plain(trial.observations.len().to_string()),
            Cell::plain(span.faults.len().to_string()),
            Cell::plain(drift::of_trial(paces, trial.number).map_or_else(String::new, |pace| fixed(pace * 100.0, 1))),
            Cell::new(style, state),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trials_follow_each_other() {
        for ((now, last, seconds), expected) in [
            ((0.0, 60.0, 60.0), (0.0, 60.0)),
            // What went on before its first request belongs to it.
            ((60.0, 100.0, 30.0), (70.0, 100.0)),
            ((60.0, 0.0, 10.0), (60.0, 70.0)),
            ((60.0, 80.0, 30.0), (60.0, 90.0)),
            ((60.0, 0.0, f64::NAN), (60.0, 60.0)),
            ((60.0, 0.0, -5.0), (60.0, 60.0)),
        ] {
            assert_eq!(when(now, last, seconds), expected, "{now}, {last}, {seconds}");
        }
    }
}
