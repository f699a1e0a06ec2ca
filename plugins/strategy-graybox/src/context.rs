//! The smallest context that is enough, from the tokens of the user's own files.

use ralf_tune_sdk::{
    strategy::prelude::*,
    study::{Fit, count, mean, t_quantile},
};

/// Prompts of notes that a distribution can be made of; below that the careful guess of the SDK stands.
const LEAST_PROMPTS: usize = 6;

/// Probability with which a prompt of the batch may be longer than thought, together for all of them.
const RISK: f64 = 0.001;

/// A piece may be longer than its share by one line.
const LINE: f64 = 1.02;

/// Servers round a context up to a multiple of this.
const GRID: f64 = 256.0;

/// Answers of the batch may be so many times as long as the longest that was seen.
const LONGER_ANSWER: f64 = 1.25;

/// The least context in which a piece of that many characters, the prompt around it and the whole answer have room.
#[must_use]
pub fn needed(study: &Study, chars: f64) -> f64 {
    let fit = Fit::of(study);
    let careful = fit.needed_context(chars);
    let Some(density) = densest(study) else { return careful };
    let tokens = chars * LINE * density + fit.overhead_tokens + fit.num_predict;
    // Never tighter than what the host counts with, and never looser than the careful guess.
    let told = fit.prompt_tokens(chars * LINE) + fit.num_predict;
    ((tokens.max(told) / GRID).ceil() * GRID).min(careful.max((told / GRID).ceil() * GRID))
}

/// The same as it is expected, without a margin, and with room for answers as they were seen and not for the longest that is allowed: where a model was trained on no more
/// than that, and what does not fit after all is noticed and cut.
#[must_use]
pub fn expected(study: &Study, chars: f64) -> f64 {
    let fit = Fit::of(study);
    let notes = study.history.iter().filter(|trial| matches!(trial.experiment, Experiment::Notes(_)));
    let longest = notes.flat_map(|trial| trial.values("answer_tokens")).copied().fold(0.0, f64::max);
    let answer = if longest > 0.0 { (longest * LONGER_ANSWER).min(fit.num_predict) } else { fit.num_predict };
    fit.prompt_tokens(chars) + answer
}

/// Tokens in a character of source, as many as hardly any file has: the upper end of the predictive interval of files that are
/// like the measured ones, for the whole batch.
fn densest(study: &Study) -> Option<f64> {
    let densities = densities(study);
    if densities.len() < LEAST_PROMPTS {
        return None;
    }
    let number = count(densities.len());
    let center = mean(&densities)?;
    let variance = densities.iter().map(|density| (density - center).powi(2)).sum::<f64>() / (number - 1.0);
    let files = count(study.workload.batch_chars.len().max(1));
    let bound = t_quantile(1.0 - 2.0 * RISK / files.min(20.0), densities.len() - 1);
    Some(center + bound * (variance * (1.0 + 1.0 / number)).sqrt())
}

/// Tokens in a character of each file that went whole, or cut off, into one request.
fn densities(study: &Study) -> Vec<f64> {
    let overhead = f64::from(study.workload.overhead_tokens);
    let mut found = Vec::new();
    for trial in study.history.iter().filter(|trial| trial.is_complete()) {
        let Experiment::Notes(files) = &trial.experiment else { continue };
        let tokens = trial.values("prompt_tokens");
        let cut = |file: &u32| {
            let chars = study.workload.file_chars.get(*file as usize).map_or(0.0, |chars| f64::from(*chars));
            Fit::cut(chars, trial.setting("max_content_length"), trial.setting("chunk_size"))
        };
        // Requests end in any order, so that only a note by itself tells whose tokens these are.
        if let ([file], [tokens]) = (files.as_slice(), tokens) {
            let (read, pieces) = cut(file);
            if pieces < 1.5 && read >= 400.0 {
                found.push((tokens - overhead).max(0.0) / read);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use ralf_tune_sdk::testing::{Host, Server, sample};

    use super::*;

    #[test]
    fn without_prompts_the_guess_is_careful() {
        let host = Host::new(Server::default(), &[400, 9_000]);
        // 8000 / (3 x 0.9) + 300 + 1024 = 4287.
        assert_eq!(needed(&host.study, 8_000.0), 4_352.0);
    }

    #[test]
    fn measured_prompts_make_it_tighter_and_scatter_makes_it_wider() {
        let needs = |scatter: f64| {
            let mut host = Host::new(Server::default(), &[3_000, 4_000, 5_000, 6_000, 7_000, 8_000, 30_000]);
            for file in 0..6 {
                host.baseline(&[file]);
                let chars = f64::from(host.study.workload.file_chars[file as usize]);
                let sign = if file % 2 == 0 { 1.0 } else { -1.0 };
                let tokens = 300.0 + chars / 3.0 * (1.0 + sign * scatter);
                host.study.history[file as usize].samples.push(sample("prompt_tokens", vec![tokens]));
            }
            needed(&host.study, 9_000.0)
        };
        // 9000 x 1.02 / 3 + 300 + 1024 = 4384.
        assert_eq!(needs(0.001), 4_608.0);
        let careful = Fit::of(&Host::new(Server::default(), &[400]).study).needed_context(9_000.0);
        assert!(needs(0.2) >= needs(0.001) && needs(0.2) <= careful);
    }

    #[test]
    fn what_is_expected_has_room_for_answers_as_they_were() {
        let mut host = Host::new(Server::default(), &[400, 9_000]);
        assert_eq!(expected(&host.study, 6_000.0), 6_000.0 / 3.0 + 300.0 + 1_024.0, "none was seen");
        host.baseline(&[0]);
        let mut answers = |tokens: f64| {
            host.study.history[0].samples.retain(|sample| sample.metric != "answer_tokens");
            host.study.history[0].samples.push(sample("answer_tokens", vec![tokens]));
            expected(&host.study, 6_000.0)
        };
        assert_eq!(answers(400.0), 6_000.0 / 3.0 + 300.0 + 500.0);
        assert_eq!(answers(1_000.0), 6_000.0 / 3.0 + 300.0 + 1_024.0, "never more than is allowed");
    }
}
