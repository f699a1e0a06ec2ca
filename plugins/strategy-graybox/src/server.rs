//! The model of the server: how long reading and writing a token take, by what runs beside it.

use ralf_tune_sdk::{
    strategy::prelude::*,
    study::{self, Fit, TrialExt, count, first_rates, median, metric},
};

use crate::{
    belief::{Belief, Regression, learned, normal_below},
    design::{Design, Load},
    slots, threads,
};

/// Features of a measured rate: one, the logarithm of the requests at work, thousands of tokens in the prompt, and whether it was
/// measured with another load.
const FEATURES: usize = 4;

/// Prompts below that are mostly fixed cost and say nothing of the rate of reading.
const LEAST_PROMPT: f64 = 128.0;

/// Noise of a logarithm of a rate before anything is known, and how many measurements that guess counts for.
const NOISE: f64 = 0.06;
const NOISE_WEIGHT: f64 = 4.0;

/// How much the first request after a load counts beside one that was measured.
const FIRST_COUNTS: f64 = 0.25;

/// What a trial of notes takes longer than its own timers say: gaps, retries, an uneven end.
const REST: Belief = Belief { mean: 0.01, sd: 0.06 };

/// How far (as a logarithm) a rate may be off from the guess that stands for it: where it was measured, the measurement alone shall count.
const MEASURED: f64 = 3.0;
const GUESSED: f64 = 0.7;

/// Noise of one note's cost around the model, as a logarithm: answers differ in length.
const NOTE_NOISE: f64 = 0.12;

/// Standard deviations that a trial may be off before the model counts as wrong.
const WRONG: f64 = 3.0;

/// Beliefs about one load of the model.
#[derive(Debug, Clone, PartialEq)]
pub struct Server {
    /// Logarithms of seconds a token.
    reading: Regression<FEATURES>,
    writing: Regression<FEATURES>,
    /// Tokens of a typical answer.
    pub answer_tokens: f64,
    pub slots: f64,
    fit: Fit,
    /// Characters and pieces of the batch's files are cut from these.
    batch: Vec<f64>,
    /// What notes cost by their clocks above what the timers say, by requests at once.
    rest: Vec<(f64, Belief, usize)>,
    /// How wrong the model was when it was put to the test, beyond chance.
    pub misfit: f64,
}

/// What a way of making notes is thought to cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cost {
    /// Logarithm of the seconds of the whole server that a file takes.
    pub log: Belief,
    /// Trials of notes that say so directly.
    pub measured: usize,
    /// Share of it that is reading.
    pub reading: f64,
}

impl Server {
    /// From all that was measured. `doubt` is how far (as a logarithm) another load may differ from this one.
    #[must_use]
    pub fn of(study: &Study, load: &Load, doubt: f64) -> Self {
        let mut server = Self::blank(study, doubt);
        for trial in &study.history {
            server.test(study, trial, load);
            server.learn(trial, load);
        }
        server.weigh_notes(study, load);
        server
    }

    fn blank(study: &Study, doubt: f64) -> Self {
        // Where nothing was measured, measurements that were cut off say at least how slow it is.
        let guess = study::Cost::of(study);
        let unsure = if guess.measured { MEASURED } else { GUESSED };
        let prior = |per_second: f64, crowding: f64, deeper: f64| {
            let coefficients = [
                Belief { mean: -per_second.max(1e-6).ln(), sd: unsure },
                Belief { mean: crowding, sd: 0.3 },
                Belief { mean: deeper, sd: 0.02 },
                Belief { mean: 0.0, sd: doubt },
            ];
            Regression::prior(coefficients, NOISE, NOISE_WEIGHT)
        };
        Self {
            // Reading is bound by arithmetic, which requests share; writing by memory, which is read once for all of them.
            reading: prior(guess.prefill_tokens_per_second, 0.9, 0.02),
            writing: prior(guess.decode_tokens_per_second, 0.45, 0.02),
            answer_tokens: answer_tokens(study),
            slots: slots::known(study).map_or(1.0, |slots| slots.count),
            fit: Fit::of(study),
            batch: study.workload.batch_chars.iter().map(|chars| f64::from(*chars)).collect(),
            rest: Vec::new(),
            misfit: 0.0,
        }
    }

    fn features(&self, at_work: f64, prompt_tokens: f64, other_load: bool) -> [f64; FEATURES] {
        [1.0, at_work.min(self.slots).max(1.0).ln(), prompt_tokens / 1000.0, f64::from(u8::from(other_load))]
    }

    /// The timers of a trial. Its requests shared one moment, so that many of them count less than one by one.
    fn learn(&mut self, trial: &Trial, load: &Load) {
        if matches!(trial.experiment, Experiment::Load) {
            self.learn_first(trial, load);
            return;
        }
        let (prompt, at_work) = match &trial.experiment {
            Experiment::Probe(probe) => (f64::from(probe.prompt_tokens), f64::from(probe.parallel.min(probe.requests))),
            Experiment::Notes(_) => (median(trial.values("prompt_tokens")).unwrap_or(1_500.0), at_work(trial)),
            Experiment::Load | Experiment::Needle(_) | Experiment::Compare(_) => return,
        };
        // How much several requests slow each other down is a matter of the threads.
        if at_work > 1.5 && !threads::same(trial.setting("num_thread"), load.threads) {
            return;
        }
        let features = self.features(at_work, prompt, !load.is_of(trial));
        let usable = |name: &str| {
            let sample = trial.sample(name).filter(|sample| sample.median > 0.0)?;
            Some((-sample.median.ln(), count(sample.values.len()).min(6.0)))
        };
        if prompt >= LEAST_PROMPT
            && let Some((log, weight)) = usable(metric::PREFILL_TOKENS_PER_SECOND)
        {
            self.reading = self.reading.after(features, log, weight);
        }
        if let Some((log, weight)) = usable(metric::DECODE_TOKENS_PER_SECOND) {
            self.writing = self.writing.after(features, log, weight);
        }
    }

    /// The first request of a load that nothing else was asked of: one, and a slow one.
    fn learn_first(&mut self, trial: &Trial, load: &Load) {
        if let Some((reads, writes)) = first_rates(trial).filter(|_| load.is_of(trial)) {
            let features = self.features(1.0, 0.0, false);
            self.reading = self.reading.after(features, -reads.ln(), FIRST_COUNTS);
            self.writing = self.writing.after(features, -writes.ln(), FIRST_COUNTS);
        }
    }

    /// Seconds of the whole server that notes of those lengths take with the timers' model: the mean of a file, as a logarithm.
    fn timers(&self, files: &[f64], design: &Design) -> (Belief, f64) {
        let cuts = files.iter().map(|chars| Fit::cut(*chars, design.content, design.chunk));
        let (read, pieces) = cuts.fold((0.0, 0.0), |sum, cut| (sum.0 + cut.0, sum.1 + cut.1));
        let files = count(files.len().max(1));
        let prompt = (read / self.fit.chars_per_token + pieces * self.fit.overhead_tokens) / files;
        let answer = pieces * self.answer_tokens / files;
        let features = self.features(design.parallel, prompt * files / pieces.max(1.0), false);
        let (reading, writing) = (self.reading.at(features), self.writing.at(features));
        let (read, write) = (prompt * reading.mean.exp(), answer * writing.mean.exp());
        let share = read / (read + write).max(1e-12);
        let at_work = design.parallel.min(self.slots).max(1.0);
        let log = Belief {
            mean: ((read + write) / at_work).max(1e-9).ln(),
            sd: (share * reading.sd).hypot((1.0 - share) * writing.sd),
        };
        (log, share)
    }

    /// Seconds that notes of these lengths take in all, as long as it may well be and as short.
    #[must_use]
    pub fn seconds(&self, files: &[f64], design: &Design) -> (f64, f64) {
        let (log, _) = self.timers(files, design);
        let number = count(files.len());
        ((log.mean - log.sd).exp() * number, (log.mean + log.sd).exp() * number)
    }

    /// Seconds of a probe whose requests run one after the other; parallel ones end no later.
    #[must_use]
    pub fn probe_seconds(&self, probe: &Probe) -> f64 {
        let (prompt, output) = (f64::from(probe.prompt_tokens), f64::from(probe.output_tokens));
        let features = self.features(1.0, prompt, false);
        let one = prompt * self.reading.at(features).mean.exp() + output * self.writing.at(features).mean.exp();
        one * f64::from(probe.requests)
    }

    /// Tokens a second that one request alone writes.
    #[must_use]
    pub fn decode_rate(&self) -> f64 {
        (-self.writing.at(self.features(1.0, 500.0, false)).mean).exp()
    }

    /// What was measured against what was thought before: a surprise that is no chance means that the model is wrong.
    fn test(&mut self, study: &Study, trial: &Trial, load: &Load) {
        let files = costs_of(study, trial);
        if files.is_empty() || !load.is_of(trial) {
            return;
        }
        let design = Design::of_trial(trial);
        let lengths: Vec<f64> = files.iter().map(|(chars, _)| *chars).collect();
        let (thought, _) = self.timers(&lengths, &design);
        let expected = thought.sd.hypot(NOTE_NOISE / count(files.len()).sqrt()).hypot(REST.sd);
        let surprise = (self.residual(&files, &design) - REST.mean).abs();
        if surprise > WRONG * expected {
            self.misfit = self.misfit.max(surprise);
        }
    }

    /// By how much (as a logarithm) notes took longer than their timers' model: the median of the files, which no stall moves.
    fn residual(&self, files: &[(f64, f64)], design: &Design) -> f64 {
        let each = files.iter().map(|(chars, seconds)| seconds.ln() - self.timers(&[*chars], design).0.mean);
        median(&each.collect::<Vec<f64>>()).unwrap_or(0.0)
    }

    fn weigh_notes(&mut self, study: &Study, load: &Load) {
        for trial in study.history.iter().filter(|trial| load.is_of(trial)) {
            let files = costs_of(study, trial);
            if files.is_empty() {
                continue;
            }
            let design = Design::of_trial(trial);
            let residual = self.residual(&files, &design);
            let noise = NOTE_NOISE / count(files.len()).sqrt();
            let place = self.rest.iter().position(|(parallel, _, _)| (*parallel - design.parallel).abs() < 0.5);
            let (_, before, notes) = place.map_or((0.0, REST, 0), |place| self.rest.swap_remove(place));
            let gain = before.sd.powi(2) / (before.sd.powi(2) + noise * noise);
            let mean = before.mean + gain * (residual - before.mean);
            let sd = before.sd * (1.0 - gain).sqrt();
            self.rest.push((design.parallel, Belief { mean, sd }, notes + files.len()));
        }
    }

    /// What the batch costs, made that way.
    #[must_use]
    pub fn cost(&self, design: &Design) -> Cost {
        let (timers, reading) = self.timers(&self.batch, design);
        let own = self.rest.iter().find(|(parallel, _, _)| (parallel - design.parallel).abs() < 0.5);
        let (rest, measured) = own.map_or((REST, 0), |(_, rest, trials)| (*rest, *trials));
        // Where the model was wrong, nothing that was not measured is known better than that.
        let unknown = if measured == 0 { self.misfit } else { 0.0 };
        let log = Belief { mean: timers.mean + rest.mean, sd: timers.sd.hypot(rest.sd).hypot(unknown) };
        Cost { log, measured, reading }
    }
}

/// How much better, as a logarithm, `other` is than `taken`, and what measuring `other` with so many notes would be worth.
#[must_use]
pub fn worth_of_measuring(taken: Cost, other: Cost, notes: f64) -> f64 {
    let gain = taken.log.mean - other.log.mean;
    let both = Belief { mean: gain, sd: taken.log.sd.hypot(other.log.sd) };
    crate::belief::value_of_learning(gain, learned(both, NOTE_NOISE / notes.max(1.0).sqrt()))
}

/// Probability that `other` costs less than `taken`.
#[must_use]
pub fn probably_better(taken: Cost, other: Cost) -> f64 {
    let sd = taken.log.sd.hypot(other.log.sd).max(1e-9);
    normal_below((taken.log.mean - other.log.mean) / sd)
}

/// Requests of a trial that are under way at once.
fn at_work(trial: &Trial) -> f64 {
    trial.fact("workers").unwrap_or_else(|| trial.parallel()).max(1.0)
}

/// Length of each file of a trial, and the seconds of the whole server that it took, without pauses. None where not all files became
/// notes.
fn costs_of(study: &Study, trial: &Trial) -> Vec<(f64, f64)> {
    let Experiment::Notes(files) = &trial.experiment else { return Vec::new() };
    let busy = trial.values(metric::FILE_BUSY_MS);
    if !trial.is_complete() || busy.len() != files.len() {
        return Vec::new();
    }
    let whole = at_work(trial) * trial.fact("steadiness").unwrap_or(1.0);
    let (pause, design) = (trial.setting("request_delay_seconds"), Design::of_trial(trial));
    let each = files.iter().zip(busy).filter_map(|(file, busy)| {
        let chars = f64::from(*study.workload.file_chars.get(*file as usize)?);
        let pieces = Fit::cut(chars, design.content, design.chunk).1;
        Some((chars, (busy / 1000.0 - pause * pieces) / whole))
    });
    each.filter(|(_, seconds)| *seconds > 0.0).collect()
}

/// Tokens of a typical answer: the mean of all notes, for that is what a batch takes; without any, half of `num_predict`, at most 300.
fn answer_tokens(study: &Study) -> f64 {
    let notes = study.history.iter().filter(|trial| matches!(trial.experiment, Experiment::Notes(_)));
    let answers: Vec<f64> = notes.flat_map(|trial| trial.values(metric::ANSWER_TOKENS)).copied().collect();
    let guess = (study.incumbent("num_predict") / 2.0).clamp(16.0, 300.0);
    ralf_tune_sdk::study::mean(&answers).unwrap_or(guess).max(1.0)
}
