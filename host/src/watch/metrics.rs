//! What Prometheus reads, in its text format 0.0.4.

use std::fmt::Write as _;

use super::{
    cause::CauseKind,
    event::Skip,
    state::{AlertKind, WatchState},
};
use crate::stats::change::RUN_LENGTH;

/// The type of the text.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Whether a number only grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Counter,
    Gauge,
}

/// A metric, as it is documented.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    pub name: &'static str,
    pub help: &'static str,
    kind: Kind,
}

const fn counter(name: &'static str, help: &'static str) -> Metric {
    Metric { name, help, kind: Kind::Counter }
}

const fn gauge(name: &'static str, help: &'static str) -> Metric {
    Metric { name, help, kind: Kind::Gauge }
}

const INFO: Metric = gauge("ralf_tune_watch_info", "What is watched: always 1, with names as labels.");
const PROBES: Metric = counter("ralf_tune_watch_probes_total", "Probes that count.");
const SKIPPED: Metric = counter("ralf_tune_watch_skipped_total", "Times that no probe counts, by reason.");
const FAILED: Metric = counter("ralf_tune_watch_failed_total", "Times that the server failed.");
const ALERTS: Metric = counter("ralf_tune_watch_alerts_total", "Alerts so far.");
const ALERT: Metric = gauge("ralf_tune_watch_alert", "Whether there is an alert, by kind.");
const CAUSE: Metric = gauge("ralf_tune_watch_cause", "Whether it is named as a cause of the present alert.");
const TIMES: Metric = gauge(
    "ralf_tune_watch_time_ratio",
    "Time of a request against the baseline: 1.2 is a fifth longer. Absent while the baseline is measured.",
);
const TIME: Metric =
    gauge("ralf_tune_watch_request_seconds", "Time of a request of the standard size at the last probe.");
const READ: Metric = gauge("ralf_tune_watch_read_seconds", "Its part in which the prompt is read.");
const WRITE: Metric = gauge("ralf_tune_watch_write_seconds", "Its part in which the answer is written.");
const EVIDENCE: Metric = gauge(
    "ralf_tune_watch_change_evidence_ratio",
    "Evidence for a change that is not told yet, as a share of what an alarm takes.",
);
const BASELINE: Metric = gauge("ralf_tune_watch_baseline_probes", "Probes that the baseline is made of.");
const TOKENS: Metric = gauge("ralf_tune_watch_tokens_today", "Tokens that probes took today, in UTC.");
const ON_TRIAL: Metric =
    gauge("ralf_tune_watch_on_trial", "Whether settings that were measured anew have yet to stand the probes.");
const LAST: Metric = gauge("ralf_tune_watch_last_visit_timestamp_seconds", "When the server was visited last.");

/// Every metric that there is.
pub const METRICS: [Metric; 16] = [
    INFO, PROBES, SKIPPED, FAILED, ALERTS, ALERT, CAUSE, TIMES, TIME, READ, WRITE, EVIDENCE, BASELINE, TOKENS,
    ON_TRIAL, LAST,
];

/// The text. `now` is in seconds since 1970.
#[must_use]
pub fn render(state: &WatchState, (profile, model): (&str, &str), now: f64) -> String {
    let mut page =
        Page { text: String::new(), labels: format!("profile=\"{}\",model=\"{}\"", escaped(profile), escaped(model)) };
    page.head(INFO);
    page.value(INFO, &[("version", env!("CARGO_PKG_VERSION"))], 1.0);
    page.one(PROBES, count(state.probes));
    page.head(SKIPPED);
    for why in Skip::ALL {
        let times = state.skipped.iter().find(|(known, _)| *known == why).map_or(0, |(_, times)| *times);
        page.value(SKIPPED, &[("reason", why.name())], count(times));
    }
    page.one(FAILED, count(state.failed));
    page.one(ALERTS, count(state.alerts));
    page.head(ALERT);
    for (kind, name) in [(AlertKind::Slower, "slower"), (AlertKind::FewerSlots, "fewer-slots")] {
        let is_there = state.alert.as_ref().is_some_and(|alert| alert.kind == kind);
        page.value(ALERT, &[("kind", name)], truth(is_there));
    }
    page.head(CAUSE);
    for kind in CauseKind::ALL {
        let named = |alert: &super::state::Alert| alert.causes.iter().any(|cause| cause.kind == kind);
        page.value(CAUSE, &[("cause", kind.name())], truth(state.alert.as_ref().is_some_and(named)));
    }
    if let Some(times) = state.times() {
        page.one(TIMES, times);
    }
    if let Some(last) = state.series.last(1).first() {
        page.one(TIME, last.time_ms() / 1000.0);
        page.one(READ, last.read_ms / 1000.0);
        page.one(WRITE, last.write_ms / 1000.0);
    }
    page.one(EVIDENCE, state.series.evidence().map_or(0.0, |found| found.sum / RUN_LENGTH));
    page.one(BASELINE, count(state.baseline.map_or_else(|| state.series.level().probes(), |level| level.probes())));
    page.one(TOKENS, count(state.tokens_today));
    page.one(ON_TRIAL, truth(state.on_trial.is_some()));
    page.one(LAST, now);
    page.text
}

struct Page {
    text: String,
    labels: String,
}

impl Page {
    fn head(&mut self, metric: Metric) {
        let kind = match metric.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
        };
        let _ = writeln!(self.text, "# HELP {} {}\n# TYPE {} {kind}", metric.name, metric.help, metric.name);
    }

    fn value(&mut self, metric: Metric, more: &[(&str, &str)], value: f64) {
        let more =
            more.iter().map(|(name, value)| format!(",{name}=\"{}\"", escaped(value))).collect::<Vec<_>>().concat();
        let _ = writeln!(self.text, "{}{{{}{more}}} {value}", metric.name, self.labels);
    }

    fn one(&mut self, metric: Metric, value: f64) {
        self.head(metric);
        self.value(metric, &[], value);
    }
}

/// A value of a label, as the format wants it.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
const fn count(number: u64) -> f64 {
    number as f64
}

const fn truth(is_so: bool) -> f64 {
    if is_so { 1.0 } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::candidate::Candidate;

    #[test]
    fn every_metric_is_there_once_with_help_and_type() {
        let state = WatchState::new(Candidate::default());
        let text = render(&state, ("balanced", "a\"b\\c\nd"), 1.0);
        for metric in METRICS {
            let heads = text.matches(&format!("# HELP {} ", metric.name)).count();
            let needs_a_probe = [TIMES.name, TIME.name, READ.name, WRITE.name].contains(&metric.name);
            assert_eq!(heads, usize::from(!needs_a_probe), "{}", metric.name);
            assert!(metric.name.ends_with("_total") == (metric.kind == Kind::Counter), "{}", metric.name);
        }
        assert!(
            text.contains(r#"model="a\"b\\c\nd""#) && text.lines().all(|line| line.starts_with(['#', 'r'])),
            "{text}"
        );
    }
}
