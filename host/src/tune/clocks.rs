//! Where the time goes, clock by clock. Pure.

use std::collections::BTreeSet;

use crate::{
    model::{
        candidate::Candidate,
        clocks::Clocks,
        experiment::Experiment,
        observation::{Observation, Repetition, ServerTimings},
        study::Warning,
        trial::Trial,
    },
    stats::{
        percentile::percentile,
        summary::{mean, median, sorted},
    },
};

/// The client may take this share of a request's time, at the median, before the user is told.
const CLIENT_SHARE: f64 = 0.1;

/// Below this, in milliseconds, a client's share is that of a request too short to matter.
const CLIENT_MS: f64 = 5.0;

/// Fewest requests that are asked for their shares.
const FEWEST: usize = 3;

/// Where the time of a note with these settings goes; `None` where none was made with them.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "some hundred requests")]
pub fn clocks(trials: &[Trial], candidate: &Candidate) -> Option<Clocks> {
    let mut notes = BTreeSet::new();
    let mut requests: Vec<(&Observation, ServerTimings)> = Vec::new();
    for trial in trials {
        let makes_notes = matches!(trial.experiment, Experiment::Notes { .. } | Experiment::Compare { .. });
        if makes_notes && trial.candidate.works_like(candidate) {
            for (observation, server) in timed(trial).filter(|(observation, _)| observation.disturbed.is_none()) {
                notes.insert((trial.number, observation.file));
                requests.push((observation, server));
            }
        }
    }
    let latencies = sorted(&requests.iter().map(|(observation, _)| observation.latency_ms).collect::<Vec<_>>());
    let longest_latency_ms = *latencies.last()?;
    let per_note = |part: &dyn Fn(&Observation, &ServerTimings) -> f64| {
        requests.iter().map(|(observation, server)| part(observation, server)).sum::<f64>() / notes.len() as f64
    };
    let first: Vec<f64> = requests.iter().filter_map(|(observation, _)| observation.time_to_first_token_ms).collect();
    Some(Clocks {
        notes: notes.len(),
        requests: requests.len(),
        load_ms: per_note(&|_, server| server.load_ms),
        queue_wait_ms: per_note(&|_, server| server.queue_wait_ms()),
        prefill_ms: per_note(&|_, server| server.prefill_ms),
        decode_ms: per_note(&|_, server| server.decode_ms),
        client_overhead_ms: per_note(&overhead_ms),
        delay_ms: per_note(&|_, _| candidate.request_delay_seconds * 1000.0),
        time_to_first_token_ms: (!first.is_empty()).then(|| mean(&first)),
        client_overhead_share: median(&shares(requests.iter().copied())),
        latency_ms: [0.5, 0.95, 0.99].into_iter().filter_map(|share| percentile(&latencies, share)).collect(),
        longest_latency_ms,
    })
}

/// A warning where not the server but the client, or the way to the server, is what takes the time.
#[must_use]
pub fn client_warning(trials: &[Trial]) -> Option<Warning> {
    let requests: Vec<(&Observation, ServerTimings)> = trials.iter().flat_map(timed).collect();
    let share = median(&shares(requests.iter().copied()));
    let overhead = median(&requests.iter().map(|(request, server)| overhead_ms(request, server)).collect::<Vec<_>>());
    (requests.len() >= FEWEST && share > CLIENT_SHARE && overhead > CLIENT_MS).then(|| Warning {
        what: format!(
            "{:.0} % of a request's time is not the server's: the client, or the way to the server, is the bottleneck",
            share * 100.0
        ),
        advice: Some(
            "run ralf-tune on the server's machine, without a proxy between, and while nothing else keeps it busy"
                .into(),
        ),
    })
}

/// A warning where answers came without a clock of the server that can be believed.
#[must_use]
pub fn no_clock_warning(trials: &[Trial]) -> Option<Warning> {
    let answers: Vec<&Observation> =
        trials.iter().flat_map(|trial| &trial.observations).filter(|request| request.failure.is_none()).collect();
    let without = answers.iter().filter(|request| request.server.is_none()).count();
    (without > 0).then(|| Warning {
        what: format!(
            "{without} of {} answers have no clock of the server that can be right: durations are missing, negative, or longer than the wait",
            answers.len()
        ),
        advice: Some(
            "only this program's own clock counts there; how long reading, writing and waiting took, and how many requests ran at once, is not known. \
             Look for a proxy in between that changes answers"
                .into(),
        ),
    })
}

/// The requests of a trial that ended well, with the server's clock.
fn timed(trial: &Trial) -> impl Iterator<Item = (&Observation, ServerTimings)> {
    trial
        .observations
        .iter()
        .filter(|observation| observation.repetition == Repetition::Measured && observation.failure.is_none())
        .filter_map(|observation| Some((observation, observation.server?)))
}

fn overhead_ms(observation: &Observation, server: &ServerTimings) -> f64 {
    (observation.latency_ms - server.total_ms).max(0.0)
}

fn shares<'a>(requests: impl Iterator<Item = (&'a Observation, ServerTimings)>) -> Vec<f64> {
    requests.map(|(observation, server)| overhead_ms(observation, &server) / observation.latency_ms.max(1e-9)).collect()
}
