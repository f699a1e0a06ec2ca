//! How fast: requests -> what a file costs the whole machine. Pure.
//!
//! Time is carried over by a line through the requests (a fixed part and a part for each character). What two candidates do alike is measured
//! once for both: the time of a request does not depend on where files are cut off.

use std::collections::BTreeMap;

use super::{Evidence, HARDLY_KNOWN};
use crate::{
    model::{
        candidate::{Candidate, LoadKey},
        experiment::Experiment,
        metric::{ConfidenceInterval, Estimate, Metric},
        observation::Repetition,
        trial::Trial,
        workload::{Workload, cut},
    },
    stats::{
        fit::{Line, factors, non_negative_line},
        interval::{LEVEL, ratio_interval},
        summary::{mean, median, standard_deviation},
    },
    tune::{answer_length::AnswerLengths, note_size::NoteSize},
};

/// Requests that suffice for an estimate of speed, so that those are left out that another client disturbed.
pub const ENOUGH_UNDISTURBED: usize = 3;

/// Coefficients of a line.
const LINE_COEFFICIENTS: usize = 2;

/// Fewest degrees of freedom that say something of noise.
const LEAST_FREEDOM: f64 = 3.0;

/// How far such a prediction may be off, as a factor to either side.
const PREDICTION_FACTOR: f64 = 2.0;

/// What decides how long a request of a given length takes.
#[derive(PartialEq)]
struct SpeedKey {
    load: LoadKey,
    parallel: u32,
    delay: u64,
}

fn speed_key(candidate: &Candidate) -> SpeedKey {
    SpeedKey {
        load: candidate.load_key(),
        parallel: candidate.max_concurrent_requests,
        delay: candidate.request_delay_seconds.to_bits(),
    }
}

/// A number of requests that was measured, as a count.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a handful of requests, at least one")]
fn at_once(measured: f64) -> u32 {
    measured.round().max(1.0) as u32
}

/// Whether requests of the same length take the same time with both.
#[must_use]
pub fn timed_alike(a: &Candidate, b: &Candidate) -> bool {
    speed_key(a) == speed_key(b)
}

/// One request of a note: its file, its characters and the milliseconds of the whole machine that it took.
struct RequestCost {
    file: usize,
    point: (f64, f64),
    /// Another client slowed it down.
    disturbed: bool,
}

impl Evidence<'_> {
    /// Trials of notes that took the time that they would take with this candidate. Fewer files than workers leave some of them idle: then
    /// requests ran as they do with fewer at the same time.
    pub(super) fn timed_alike(&self, candidate: &Candidate) -> impl Iterator<Item = &Trial> {
        let key = speed_key(candidate);
        self.trials.iter().filter(move |trial| {
            let asked = speed_key(&trial.candidate);
            let busy = trial.fact("workers").map_or(asked.parallel, |workers| at_once(workers).min(asked.parallel));
            matches!(trial.experiment, Experiment::Notes { .. } | Experiment::Compare { .. })
                && SpeedKey { parallel: busy, ..asked } == key
        })
    }

    /// Characters of each request and the share of a worker's minute that it took, in milliseconds of the whole machine.
    fn request_costs(&self, candidate: &Candidate) -> Vec<(f64, f64)> {
        let (mut points, mut undisturbed) = (Vec::new(), Vec::new());
        for request in self.timed_alike(candidate).flat_map(|trial| self.requests_of(trial, candidate.temperature)) {
            points.push(request.point);
            undisturbed.extend((!request.disturbed).then_some(request.point));
        }
        // What another client slowed down is not the candidate's doing.
        if undisturbed.len() >= ENOUGH_UNDISTURBED { undisturbed } else { points }
    }

    /// The same of one trial, with the file of each, as long as answers are at that temperature.
    #[expect(clippy::cast_precision_loss, reason = "pieces are far shorter than 2^52 characters")]
    fn requests_of(&self, trial: &Trial, temperature: f64) -> Vec<RequestCost> {
        let mut points = Vec::new();
        let workers = trial.fact("workers").unwrap_or(1.0).max(1.0);
        let steadiness = trial.fact("steadiness").unwrap_or(1.0);
        // All tries of a request together: a retry costs time too.
        let mut requests: BTreeMap<(usize, usize), (f64, bool, bool)> = BTreeMap::new();
        for observation in &trial.observations {
            let (Some(file), Repetition::Measured) = (observation.file, observation.repetition) else { continue };
            let entry = requests.entry((file, observation.piece)).or_insert((0.0, false, false));
            entry.0 += observation.latency_ms + self.lengths.surplus_ms(&trial.candidate, temperature, observation);
            entry.1 |= observation.failure.is_none();
            entry.2 |= observation.disturbed.is_some();
        }
        for ((file, piece), (latency_ms, well, disturbed)) in requests {
            let Some(source) = self.workload.files.get(file) else { continue };
            let Some(piece) = cut(source, &trial.candidate).get(piece).copied() else { continue };
            if well {
                let busy = latency_ms + trial.candidate.request_delay_seconds * 1000.0;
                points.push(RequestCost {
                    file,
                    point: (piece.chars() as f64, busy / workers / steadiness),
                    disturbed,
                });
            }
        }
        points
    }

    /// Time of the whole machine that a request takes, by its characters, in milliseconds: measured, else predicted.
    fn request_line(&self, candidate: &Candidate) -> Option<Line> {
        non_negative_line(&self.request_costs(candidate)).or_else(|| self.predicted_line(candidate))
    }

    pub(super) fn notes_per_minute(&self, candidate: &Candidate) -> Option<Estimate> {
        let points = self.request_costs(candidate);
        let line = self.request_line(candidate)?;
        let cost_ms = batch_cost_ms(&self.workload.batch_chars, candidate, &line);
        if cost_ms <= 0.0 {
            return None;
        }
        let value = 60_000.0 / cost_ms;
        let margin = if points.is_empty() { PREDICTION_FACTOR.ln() } else { HARDLY_KNOWN };
        // The line has two coefficients, so that two points say nothing of the noise.
        let interval = if points.len() > 2 { ratio_interval(&factors(&points, &line)) } else { None };
        let (low, high) = interval.map_or((-margin, margin), |estimate| {
            (estimate.interval.low.ln() - estimate.value.ln(), estimate.interval.high.ln() - estimate.value.ln())
        });
        let interval = ConfidenceInterval { level: LEVEL, low: value * low.exp(), high: value * high.exp() };
        Some(Estimate { value, interval })
    }

    /// Without a note: from the rates of probes with the same load, as many requests at once, else one. It says little, and its interval says so.
    fn predicted_line(&self, candidate: &Candidate) -> Option<Line> {
        let (latency, slots) = self.predicted_latency(candidate)?;
        Some(Line { intercept: latency.intercept / slots, slope: latency.slope / slots })
    }

    /// Milliseconds of a request by itself, and how many are worked on at once.
    fn predicted_latency(&self, candidate: &Candidate) -> Option<(Line, f64)> {
        let workers = candidate.max_concurrent_requests;
        self.predicted_from(candidate, workers).or_else(|| self.predicted_from(candidate, 1))
    }

    fn predicted_from(&self, candidate: &Candidate, workers: u32) -> Option<(Line, f64)> {
        let probes = || {
            self.trials.iter().filter(move |trial| {
                let Experiment::Probe { parallel, .. } = trial.experiment else { return false };
                // More requests than slots wait for each other, and those at work are as fast as without the others.
                let slots = trial.mean(Metric::EffectiveSlots).map_or(parallel, at_once);
                trial.candidate.load_key() == candidate.load_key()
                    && (parallel == workers || parallel.min(slots) == workers)
            })
        };
        let rates = |metric| {
            let values: Vec<f64> =
                probes().filter_map(|trial| trial.sample(metric)).flat_map(|sample| sample.values.clone()).collect();
            (!values.is_empty()).then(|| median(&values))
        };
        let (prefill, decode) = (rates(Metric::PrefillTokensPerSecond)?, rates(Metric::DecodeTokensPerSecond)?);
        let note = NoteSize::EXPECTED;
        #[expect(clippy::cast_precision_loss, reason = "a prompt is a few thousand characters")]
        let overhead = note.tokens(self.workload.prompt.text.chars().count() as f64);
        let answer = self.workload.answer_tokens(candidate.num_predict).unwrap_or(note.answer_tokens);
        let slots = probes().filter_map(|trial| trial.mean(Metric::EffectiveSlots)).fold(1.0, f64::max);
        let line = Line {
            intercept: 1000.0 * (overhead / prefill + answer / decode),
            slope: 1000.0 * note.tokens(1.0) / prefill,
        };
        Some((line, slots))
    }

    /// Share of the batch whose requests would take longer than the timeout, by what requests of their length take.
    #[expect(clippy::cast_precision_loss, reason = "batches are far smaller than 2^52 files")]
    pub(super) fn share_given_up(&self, candidate: &Candidate) -> f64 {
        // A measured line is the share of the whole machine, rests included; a predicted one is the latency itself.
        let rest_ms = candidate.request_delay_seconds * 1000.0;
        let measured = non_negative_line(&self.request_costs(candidate));
        let of_latency = match measured {
            Some(line) => Some((line, f64::from(candidate.max_concurrent_requests.max(1)), rest_ms)),
            None => self.predicted_latency(candidate).map(|(line, _)| (line, 1.0, 0.0)),
        };
        let Some((line, workers, rest_ms)) = of_latency else { return 0.0 };
        let given_up = self.workload.batch_chars.iter().filter(|chars| {
            let (pieces, length) = pieces_of(**chars, candidate);
            let latency_ms = line.at(length / pieces) * workers - rest_ms;
            latency_ms > f64::from(candidate.request_timeout_seconds) * 1000.0
        });
        given_up.count() as f64 / self.workload.batch_chars.len().max(1) as f64
    }
}

/// What a file costs with a candidate, by what was measured, in milliseconds of the whole machine.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CostLine {
    line: Line,
    /// Requests behind it; 0 when it is predicted from rates.
    pub requests: usize,
}

impl CostLine {
    /// What the trials say of a candidate; `None` when they say nothing.
    #[must_use]
    pub fn of(trials: &[Trial], workload: &Workload, candidate: &Candidate) -> Option<Self> {
        let evidence = Evidence::of(trials, workload);
        let line = evidence.request_line(candidate)?;
        Some(Self { line, requests: evidence.request_costs(candidate).len() })
    }

    /// Milliseconds of the machine that a file of that length costs.
    #[must_use]
    pub fn file_ms(&self, chars: usize, candidate: &Candidate) -> f64 {
        let (pieces, length) = pieces_of(chars, candidate);
        pieces * self.line.at(length / pieces)
    }

    /// Mean over the batch, pauses between batches included.
    #[must_use]
    pub fn batch_ms(&self, batch_chars: &[usize], candidate: &Candidate) -> f64 {
        batch_cost_ms(batch_chars, candidate, &self.line)
    }
}

/// Noise of a file's cost: the sum of squared deviations of its logarithm, and the degrees of freedom behind it.
///
/// Files differ in more than their length, and what is particular to a file shows with every candidate alike. So the deviation from the
/// candidate's line counts only as far as it differs from that of the same file with other candidates, and with the same one again.
/// `as_written` leaves answers as long as they became; else each has the usual length.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "a handful of notes")]
pub fn file_noise(trials: &[Trial], workload: &Workload, as_written: bool) -> (f64, f64) {
    let mut evidence = Evidence::of(trials, workload);
    if as_written {
        evidence.lengths = AnswerLengths::default();
    }
    let mut keys: Vec<SpeedKey> = Vec::new();
    let (mut alone, mut alone_freedom) = (0.0, 0.0);
    let mut deviations: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    for trial in trials {
        let key = speed_key(&trial.candidate);
        if keys.contains(&key) {
            continue;
        }
        keys.push(key);
        let points = evidence.request_costs(&trial.candidate);
        let Some(line) = non_negative_line(&points) else { continue };
        if points.len() > LINE_COEFFICIENTS {
            alone += factors(&points, &line).into_iter().map(|factor| factor.ln().powi(2)).sum::<f64>();
            alone_freedom += (points.len() - LINE_COEFFICIENTS) as f64;
        }
        for alike in evidence.timed_alike(&trial.candidate) {
            for RequestCost { file, point: (chars, cost), .. } in
                evidence.requests_of(alike, alike.candidate.temperature)
            {
                let deviation = (cost / line.at(chars)).ln();
                if deviation.is_finite() {
                    deviations.entry(file).or_default().push(deviation);
                }
            }
        }
    }
    let repeated = || deviations.values().filter(|values| values.len() > 1);
    let squares: f64 = repeated().map(|values| standard_deviation(values).powi(2) * (values.len() - 1) as f64).sum();
    let freedom: f64 = repeated().map(|values| (values.len() - 1) as f64).sum();
    let freedom = freedom - keys.len().saturating_sub(1) as f64;
    // Hardly a file was made twice: what files differ by counts as noise, which only makes it larger.
    if freedom >= LEAST_FREEDOM { (squares, freedom) } else { (alone, alone_freedom) }
}

/// How many pieces a file of that length is cut into, and how much of it is read.
#[expect(clippy::cast_precision_loss, reason = "files are far shorter than 2^52 characters")]
fn pieces_of(chars: usize, candidate: &Candidate) -> (f64, f64) {
    let length = chars.min(candidate.max_content_length as usize);
    (length.div_ceil((candidate.chunk_size as usize).max(1)).max(1) as f64, length as f64)
}

/// Time that a file of the batch takes the whole machine, in milliseconds, with what the pauses between batches cost.
fn batch_cost_ms(batch_chars: &[usize], candidate: &Candidate, line: &Line) -> f64 {
    let costs: Vec<f64> = batch_chars
        .iter()
        .map(|chars| {
            let (pieces, length) = pieces_of(*chars, candidate);
            pieces * line.at(length / pieces)
        })
        .collect();
    mean(&costs) + candidate.batch_delay_seconds * 1000.0 / f64::from(candidate.batch_size.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{
            observation::{FinishReason, Observation, ServerTimings},
            trial::TrialState,
        },
        stats::summary::sample,
        workload::generate::generated_workload,
    };

    fn settings(max_concurrent_requests: u32) -> Candidate {
        Candidate { max_concurrent_requests, ..Candidate::default() }
    }

    fn trial(candidate: &Candidate, experiment: Experiment) -> Trial {
        Trial {
            number: 0,
            stage: String::new(),
            why: String::new(),
            candidate: candidate.clone(),
            experiment,
            state: TrialState::Complete,
            seconds: 1.0,
            reloads: 0,
            samples: Vec::new(),
            facts: Vec::new(),
            scores: Vec::new(),
            observations: Vec::new(),
            notices: Vec::new(),
        }
    }

    /// Notes of some files of 10 s each, with so many workers at work.
    fn notes(candidate: &Candidate, files: &[usize], workers: f64) -> Trial {
        let request = |file: &usize| Observation {
            repetition: Repetition::Measured,
            file: Some(*file),
            piece: 0,
            attempt: 1,
            started_ms: 0.0,
            latency_ms: 10_000.0,
            time_to_first_token_ms: None,
            server: Some(ServerTimings { total_ms: 10_000.0, load_ms: 0.0, prefill_ms: 2_000.0, decode_ms: 8_000.0 }),
            prompt_tokens: 900,
            answer_tokens: 160,
            expected_prompt_tokens: None,
            finish: FinishReason::Stop,
            failure: None,
            message: None,
            disturbed: None,
            host: None,
        };
        Trial {
            observations: files.iter().map(request).collect(),
            facts: vec![("workers".into(), workers)],
            ..trial(candidate, Experiment::Notes { files: files.to_vec() })
        }
    }

    #[test]
    fn one_file_says_nothing_of_four_workers() {
        let workload = generated_workload(1);
        let (one, four) = (settings(1), settings(4));
        let speed = |trials: &[Trial], candidate: &Candidate| {
            Evidence::of(trials, &workload).notes_per_minute(candidate).map(|speed| speed.value.round())
        };
        let lonely = [notes(&four, &[3], 1.0)];
        assert_eq!((speed(&lonely, &four), speed(&lonely, &one)), (None, Some(6.0)));
        let crowded = [notes(&four, &[3, 4, 5, 6], 4.0)];
        assert_eq!((speed(&crowded, &four), speed(&crowded, &one)), (Some(24.0), None));
    }

    #[test]
    fn more_short_requests_than_slots_tell_how_fast_all_slots_are() {
        let workload = generated_workload(1);
        let probe = |slots: f64| Trial {
            samples: [
                sample(Metric::PrefillTokensPerSecond, vec![200.0]),
                sample(Metric::DecodeTokensPerSecond, vec![10.0]),
                sample(Metric::EffectiveSlots, vec![slots]),
            ]
            .into_iter()
            .flatten()
            .collect(),
            ..trial(&settings(1), Experiment::Probe { prompt_tokens: 160, output_tokens: 24, parallel: 8, requests: 8 })
        };
        let speed = |slots: f64, workers: u32| {
            let trials = [probe(slots)];
            Evidence::of(&trials, &workload).notes_per_minute(&settings(workers)).map(|speed| speed.value)
        };
        let (two, eight) = (speed(2.0, 2).unwrap(), speed(2.0, 8).unwrap());
        assert!((two - eight).abs() < 1e-9, "two at once and eight of which six wait: {two} {eight}");
        assert_eq!(speed(2.0, 4), None, "four were not at work");
    }
}
