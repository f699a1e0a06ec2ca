//! What disturbed the measurements: other clients of the server, a machine that changes. Pure.

use super::{
    residuals::{Request, is_alone, writing_residuals},
    watch::Watch,
};
use crate::{
    model::{
        disturbance::{Disturbance, Disturbances, Drift, DriftKind},
        observation::{FailureCause, Observation, Repetition},
        study::Warning,
        trial::Trial,
    },
    stats::trend::{Point, smoothness, swing, trend},
};

/// A request that finds its model loaded reports 0.6 to 11 ms of loading on real servers, one that loads it more than 500.
pub(super) const LOAD_MS: f64 = 250.0;

/// Alone on the server, a request waits for next to nothing: this is left for a busy machine, in milliseconds and as a share of its time.
const WAIT_MS: f64 = 300.0;
const WAIT_SHARE: f64 = 0.05;

/// A change is worth a word when it is that great, and so improbable by chance. Two tests are made.
const DRIFT_SHARE: f64 = 0.1;
const DRIFT_LEVEL: f64 = 0.005;

/// Fewest requests in which a drift is looked for, and neighbours that a swing is measured by.
const FEWEST: usize = 8;
const NEIGHBOURS: usize = 5;

/// Marks the requests of a trial that another client disturbed. `settled`: nothing that we sent before can still be at work.
pub fn mark(observations: &mut [Observation], settled: bool) {
    let found: Vec<Option<Disturbance>> =
        observations.iter().map(|observation| disturbance(observation, observations, settled)).collect();
    for (observation, disturbed) in observations.iter_mut().zip(found) {
        observation.disturbed = disturbed;
    }
}

fn disturbance(observation: &Observation, all: &[Observation], settled: bool) -> Option<Disturbance> {
    let server = observation.server.filter(|_| observation.repetition == Repetition::Measured)?;
    let failed = |other: &Observation| other.failure.is_some() && other.started_ms < observation.started_ms;
    let ours_failed = !settled || all.iter().any(failed);
    if server.load_ms > LOAD_MS {
        return Some(if ours_failed { Disturbance::AfterFailure } else { Disturbance::ForeignLoad });
    }
    // A request that was given up can hold its slot for a while.
    let waited = server.queue_wait_ms() > WAIT_MS.max(WAIT_SHARE * server.total_ms);
    (waited && !ours_failed && is_alone(observation, all)).then_some(Disturbance::ForeignWait)
}

/// Whether nothing of a trial can still be at work on the server.
#[must_use]
pub fn is_settled(trial: &Trial) -> bool {
    use crate::model::trial::TrialState;
    !matches!(trial.state, TrialState::Failed(FailureCause::OutOfTime))
        && trial.observations.iter().all(|observation| observation.failure.is_none())
}

/// Everything that disturbed a study.
#[must_use]
pub fn disturbances(trials: &[Trial], requests: &[Request], watch: &Watch) -> Disturbances {
    let count = |kind: Disturbance| {
        trials.iter().flat_map(|trial| &trial.observations).filter(|request| request.disturbed == Some(kind)).count()
    };
    Disturbances {
        foreign_loads: count(Disturbance::ForeignLoad),
        foreign_waits: count(Disturbance::ForeignWait),
        shared: watch.shared,
        after_failure: count(Disturbance::AfterFailure),
        replaced: watch.replaced,
        other_models: watch.used.clone(),
        drift: drift(requests),
    }
}

/// Whether requests became slower or faster in the course of the study, settings and sizes aside. Requests that shared the server with
/// each other share their luck, too, and are no evidence. What is looked at is the time of writing a token: that of reading one depends on
/// how prompts fill the batches.
fn drift(requests: &[Request]) -> Option<Drift> {
    let points = writing_residuals(requests.iter().filter(|request| request.alone));
    if points.len() < FEWEST {
        return None;
    }
    let times = points.iter().map(|point| point.time);
    let span = times.clone().fold(0.0, f64::max) - times.fold(f64::INFINITY, f64::min);
    let drift = |kind, share, p_value| Drift { kind, share, p_value, requests: points.len() };
    one_way(&points, span)
        .map(|(share, p_value)| {
            drift(if share > 0.0 { DriftKind::Throttling } else { DriftKind::Quickening }, share, p_value)
        })
        .or_else(|| to_and_fro(&points).map(|(share, p_value)| drift(DriftKind::Swinging, share, p_value)))
}

fn one_way(points: &[Point], span: f64) -> Option<(f64, f64)> {
    let trend = trend(points)?;
    let share = (trend.slope * span).exp_m1();
    (trend.p_value < DRIFT_LEVEL && share.abs() > DRIFT_SHARE).then_some((share, trend.p_value))
}

fn to_and_fro(points: &[Point]) -> Option<(f64, f64)> {
    let p_value = smoothness(points)?;
    let share = swing(points, NEIGHBOURS).exp_m1();
    (p_value < DRIFT_LEVEL && share > DRIFT_SHARE).then_some((share, p_value))
}

/// What the user should know of it, and do.
#[must_use]
pub fn warnings(found: &Disturbances) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let times = found.foreign();
    if times > 0 {
        let mut signs = Vec::new();
        let mut sign = |count: usize, what: &str| {
            if count > 0 {
                signs.push(format!("{what} {count}x"));
            }
        };
        sign(found.foreign_loads, "a load that we did not cause");
        sign(found.foreign_waits, "a wait behind nothing of ours");
        sign(found.shared, "a request of its own beside ours");
        sign(found.replaced, "our model replaced");
        if !found.other_models.is_empty() {
            signs.push(format!("it used {}", found.other_models.join(", ")));
        }
        warnings.push(Warning {
            what: format!(
                "another client used the server {times} time{} during the study: {}",
                if times == 1 { "" } else { "s" },
                signs.join(", ")
            ),
            advice: Some(
                "requests that it disturbed were left out where enough others remained; stop it, and repeat the study"
                    .into(),
            ),
        });
    }
    if let Some(drift) = found.drift {
        let percent = drift.share.abs() * 100.0;
        let (what, advice) = match drift.kind {
            DriftKind::Throttling => (
                format!("the machine slowed down: at the end, requests took {percent:.0} % longer than at the start"),
                "let it cool, on mains power and with free air, and repeat the study; a long batch will run at the slower speed",
            ),
            DriftKind::Quickening => (
                format!(
                    "the machine became faster: at the end, requests took {percent:.0} % less time than at the start"
                ),
                "something else kept it busy at first: repeat the study",
            ),
            DriftKind::Swinging => (
                format!("the machine's speed swung by {percent:.0} % during the study, with the same settings"),
                "close what else uses it, and repeat the study",
            ),
        };
        warnings.push(Warning { what, advice: Some(advice.into()) });
    }
    warnings
}
