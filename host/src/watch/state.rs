//! What is kept between two runs, and what one probe more makes of it. Pure: who asks brings the time.

use serde::{Deserialize, Serialize};

use super::{
    cause::{Cause, CauseKind, causes},
    event::{Event, Skip},
    series::{Level, Point, Series, logarithm},
};
use crate::{
    model::{
        candidate::Candidate,
        machine::PowerState,
        metric::{ConfidenceInterval, Estimate},
        profile::Profile,
    },
    stats::{
        change::{apart, difference},
        summary::median,
    },
};

/// Version of the form of [`WatchState`]. Another one begins anew.
pub const WATCH_SCHEMA_VERSION: u32 = 1;

/// Probes of a baseline that is measured. The test needs no such number: an alarm is as improbable before as after. It is what is said.
pub const BASELINE_PROBES: u64 = 24;

/// The least change, as a factor, that is worth an alert: what settings win is more, and who is woken for less stops listening.
pub const LEAST_CHANGE: f64 = 1.1;

/// Probes whose median is said to be the present time.
const PRESENT: usize = 5;

/// Short requests whose median is what one usually takes, and refusals in a row after which they are not believed.
const FEELERS: usize = 16;
const BUSY_IN_A_ROW: u32 = 6;

/// Looks in a row that must see fewer slots.
const SLOTS_IN_A_ROW: u32 = 2;

/// After a re-tune: the evidence that probes disagree (1 in 100 by chance), how many it takes at least, and after how many they are believed to
/// agree.
const DISAGREE: f64 = 100.0;
const FEWEST_TO_DISAGREE: u64 = 4;
const AGREE_AFTER: u64 = 12;

/// Probes after a change that may lie before it: its moment is an estimate.
const DOUBTFUL: usize = 2;

/// What is known of the server and its machine besides times.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Surroundings {
    pub model_digest: Option<String>,
    pub server_version: Option<String>,
    /// Of this machine, where the server runs on it.
    pub usable_threads: Option<u32>,
    pub power: Option<PowerState>,
    /// Share of the model in the GPU's memory, by `/api/ps`.
    pub gpu_share: Option<f64>,
    /// Requests that the server was seen to work on at a time.
    pub slots: Option<f64>,
    /// What said last that heat or power held the machine back, in words.
    #[serde(default)]
    pub heat: Vec<String>,
}

/// What a probe found.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    pub point: Point,
    pub read_tokens_per_second: f64,
    pub write_tokens_per_second: f64,
    pub tokens: u64,
    /// What the short request before it took.
    pub feeler_ms: f64,
    pub now: Surroundings,
}

/// Why there is an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AlertKind {
    Slower,
    FewerSlots,
}

/// An alert that is not over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    pub kind: AlertKind,
    /// When it began, RFC 3339: the first probe after the change.
    pub since: String,
    pub times: Option<Estimate>,
    pub causes: Vec<Cause>,
}

/// Settings that were applied and have to stand the probes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OnTrial {
    /// What is put back if they do not.
    pub previous: Box<Profile>,
    /// The configuration that was changed, if one was.
    pub config: Option<String>,
    /// How it was with the previous settings when they were replaced.
    pub before: Level,
    /// Their baseline, what it was measured in, and their alert.
    pub baseline: Option<Level>,
    pub then: Surroundings,
    pub alert: Option<Alert>,
}

/// What is kept of one profile on one server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WatchState {
    pub schema_version: u32,
    pub settings: Candidate,
    /// What the baseline was measured in.
    pub then: Surroundings,
    pub now: Surroundings,
    /// The baseline; `None` while nothing has changed since it began: then it is all there is.
    pub baseline: Option<Level>,
    pub series: Series,
    pub alert: Option<Alert>,
    pub on_trial: Option<OnTrial>,
    /// Since when the alert is there for which something was measured anew already: once is enough.
    pub retuned_for: Option<String>,
    /// RFC 3339 date, and the tokens of it.
    pub day: String,
    pub tokens_today: u64,
    /// The date on which a probe last had the model loaded again.
    #[serde(default)]
    pub loaded_again_on: String,
    pub probes: u64,
    pub skipped: Vec<(Skip, u64)>,
    pub failed: u64,
    pub alerts: u64,
    /// Others were seen since the last probe that counts.
    pub shared: bool,
    fewer_slots: u32,
    feelers_ms: Vec<f64>,
    busy_in_a_row: u32,
}

impl WatchState {
    /// Nothing is known yet.
    #[must_use]
    pub fn new(settings: Candidate) -> Self {
        Self {
            schema_version: WATCH_SCHEMA_VERSION,
            settings,
            then: Surroundings::default(),
            now: Surroundings::default(),
            baseline: None,
            series: Series::default(),
            alert: None,
            on_trial: None,
            retuned_for: None,
            day: String::new(),
            tokens_today: 0,
            loaded_again_on: String::new(),
            probes: 0,
            skipped: Vec::new(),
            failed: 0,
            alerts: 0,
            shared: false,
            fewer_slots: 0,
            feelers_ms: Vec::new(),
            busy_in_a_row: 0,
        }
    }

    /// Other settings: their times are compared with nothing of before. What was counted stays.
    pub fn begin_anew(&mut self, settings: Candidate) {
        let kept = std::mem::replace(self, Self::new(settings));
        self.day = kept.day;
        self.tokens_today = kept.tokens_today;
        self.probes = kept.probes;
        self.skipped = kept.skipped;
        self.failed = kept.failed;
        self.alerts = kept.alerts;
        self.retuned_for = kept.retuned_for;
    }

    /// Tokens that are left of a day's.
    pub fn tokens_left(&mut self, today: &str, a_day: u64) -> u64 {
        if self.day != today {
            today.clone_into(&mut self.day);
            self.tokens_today = 0;
        }
        a_day.saturating_sub(self.tokens_today)
    }

    /// A probe that was not made, or does not count.
    pub fn skip(&mut self, why: Skip, said: String, tokens: u64) -> Event {
        self.tokens_today += tokens;
        if why == Skip::LoadedOtherwise {
            self.loaded_again_on.clone_from(&self.day);
        }
        self.busy_in_a_row = if why == Skip::Busy { self.busy_in_a_row + 1 } else { 0 };
        self.shared |= matches!(why, Skip::Busy | Skip::Disturbed);
        match self.skipped.iter_mut().find(|(known, _)| *known == why) {
            Some((_, times)) => *times += 1,
            None => self.skipped.push((why, 1)),
        }
        Event::Skipped { why, said, tokens }
    }

    /// Whether a probe has had the model loaded again today: somebody loads it otherwise, and once a day is enough to notice that.
    #[must_use]
    pub fn loaded_again_today(&self) -> bool {
        !self.day.is_empty() && self.loaded_again_on == self.day
    }

    /// The server failed.
    pub fn fail(&mut self, said: String) -> Event {
        self.failed += 1;
        Event::Failed { said }
    }

    /// One probe more.
    pub fn take(&mut self, measured: Measured) -> Vec<Event> {
        let Measured { mut point, now, tokens, feeler_ms, .. } = measured;
        self.probes += 1;
        self.tokens_today += tokens;
        self.busy_in_a_row = 0;
        self.feelers_ms.push(feeler_ms);
        if self.feelers_ms.len() > FEELERS {
            self.feelers_ms.remove(0);
        }
        point.shared |= std::mem::take(&mut self.shared);
        let mut events = self.notice(&now);
        let (at, time_ms) = (point.at.clone(), point.time_ms());
        let change = self.series.push(point);
        let baseline = change.as_ref().map(|change| *self.baseline.get_or_insert(change.before));
        let evidence = self.series.evidence().map_or(0.0, |found| found.sum);
        events.push(Event::Probe {
            time_ms,
            times: self.times(),
            read_tokens_per_second: measured.read_tokens_per_second,
            write_tokens_per_second: measured.write_tokens_per_second,
            tokens,
            evidence: change.as_ref().map_or(evidence, |_| crate::stats::change::RUN_LENGTH),
            baseline: self.baseline.map_or_else(|| self.series.level().probes(), |level| level.probes()),
        });
        if let (Some(change), Some(baseline)) = (change, baseline) {
            events.extend(self.judge(&baseline, &change.after));
        }
        events.extend(self.count_slots(&at));
        events
    }

    /// The last probes: what the settings do now.
    #[must_use]
    pub fn present(&self) -> &[Point] {
        self.series.last(PRESENT)
    }

    /// The present time against the baseline; `None` while there is none.
    #[must_use]
    pub fn times(&self) -> Option<f64> {
        let baseline =
            self.baseline.or_else(|| Some(self.series.level()).filter(|level| level.probes() >= BASELINE_PROBES))?;
        let times: Vec<f64> = self.present().iter().map(|point| logarithm(point.time_ms())).collect();
        (!times.is_empty()).then(|| (median(&times) - baseline.level.mean).exp())
    }

    /// What is other than at the probe before.
    fn notice(&mut self, now: &Surroundings) -> Vec<Event> {
        let mut events = Vec::new();
        if self.probes <= 1 || (self.series.level().probes() == 0 && self.baseline.is_none()) {
            self.then = now.clone();
        } else {
            let noticed = causes(&self.now, now, &Level::default(), &[]);
            let facts =
                noticed.into_iter().filter(|cause| !matches!(cause.kind, CauseKind::Unknown | CauseKind::Slots));
            events.extend(
                facts.map(|cause| Event::Noticed { what: format!("{}: {}", cause.kind.meaning(), cause.because) }),
            );
        }
        self.then.slots = match (self.then.slots, now.slots) {
            (Some(then), Some(now)) => Some(then.max(now)),
            (then, now) => then.or(now),
        };
        // A probe that did not look for slots says nothing against those that were seen, and one in a cool moment nothing against heat.
        let heat = if now.heat.is_empty() { std::mem::take(&mut self.now.heat) } else { now.heat.clone() };
        self.now = Surroundings { slots: now.slots.or(self.now.slots), heat, ..now.clone() };
        events
    }

    /// What the short request before a probe usually takes. `None` while nobody knows, and after it found the server busy so often in a row that it
    /// must be the server that changed.
    #[must_use]
    pub fn usual_feeler_ms(&self) -> Option<f64> {
        (self.feelers_ms.len() >= FEELERS / 2 && self.busy_in_a_row < BUSY_IN_A_ROW).then(|| median(&self.feelers_ms))
    }

    /// What a change means.
    fn judge(&mut self, baseline: &Level, after: &[Point]) -> Vec<Event> {
        let since = after.first().map(|point| point.at.clone()).unwrap_or_default();
        let Some(times) = ratio(baseline, after) else { return Vec::new() };
        if times.value >= LEAST_CHANGE {
            // The same alert, known better: levels are estimates, and the moment of a change is one, too.
            if let Some(Alert { kind: AlertKind::Slower, times: Some(known), .. }) = &mut self.alert
                && (times.value / known.value).ln().abs() < LEAST_CHANGE.ln()
            {
                *known = times;
                return vec![Event::Changed { since, times }];
            }
            let causes = causes(&self.then, &self.now, baseline, after);
            let alert = Alert { kind: AlertKind::Slower, since, times: Some(times), causes };
            let event = Event::Alert {
                kind: alert.kind,
                since: alert.since.clone(),
                times: alert.times,
                causes: alert.causes.clone(),
            };
            self.alerts += 1;
            self.alert = Some(alert);
            return vec![event];
        }
        let mut events = vec![Event::Changed { since: since.clone(), times }];
        if self.alert.take_if(|alert| alert.kind == AlertKind::Slower).is_some() {
            events.push(Event::Recovered { since });
        }
        events
    }

    /// Slots are counted, not timed: two looks in a row are enough.
    fn count_slots(&mut self, at: &str) -> Vec<Event> {
        let (Some(then), Some(now)) = (self.then.slots, self.now.slots) else { return Vec::new() };
        let is_alert = self.alert.as_ref().is_some_and(|alert| alert.kind == AlertKind::FewerSlots);
        if now >= then {
            self.fewer_slots = 0;
            if is_alert {
                self.alert = None;
                return vec![Event::Recovered { since: at.to_owned() }];
            }
            return Vec::new();
        }
        self.fewer_slots += 1;
        if self.fewer_slots != SLOTS_IN_A_ROW || self.alert.is_some() {
            return Vec::new();
        }
        let causes = vec![Cause { kind: CauseKind::Slots, because: format!("{then} before, {now} now") }];
        let alert = Alert { kind: AlertKind::FewerSlots, since: at.to_owned(), times: None, causes: causes.clone() };
        self.alerts += 1;
        self.alert = Some(alert);
        vec![Event::Alert { kind: AlertKind::FewerSlots, since: at.to_owned(), times: None, causes }]
    }

    /// Puts settings on trial: the probes from now on are theirs.
    pub fn put_on_trial(&mut self, settings: Candidate, previous: Profile, config: Option<String>) {
        let trial = OnTrial {
            previous: Box::new(previous),
            config,
            before: self.series.level_without_first(DOUBTFUL),
            baseline: self.baseline,
            then: self.then.clone(),
            alert: self.alert.take(),
        };
        self.begin_anew(settings);
        self.on_trial = Some(trial);
    }

    /// Puts back what was known of the settings before: they are slower than they were, but no slower than the others.
    pub fn roll_back(&mut self) -> Option<OnTrial> {
        let trial = self.on_trial.take()?;
        self.begin_anew(trial.previous.tuned.candidate.clone());
        self.baseline = trial.baseline;
        self.then = trial.then.clone();
        self.alert.clone_from(&trial.alert);
        Some(trial)
    }

    /// What the probes say of settings on trial; `None` while they say nothing.
    #[must_use]
    pub fn verdict(&self) -> Option<Verdict> {
        let trial = self.on_trial.as_ref()?;
        let (before, level) = (trial.before.level, self.series.level());
        let times = (level.level.mean - before.mean).exp();
        let probes = level.probes();
        let is_slower = times >= LEAST_CHANGE;
        let is_sure = apart(&before, &level.level) >= DISAGREE && probes >= FEWEST_TO_DISAGREE;
        let is_over = probes >= AGREE_AFTER;
        match (is_slower, is_sure || is_over) {
            // Whoever is still slower in the end, sure or not, has not stood the trial.
            (true, true) => Some(Verdict::Disagree { times, probes }),
            (false, _) if is_over => Some(Verdict::Agree { probes }),
            _ => None,
        }
    }
}

/// Of settings on trial.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Verdict {
    Agree {
        probes: u64,
    },
    /// Requests take so many times as long as with the previous settings.
    Disagree {
        times: f64,
        probes: u64,
    },
}

/// Later times against the baseline.
fn ratio(baseline: &Level, after: &[Point]) -> Option<Estimate> {
    let times: Vec<f64> = after.iter().map(|point| logarithm(point.time_ms())).collect();
    let found = difference(&baseline.level, &Level::of(after).level)?;
    // What was drawn in for the test is too small for the size of a great change.
    let value = median(&times) - baseline.level.mean;
    let margin = found.interval.high - found.value;
    let interval =
        ConfidenceInterval { level: found.interval.level, low: (value - margin).exp(), high: (value + margin).exp() };
    Some(Estimate { value: value.exp(), interval })
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
