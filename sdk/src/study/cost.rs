use super::{Fit, StudyExt, TrialExt, decode_rate, first_rates, median, metric, prefill_rate};
use crate::{
    strategy::Study,
    types::{Experiment, Probe, Trial},
};

/// Nothing measured yet: a small machine without a GPU. A guess on the slow side wastes a little of the
/// budget; one on the fast side overruns it.
const UNKNOWN_PREFILL: f64 = 50.0;
const UNKNOWN_DECODE: f64 = 5.0;
const UNKNOWN_LOAD_SECONDS: f64 = 20.0;

/// What measurements cost on this machine with this model, from what the history says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cost {
    pub load_seconds: f64,
    pub prefill_tokens_per_second: f64,
    pub decode_tokens_per_second: f64,
    /// Tokens of a typical answer.
    pub answer_tokens: f64,
    /// Whether the rates were measured, or are a guess.
    pub measured: bool,
}

impl Cost {
    /// From the trials nearest to the incumbent: the same load-time settings before others, single requests before
    /// parallel ones, later ones before earlier ones.
    #[must_use]
    pub fn of(study: &Study) -> Self {
        let prefill = nearest(study, prefill_rate);
        let decode = nearest(study, decode_rate);
        let measured = prefill.is_some() && decode.is_some();
        // Nothing but the first request after a load says at least by and large how slow it is.
        let prefill = prefill.or_else(|| nearest(study, |trial| Some(first_rates(trial)?.0)));
        let decode = decode.or_else(|| nearest(study, |trial| Some(first_rates(trial)?.1)));
        let slower = if prefill.is_some() && decode.is_some() { 1.0 } else { slower_than_guessed(study) };
        let mut loads: Vec<f64> = study.history.iter().flat_map(load_durations).collect();
        // The lower of the two in the middle: one that waited for what was given up before it says nothing of the next.
        loads.sort_by(f64::total_cmp);
        let usual_load = loads.get(loads.len().saturating_sub(1) / 2);
        Self {
            load_seconds: usual_load.map_or(UNKNOWN_LOAD_SECONDS, |load| load / 1000.0),
            prefill_tokens_per_second: prefill.unwrap_or(UNKNOWN_PREFILL / slower),
            decode_tokens_per_second: decode.unwrap_or(UNKNOWN_DECODE / slower),
            answer_tokens: typical_answer(study),
            measured,
        }
    }

    /// Seconds of one request that has the server for itself.
    #[must_use]
    pub fn request_seconds(&self, prompt_tokens: f64, output_tokens: f64) -> f64 {
        prompt_tokens / self.prefill_tokens_per_second + output_tokens / self.decode_tokens_per_second
    }

    /// Seconds of a probe, with its warm-up request and, where `loads`, the load before it. Requests are taken to run
    /// one after the other: parallel ones end no later than that.
    #[must_use]
    pub fn probe_seconds(&self, probe: &Probe, loads: bool) -> f64 {
        let one = self.request_seconds(f64::from(probe.prompt_tokens), f64::from(probe.output_tokens));
        one * f64::from(probe.requests + u32::from(loads)) + if loads { self.load_seconds } else { 0.0 }
    }

    /// Seconds to make one file of that length into a note, cut by these two settings.
    #[must_use]
    pub fn note_seconds(&self, fit: &Fit, chars: f64, max_content_length: f64, chunk_size: f64) -> f64 {
        let (read, pieces) = Fit::cut(chars, max_content_length, chunk_size);
        self.request_seconds(read / fit.chars_per_token + pieces * fit.overhead_tokens, pieces * self.answer_tokens)
    }
}

/// How many times slower than the guess a machine must be whose measurements were cut off: at least as long as they
/// lasted, and twice that, because nobody knows how much was missing.
fn slower_than_guessed(study: &Study) -> f64 {
    let guess = |prompt: f64, output: f64| prompt / UNKNOWN_PREFILL + output / UNKNOWN_DECODE;
    let fit = Fit::of(study);
    let expected = |trial: &Trial| match &trial.experiment {
        Experiment::Probe(probe) => {
            guess(f64::from(probe.prompt_tokens), f64::from(probe.output_tokens)) * f64::from(probe.requests)
        }
        Experiment::Notes(files) => {
            let chars = files.iter().filter_map(|file| study.workload.file_chars.get(*file as usize));
            let cut = |chars: &u32| {
                Fit::cut(f64::from(*chars), trial.setting("max_content_length"), trial.setting("chunk_size"))
            };
            chars.map(cut).map(|(read, pieces)| guess(fit.prompt_tokens(read), pieces * typical_answer(study))).sum()
        }
        Experiment::Load | Experiment::Needle(_) | Experiment::Compare(_) => f64::INFINITY,
    };
    let cut_off = study.history.iter().filter(|trial| matches!(trial.failure(), Some("out-of-time" | "timed-out")));
    cut_off.map(|trial| 2.0 * trial.seconds / expected(trial).max(1.0)).fold(1.0, f64::max)
}

/// Tokens of a typical answer: the median of all notes so far; without any, half of `num_predict`, at most 300.
pub(super) fn typical_answer(study: &Study) -> f64 {
    let notes = study.history.iter().filter(|trial| matches!(trial.experiment, Experiment::Notes(_)));
    let answers: Vec<f64> = notes.flat_map(|trial| trial.values(metric::ANSWER_TOKENS)).copied().collect();
    median(&answers).unwrap_or_else(|| (study.incumbent("num_predict") / 2.0).clamp(16.0, 300.0)).max(1.0)
}

/// Durations of real loads: every request reports one, some milliseconds when the model was there already.
fn load_durations(trial: &Trial) -> impl Iterator<Item = f64> {
    let asked = matches!(trial.experiment, Experiment::Load);
    trial.values(metric::LOAD_DURATION_MS).iter().copied().filter(move |load| asked || *load > 300.0)
}

fn nearest(study: &Study, rate: impl Fn(&Trial) -> Option<f64>) -> Option<f64> {
    let rated = study.history.iter().filter_map(|trial| Some((trial, rate(trial)?)));
    rated
        .max_by_key(|(trial, _)| (trial.loads_like(&study.incumbent), trial.parallel() < 1.5, trial.number))
        .map(|(_, rate)| rate)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        testing::{Host, Server},
        types::{Fact, TrialState},
    };

    fn host() -> Host {
        Host::new(Server::default(), &[3_000, 6_000])
    }

    #[test]
    fn rates_come_from_the_trial_nearest_to_the_incumbent() {
        let mut host = host();
        host.baseline(&[0]);
        host.server.decode = 10.0;
        host.set("num_ctx", 4096.0);
        host.baseline(&[0]);
        assert!((Cost::of(&host.study).decode_tokens_per_second - 10.0).abs() < 0.1);
        host.set("num_ctx", 10_000.0);
        let cost = Cost::of(&host.study);
        assert!((cost.decode_tokens_per_second - 40.0).abs() < 0.1, "the earlier trial had the same context");
        // 1000 + 300 tokens to read, 300 to write.
        let seconds = cost.note_seconds(&Fit::of(&host.study), 3_000.0, 8_000.0, 100_000.0);
        assert!((seconds - (1300.0 / 800.0 + 300.0 / 40.0)).abs() < 1e-6);
    }

    #[test]
    fn a_measurement_that_was_cut_off_makes_the_guess_slower() {
        let mut host = host();
        let guess = Cost::of(&host.study);
        assert!(!guess.measured);
        host.baseline(&[0]);
        for trial in &mut host.study.history {
            trial.state = TrialState::Failed("out-of-time".to_owned());
            trial.samples.clear();
            trial.facts.clear();
            trial.seconds = 860.0;
        }
        // Guessed at 86 s: 1300 / 50 + 300 / 5.
        let slower = Cost::of(&host.study);
        assert!((guess.decode_tokens_per_second / slower.decode_tokens_per_second - 20.0).abs() < 1e-6);
        // Where the first request after the load ended, that is no guess any more, and no measurement yet.
        let told = |(name, value): (&str, f64)| Fact { name: name.to_owned(), value };
        let rates = [("first_prefill_tokens_per_second", 7.0), ("first_decode_tokens_per_second", 0.5)];
        host.study.history[0].facts.extend(rates.map(told));
        let told = Cost::of(&host.study);
        assert_eq!((told.prefill_tokens_per_second, told.decode_tokens_per_second, told.measured), (7.0, 0.5, false));
    }
}
