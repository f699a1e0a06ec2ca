//! What short requests with two settings say of the time that notes take with each, where there is no time for notes. Pure.
//!
//! A short request tells the server's rates of reading and writing, and how many are worked on at once; a note is so many tokens of each. That says nothing of how good
//! notes are, so it is only asked of settings that make the same ones.

use super::{
    candidates::CostLine,
    first_request::{CUT_OFF_AFTER, FirstRequest, least_note_seconds_after},
    note_size::NoteSize,
};
use crate::{
    model::{
        candidate::Candidate,
        experiment::Experiment,
        metric::{ConfidenceInterval, Estimate},
        selection::MeasuredCandidate,
        trial::Trial,
        workload::{Workload, cut},
    },
    stats::{
        interval::LEVEL,
        summary::{mean, standard_deviation},
    },
};

/// Tokens of prompt and answer of short requests, the longest that there is time for first. Longer ones are more like notes; fewer than eight tokens make no rate.
const SHAPES: [(u32, u32); 5] = [(1_024, 96), (512, 48), (256, 24), (150, 12), (64, 10)];

/// Noise of the time that one trial of short requests speaks for, as a logarithm, before it was seen, and how many trials that counts as.
const NOISE: f64 = 0.08;
const NOISE_TRIALS: f64 = 2.0;

/// Fewest scored notes that say that they are good.
const SCORED_NOTES: usize = 2;

/// How far (as a logarithm, one standard deviation) what rates of short requests say of two settings is from what notes say: `docs/accuracy.md` has how it was found.
const UNLIKE_NOTES: f64 = 0.15;

/// The same for each factor of e that the requests at once of the two differ by: how they share the machine depends on how long they are. A caution, and no fit: what was
/// measured (`docs/accuracy.md`) does not grow from twice to four times as many, and would be covered by less.
const UNLIKE_CROWDS: f64 = 0.10;

/// Half of a 95 % interval in standard deviations of a normal distribution.
const TWO_SIGMA: f64 = 1.96;

/// How many times as fast one is as the other by short requests alone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ShortProof {
    /// How many times as fast as the present settings. Where those did not even end a short request, how many times at least.
    pub ratio: Estimate,
    /// Seconds of the whole machine that a note takes, ours and theirs.
    pub note_seconds: (f64, f64),
    /// Trials of short requests behind it, ours and theirs.
    pub trials: (usize, usize),
}

impl ShortProof {
    /// What the short requests of the history say; `None` where they say nothing of one of the two.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a handful of trials")]
    pub fn of(history: &[Trial], workload: &Workload, ours: &Candidate, theirs: &Candidate) -> Option<Self> {
        let our_logs = logs(history, workload, ours);
        let their_logs = logs(history, workload, theirs);
        if our_logs.is_empty() {
            return None;
        }
        let our_seconds = mean(&our_logs).exp();
        let squares = |logs: &[f64]| standard_deviation(logs).powi(2) * logs.len().saturating_sub(1) as f64;
        let freedom = (our_logs.len() + their_logs.len()).saturating_sub(2) as f64;
        let seen = if their_logs.is_empty() { 0.0 } else { squares(&our_logs) + squares(&their_logs) };
        let noise = (NOISE_TRIALS * NOISE.powi(2) + seen) / (NOISE_TRIALS + freedom);
        let crowds = f64::from(ours.max_concurrent_requests.max(1)) / f64::from(theirs.max_concurrent_requests.max(1));
        let unlike = UNLIKE_NOTES.hypot(UNLIKE_CROWDS * crowds.ln());
        let (their_seconds, trials, least) = if their_logs.is_empty() {
            (least_seconds(history, workload, theirs)?, 1.0, true)
        } else {
            (mean(&their_logs).exp(), their_logs.len() as f64, false)
        };
        let deviation = (noise / our_logs.len() as f64 + noise / trials + unlike.powi(2)).sqrt();
        let value = their_seconds / our_seconds;
        let high = if least { f64::MAX } else { value * (TWO_SIGMA * deviation).exp() };
        let low = value * (-TWO_SIGMA * deviation).exp();
        let ratio = Estimate { value, interval: ConfidenceInterval { level: LEVEL, low, high } };
        (value.is_finite() && value > 0.0).then_some(Self {
            ratio,
            note_seconds: (our_seconds, their_seconds),
            trials: (our_logs.len(), their_logs.len()),
        })
    }

    /// The same, where whoever is faster is better: both make the same notes, or the winner cuts files otherwise, reads no less, and its notes have that share of the best
    /// quality that there can be.
    #[must_use]
    pub fn of_equals(
        history: &[Trial],
        workload: &Workload,
        (winner, baseline): (&MeasuredCandidate, &MeasuredCandidate),
        quality_floor: f64,
    ) -> Option<Self> {
        let (ours, theirs) = (&winner.candidate, &baseline.candidate);
        let equals = are_equals(workload, (winner, baseline), quality_floor);
        let proof = equals.then(|| Self::of(history, workload, ours, theirs)).flatten();
        // By the first request after a load alone the present settings may be slower for certain, and nothing else.
        proof.filter(|proof| proof.trials.1 > 0 || proof.is_faster())
    }

    /// Whether the first of the two is faster for certain, as far as short requests can say.
    #[must_use]
    pub fn is_faster(&self) -> bool {
        self.ratio.interval.low > 1.0
    }

    /// Whether it is slower for certain.
    #[must_use]
    pub fn is_slower(&self) -> bool {
        self.ratio.interval.high < 1.0
    }

    /// For people, without a full stop.
    #[must_use]
    pub fn describe(&self) -> String {
        let (ours, theirs) = self.note_seconds;
        let interval = &self.ratio.interval;
        if self.trials.1 == 0 {
            return format!(
                "by short requests a note takes about {ours:.0} s with these, and with your present settings {theirs:.0} s at least: not even a short request ended"
            );
        }
        format!(
            "by short requests a note takes about {ours:.1} s with these and {theirs:.1} s with your present settings: {:.2}x as fast, {:.2} to {:.2}",
            self.ratio.value, interval.low, interval.high
        )
    }
}

/// Whether short requests said anything of each of the two, ours and theirs.
#[must_use]
pub fn known(history: &[Trial], workload: &Workload, ours: &Candidate, theirs: &Candidate) -> (bool, bool) {
    (!logs(history, workload, ours).is_empty(), !logs(history, workload, theirs).is_empty())
}

/// Logarithms of the seconds of the whole machine that a note of the batch takes, one of each trial of short requests with these settings.
fn logs(history: &[Trial], workload: &Workload, settings: &Candidate) -> Vec<f64> {
    let own = history.iter().filter(|trial| {
        matches!(trial.experiment, Experiment::Probe { parallel, .. } if parallel == settings.max_concurrent_requests.max(1))
            && trial.is_complete()
            && trial.candidate.load_key() == settings.load_key()
    });
    own.filter_map(|trial| {
        let line = CostLine::of(std::slice::from_ref(trial), workload, settings)?;
        let seconds = line.batch_ms(&workload.batch_chars, settings) / 1000.0;
        (seconds.is_finite() && seconds > 0.0).then(|| seconds.ln())
    })
    .collect()
}

/// Least seconds of the whole machine that a note takes where no short request ended, by the first one after the load.
#[expect(clippy::cast_precision_loss, reason = "characters of files")]
fn least_seconds(history: &[Trial], workload: &Workload, settings: &Candidate) -> Option<f64> {
    let own = || history.iter().filter(|trial| trial.candidate.load_key() == settings.load_key());
    let chars: Vec<f64> = workload
        .batch_chars
        .iter()
        .map(|chars| (*chars).min(settings.max_content_length as usize).max(1) as f64)
        .collect();
    let first = own().flat_map(|trial| &trial.observations).filter_map(FirstRequest::of);
    let cut_off = || own().filter_map(|trial| trial.fact(CUT_OFF_AFTER)).max_by(f64::total_cmp);
    let least = first
        .map(|first| first.least_note_seconds(mean(&chars), workload))
        .min_by(f64::total_cmp)
        .or_else(|| Some(least_note_seconds_after(cut_off()?, mean(&chars), workload)))?;
    // At best as many are worked on at once as are asked.
    Some(least / f64::from(settings.max_concurrent_requests.max(1)))
}

/// Short requests of so many tokens of prompt and answer, as many at once as the settings want.
#[must_use]
pub fn requests((prompt_tokens, output_tokens): (u32, u32), settings: &Candidate) -> Experiment {
    let at_once = settings.max_concurrent_requests.max(1);
    Experiment::Probe { prompt_tokens, output_tokens, parallel: at_once, requests: at_once }
}

/// How many times slower than others the first request after a load is, about.
pub const SLOWER_FIRST: f64 = 2.0;

/// The longest short requests, as many at once as the settings want, that end in so many seconds by the first one after the load; `None` where none does.
#[must_use]
pub fn shape(first: FirstRequest, at_once: u32, seconds: f64) -> Option<(u32, u32)> {
    let takes = |(prompt, answer): (u32, u32)| f64::from(at_once.max(1)) * first.seconds(prompt, answer) / SLOWER_FIRST;
    SHAPES.into_iter().find(|shape| takes(*shape) <= seconds)
}

/// Seconds in which a note of the batch ends, alone, by the first request after the load.
#[must_use]
pub fn note_seconds(first: FirstRequest, workload: &Workload, settings: &Candidate) -> f64 {
    let note = NoteSize::EXPECTED;
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "characters of files"
    )]
    let prompt = {
        let read = workload.batch_chars.iter().map(|chars| (*chars).min(settings.max_content_length as usize));
        let chars = read.sum::<usize>() as f64 / workload.batch_chars.len().max(1) as f64;
        note.tokens(chars + workload.prompt.text.chars().count() as f64).max(0.0) as u32
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some hundred tokens")]
    let answer = note.answer_tokens as u32;
    first.seconds(prompt, answer) / SLOWER_FIRST
}

/// Whether only speed is in question between the two.
#[must_use]
pub fn are_equals(
    workload: &Workload,
    (winner, baseline): (&MeasuredCandidate, &MeasuredCandidate),
    quality_floor: f64,
) -> bool {
    let alike = |ours: &Candidate, theirs: &Candidate| Candidate {
        chunk_size: theirs.chunk_size,
        max_content_length: theirs.max_content_length,
        ..ours.clone()
    };
    let (ours, theirs) = (&winner.candidate, &baseline.candidate);
    let is_good = winner.scored_notes >= SCORED_NOTES
        && winner.quality.is_some_and(|quality| quality.value >= quality_floor)
        && winner.source_share >= baseline.source_share - 1e-9;
    make_the_same_notes(ours, theirs, workload)
        || (is_good && make_the_same_notes(&alike(ours, theirs), theirs, workload))
}

/// Whether both make the same notes of these files, so that only their speed is in question.
#[must_use]
pub fn make_the_same_notes(ours: &Candidate, theirs: &Candidate, workload: &Workload) -> bool {
    ours.num_predict == theirs.num_predict
        && (ours.temperature - theirs.temperature).abs() < 1e-9
        && workload.files.iter().all(|file| cut(file, ours) == cut(file, theirs))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{metric::Metric, trial::TrialState},
        stats::summary::sample,
        workload::generate::generated_workload,
    };

    fn settings(num_ctx: u32, max_concurrent_requests: u32) -> Candidate {
        Candidate { num_ctx, max_concurrent_requests, ..Candidate::default() }
    }

    /// Short requests with so many tokens a second read and written by each, and so many worked on at once.
    fn probe(candidate: &Candidate, reads: f64, writes: f64, slots: f64) -> Trial {
        let parallel = candidate.max_concurrent_requests;
        Trial {
            number: 0,
            stage: String::new(),
            why: String::new(),
            candidate: candidate.clone(),
            experiment: Experiment::Probe { prompt_tokens: 256, output_tokens: 24, parallel, requests: parallel },
            state: TrialState::Complete,
            seconds: 1.0,
            reloads: 0,
            samples: [
                sample(Metric::PrefillTokensPerSecond, vec![reads]),
                sample(Metric::DecodeTokensPerSecond, vec![writes]),
                sample(Metric::EffectiveSlots, vec![slots]),
            ]
            .into_iter()
            .flatten()
            .collect(),
            facts: Vec::new(),
            scores: Vec::new(),
            observations: Vec::new(),
            notices: Vec::new(),
        }
    }

    #[test]
    fn rates_of_both_say_how_much_faster_one_is() {
        let workload = generated_workload(1);
        let (ours, theirs) = (settings(4_096, 1), settings(8_192, 1));
        let history = [probe(&ours, 400.0, 20.0, 1.0), probe(&theirs, 200.0, 10.0, 1.0)];
        let proof = ShortProof::of(&history, &workload, &ours, &theirs).unwrap();
        assert!((proof.ratio.value - 2.0).abs() < 1e-9, "{proof:?}");
        assert!(proof.is_faster() && !proof.is_slower());
        let other = ShortProof::of(&history, &workload, &theirs, &ours).unwrap();
        assert!(other.is_slower() && !other.is_faster(), "{other:?}");
        // A difference that is smaller than what short requests may be wrong by proves nothing.
        let near = [probe(&ours, 210.0, 11.0, 1.0), probe(&theirs, 200.0, 10.0, 1.0)];
        let proof = ShortProof::of(&near, &workload, &ours, &theirs).unwrap();
        assert!(!proof.is_faster() && !proof.is_slower(), "{proof:?}");
        // More rounds that disagree make it less sure than those that agree.
        let width = |pairs: &[(f64, f64)]| {
            let trials: Vec<Trial> = pairs
                .iter()
                .flat_map(|(our, their)| [probe(&ours, 400.0, *our, 1.0), probe(&theirs, 200.0, *their, 1.0)])
                .collect();
            let interval = ShortProof::of(&trials, &workload, &ours, &theirs).unwrap().ratio.interval;
            interval.high / interval.low
        };
        assert!(width(&[(20.0, 10.0), (20.0, 10.0)]) < width(&[(20.0, 10.0)]));
        assert!(width(&[(14.0, 14.0), (28.0, 7.0)]) > width(&[(20.0, 10.0), (20.0, 10.0)]));
    }

    #[test]
    fn requests_at_once_count_as_far_as_the_server_works_on_them() {
        let workload = generated_workload(1);
        let (ours, theirs) = (settings(4_096, 4), settings(4_096, 1));
        let with = |slots| {
            let history = [probe(&ours, 200.0, 10.0, slots), probe(&theirs, 200.0, 10.0, 1.0)];
            ShortProof::of(&history, &workload, &ours, &theirs).unwrap().ratio.value
        };
        assert!((with(4.0) - 4.0).abs() < 1e-9 && (with(1.0) - 1.0).abs() < 1e-9);
        // Short requests that were sent another number at a time say nothing of it.
        let history = [probe(&theirs, 200.0, 10.0, 1.0)];
        assert_eq!(ShortProof::of(&history, &workload, &ours, &theirs), None);
    }

    #[test]
    fn the_longest_requests_that_there_is_time_for_are_sent() {
        let slow = FirstRequest::at(0.05, 0.5);
        let sizes = [600.0, 30.0, 13.0, 7.0, 5.0, 1.0].map(|seconds| shape(slow, 1, seconds));
        assert_eq!(sizes, [Some((1_024, 96)), Some((512, 48)), Some((256, 24)), Some((150, 12)), Some((64, 10)), None]);
        assert_eq!(shape(slow, 4, 25.0), Some((64, 10)));
    }

    #[test]
    fn notes_that_differ_are_not_compared_by_speed_alone() {
        let workload = generated_workload(1);
        let ours = settings(4_096, 2);
        assert!(make_the_same_notes(&ours, &settings(8_192, 1), &workload));
        let shorter = Candidate { max_content_length: 500, ..ours.clone() };
        let cut = Candidate { chunk_size: 500, ..ours.clone() };
        let freer = Candidate { temperature: 0.9, ..ours.clone() };
        for other in [shorter, cut, freer] {
            assert!(!make_the_same_notes(&ours, &other, &workload), "{other:?}");
        }
    }

    #[test]
    fn whoever_cuts_files_otherwise_must_be_known_to_make_good_notes_of_as_much() {
        let workload = generated_workload(1);
        let measured = |candidate: &Candidate, quality: f64, scored_notes: u32, source_share: f64| MeasuredCandidate {
            id: 0,
            candidate: candidate.clone(),
            is_baseline: false,
            notes_per_minute: None,
            quality: Some(Estimate {
                value: quality,
                interval: ConfidenceInterval { level: LEVEL, low: quality - 0.1, high: quality },
            }),
            scored_notes: scored_notes as usize,
            source_share,
            lost_share: 0.0,
            peak_memory_bytes: None,
            spilled: false,
            violations: Vec::new(),
            trials: Vec::new(),
        };
        let ours = settings(4_096, 1);
        let baseline = measured(&settings(8_192, 1), 1.0, 1, 0.7);
        let cut = Candidate { chunk_size: 500, ..ours.clone() };
        let freer = Candidate { temperature: 0.9, ..cut.clone() };
        let equals = |winner: &MeasuredCandidate| are_equals(&workload, (winner, &baseline), 0.95);
        assert!(equals(&measured(&ours, 0.0, 0, 0.7)), "the same notes need no score");
        assert!(equals(&measured(&cut, 0.96, 2, 0.7)));
        assert!(!equals(&measured(&cut, 0.94, 2, 0.7)), "poor notes");
        assert!(!equals(&measured(&cut, 0.96, 1, 0.7)), "one note");
        assert!(!equals(&measured(&cut, 0.96, 2, 0.6)), "less is read");
        assert!(!equals(&measured(&freer, 0.96, 2, 0.7)), "another temperature");
    }
}
